// What is announced of what roles have to announce (roles/role.h). It decides alone: no I/O, no clock;
// rtnetlink/routes.h writes what it wants.
//
// A service's address is announced while the node is in step and a service of that address is live; several services
// may share one. What a role announces without a service is so while the node is in step. All else withdraws it at
// once, with one exception. A daemon that starts on tables which still forward (upgrade, crash) cannot know yet whether
// it is in step, and a withdrawal would move every flow to other directors for nothing. So the routes it finds stay
// until its first verdict, or until it has had none for kGrace: a node that cannot make up its mind for that long has
// nobody to vouch for it. That is time in which it ran: one that was held up, and so comes late to the end of its
// grace, has kCatchUp more to hear what came meanwhile.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/event.h"
#include "base/time.h"
#include "config/config.h"

namespace waymark {

class Announce {
 public:
  static constexpr Duration kGrace = std::chrono::seconds(60);
  static constexpr Duration kLate = std::chrono::seconds(1), kCatchUp = std::chrono::seconds(5);
  static constexpr Time kNever = Time::max();

  struct View {
    Prefix prefix;
    std::vector<std::string> services;  // in the configuration's order; "[translator]" where it is the role itself
    bool announced;
    std::string why;  // of either: "2 of 2 services are live", "the node is in step", "no live target", "not in step:
                      // ...", "stopped"
    Time since;       // when it was announced or withdrawn last, or first considered
  };

  // update() follows. Where [announce] has gone or has another protocol or metric, the caller withdraws the old ones.
  void configure(const Config& config);

  // For a daemon that adopted its tables, before its first update: the prefixes whose routes are there. Without this
  // call they are withdrawn.
  void keep_found(const std::vector<Prefix>& existing);

  // Whether a service has a target that takes new flows: none has before this is called. Counts from the next update.
  void set_live(const std::string& service, bool live);

  // Called whenever something may have changed, and at deadline(); costs what changed. `awaited`: the clause that says
  // why the node is not in step ("health of 2 targets is not known yet"), empty where it is.
  void update(const std::string& awaited, Time now);

  void stop(Time now);  // by the operator: everything is withdrawn, for good

  const std::optional<AnnounceConfig>& settings() const { return settings_; }       // none: no route is touched
  const std::vector<RoutedPrefix>& routes() const { return routes_; }               // these and no others; in order
  std::vector<Prefix> desired() const { return {routes_.begin(), routes_.end()}; }  // their prefixes
  Time deadline() const { return give_up_; }
  std::vector<View> views() const;  // in order

  // What was announced or withdrawn since the last call, in the order in which it was decided.
  std::vector<Event> take_events() { return std::exchange(events_, {}); }

 private:
  struct Entry {
    std::vector<std::string> services = {};
    u32 live = 0;          // of them
    bool by_role = false;  // whatever services are
    bool standby = false;  // another member holds it
    bool announced = false;
    std::optional<Time> since = {};
  };
  struct Service {
    std::vector<Prefix> prefixes = {};
    bool live = false;
  };
  using Prefixes = std::set<Prefix, InOrder>;
  void decide(const Prefix& prefix, Entry& entry, Time now);
  void announce(const Prefix& prefix, Entry& entry, bool on);
  std::string why(const Prefix& prefix, const Entry& entry) const;
  RoutedPrefix route(const Prefix& prefix, const Entry& entry) const;
  void keep();
  void note(const Prefix& prefix, const Entry& entry, const std::string& why);

  std::optional<AnnounceConfig> settings_;
  std::map<Prefix, Entry, InOrder> entries_;
  std::map<std::string, Service> services_;
  Prefixes found_, changed_;  // the latter are to be decided anew
  std::string awaited_;
  bool all_changed_ = true;
  bool waiting_ = false;  // for the first verdict on found_; the next update sets give_up_
  Time give_up_ = kNever;
  bool stopped_ = false;
  std::vector<RoutedPrefix> routes_;
  std::vector<Event> events_;
};

}  // namespace waymark
