// Connections are all open -> mark -> the event, in both at once -> some seconds -> next.
#include "lab/paths/paths.h"

#include <fmt/format.h>

#include <chrono>

#include "lab/kit/capture.h"
#include "lab/kit/downloads.h"
#include "lab/kit/loop.h"
#include "lab/kit/stage.h"
#include "lab/paths/delays.h"
#include "lab/paths/events.h"
#include "lab/paths/names.h"
#include "lab/paths/questions.h"
#include "lab/paths/rates.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(15), kBeforeEvent = milliseconds(300);
// POPs tell what they measured every 5 s, a name server chooses anew every 5 s, and a smoothed round trip takes half a
// second to follow.
constexpr Duration kFollowed = seconds(12);

PathsSite place() { return PathsSite(kPathsPrefix, kLabDirectory + "/paths"); }

class Run {
 public:
  Run(const Tools& tools, const Say& say, Verdict& out)
      : say_(say),
        verdict_(out),
        real_(place(), tools, Passing::allowed),
        control_(PathsSite(kPathsControlPrefix, kLabDirectory + "/paths-off"), tools, Passing::forbidden) {}

  Status all() {
    verdict_.off = "the same, POP 2 mandatory; a used key goes";
    WM_TRY(real_.up(false));
    say_("five POPs are up, and each client reaches each server");
    Capture capture(real_.site(),
                    {{"a client", "c1", {{"eth0", 1500}}}, {"an unmodified server", "s2", {{"eth0", 1500}}}});
    WM_TRY(capture.start());
    WM_TRY(ask_paths(real_, verdict_));
    WM_TRY(ask_delays(real_, verdict_));
    WM_TRY(ask_names(real_, verdict_));
    WM_TRY(begin_traffic());
    for (const PathsEvent& event : paths_events()) WM_TRY(happen(event));
    WM_TRY(finish());
    const Status retired = real_.retire_old_key();
    verdict_.check(bool(retired), retired ? "once nobody uses it the old key goes: its addresses are refused, those of "
                                            "the new one reach all servers"
                                          : retired.error().sentence);
    WM_TRY(measure_answers(real_, verdict_));
    WM_TRY(capture.stop());
    const Status down = real_.down();
    verdict_.check(bool(down), down ? "all daemons went down in order" : down.error().sentence);
    say_("now tshark reads what passed");
    if (const auto seen = capture.judge(verdict_); !seen) return seen.error();
    return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
  }

 private:
  Status both(const std::function<Status(PathsFabric&)>& act) {
    for (PathsFabric* f : {&real_, &control_}) WM_TRY(act(*f));
    return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
  }

  Status begin_traffic() {
    WM_TRY(control_.up(false));
    WM_TRY(both([&](PathsFabric& f) { return f.start_traffic(verdict_.load); }));
    std::vector<Wanted> wanted;
    for (const Known& known : known_servers())
      wanted.push_back({real_.site().netns(known.client), url(real_.server_address(known.client, known.server), "blob"),
                        real_.site().file("download-" + known.client + known.server)});
    WM_TRY(downloads_.start(wanted));
    for (const Time end = now() + kPatience; now() < end && !downloads_.all_under_way() && !interrupted();)
      pause_for(milliseconds(5));
    say_(fmt::format(
        "a control is up beside it, {} TCP connections are open in each, {} UDP probes a second; {} downloads",
        verdict_.load.connections, verdict_.load.probes, wanted.size()));
    const auto carried = real_.long_links().report();
    if (!carried) return carried.error();
    carried_ = *carried;
    loaded_at_ = now();
    return Done{};
  }

