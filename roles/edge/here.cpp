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

void look_here(const Config& config, Findings& out) {
  const EdgeConfig& edge = *config.edge;
  std::set<std::string> names;
  for (const std::string& zone : {edge.zone, outside_of(edge)})
    for (const std::string& name : untagged_in(config, zone)) names.insert(name);
  for (const std::string& name : names) look_at_forwarding(name, true, out);
  if (const Result<bool> local = is_local(edge.address); local && !*local)
    warn(out, fmt::format("{}, where ICMP errors of [edge] come from, is no address of this machine: {}",
                          text(edge.address), address_command(edge.address)));
  for (const EdgeServiceConfig& service : edge.service)
    for (const Prefix& p : service.anycast)
      if (const Result<bool> local = is_local(p.address); local && *local)
        error(out,
              fmt::format("{} of edge service {} is an address of this machine: the kernel would take what is sent "
                          "on by anycast",
                          text(p.address), service.name));
}

}  // namespace waymark::edge
