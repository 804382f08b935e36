// What a gateway needs of the machine around it: the first packet to each destination goes by the kernel, and so do all
// while its neighbour is not known.
#include <fmt/format.h>

#include <set>

#include "base/address_text.h"
#include "config/prefixes.h"
#include "roles/gateway/role.h"
#include "rtnetlink/machine.h"

namespace waymark::gateway {

using namespace here;

namespace {

// Untagged ones; the kernel's interfaces of VLANs have names that the configuration does not know.
std::set<std::string> interfaces_of(const Config& config) {
  std::set<std::string> names;
  for (const InterfaceConfig& i : config.engine.interfaces)
    if (i.zone == config.gateway->zone && !i.outer_vlan) names.insert(i.name);
  return names;
}

// A packet into a tenant's tunnel comes to the kernel from where the reply came in, with this machine's own address as
// its source.
void look_at_fall_back(const Config& config, Findings& out) {
  bool ip4 = false;
  for (const TenantConfig& tenant : config.gateway->tenant)
    for (const TenantTunnelConfig& tunnel : tenant.tunnel) ip4 |= is_ip4(tunnel.remote);
  const std::string why = "the kernel cannot stand in for a next hop that is not known";
  for (const std::string& name : interfaces_of(config)) {
    if (sysctl("net/ipv6/conf/" + name + "/forwarding") == "0")
      error(out, sysctl("net.ipv6.conf.all.forwarding") == "0"
                     ? fmt::format("{} to IPv6 from {}: sysctl -w net.ipv6.conf.all.forwarding=1", why, name)
                     : fmt::format("{} to IPv6 from {}: sysctl -w net.ipv6.conf.{}.forwarding=1", why, name, name));
    if (!ip4) continue;
    if (sysctl("net/ipv4/conf/" + name + "/forwarding") == "0")
      error(out, sysctl("net.ipv4.ip_forward") == "0"
                     ? fmt::format("{} to IPv4 from {}: sysctl -w net.ipv4.ip_forward=1", why, name)
                     : fmt::format("{} to IPv4 from {}: sysctl -w net.ipv4.conf.{}.forwarding=1", why, name, name));
    if (!ip4_setting(name, "accept_local"))
      warn(out,
           fmt::format("{}, as it drops packets with its own source address: sysctl -w net.ipv4.conf.{}.accept_local=1",
                       why, name));
    if (ip4_setting(name, "rp_filter") == 1)
      warn(out,
           fmt::format("{}, as rp_filter on {} is strict: sysctl -w net.ipv4.conf.{}.rp_filter=2", why, name, name));
  }
}

}  // namespace

void look_here(const Config& config, Findings& out) {
  look_at_fall_back(config, out);
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
