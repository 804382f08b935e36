// Both sites go through each event at the same moment:
//
//   connections are all open -> mark -> the event -> some seconds to see what it did -> next
//
// What a connection or a probe suffers counts in the window in which it was last well, so a window may be read later.
// The control is the same in everything but one word of the director's configuration: persist = false while daemons
// come and go, pins = 0 while targets do. What it loses by that it opens again before the next event.
#include "lab/site/schedule.h"

#include <fmt/format.h>

#include <algorithm>

#include "lab/kit/loop.h"
#include "lab/kit/process.h"
#include "lab/kit/reconcile.h"
#include "lab/kit/stage.h"
#include "lab/site/fabric.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kBeforeEvent = milliseconds(300);  // a window begins so long before its event
constexpr Duration kDead = seconds(10);
constexpr const char* kDrained = "s1";
constexpr const char* kAdded = "s4";
constexpr u32 kNewWeight = 40;  // of the added target; the three others keep 10

struct Event {
  std::string name, title, switched_off;
  std::function<Status(Fabric&)> first;
  Duration between;
  std::function<Status(Fabric&)> second;  // may be empty
  Duration settle;
};

Status reload_with(Fabric& f, std::vector<TargetPlan> targets) {
  DirectorPlan plan = f.plan();
  plan.targets = std::move(targets);
  return f.configure(plan, true);
}

std::vector<Event> schedule() {
  const std::string links = "links not pinned", pins = "pins = 0";
  const std::vector<TargetPlan> four = {{"s1"}, {"s2"}, {"s3"}, {kAdded}},
                                weighted = {{"s1"}, {"s2"}, {"s3"}, {kAdded, kNewWeight}};
  return {
      {"killed", "daemon killed with -9, dead for 10 s, restarted", links, [](Fabric& f) { return f.kill_director(); },
       kDead, [](Fabric& f) { return f.start_director(f.tools().waymark); }, seconds(2)},
      {"upgraded",
       "upgraded to a build with other program bytes",
       links,
       [](Fabric& f) { return f.replace_director(f.tools().next); },
       {},
       {},
       seconds(3)},
      {"downgraded",
       "and back again",
       links,
       [](Fabric& f) { return f.replace_director(f.tools().waymark); },
       {},
       {},
       seconds(3)},
      {"added",
       fmt::format("target {} added", kAdded),
       pins,
       [=](Fabric& f) { return reload_with(f, four); },
       {},
       {},
       seconds(4)},
      {"reweighted",
       fmt::format("target {} re-weighted from 10 to {}", kAdded, kNewWeight),
       pins,
       [=](Fabric& f) { return reload_with(f, weighted); },
       {},
       {},
       seconds(4)},
      {"drained",
       fmt::format("target {} drained", kDrained),
       pins,
       [](Fabric& f) {
         return f.ask_director({"drain", kDrained});
       },
       {},
       [](Fabric& f) { return f.mark("after"); },
       seconds(5)},
  };
}

class Run {
 public:
  Run(const Tools& tools, const Say& say, Verdict& out)
      : load_(out.load),
        say_(say),
        verdict_(out),
        real_(Site(kSitePrefix, kLabDirectory + "/site"), tools),
        control_(Site(kControlPrefix, kLabDirectory + "/control"), tools) {}

  Status all() {
    WM_TRY(set_up());
    for (const Event& event : schedule()) {
      if (event.switched_off != switched_off_) WM_TRY(switch_control(event.switched_off));
      WM_TRY(happen(event));
    }
    WM_TRY(finish());
    return Done{};
  }

 private:
  Status both(const std::function<Status(Fabric&)>& act) {
    for (Fabric* f : {&real_, &control_}) WM_TRY(act(*f));
    return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
  }

  void check(bool ok, const std::string& sentence) { verdict_.check(ok, sentence); }

  Status set_up() {
    control_plan_.persist = false;
    switched_off_ = "links not pinned";
    WM_TRY(real_.up({}, false));
    WM_TRY(control_.up(control_plan_, false));
    say_("two equal sites are up, one of them the control");
    WM_TRY(both([&](Fabric& f) { return f.start_traffic(load_); }));
    WM_TRY(real_.start_downloads());
    traffic_since_ = now();
    say_(fmt::format(
        "{} TCP connections are open in each, {} UDP probes a second, {} new connections a second, 4 downloads",
        load_.connections, load_.probes, load_.fresh));
    pause_for(seconds(1));
    return Done{};
  }

  Status switch_control(const std::string& what) {
    control_plan_.persist = true;
    control_plan_.pins = 0;
    switched_off_ = what;
    WM_TRY(control_.mark("switch"));
    WM_TRY(control_.close());
    WM_TRY(control_.renew_director(control_plan_));
    WM_TRY(control_.resume());
    say_(fmt::format("the control now runs with {}", what));
    pause_for(seconds(1));
    return Done{};
  }

