// Connections are all open -> mark -> the event, in both at once -> some seconds -> next.
#include "lab/edge/edge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "lab/edge/events.h"
#include "lab/kit/capture.h"
#include "lab/kit/downloads.h"
#include "lab/kit/learned_mtu.h"
#include "lab/kit/loop.h"
#include "lab/kit/pings.h"
#include "lab/kit/stage.h"
#include "lab/kit/traceroute.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(15), kBeforeEvent = milliseconds(300);

EdgeSite place() { return EdgeSite(kEdgePrefix, kLabDirectory + "/edge"); }

class Run {
 public:
  Run(const Tools& tools, const Say& say, Verdict& out)
      : say_(say),
        verdict_(out),
        real_(place(), tools, Anycast::by_edges),
        control_(EdgeSite(kEdgeControlPrefix, kLabDirectory + "/edge-off"), tools, Anycast::plain) {}

  Status all() {
    verdict_.off = "the same without edges";
    WM_TRY(real_.up(false));
    say_("edges, directors and routers are up");
    Capture capture(real_.site(), {{"the first edge's transit", "r1", {{"e1", 1500}, {"r2", kTransitMtu}}},
                                   {"the second's", "r3", {{"e2", 1500}, {"lan3", 1500}}},
                                   {"a client", "c1", {{"eth0", 1500}}},
                                   {"one by IPv4", "c3", {{"eth0", 1500}}}});
    WM_TRY(capture.start());
    WM_TRY(ask());
    WM_TRY(begin_traffic());
    for (const EdgeEvent& event : edge_events()) WM_TRY(happen(event));
    WM_TRY(finish());
    WM_TRY(capture.stop());
    const Status down = real_.down();
    verdict_.check(bool(down), down ? "all daemons went down in order" : down.error().sentence);
    say_("now tshark reads what passed");
    if (const auto seen = capture.judge(verdict_); !seen) return seen.error();
    return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
  }

 private:
  Status both(const std::function<Status(EdgeFabric&)>& act) {
    for (EdgeFabric* f : {&real_, &control_}) WM_TRY(act(*f));
    return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
  }

  // While nothing happens: whom servers see, pings, and the path MTU both ways.
  Status ask() {
    for (const std::string& client : kEdgeClients) {
      const auto seen = real_.who_asks(client);
      const std::string own = client == "c3" ? "203.0.113." : fmt::format("3fff:e{}:", client.back());
      verdict_.check(seen && seen->starts_with(own),
                     fmt::format("{}: its server sees {}", client, seen ? *seen : seen.error().sentence));
      const auto pinged = ping_all(real_.site().netns(client), asks(client), {.count = 3});
      verdict_.check(bool(pinged), fmt::format("{}: {}", client, pinged ? *pinged : pinged.error().sentence));
      trace(client);
      ask_dns(client);
      const auto up = run({.netns = real_.site().netns(client),
                           .argv = {"curl", "-sS", "--fail", "--max-time", "10", "--globoff", "-T",
                                    real_.site().file("www/bulk"), url(asks(client), "up-" + client)}});
      const auto same = run({.argv = {"cmp", real_.site().file("www/bulk"), real_.site().file("www/up-" + client)}});
      verdict_.check(up && same, fmt::format("{}: an upload {}", client,
                                             up && same ? "arrives whole"
                                             : up       ? "is damaged"
                                                        : up.error().sentence));
    }
    for (const char* client : {"c1", "c3"}) {
      const auto mtu = learned_mtu(real_.site().netns(client), asks(client));
      if (!mtu) return mtu.error();
      verdict_.check(*mtu == kTransitMtu, fmt::format("{} has learned a path MTU of {}", client, *mtu));
    }
    return Done{};
  }

  // Two protocols and one port, each with flows of its own.
  void ask_dns(const std::string& client) {
    for (const auto& [protocol, how] : {std::pair{"UDP", "+notcp"}, {"TCP", "+tcp"}}) {
      const auto said =
          run({.netns = real_.site().netns(client),
               .argv = {"kdig", "@" + asks(client), "server.lab.test", "TXT", "+short", "+retry=0", how}});
      const bool answered = said && said->starts_with(client == "c2" ? "\"s3\"" : "\"s1\"");
      verdict_.check(answered, fmt::format("{}: DNS by {} {}", client, protocol,
                                           answered ? "is answered by its site"
                                           : said   ? *said
                                                    : said.error().sentence));
    }
  }

  // What routers say of a flow's packets reaches the client, whose address they have not seen.
  void trace(const std::string& client) {
    const auto said = run({.netns = real_.site().netns(client),
                           .argv = {"traceroute", "-n", "-I", "-q", "1", "-w", "2", "-m", "8", asks(client)}});
    const std::vector<std::string> seen = said ? hops(*said) : std::vector<std::string>{};
    const std::size_t routers = client == "c2" ? 2 : 4;  // its edge among them
    const bool all = seen.size() == routers + 1 && std::ranges::count(seen, "*") == 0 && seen.back() == asks(client);
    verdict_.check(all, fmt::format("{}: traceroute names {}", client, fmt::join(seen, ", ")));
  }