  Status happen(const PathsEvent& event) {
    WM_TRY(both([](PathsFabric& f) { return f.open(); }));  // what was lost before as well
    WM_TRY(both([&](PathsFabric& f) { return f.mark(event.name); }));
    pause_for(kBeforeEvent);
    say_(event.title);
    for (const PathsStep& step : event.steps) {
      WM_TRY(both(step.act));
      pause_for(step.then);
    }
    verdict_.events.push_back({event.name, event.title, "", {}, {}});
    verdict_.check(downloads_.all_under_way(), event.title + ": the downloads are under way");
    for (const Duration after : real_.answers_followed())
      verdict_.check(after < kFollowed, fmt::format("{}: the first answer by another path came {} ms later",
                                                    event.title, after / milliseconds(1)));
    if (event.name != "cut") return Done{};
    const auto in_xdp = real_.daemons().count(pop_name(kNamesPop), "path.answered");
    verdict_.check(in_xdp && *in_xdp > 0, fmt::format("XDP answered {} of the questions, whose clients asked without "
                                                      "a resolver",
                                                      in_xdp ? *in_xdp : 0));
    return Done{};
  }

  Status finish() {
    WM_TRY(judge_long_links(real_.long_links(), carried_, now() - loaded_at_, verdict_));
    const auto whole = downloads_.finish();
    verdict_.check(bool(whole), whole ? "through all of it " + *whole : whole.error().sentence);
    WM_TRY(both([](PathsFabric& f) { return f.mark("end"); }));
    WM_TRY(both([](PathsFabric& f) { return f.probe(0); }));
    say_("everything ends in order");
    WM_TRY(both([](PathsFabric& f) { return f.close(); }));
    auto real = real_.clients(), control = control_.clients();
    if (!real || !control) return !real ? real.error() : control.error();
    verdict_.take(*real, &EventResult::real);
    verdict_.take(*control, &EventResult::control);
    const auto events = paths_events();
    for (std::size_t i = 0; i < verdict_.events.size(); ++i) check_event(verdict_.events[i], events[i]);
    return Done{};
  }

  void check_event(const EventResult& is, const PathsEvent& event) {
    const u64 broken = is.real.broken.total(), off = is.control.broken.total();
    verdict_.checks.push_back(
        {fmt::format("{}: {} connections span it, {} broken, {} of {} probes lost, the longest stall {:.0f} ms",
                     is.title, is.real.spanning, broken, is.real.probes_lost, is.real.probes, is.real.longest_stall_ms),
         is.real.spanning == verdict_.load.connections && !broken, true});
    verdict_.check(is.real.fresh_failed == 0 && is.real.fresh > 0,
                   fmt::format("{}: {} of {} new connections failed", is.title, is.real.fresh_failed, is.real.fresh));
    if (event.control_breaks)
      verdict_.checks.push_back(
          {fmt::format("{}, in the control: {} of {} broken", is.title, off, is.control.spanning), off > 0, true});
    else
      verdict_.check(off == 0, fmt::format("{}, in the control: {} broken", is.title, off));
  }

  const Say& say_;
  Verdict& verdict_;
  PathsFabric real_, control_;
  Downloads downloads_;
  LongLinks::Report carried_;  // when the load began
  Time loaded_at_ = {};
};

}  // namespace

Verdict run_paths(const Tools& tools, const Say& say) {
  return staged("paths", {.connections = 1000, .fresh = 20, .probes = 200}, [&](Verdict& verdict) {
    Run run(tools, say, verdict);
    return run.all();
  });
}

Result<std::vector<std::string>> raise_paths(const Tools& tools) {
  PathsFabric fabric(place(), tools, Passing::allowed);
  WM_TRY(fabric.up(true));
  const PathsSite& site = fabric.site();
  const std::string c1 = site.netns("c1"), address = fabric.server_address("c1", "s1");
  return std::vector{fmt::format("nsenter --net=/run/netns/{} curl -s http://[{}]/who", c1, address),
                     fmt::format("nsenter --net=/run/netns/{} traceroute -n {}", c1, address),
                     fmt::format("{} address explain -c {} {}", tools.waymark, site.file("p1.toml"), address),
                     fmt::format("{} show status --socket {}", tools.waymark, site.socket("p1"))};
}

}  // namespace waymark::lab
