// The gateway's descriptor.
#include "roles/gateway/role.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/kinds.h"
#include "config/prefixes.h"
#include "roles/gateway/firewall.h"
#include "roles/gateway/overlays.h"
#include "roles/role.h"

namespace waymark::gateway {

namespace {

using config::title;

bool has_work(const Config& config) { return config.gateway.has_value(); }

std::string summary(const Config& config) {
  const GatewayConfig& gateway = *config.gateway;
  std::size_t tunnels = 0;
  for (const TenantConfig& tenant : gateway.tenant) tunnels += tenant.tunnel.size();
  const auto listed = [](const std::vector<u64>& list) {
    std::string ids;
    for (const u64 id : list) ids += fmt::format("{}{}", ids.empty() ? "" : ", ", id);
    return ids;
  };
  std::string work = fmt::format("does the work of gateway {} of {}", listed(gateway.holds), gateway.id.size());
  if (gateway.holds.empty()) work = fmt::format("holds none of {}", counted(gateway.id.size(), "gateway"));
  if (!gateway.stand_in.empty()) work += fmt::format(", stands in for {}", listed(gateway.stand_in));
  return fmt::format("{}, for {} behind {}", work, counted(gateway.tenant.size(), "tenant"),
                     counted(tunnels, "tunnel"));
}

void owns(const config::Checking& in, std::vector<Owned>& out) {
  if (!in.config.gateway) return;
  const GatewayConfig& gateway = *in.config.gateway;
  for (const PlanConfig& plan : in.config.plan)
    if (plan.name == gateway.plan && in.places.good(plan.prefix))
      out.push_back({plan.prefix, Owned::entered, gateway.zone, "the prefix of [gateway]'s plan",
                     in.places.at(plan.prefix, plan)});
  for (const GatewayIdConfig& id : gateway.id) {
    if (!in.places.good(id)) continue;
    const u8 kinds = holds(gateway, id.id) ? Owned::entered | Owned::tunnel : Owned::tunnel;
    for (const Address& a : id.address)
      out.push_back({Prefix(a), kinds, gateway.zone, fmt::format("an address of gateway {}", id.id), in.places.at(a)});
  }
  for (const TenantConfig& tenant : gateway.tenant)
    for (const TenantTunnelConfig& tunnel : tenant.tunnel)
      if (in.places.good(tunnel) && !(tunnel.remote == Address{}))
        out.push_back({Prefix(tunnel.remote), Owned::tunnel, gateway.zone,
                       "the far end of a tunnel of " + title("tenant", tenant.name), in.places.at(tunnel.remote)});
}

std::vector<std::string_view> zones(const Config& config) { return {config.gateway->zone}; }

std::vector<std::string_view> things(const Config& config) {
  std::vector<std::string_view> out;
  if (config.gateway)
    for (const TenantConfig& tenant : config.gateway->tenant) out.push_back(tenant.name);
  return out;
}

std::vector<Announced> announced(const Config& config) {
  std::vector<Announced> out;
  for (const Prefix& prefix : announced_prefixes(config)) out.push_back({prefix, {}});
  return out;
}

std::optional<Keeping> keeps(const Config& config) {
  const GatewayConfig& gateway = *config.gateway;
  if (!is_guarded(gateway)) return std::nullopt;
  Keeping kept{.kind = FlowKind::firewall,
               .room = config.engine.flows,
               .tcp_idle = gateway.tcp_idle,
               .udp_idle = gateway.udp_idle,
               .grace = gateway.grace,
               .birth_unit = birth_unit(config),
               .holds = gateway.held.value_or(gateway.holds)};
  std::ranges::sort(kept.holds);
  return kept;
}

void open_port(const Config& config, const InterfaceConfig& interface, Port& port) {
  for (const TenantConfig& tenant : config.gateway->tenant)
    for (const TenantTunnelConfig& tunnel : tenant.tunnel)
      if (is_link(tunnel) && is_on(tunnel, interface)) port.owner = u8(Role::gateway) + 1;
}

const InterfaceConfig* usual_interface(const Config& config, bool) {
  for (const InterfaceConfig& interface : config.engine.interfaces)
    if (config::text(interface) == config.gateway->interface) return &interface;
  return nullptr;
}

}  // namespace

extern const Descriptor kDescriptor = {.role = Role::gateway,
                                       .work = "[gateway]",
                                       .has_work = has_work,
                                       .precedence = 3,
                                       .address_text = "a gateway's address",
                                       .prefix_text = "in the prefix of the gateways' plan",
                                       .summary = summary,
                                       .check = check,
                                       .owns = owns,
                                       .zones = zones,
                                       .thing = "tenant",
                                       .things = things,
                                       .compile = compile,
                                       .open_port = open_port,
                                       .holdings = holdings,
                                       .hold = hold,
                                       .announces = announced,
                                       .greets = greetings,
                                       .look_here = look_here,
                                       .usual_interface = usual_interface,
                                       .goes_by_routes = true,
                                       .keeps = keeps};

}  // namespace waymark::gateway
