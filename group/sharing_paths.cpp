// What POPs of a group tell each other, and how it reaches those that are not connected (group/reports.h).
#include <algorithm>

#include "group/connection.h"

namespace waymark::group {

void Group::publish_paths(const PathDigest& digest) {
  reports_.say(digest);
  tell_report();
}

void Group::publish_keys(const PathKeys& keys) {
  reports_.say(keys);
  tell_report();
}

void Group::publish_pop_views(const std::vector<PopView>& views) {
  reports_.say(views);
  tell_report();
}

void Group::note_connected() {
  connected_.clear();
  for (const auto& member : members_)
    if (member->link) connected_.push_back(origin_of(member->config.name));
  std::ranges::sort(connected_);
}

void Group::tell_report() {
  if (const auto own = reports_.due(connected_, now_)) tell_all(*own);
}

// Of a node that is no member nothing is kept, nor passed on. Who tells an earlier report of another life is told the
// later one: so it comes to the node itself, whose numbers go on from there.
void Group::take_report(Member& from, const PopReport& report, Time now) {
  if (report.node != own_name_ && !index_of(report.node)) return;
  const Reports::Heard* known = reports_.of(report.node);
  if (!reports_.take(report, now)) {
    if (known && known->report.life != report.life && known->report.later_than(report))
      tell(from, Reports::aged(*known, now));
    return tell_report();
  }
  const PopReport on = Reports::aged(*reports_.of(report.node), now);
  for (const auto& member : members_) {
    const std::string& name = member->config.name;
    if (member.get() == &from || !member->link || name == report.node || tells(report, name)) continue;
    tell(*member, on);
    ++passed_on_;
  }
}

}  // namespace waymark::group
