// As in lab site (schedule.cpp): connections are all open -> mark -> the event -> some seconds -> next.
//
// To move a flow to another director breaks nothing by itself: both choose alike. What breaks it is to be moved after
// the pool has changed, when it is pinned to a target that would not be chosen any more. So each event changes the pool
// as well, and the control shows how many flows that meant.
#include "lab/group/group.h"

#include <fmt/format.h>

#include <algorithm>

#include "lab/group/events.h"
#include "lab/kit/loop.h"
#include "lab/kit/reconcile.h"
#include "lab/kit/route_watch.h"
#include "lab/kit/stage.h"
#include "lab/kit/witness.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kBeforeEvent = milliseconds(300);  // a window begins so long before its event

double ms(Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

class Run {
 public:
  Run(const Tools& tools, const Say& say, Verdict& out)
      : load_(out.load),
        say_(say),
        verdict_(out),
        real_(GroupSite(kGroupPrefix, kLabDirectory + "/group"), tools),
        control_(GroupSite(kGroupControlPrefix, kLabDirectory + "/group-off"), tools) {}

  Status all() {
    verdict_.off = "the same, without candidate and mirror";
    WM_TRY(set_up());
    for (const GroupEvent& event : group_events()) {
      WM_TRY(happen(event));
      if (event.name == "flaps") WM_TRY(upgrade());
    }
    return finish();
  }

 private:
  Status both(const std::function<Status(GroupFabric&)>& act) {
    for (GroupFabric* f : {&real_, &control_}) WM_TRY(act(*f));
    return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
  }

  Status set_up() {
    GroupPlan alone;
    alone.second_candidate = alone.mirror = false;
    WM_TRY(real_.up({}, false));
    WM_TRY(control_.up(alone, false));
    say_("two equal groups are up, one of them the control");
    auto routes = RouteWatch::start({netns("r"), netns("d1"), netns("d2")});
    if (!routes) return routes.error();
    routes_ = std::move(*routes);
    auto witness = Witness::start(netns("r"), kDirectors, kEchoPort);
    if (!witness) return witness.error();
    witness_ = std::move(*witness);
    WM_TRY(both([&](GroupFabric& f) { return f.start_traffic(load_); }));
    say_(fmt::format("{} TCP connections are open in each, {} UDP probes a second, {} new connections a second",
                     load_.connections, load_.probes, load_.fresh));
    pause_for(seconds(1));
    return Done{};
  }

  std::string netns(const std::string& node) const { return real_.site().netns(node); }

  Status happen(const GroupEvent& event) {
    if (event.before_in_control) WM_TRY(event.before_in_control(control_));
    WM_TRY(both([](GroupFabric& f) { return f.open(); }));  // what was lost before
    WM_TRY(both([&](GroupFabric& f) { return f.mark(event.name); }));
    const Time from = now();
    pause_for(kBeforeEvent);
    say_(event.title);
    if (event.name == "server") {
      auto victim = real_.server(kKilledServer);
      if (!victim) return victim.error();
      at_victim_ = victim->open;
      killed_ = now();
    }
    for (const GroupStep& step : event.steps) {
      WM_TRY(both(step.act));
      pause_for(step.then);
    }
    verdict_.events.push_back({event.name, event.title, event.switched_off, {}, {}});
    if (event.moves) note_moved(event, from);
    if (event.name == "server") note_told();
    return Done{};
  }

  void note_moved(const GroupEvent& event, Time from) {
    const u64 moved = flows_moved(witness_->seen(), from), least = load_.connections / 10;
    verdict_.check(moved >= least,
                   fmt::format("{}: {} TCP flows changed director, at least {}", event.title, moved, least));
  }

  void note_told() {
    const Told told = told_by_directors(witness_->seen(), killed_);
    if (!told.first) return verdict_.check(false, "no director told a client that its server is dead");
    verdict_.check(*told.last_first - killed_ < seconds(3),
                   fmt::format("both directors knew within {:.0f} ms that {} was dead ({:.0f} ms the first)",
                               ms(*told.last_first - killed_), kKilledServer, ms(*told.first - killed_)));
    verdict_.check(
        told.slowest <= seconds(1) && told.unreachables > 0,
        fmt::format("{} TCP flows were reset, at most {:.1f} ms after their first packet from then on; {} UDP "
                    "flows got a port unreachable",
                    told.resets, ms(told.slowest), told.unreachables));
  }

  // Neither the kernel of the router nor the one of the director hears of it.
  Status upgrade() {
    WM_TRY(real_.mark("upgrade"));
    const Time from = now();
    say_("director d1's daemon upgraded");
    WM_TRY(real_.replace_director("d1"));
    pause_for(seconds(2));
    WM_TRY(real_.mark("between"));
    const auto changes = routes_->since(from);
    verdict_.check(changes.empty(),
                   fmt::format("director d1's daemon upgraded: {} routes changed on it or the router", changes.size()));
    return Done{};
  }

  Status finish() {
    auto server = real_.server(kDrainedServer);
    if (!server) return server.error();
    const auto shown = [this](const std::string& what) { return real_.show("d2", what); };
    const auto drained = reconcile_drained(shown, *server, kDrainedServer);
    WM_TRY(both([](GroupFabric& f) { return f.mark("end"); }));
    say_("everything ends in order");
    WM_TRY(both([](GroupFabric& f) { return f.close(); }));
    WM_TRY(collect());
    verdict_.check(drained);
    verdict_.check(reconcile(real_.site(), "d2", shown));
    WM_TRY(lose_all_servers());
    const Status down = real_.down(), control_down = control_.down();
    verdict_.check(bool(down), down ? "every daemon went down in order" : down.error().sentence);
    if (!control_down) return control_down.error();
    return Done{};
  }

  // From a director's kernel, where the daemon wrote, to the router's.
  Status lose_all_servers() {
    const Time from = now();
    for (const auto& s : kServers)
      if (s != kKilledServer) WM_TRY(real_.kill_server(s));
    const Time killed = now();
    say_("all servers are killed");
    const Status gone = real_.await_hops(0);
    pause_for(milliseconds(100));
    std::optional<Time> first, last;
    for (const RouteChange& c : routes_->since(from)) {
      if (!c.gone) continue;
      if (c.netns == netns("r")) last = c.at;
      if (c.netns != netns("r") && !first) first = c.at;
    }
    const bool told = gone && first && last;
    verdict_.check(told,
                   told ? fmt::format("all servers killed: the router's last route was gone {:.0f} ms later, {:.0f} ms "
                                      "after the first director had found out",
                                      ms(*last - killed), ms(*last - *first))
                   : gone ? "nobody heard that the routes were withdrawn"
                          : gone.error().sentence);
    return Done{};
  }

  Status collect() {
    auto real = real_.clients(), control = control_.clients();
    if (!real) return real.error();
    if (!control) return control.error();
    verdict_.take(*real, &EventResult::real);
    verdict_.take(*control, &EventResult::control);
    for (const EventResult& e : verdict_.events) check_event(e);
    for (const Window& w : real->windows) {
      if (w.name == "upgrade")
        verdict_.check(w.broken.total() + w.probes_lost + w.fresh_failed == 0,
                       fmt::format("meanwhile {} connections were open, {} broken, {} of {} probes lost", w.spanning,
                                   w.broken.total(), w.probes_lost, w.probes));
      if (w.name == "after")
        verdict_.check(
            of(w.fresh_at, kDrainedServer) == 0 && of(w.fresh_at, kAddedServer) > 0 &&
                of(w.messages_of, kDrainedServer) > 0,
            fmt::format("drained on d1 alone, {} got {} of {} new flows by both, {} got {}; the old flows of {} "
                        "exchanged {} messages",
                        kDrainedServer, of(w.fresh_at, kDrainedServer), w.fresh, kAddedServer,
                        of(w.fresh_at, kAddedServer), kDrainedServer, of(w.messages_of, kDrainedServer)));
    }
    return check_servers(*real);
  }

  void check_event(const EventResult& e) {
    const Window &w = e.real, &off = e.control;
    const u64 broken = w.broken.total();
    verdict_.checks.push_back(
        {fmt::format("{}, in the control: {} broken", e.title, off.broken.total()), off.broken.total() > 0, true});
    if (e.name == "server") {
      verdict_.check(
          broken == of(w.broken_at, kKilledServer) && broken == w.broken.reset && broken > 0,
          fmt::format("{}: {} of {} connections broken, {} of them {}'s, where {} were open; {} by a reset, {} "
                      "silent, in the control {} silent",
                      e.title, broken, w.spanning, of(w.broken_at, kKilledServer), kKilledServer, at_victim_,
                      w.broken.reset, w.broken.silent, off.broken.silent));
      return;
    }
    verdict_.checks.push_back(
        {fmt::format("{}: {} connections span it, {} broken, {} of {} probes lost, {} UDP flows "
                     "moved, {} new connections failed",
                     e.title, w.spanning, broken, w.probes_lost, w.probes, w.probes_moved, w.fresh_failed),
         w.spanning == load_.connections && broken + w.probes_moved + w.fresh_failed == 0, true});
  }

  Status check_servers(const ClientReport& c) {
    ServerReport alive;
    for (const auto& s : kServers) {
      auto one = real_.server(s);
      if (!one) return one.error();
      if (s != kKilledServer) alive.add(*one);
    }
    const u64 wrong = alive.reset + alive.cut + alive.mismatch + alive.open;
    verdict_.check(wrong == 0 && alive.opened == alive.clean,
                   fmt::format("the other servers opened {} connections and ended {} in order, {} otherwise; clients "
                               "opened {} and ended {} in order",
                               alive.opened, alive.clean, wrong, c.opened, c.closed));
    return Done{};
  }

  const Load load_;
  const Say& say_;
  Verdict& verdict_;
  GroupFabric real_, control_;
  std::unique_ptr<RouteWatch> routes_;
  std::unique_ptr<Witness> witness_;
  u64 at_victim_ = 0;
  Time killed_{};
};

}  // namespace

Verdict run_group(const Tools& tools, const Load& load, const Say& say) {
  return staged("group", load, [&](Verdict& verdict) {
    Run run(tools, say, verdict);
    return run.all();
  });
}

}  // namespace waymark::lab
