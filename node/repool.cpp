// Targets that come and go while the services stay: data alone.
#include "node/node.h"

namespace waymark {

Status Node::repool(Services serves, Time now) {
  const Result<Draft> drafted = draft(roster_->config, std::move(serves), {});
  if (!drafted) return drafted.error();
  const std::shared_ptr<const Roster> before = std::exchange(roster_, roster_of(*drafted));
  take_names();
  // Pools as the weights are that operators and checks say; those that are as they were stay untouched.
  for (const Roster::ServiceEntry& service : roster_->services) {
    const Pool pool = pool_of(service);
    if (!service.count && choices_.tables(service.index)) gone_.push_back(service.index);
    if (service.count && !choices_.holds(pool)) dirty_.insert(service.index);
  }
  end_draft();
  slots_.record_configured();
  count_all();
  mark_fellows();
  ++changes_;
  install_choices(now);
  return Done{};
}

}  // namespace waymark