  Status begin_traffic() {
    WM_TRY(control_.up(false));
    WM_TRY(both([&](EdgeFabric& f) { return f.start_traffic(verdict_.load); }));
    std::vector<Wanted> wanted;
    for (const std::string& client : kEdgeClients)
      for (const char* which : {"1", "2"})
        wanted.push_back({real_.site().netns(client), url(asks(client), "blob"),
                          real_.site().file(fmt::format("download-{}{}", client, which))});
    WM_TRY(downloads_.start(wanted));
    for (const Time end = now() + kPatience; now() < end && !downloads_.all_under_way() && !interrupted();)
      pause_for(milliseconds(5));
    say_(fmt::format(
        "a control is up beside it, {} TCP connections are open in each, {} UDP probes a second; {} downloads",
        verdict_.load.connections, verdict_.load.probes, wanted.size()));
    return Done{};
  }

  Status happen(const EdgeEvent& event) {
    if (!event.lost.empty()) {  // what they fetch is from there
      const auto whole = downloads_.finish();
      verdict_.check(bool(whole), whole ? "through all of it " + *whole : whole.error().sentence);
    }
    WM_TRY(real_.open());
    WM_TRY(control_.open(verdict_.load.connections / 50));  // what was lost before
    WM_TRY(both([&](EdgeFabric& f) { return f.mark(event.name); }));
    pause_for(kBeforeEvent);
    say_(event.title);
    for (const EdgeStep& step : event.steps) {
      WM_TRY(both(step.act));
      pause_for(step.then);
    }
    pause_for(event.then);
    verdict_.events.push_back({event.name, event.title, "", {}, {}});
    if (event.lost.empty()) verdict_.check(downloads_.all_under_way(), event.title + ": the downloads are under way");
    return Done{};
  }

  Status finish() {
    WM_TRY(real_.open());  // by the sites that are left
    WM_TRY(both([](EdgeFabric& f) { return f.mark("end"); }));
    WM_TRY(both([](EdgeFabric& f) { return f.probe(0); }));
    say_("everything ends in order");
    WM_TRY(both([](EdgeFabric& f) { return f.close(); }));
    auto real = real_.clients(), control = control_.clients();
    if (!real || !control) return !real ? real.error() : control.error();
    verdict_.take(*real, &EventResult::real);
    verdict_.take(*control, &EventResult::control);
    const auto events = edge_events();
    for (std::size_t i = 0; i < verdict_.events.size(); ++i) check_event(verdict_.events[i], events[i]);
    return Done{};
  }

  void check_event(const EventResult& is, const EdgeEvent& event) {
    const u64 broken = is.real.broken.total(), off = is.control.broken.total();
    const u64 at_lost = event.lost.empty() ? 0 : of(is.real.broken_at, event.lost);
    const u64 behind = of(is.real.broken_at, "s3");
    verdict_.checks.push_back(
        {fmt::format("{}: {} connections span it, {} broken{}, {} of {} probes lost, the longest stall {:.0f} ms",
                     is.title, is.real.spanning, broken,
                     event.lost.empty() ? "" : fmt::format(", of these {} at {}", at_lost, event.lost),
                     is.real.probes_lost, is.real.probes, is.real.longest_stall_ms),
         is.real.spanning == verdict_.load.connections && broken == at_lost && (event.lost.empty() || at_lost > 0),
         true});
    verdict_.check(behind == 0, fmt::format("{}: {} broken of those behind the director", is.title, behind));
    if (event.lost.empty()) {
      verdict_.check(is.real.probes_moved == 0, fmt::format("{}: {} probes were answered by another server than before",
                                                            is.title, is.real.probes_moved));
      verdict_.check(is.real.fresh_failed == 0 && is.real.fresh > 0,
                     fmt::format("{}: {} of {} new connections failed", is.title, is.real.fresh_failed, is.real.fresh));
    }
    if (event.control_breaks)
      verdict_.checks.push_back(
          {fmt::format("{}, in the control: {} of {} broken", is.title, off, is.control.spanning), off > 0, true});
  }

  const Say& say_;
  Verdict& verdict_;
  EdgeFabric real_, control_;
  Downloads downloads_;
};

}  // namespace

Verdict run_edge(const Tools& tools, const Say& say) {
  return staged("edge", {.connections = 2001, .fresh = 20, .probes = 200}, [&](Verdict& verdict) {
    Run run(tools, say, verdict);
    return run.all();
  });
}

Status raise_edge(const Tools& tools) {
  EdgeFabric fabric(place(), tools, Anycast::by_edges);
  return fabric.up(true);
}

}  // namespace waymark::lab
