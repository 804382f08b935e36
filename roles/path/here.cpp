// What a POP needs of the machine around it: the kernel sends what XDP has no valid next hop for, and so it must
// forward.
#include <fmt/format.h>

#include <set>

#include "base/address_text.h"
#include "roles/path/role.h"
#include "rtnetlink/machine.h"

namespace waymark::path {

using namespace here;

void look_here(const Config& config, Findings& out) {
  const PathConfig& path = *config.path;
  if (!path.access_zone.empty())
    for (const std::string& name : untagged_in(config, path.access_zone)) look_at_forwarding(name, true, out);
  for (const std::string& name : untagged_in(config, path.zone)) look_at_forwarding(name, true, out);
  for (const Address& own : own_pop(path)->address)
    if (const Result<bool> local = is_local(own); local && !*local)
      warn(out, fmt::format("{}, where tunnels to this POP end and its ICMP errors come from, is no address of this "
                            "machine: {}",
                            text(own), address_command(own)));
}

}  // namespace waymark::path
