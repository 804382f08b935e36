// What a POP needs of the machine around it: the kernel sends what XDP has no valid next hop for, and so it must
// forward.
#include <fmt/format.h>

#include <set>

#include "base/address_text.h"
#include "base/file.h"
#include "roles/path/revoked.h"
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
  if (path.revoked.empty()) return;
  const Result<std::string> listed = read_file(path.revoked, {.most_bytes = kMostRevokedBytes});
  if (!listed)
    warn(out, fmt::format("\"revoked\" in [path]: {}", listed.error().sentence));
  else if (const auto words = read_revoked(*listed); !words)
    warn(out, fmt::format("\"revoked\" in [path]: {}: {}", path.revoked, words.error().sentence));
}

}  // namespace waymark::path
