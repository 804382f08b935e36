// What an edge needs of the machine around it: the first packet to each destination goes by the kernel, and so do all
// while its neighbour is not known.
#include <fmt/format.h>

#include <set>

#include "base/address_text.h"
#include "config/prefixes.h"
#include "roles/edge/role.h"
#include "rtnetlink/machine.h"

namespace waymark::edge {

using namespace here;

namespace {

// A server that clients reach without a router is reached past the edge as well, and so it answers them.
void look_at_near_servers(const Config& config, const EdgeConfig& edge, Findings& out) {
  const std::set<std::string> inside = untagged_in(config, edge.zone);
  for (const OwnAddress& own : own_addresses()) {
    if (!inside.contains(own.interface) || !why_not(Prefix(own.address), Takes::hosts).empty()) continue;
    Prefix subnet(own.address, own.length);
    subnet.address = subnet.address & mask_of(subnet);
    for (const EdgeServiceConfig& service : edge.service)
      for (const Prefix& servers : service.servers)
        if (overlap(servers, subnet))
          warn(out, fmt::format("\"servers\" of edge service {} has {}, and clients on {} have {} without a router: "
                                "a server there and its clients would pass the edge by",
                                service.name, text(servers), own.interface, text(subnet)));
  }
}

}  // namespace

void look_here(const Config& config, Findings& out) {
  const EdgeConfig& edge = *config.edge;
  look_at_near_servers(config, edge, out);
  std::set<std::string> names;
  for (const std::string& zone : {edge.zone, outside_of(edge)})
    for (const std::string& name : untagged_in(config, zone)) names.insert(name);
  for (const std::string& name : names) {
    if (has_ip6(edge)) look_at_forwarding(name, true, out);
    if (has_ip4(edge)) look_at_forwarding(name, false, out);
  }
  for (const Address& address : {edge.address, edge.address4}) {
    if (address == Address{}) continue;
    if (const Result<bool> local = is_local(address); local && !*local)
      warn(out, fmt::format("{}, where ICMP errors of [edge] come from, is no address of this machine: {}",
                            text(address), address_command(address)));
  }
  for (const EdgeServiceConfig& service : edge.service)
    for (const Prefix& p : service.anycast)
      if (const Result<bool> local = is_local(p.address); local && *local)
        error(out,
              fmt::format("{} of edge service {} is an address of this machine: the kernel would take what is sent "
                          "on by anycast",
                          text(p.address), service.name));
}

}  // namespace waymark::edge
