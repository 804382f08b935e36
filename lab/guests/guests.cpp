// As in lab group (group.cpp): connections are all open -> mark -> the event -> what it did -> next. There is no second
// site beside it: that the abuse arrives is claimed by each event itself.
#include "lab/guests/guests.h"

#include <fmt/format.h>

#include <algorithm>

#include "lab/guests/events.h"
#include "lab/kit/loop.h"
#include "lab/kit/stage.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;

constexpr Duration kBeforeEvent = milliseconds(300), kAfterEvent = milliseconds(500);

std::vector<GuestsEvent> guests_events() {
  return {{"silent", "1,500 silent connections to /metrics, 1,024 files", silent_guests},
          {"rude", "guests who drip, never read, and ask for 2,700 ranges", rude_guests},
          {"files", "files that are not what they should be", hostile_files},
          {"held", "the daemon's loop held up from outside", held_up},
          {"ended", "ended and replaced while guests drip", ended_and_replaced},
          {"many", "5,000 services more by one reload", many_more_services},
          {"readers", "eight readers of /metrics, 15,003 targets", busy_readers},
          {"fewer", "these services removed by one reload, and a weight changed", services_removed},
          {"secret", "a member with another secret starts", wrong_secret},
          {"strangers", "strangers crowd the group's ports while a member starts", strangers}};
}

class Run {
 public:
  Run(const Tools& tools, const Say& say, Verdict& out) : verdict_(out), site_(tools, say, out) {}

  Status all() {
    WM_TRY(site_.up());
    site_.say(
        fmt::format("a director serves alone; {} TCP connections are open, {} UDP probes a second, {} new "
                    "connections a second",
                    verdict_.load.connections, verdict_.load.probes, verdict_.load.fresh));
    Status done = Done{};
    for (const GuestsEvent& event : guests_events())
      if (done) done = happen(event);
    if (done) done = end();
    count();
    if (!done) return done;
    const Status down = site_.down();
    verdict_.check(bool(down), down ? "every daemon went down in order" : down.error().sentence);
    return Done{};
  }

 private:
  Status happen(const GuestsEvent& event) {
    WM_TRY(site_.well());
    WM_TRY(site_.fabric().mark(event.name));
    pause_for(kBeforeEvent);
    const Time from = now();
    site_.begin(event.title);
    WM_TRY(event.act(site_));
    pause_for(kAfterEvent);
    const auto down = site_.metric("d1", "waymark_target_down");
    u64 withdrawn = 0;
    for (const RouteChange& c : site_.routes().since(from))
      withdrawn +=
          c.gone && c.netns == site_.fabric().site().netns("d1") && (c.address == kService6 || c.address == kService4);
    site_.claim(down && *down == 0 && withdrawn == 0,
                down ? fmt::format("{} targets are taken for dead, addresses were withdrawn {} times", *down, withdrawn)
                     : down.error().sentence);
    WM_TRY(site_.fabric().mark("between"));
    return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
  }

  Status end() {
    WM_TRY(site_.well());
    site_.say("everything ends in order");
    WM_TRY(site_.fabric().mark("end"));
    return site_.fabric().close();
  }

  // Of the events that happened, even if the lab could not be finished.
  void count() {
    auto clients = site_.fabric().clients();
    auto servers = site_.fabric().servers();
    if (!clients || !servers) return verdict_.check(false, "the clients and servers do not tell what they counted");
    for (const GuestsEvent& event : guests_events()) spanned(*clients, event);
    verdict_.check_agreement(*clients, *servers);
  }

  void spanned(const ClientReport& clients, const GuestsEvent& event) {
    const auto w = std::find_if(clients.windows.begin(), clients.windows.end(),
                                [&](const Window& window) { return window.name == event.name; });
    if (w == clients.windows.end()) return verdict_.check(false, event.title + ": it did not happen");
    const u64 harm = w->broken.total() + w->probes_lost + w->probes_moved + w->fresh_failed;
    verdict_.check(w->spanning == verdict_.load.connections && harm == 0,
                   fmt::format("{}: {} connections span it, {} broken, {} of {} probes lost, {} UDP flows moved, {} of "
                               "{} new connections failed; the longest stall {:.0f} ms",
                               event.title, w->spanning, w->broken.total(), w->probes_lost, w->probes, w->probes_moved,
                               w->fresh_failed, w->fresh, w->longest_stall_ms));
  }

  Verdict& verdict_;
  GuestsSite site_;
};

}  // namespace

Verdict run_guests(const Tools& tools, const Load& load, const Say& say) {
  return staged("guests", load, [&](Verdict& verdict) {
    Run run(tools, say, verdict);
    return run.all();
  });
}

}  // namespace waymark::lab
