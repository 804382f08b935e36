// Who is at an address, by name: for who tells of its next hop.
#include <algorithm>

#include "base/address_text.h"
#include "core/outer.h"
#include "node/node.h"
#include "node/words.h"

namespace waymark {

Node::Behind Node::targets_at(const Address& address, std::size_t most) const {
  std::vector<u32> positions;
  for (u32 slot : hops_.slots_at(address))
    if (const u32 at = roster_->at_slot(slot); at != Roster::kNone) positions.push_back(at);
  Behind behind{{}, positions.size()};
  const std::size_t of_services = std::min(most, positions.size());
  std::partial_sort(positions.begin(), positions.begin() + std::ptrdiff_t(of_services), positions.end());
  for (std::size_t i = 0; i < of_services; ++i)
    behind.first.push_back(name_of(roster_->service_of(positions[i]), roster_->target(positions[i]).name));
  for (std::size_t i = 0; i < roster_->fellows.size(); ++i) {
    const TargetSpec& fellow = roster_->serves->fellow[i];
    if (outer_destination(live_.targets[roster_->fellows[i]]) != address || fellow.name == text(address)) continue;
    ++behind.all;
    if (behind.first.size() < most) behind.first.push_back(fellow.name);
  }
  return behind;
}

}  // namespace waymark
