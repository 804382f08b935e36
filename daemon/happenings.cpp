// What happens to the node: from the plane, the counters and the daemon itself to the log and whoever follows.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/daemon.h"
#include "daemon/log.h"
#include "roles/path/reasons.h"
#include "rtnetlink/driver.h"

namespace waymark {

void Daemon::tell(Severity severity, std::string kind, std::string text) {
  events_.tell({severity, std::move(kind), config_->name, std::move(text)}, boot_time());
}

// Returns when there is more to do.
Time Daemon::take_events(Time now) {
  events_.step(now);
  if (!plane_) return events_.deadline();
  events_.tell(plane_->take_events(), now);
  if (keys_of_ != config_) follow_keys(now);
  if (now >= drops_.deadline()) events_.tell(drops_.look(plane_->engine().counters(), now), now);
  if (!refused_is_read_ && now >= refused_.deadline()) read_refused();
  if (config_->path && now >= keys_.deadline()) look_at_keys(now);
  Time due = std::min(events_.deadline(), drops_.deadline());
  if (config_->path) due = std::min(due, keys_.deadline());
  return refused_is_read_ ? due : std::min(due, refused_.deadline());  // its end is heard
}

void Daemon::follow_keys(Time now) {
  keys_of_ = config_;
  keys_.follow(path::known_keys(*config_), plane_->engine().tables()->tag_uses(), now);
  look_at_keys(now);
}

void Daemon::look_at_keys(Time now) {
  const u64 unknown = plane_->engine().counters().reasons[path::why::unknown_epoch.reason];
  events_.tell(keys_.look(plane_->engine().tables()->tag_uses(), unknown, now), now);
  group::PathKeys told;
  for (const KeyWatch::View& v : keys_.views()) told.keys.push_back({v.key.digest, KeyWatch::lately(v, now)});
  plane_->know_keys(told);
}

void Daemon::read_refused() {
  refused_is_read_ = true;
  using Readings = std::vector<RefusedWatch::Reading>;
  worker_.run<Readings>(
      [interfaces = plane_->ways_out()]() -> Result<Readings> {
        Readings out;
        for (const std::string& name : interfaces) out.push_back({name, refused_in(driver_counts(name))});
        return out;
      },
      [this](const Result<Readings>& readings) {
        refused_is_read_ = false;
        const Time now = boot_time();
        events_.tell(refused_.look(readings ? *readings : Readings(), now), now);
      });
}

void Daemon::took_over(int from) {
  tell(Severity::info, "daemon.took_over", fmt::format("took over from process {}", from));
}

void Daemon::follow_config() {
  log::set_level(config_->log_level);
  events_.hook().configure(config_->on_event, config_->name);
}

HttpReply Daemon::follow_events(const Show& show) {
  const auto body = std::make_shared<BodyQueue>(Events::kMostUnread);
  const auto page = show.after ? events_.ring()->after(*show.after, show.count) : events_.ring()->last(show.count);
  if (!events_.follow(body, page)) return too_busy("too many follow the events already; try again later");
  return {200, "", "application/x-ndjson", nullptr, body};
}

}  // namespace waymark
