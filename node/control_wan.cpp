// What POPs measure of each other goes to the group, and comes from it.
#include "node/control.h"

namespace waymark {

void Control::look_at_wan(Time now) {
  wan_.look(watch_.views(), now);
  if (group_) group_->publish_pop_views(wan_.told());
}

// Of a group that is no more nobody would take back what it said.
void Control::forget_others_sights() {
  const paths::Sights before = wan_.sights();
  for (const auto& [pair, seen] : before) wan_.hear(pair, {});
}

void Control::follow_wan() {
  for (const group::PopPair& pair : group_->pop_views_heard()) wan_.hear(pair, group_->pop_views_of(pair));
}

}  // namespace waymark
