// The gateway's addresses by its plan.
#include <fmt/format.h>

#include <algorithm>

#include "roles/gateway/bits.h"
#include "roles/gateway/role.h"

namespace waymark::gateway {

std::optional<AddressPlan> plan_of(const Config& config) {
  for (const PlanConfig& plan : config.plan) {
    if (plan.name != config.gateway->plan) continue;
    auto compiled = compile_plan(plan);
    if (!compiled) return {};
    for (const FieldKind kind : {FieldKind::tenant, FieldKind::gateway, FieldKind::ipv4})
      if (!has(compiled->plan, kind)) return {};
    return std::move(*compiled);
  }
  return {};
}

Duration birth_unit(const Config& config) {
  for (const PlanConfig& plan : config.plan)
    if (plan.name == config.gateway->plan) return plan.birth_unit;
  return {};
}

Address plan_address(const Plan& plan, u64 id, u64 number, u32 ip4) {
  Address out = write_field(plan, FieldKind::gateway, plan.prefix, id);
  out = write_field(plan, FieldKind::tenant, out, number);
  return write_field(plan, FieldKind::ipv4, out, ip4);
}

bool holds(const GatewayConfig& config, u64 id) {
  const std::vector<u64>& held = config.held ? *config.held : config.holds;
  return std::find(held.begin(), held.end(), id) != held.end();
}

bool stays(const GatewayConfig& config, u64 id) {
  return holds(config, id) && std::find(config.leaving.begin(), config.leaving.end(), id) == config.leaving.end();
}

bool announces(const GatewayConfig& config, GatewayRoutes what) {
  return std::find(config.announce.begin(), config.announce.end(), what) != config.announce.end();
}

std::vector<Prefix> specific_prefixes(const Config& config) {
  const std::optional<AddressPlan> compiled = plan_of(config);
  if (!compiled) return {};
  const Plan& plan = compiled->plan;
  const PlanField gateway = field_of(plan, FieldKind::gateway);
  if (field_of(plan, FieldKind::ipv4).offset < gateway.offset || flow_fields_before(plan, gateway.offset)) return {};
  const bool by_tenant = field_of(plan, FieldKind::tenant).offset < gateway.offset;
  const u8 length = u8(gateway.offset + gateway.width);
  std::vector<Prefix> out;
  for (const GatewayIdConfig& id : config.gateway->id) {
    if (!stays(*config.gateway, id.id)) continue;
    if (!by_tenant) out.push_back({plan_address(plan, id.id, 0, 0), length});
    if (by_tenant)
      for (const TenantConfig& tenant : config.gateway->tenant)
        out.push_back({plan_address(plan, id.id, tenant.number, 0), length});
  }
  return out;
}

std::vector<Prefix> announced_prefixes(const Config& config) {
  const GatewayConfig& gateway = *config.gateway;
  const std::optional<AddressPlan> plan = plan_of(config);
  if (!plan) return {};
  std::vector<Prefix> out;
  const auto is_announced = [&](const GatewayIdConfig& id) { return stays(gateway, id.id); };
  if (std::none_of(gateway.id.begin(), gateway.id.end(), is_announced)) return out;
  if (announces(gateway, GatewayRoutes::plan)) out.push_back({plan->plan.prefix, plan->plan.prefix_length});
  for (const GatewayIdConfig& id : gateway.id) {
    if (!stays(gateway, id.id)) continue;
    if (announces(gateway, GatewayRoutes::own)) out.push_back(Prefix(plan_address(plan->plan, id.id, 0, 0)));
    if (announces(gateway, GatewayRoutes::ends)) out.insert(out.end(), id.address.begin(), id.address.end());
  }
  if (announces(gateway, GatewayRoutes::specific)) {
    const std::vector<Prefix> specific = specific_prefixes(config);
    out.insert(out.end(), specific.begin(), specific.end());
  }
  return out;
}

std::vector<Address> own_addresses(const Config& config) {
  std::vector<Address> out;
  const std::optional<AddressPlan> plan = plan_of(config);
  for (const GatewayIdConfig& id : config.gateway->id) {
    if (!holds(*config.gateway, id.id)) continue;
    if (plan) out.push_back(plan_address(plan->plan, id.id, 0, 0));
    out.insert(out.end(), id.address.begin(), id.address.end());
  }
  return out;
}

std::vector<Holding> holdings(const Config& config) {
  std::vector<Holding> out;
  if (!config.group) return out;
  const GatewayConfig& gateway = *config.gateway;
  const auto has = [](const std::vector<u64>& ids, u64 id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  };
  for (const GatewayIdConfig& id : gateway.id)
    out.push_back({fmt::format("gateway {}", id.id), has(gateway.holds, id.id), has(gateway.stand_in, id.id)});
  return out;
}

void hold(Config& config, const Holds& holds) {
  GatewayConfig& gateway = *config.gateway;
  gateway.held.emplace();
  gateway.leaving.clear();
  for (const GatewayIdConfig& id : gateway.id) {
    const auto found = holds.find(fmt::format("gateway {}", id.id));
    if (found == holds.end() || found->second == Hold::no) continue;
    gateway.held->push_back(id.id);
    if (found->second == Hold::leaving) gateway.leaving.push_back(id.id);
  }
}

}  // namespace waymark::gateway