  Status happen(const Event& event) {
    WM_TRY(control_.open());
    WM_TRY(both([&](Fabric& f) { return f.mark(event.name); }));
    pause_for(kBeforeEvent);
    say_(event.title);
    WM_TRY(both(event.first));
    pause_for(event.between);
    if (event.second) WM_TRY(both(event.second));
    pause_for(event.settle);
    verdict_.events.push_back({event.name, event.title, event.switched_off, {}, {}});
    return Done{};
  }

  Status finish() {
    auto server = real_.server(kDrained);
    if (!server) return server.error();
    const auto drained =
        reconcile_drained([this](const std::string& what) { return real_.show(what); }, *server, kDrained);
    check(real_.downloads().all_under_way(), "the downloads lasted from before the first event until after the last");
    WM_TRY(both([](Fabric& f) { return f.mark("end"); }));
    const double lasted = std::chrono::duration<double>(now() - traffic_since_).count();
    say_("everything ends in order");
    WM_TRY(both([](Fabric& f) { return f.close(); }));
    WM_TRY(collect(lasted));
    verdict_.check(drained);
    verdict_.check(real_.downloads().finish());
    verdict_.check(real_.reconciled());
    const Status down = real_.down(), control_down = control_.down();
    check(bool(down), down ? "every daemon went down in order" : down.error().sentence);
    if (!control_down) return control_down.error();
    return Done{};
  }

  Status collect(double lasted) {
    auto real = real_.clients(), control = control_.clients();
    if (!real) return real.error();
    if (!control) return control.error();
    verdict_.take(*real, &EventResult::real);
    verdict_.take(*control, &EventResult::control);
    check_events();
    check_whole(*real, lasted);
    return check_servers(*real);
  }

  void check_event(bool ok, const std::string& sentence) { verdict_.checks.push_back({sentence, ok, true}); }

  void check_events() {
    for (const EventResult& e : verdict_.events) {
      const u64 harm = e.real.broken.total() + e.real.probes_lost + e.real.probes_moved + e.real.fresh_failed;
      check_event(e.real.spanning == load_.connections && harm == 0,
                  fmt::format("{}: {} connections span it, {} broken, {} of {} probes lost, {} UDP flows moved, {} new "
                              "connections failed",
                              e.title, e.real.spanning, e.real.broken.total(), e.real.probes_lost, e.real.probes,
                              e.real.probes_moved, e.real.fresh_failed));
      const u64 without = e.control.broken.total() + e.control.probes_lost;
      check_event(without > 0, fmt::format("{}, in the control ({}): {} broken, {} probes lost", e.title,
                                           e.switched_off, e.control.broken.total(), e.control.probes_lost));
    }
  }

  void check_whole(const ClientReport& real, double lasted) {
    u64 harm = 0, messages = 0, after_new = 0, after_drained = 0, after_old = 0;
    for (const Window& w : real.windows) {
      harm += w.broken.total() + w.probes_lost + w.fresh_failed;
      messages += w.messages;
      if (w.name == "added")
        check(of(w.fresh_at, kAdded) > 0,
              fmt::format("{} of {} new flows went to the added target", of(w.fresh_at, kAdded), w.fresh));
      if (w.name == "reweighted") {
        // Its share went from 25% to 57%; at 300 flows, 40% is six standard deviations below.
        check(of(w.fresh_at, kAdded) * 10 > w.fresh * 4,
              fmt::format("{} of {} new flows went to the target with more weight", of(w.fresh_at, kAdded), w.fresh));
      }
      if (w.name != "after") continue;
      after_new = w.fresh;
      after_drained = of(w.fresh_at, kDrained);
      after_old = of(w.messages_of, kDrained);
    }
    check(after_new > 0 && after_drained == 0 && after_old > 0,
          fmt::format("once drained, {} got {} of {} new flows, and its old flows exchanged {} messages", kDrained,
                      after_drained, after_new, after_old));
    check(harm == 0, fmt::format("from the first connection to the last: {} broken, lost or failed", harm));
    check(double(messages) >= double(load_.connections) * (lasted - 1),
          fmt::format("{} connections exchanged {} checked messages in {:.1f} s, at least one a second each",
                      load_.connections, messages, lasted));
  }

  Status check_servers(const ClientReport& c) {
    auto s = real_.servers();
    if (!s) return s.error();
    verdict_.check_agreement(c, *s);
    return Done{};
  }

  const Load load_;
  const Say& say_;
  Verdict& verdict_;
  Fabric real_, control_;
  DirectorPlan control_plan_;
  std::string switched_off_;
  Time traffic_since_{};
};

}  // namespace

Verdict run_site(const Tools& tools, const Load& load, const Say& say) {
  return staged("site", load, [&](Verdict& verdict) {
    Run run(tools, say, verdict);
    return run.all();
  });
}

}  // namespace waymark::lab
