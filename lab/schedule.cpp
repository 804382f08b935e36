// Both sites go through each event at the same moment:
//
//   connections are all open -> mark -> the event -> some seconds to see what it did -> next
//
// What a connection or a probe suffers counts in the window in which it was last well, so a window may be read later.
// The control is the same in everything but one word of the director's configuration: persist = false while daemons
// come and go, pins = 0 while targets do. What it loses by that it opens again before the next event.
#include "lab/schedule.h"

#include <fmt/format.h>

#include <algorithm>

#include "lab/loop.h"
#include "lab/netns.h"
#include "lab/reconcile.h"
#include "lab/stage.h"

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
       kDead, [](Fabric& f) { return f.start_director(f.tools().waymark, false); }, seconds(2)},
      {"upgraded",
       "upgraded to a build with other program bytes",
       links,
       [](Fabric& f) { return f.start_director(f.tools().next, true); },
       {},
       {},
       seconds(3)},
      {"downgraded",
       "and back again",
       links,
       [](Fabric& f) { return f.start_director(f.tools().waymark, true); },
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

u64 of(const std::map<std::string, u64>& counts, const std::string& server) {
  const auto found = counts.find(server);
  return found == counts.end() ? 0 : found->second;
}

class Run {
 public:
  Run(const Tools& tools, const Load& load, const std::function<void(const std::string&)>& say)
      : load_(load),
        say_(say),
        real_(Site(kSitePrefix, kLabDirectory + "/site"), tools),
        control_(Site(kControlPrefix, kLabDirectory + "/control"), tools) {}

  Verdict verdict;

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

  void check(bool ok, const std::string& sentence) { verdict.checks.push_back({sentence, ok}); }

  Status set_up() {
    WM_TRY(mount_bpffs());
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
    verdict.events.push_back({event.name, event.title, event.switched_off, {}, {}});
    return Done{};
  }

  Status finish() {
    check(real_.downloads_running(), "the downloads lasted until after the last event");
    WM_TRY(both([](Fabric& f) { return f.mark("end"); }));
    const double lasted = std::chrono::duration<double>(now() - traffic_since_).count();
    say_("everything ends in order");
    WM_TRY(both([](Fabric& f) { return f.close(); }));
    WM_TRY(collect(lasted));
    const auto whole = real_.finish_downloads();
    check(bool(whole), whole ? fmt::format("{} downloads of 6 MB are what the server sent, by SHA-256", *whole)
                             : whole.error().sentence);
    const auto agreed = reconcile(real_);
    check(bool(agreed), agreed ? *agreed : agreed.error().sentence);
    const Status down = real_.down(), control_down = control_.down();
    check(bool(down), down ? "every daemon went down in order" : down.error().sentence);
    if (!control_down) return control_down.error();
    return Done{};
  }

  // Windows by event; "after" belongs to the event before it.
  Status collect(double lasted) {
    auto real = real_.clients(), control = control_.clients();
    if (!real) return real.error();
    if (!control) return control.error();
    const auto take = [&](const ClientReport& from, Window EventResult::*into) {
      EventResult* current = nullptr;
      for (const Window& w : from.windows) {
        const auto found =
            std::find_if(verdict.events.begin(), verdict.events.end(), [&](auto& e) { return e.name == w.name; });
        if (found != verdict.events.end()) {
          current = &*found;
          current->*into = w;
        } else if (w.name == "after" && current) {
          const u64 spanning = (current->*into).spanning;
          (current->*into).add(w);
          (current->*into).spanning = spanning;
        } else {
          current = nullptr;
        }
      }
    };
    take(*real, &EventResult::real);
    take(*control, &EventResult::control);
    check_events();
    check_whole(*real, lasted);
    return check_servers(*real);
  }

  void check_events() {
    for (const EventResult& e : verdict.events) {
      const u64 harm = e.real.broken.total() + e.real.probes_lost + e.real.probes_moved + e.real.fresh_failed;
      check(e.real.spanning == load_.connections && harm == 0,
            fmt::format("{}: {} connections span it, {} broken, {} of {} probes lost, {} UDP flows moved, {} new "
                        "connections failed",
                        e.title, e.real.spanning, e.real.broken.total(), e.real.probes_lost, e.real.probes,
                        e.real.probes_moved, e.real.fresh_failed));
      const u64 without = e.control.broken.total() + e.control.probes_lost;
      check(without > 0, fmt::format("{}, in the control ({}): {} broken, {} probes lost", e.title, e.switched_off,
                                     e.control.broken.total(), e.control.probes_lost));
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
    const bool agree = c.opened == s->opened && c.closed == s->clean && c.opened == c.closed &&
                       c.answered == s->messages && c.probes_answered == s->probes &&
                       s->reset + s->cut + s->mismatch + s->open == 0;
    check(agree, fmt::format("clients and servers agree: opened {} and {}, ended in order {} and {}, messages {} and "
                             "{}, probes {} and {}; "
                             "servers saw {} resets, {} cut, {} mismatched, {} left open",
                             c.opened, s->opened, c.closed, s->clean, c.answered, s->messages, c.probes_answered,
                             s->probes, s->reset, s->cut, s->mismatch, s->open));
    return Done{};
  }

  const Load load_;
  const std::function<void(const std::string&)>& say_;
  Fabric real_, control_;
  DirectorPlan control_plan_;
  std::string switched_off_;
  Time traffic_since_{};
};

}  // namespace

bool Verdict::passed() const {
  return stopped_by.empty() && std::all_of(checks.begin(), checks.end(), [](const Check& c) { return c.ok; });
}

Verdict run_site(const Tools& tools, const Load& load, const std::function<void(const std::string&)>& say) {
  Verdict out;
  const Time begin = now();
  if (auto clean = no_leftovers(); !clean) {
    out.stopped_by = clean.error().sentence;
    return out;
  }
  const Footprint before = Footprint::now();
  {
    const Stage stage;
    Run run(tools, load, say);
    const Status done = run.all();
    out = std::move(run.verdict);
    if (!done) out.stopped_by = done.error().sentence;
    if (interrupted()) {
      out.stopped_by = "it was interrupted";
    } else if (!out.passed()) {
      out.logs = logs_of_daemons();
    }
  }
  const auto left = added(before, Footprint::now());
  out.checks.push_back({left.empty() ? "nothing is left behind"
                                     : fmt::format("left behind: {} and {} more", left.front(), left.size() - 1),
                        left.empty()});
  out.load = load;
  out.seconds = std::chrono::duration<double>(now() - begin).count();
  return out;
}

}  // namespace waymark::lab
