// What members of a group hold in turn (group/holdings.h), as far as this node decides it, or another one.
#include <fmt/format.h>

#include "node/control.h"

namespace waymark {

Status Control::take(const std::string& thing, Time now) {
  if (!group_) return Error{fmt::format("this node is in no [group], from whose members it could take {}", thing)};
  return decide_holding(holdings_.take(thing), now);
}

Status Control::give(const std::string& thing, const std::string& member, Time now) {
  if (!group_) return Error{fmt::format("this node is in no [group], to whose members it could give {}", thing)};
  return decide_holding(holdings_.give(thing, member), now);
}

Status Control::decide_holding(const Status& done, Time now) {
  if (!done) return done;
  holdings_told_ = false;
  settle(now);
  return Done{};
}

// What is drafted is in force: packets follow it.
void Control::follow_holdings(Time now) {
  const Holds before = holdings_.held();
  holdings_.in_force(std::exchange(drafted_things_, {}), std::exchange(drafted_holds_, {}), now);
  for (const group::HoldingView& v : holdings_.views()) {
    const std::string& thing = v.of.name;
    const auto was = before.find(thing);
    if (was == before.end() || was->second == v.hold) continue;
    if (v.hold == Hold::yes)
      events_.tell({v.is_stand_in ? Severity::warning : Severity::info, "holding.taken", thing,
                    fmt::format("this node holds {} now: {}", thing, v.why)});
    else if (was->second == Hold::yes)
      events_.tell(
          {Severity::info, "holding.left", thing, fmt::format("this node no longer holds {}: {}", thing, v.why)});
  }
  holdings_.save(node_.live().holdings);
  holdings_told_ = false;
}

void Control::review_holdings(Time now) {
  const u64 changes = group_->peer_changes() + group_->in_step();
  if (holdings_told_ && changes == peers_seen_ && now < holdings_.deadline()) return;
  peers_seen_ = changes;
  if (holdings_.merge(group_->assignments_received())) holdings_told_ = false;
  holdings_.review(group_->peers(), group_->in_step(), now);
  if (std::exchange(holdings_told_, true)) return;
  holdings_.save(node_.live().holdings);
  group_->publish_holdings(holdings_.claims(), holdings_.assignments());
}

}  // namespace waymark
