// The gateway's addresses by its plan.
#include <algorithm>

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

Address plan_address(const Plan& plan, u64 id, u64 number, u32 ip4) {
  Address out = write_field(plan, FieldKind::gateway, plan.prefix, id);
  out = write_field(plan, FieldKind::tenant, out, number);
  return write_field(plan, FieldKind::ipv4, out, ip4);
}

bool holds(const GatewayConfig& config, u64 id) {
  return std::find(config.holds.begin(), config.holds.end(), id) != config.holds.end();
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

}  // namespace waymark::gateway
