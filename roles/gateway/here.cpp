// What a gateway needs of the machine around it: the first packet to each destination goes by the kernel, and so do all
// while its neighbour is not known.
#include <fmt/format.h>

#include "base/address_text.h"
#include "config/prefixes.h"
#include "roles/gateway/role.h"
#include "rtnetlink/machine.h"

namespace waymark::gateway {

using namespace here;

namespace {

// A packet into a tenant's tunnel comes to the kernel from where the reply came in, with this machine's own address as
// its source.
void look_at_fall_back(const Config& config, Findings& out) {
  bool ip4 = false;
  for (const TenantConfig& tenant : config.gateway->tenant)
    for (const TenantTunnelConfig& tunnel : tenant.tunnel) ip4 |= is_ip4(tunnel.remote);
  for (const std::string& name : untagged_in(config, config.gateway->zone)) {
    look_at_forwarding(name, true, out);
    if (!ip4) continue;
    look_at_forwarding(name, false, out);
    look_at_own_sources(name, true, "the kernel cannot stand in for a next hop that is not known", out);
  }
}

// What names another gateway goes to its own address, in a tunnel. That lies in the plan's prefix, which is, once it is
// announced, a route that leads nowhere on this machine: only a longer one leads there.
void look_at_others(const Config& config, Findings& out) {
  const auto plan = plan_of(config);
  if (!plan || config.gateway->onward != OnwardBy::tunnel) return;
  for (const GatewayIdConfig& id : config.gateway->id) {
    if (holds(*config.gateway, id.id)) continue;
    const Address own = plan_address(plan->plan, id.id, 0, 0);
    const Result<RouteFact> route = route_to(own);
    if (route && route->kind == RouteFact::Kind::none)
      warn(out, fmt::format("no route leads to {}, gateway {}'s own address: packets that name it are lost; let the "
                            "routing daemon here import the other gateways' routes of single addresses",
                            text(own), id.id));
  }
}

}  // namespace

void look_here(const Config& config, Findings& out) {
  look_at_fall_back(config, out);
  look_at_others(config, out);
  for (const GatewayIdConfig& id : config.gateway->id)
    for (const Address& address : id.address) {
      if (!holds(*config.gateway, id.id)) continue;
      const Result<bool> local = is_local(address);
      if (local && !*local)
        warn(out,
             fmt::format("{}, where tenants' tunnels to gateway {} end, is no address of this machine: let routers "
                         "know the way here, or {}",
                         text(address), id.id, address_command(address)));
    }
}

}  // namespace waymark::gateway
