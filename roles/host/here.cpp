// What a server needs of the machine around it: service addresses of its own, and replies that offer no larger segments
// than come through the tunnel.
#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "core/tunnel.h"
#include "roles/host/role.h"
#include "rtnetlink/machine.h"
#include "rtnetlink/netlink.h"

namespace waymark::host {

using namespace here;

namespace {

// Addresses for documentation: no more special route than that to any client leads there.
Address client_of(const Address& service) { return *parse_address(is_ip4(service) ? "203.0.113.7" : "2001:db8:c::7"); }

// IP and TCP headers without options.
u32 headers_of(const Address& address) { return (is_ip4(address) ? 20u : 40u) + 20u; }

// The largest IP packet that fits into a director's tunnel on the way in: 0 where the machine does not tell.
u32 room_in_tunnels(const Config& config) {
  u32 mtu = 0;
  for (const std::string& name : interface_names(config))
    if (const auto link = link_by_name(name)) mtu = mtu ? std::min(mtu, link->mtu) : link->mtu;
  const auto& directors = config.host->directors;
  const bool ip6 = std::any_of(directors.begin(), directors.end(), [](auto& d) { return !is_ip4(d); });
  u32 overhead = 0;  // the largest there is: the director chooses
  for (const HostTunnelConfig& tunnel : config.host->tunnel)
    overhead = std::max(overhead, tunnel_overhead(ip6, {u8(tunnel.tunnel), 0, tunnel.key.has_value()}));
  return mtu > overhead ? mtu - overhead : 0;
}

std::string route_command(const Address& service, const RouteFact& route, const std::string& interface, u32 advmss) {
  std::string command = fmt::format("ip{} route change default", is_ip4(service) ? "" : " -6");
  if (route.gateway)
    command +=
        fmt::format(" via{} {}", is_ip4(service) && !is_ip4(*route.gateway) ? " inet6" : "", text(*route.gateway));
  return command + fmt::format(" dev {} advmss {}", interface, advmss);
}

Result<RouteFact> reply_route(const Address& service) {
  auto requests = netlink::Requests::open();
  if (!requests) return requests.error();
  const RouteQuestion question{client_of(service), service};
  auto answers = requests->routes({&question, 1});
  if (!answers) return answers.error();
  return answers->front();
}

void look_at_replies(const Config& config, const HostServiceConfig& service, const Address& address, Findings& out) {
  const Result<RouteAdvmss> reply = route_advmss(address, client_of(address));
  if (!reply)  // where all clients have one prefix, a route to that will do: this machine cannot know
    return warn(out, fmt::format("service {} answers from {} only clients that a route of their own leads to, as there "
                                 "is no default one: {}",
                                 service.name, text(address), reply.error().sentence));
  for (const std::string& name : interface_names(config))
    if (is_ip4(address) && name != reply->interface && ip4_setting(name, "rp_filter") == 1)
      warn(out,
           fmt::format("rp_filter on {} is strict, and replies from {} leave by {}: the kernel drops what comes out of "
                       "tunnels; sysctl -w net.ipv4.conf.{}.rp_filter=2",
                       name, text(address), reply->interface, name));
  const u32 room = room_in_tunnels(config), headers = headers_of(address);
  if (!room) return;
  const u32 offered = reply->advmss ? reply->advmss : reply->mtu - std::min(reply->mtu, headers);
  if (offered <= room - headers) return;
  const Result<RouteFact> route = reply_route(address);
  if (!route) return;
  warn(out,
       fmt::format(
           "replies from {} offer clients an MSS of {}, and a tunnel on the way here carries {}: larger packets "
           "of clients are lost; {}",
           text(address), offered, room - headers, route_command(address, *route, reply->interface, room - headers)));
}

// A server holds services' addresses silently: else neighbours find it by ARP or ND, and pass the director by.
void look_at_silence(const Config& config, const Address& address, Findings& out) {
  const auto names = interface_names(config);
  for (const OwnAddress& own : own_addresses())
    if (own.address == address && std::find(names.begin(), names.end(), own.interface) != names.end())
      return warn(out,
                  fmt::format("{0} is an address on {1}, so this server answers who asks for its MAC there, past the "
                              "director: ip addr del {0}/{2} dev {1}; {3}",
                              text(address), own.interface, own.length, address_command(address)));
  for (const std::string& name : names)
    if (is_ip4(address) && !ip4_setting(name, "arp_ignore"))
      return warn(out, fmt::format("this server answers ARP for {} on {}, past the director: sysctl -w "
                                   "net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",
                                   text(address), name));
}

std::string local_command(const Prefix& prefix) { return fmt::format("ip route add local {} dev lo", text(prefix)); }

}  // namespace

void look_here(const Config& config, Findings& out) {
  for (const Address& address : config.host->address) {
    const Result<bool> local = is_local(address);
    if (local && !*local)
      error(out, fmt::format("{}, where tunnels end, is no address of this machine", text(address)));
  }
  for (const HostServiceConfig& service : config.host->service)
    for (const Prefix& address : service.address) {
      const Result<bool> local = is_local(address.address);  // of a prefix the first address stands for all
      if (!local) continue;
      if (*local && !config.director) look_at_silence(config, address.address, out);
      if (*local)
        look_at_replies(config, service, address.address, out);
      else
        error(out,
              fmt::format("{} of service {} is no address of this machine: the kernel would forward or drop what comes "
                          "out of tunnels; {}",
                          text(address), service.name,
                          is_one(address) ? address_command(address.address) : local_command(address)));
    }
}

}  // namespace waymark::host
