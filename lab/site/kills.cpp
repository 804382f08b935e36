#include "lab/site/kills.h"

#include <fmt/format.h>

#include <chrono>

#include "lab/kit/loop.h"
#include "lab/kit/process.h"
#include "lab/kit/stage.h"
#include "lab/site/fabric.h"
#include "lab/traffic/message.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr u32 kFastest = 20'000, kSlowest = 1'000;  // packets a second
constexpr Duration kTrial = seconds(3);

const Window* window(const ClientReport& report, const std::string& name) {
  const Window* found = nullptr;
  for (const Window& w : report.windows)
    if (w.name == name) found = &w;
  return found;
}

// Half of what lost nothing in a trial: other work on the machine comes and goes.
Result<u32> rate_that_loses_nothing(Fabric& site) {
  for (u32 rate = kFastest; rate >= kSlowest; rate /= 2) {
    WM_TRY(site.mark(fmt::format("trial {}", rate)));
    WM_TRY(site.probe(rate));
    pause_for(kTrial);
    WM_TRY(site.probe(0));
    auto report = site.clients();
    if (!report) return report.error();
    const Window* trial = window(*report, fmt::format("trial {}", rate));
    if (trial && trial->probes_lost == 0) return rate / 2;
  }
  return Error{fmt::format("this machine loses packets at {} a second, with nobody killed", kSlowest)};
}

Status play(Fabric& site, u32 kills, const Say& say, Verdict& verdict) {
  WM_TRY(site.up({}, false));
  WM_TRY(site.start_traffic(verdict.load));
  auto rate = rate_that_loses_nothing(site);
  if (!rate) return rate.error();
  say(fmt::format("{} TCP connections are open; {} UDP packets a second lose nothing, {} are sent",
                  verdict.load.connections, *rate * 2, *rate));

  // How long a start takes says where in it a kill may come.
  WM_TRY(site.kill_director());
  const Time began = now();
  WM_TRY(site.start_director(site.tools().waymark));
  const Duration start = now() - began;

  WM_TRY(site.mark("kills"));
  WM_TRY(site.probe(*rate));
  const Time first = now();
  WM_TRY(site.kill_director());
  for (u32 n = 1; n < kills && !interrupted(); ++n) {
    WM_TRY(site.launch_director(site.tools().waymark));
    pause_for(Duration(mix(n) % u64((start * 3 / 2).count())));
    WM_TRY(site.kill_director());
  }
  const double lasted = std::chrono::duration<double>(now() - first).count();
  WM_TRY(site.start_director(site.tools().waymark));
  say(fmt::format("{} kills in {:.1f} s, each up to {} ms after the start", kills, lasted,
                  start * 3 / 2 / milliseconds(1)));
  WM_TRY(site.probe(0));
  WM_TRY(site.mark("end"));
  WM_TRY(site.close());

  auto clients = site.clients();
  if (!clients) return clients.error();
  const Window* w = window(*clients, "kills");
  if (!w) return Error{"the clients do not know the window of the kills"};
  verdict.check(w->probes_lost == 0 && w->probes > u64(double(*rate) * lasted / 2),
                fmt::format("{} kills with -9 at {} packets a second: {} of {} packets lost", kills, *rate,
                            w->probes_lost, w->probes));
  verdict.check(w->spanning == verdict.load.connections && w->broken.total() == 0,
                fmt::format("{} connections span them, {} broken, the longest stall {:.0f} ms", w->spanning,
                            w->broken.total(), w->longest_stall_ms));
  verdict.check(
      w->fresh > 0 && w->fresh_failed == 0 && w->probes_moved == 0,
      fmt::format("{} new connections, {} failed; {} UDP flows moved", w->fresh, w->fresh_failed, w->probes_moved));
  verdict.check(site.reconciled());
  const Status down = site.down();
  verdict.check(bool(down), down ? "every daemon went down in order" : down.error().sentence);
  return Done{};
}

}  // namespace

Verdict run_kills(const Tools& tools, const Load& load, u32 kills, const Say& say) {
  return staged("kills", load, [&](Verdict& verdict) {
    Fabric site(Site(kSitePrefix, kLabDirectory + "/site"), tools);
    return play(site, kills, say, verdict);
  });
}

}  // namespace waymark::lab
