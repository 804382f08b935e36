#include "lab/guests/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "lab/kit/endpoint.h"
#include "lab/kit/loop.h"
#include "lab/kit/netns.h"
#include "lab/kit/stage.h"
#include "lab/traffic/flow.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(15);  // for anything that should take a moment

}  // namespace

GuestsSite::GuestsSite(const Tools& tools, const Say& say, Verdict& verdict)
    : say_(say), verdict_(verdict), fabric_(GroupSite(kGuestsPrefix, kLabDirectory + "/guests"), tools) {}

Status GuestsSite::up() {
  allow_many_files();
  GroupPlan plan;
  plan.present = {"d1"};
  plan.wait = kWait;
  plan.metrics = true;
  fabric_.limit("d1", kTight);
  WM_TRY(fabric_.up(plan, false));
  const GroupSite& site = fabric_.site();
  // A server answers at all addresses of its prefix. Strangers on the group's link have an address there.
  for (const std::string server : {"s1", "s2", "s3"}) {
    WM_TRY(ip(site.netns(server), fmt::format("route add local {} dev lo\n", many_targets_of(server))));
    for (const auto& d : kDirectors)
      WM_TRY(ip(site.netns(d), fmt::format("route add {} via {}\n", many_targets_of(server), address6(server))));
  }
  WM_TRY(ip(site.netns("lan"), "addr add 2001:db8:6::ff/64 dev br1 nodad\n"));
  auto routes = RouteWatch::start({site.netns("d1"), site.netns("d2")});
  if (!routes) return routes.error();
  routes_ = std::move(*routes);
  return fabric_.start_traffic(verdict_.load);
}

Status GuestsSite::down() { return fabric_.down(); }

Status GuestsSite::start_anew() {
  Process& daemon = fabric_.daemon("d1");
  daemon.signal(SIGKILL);
  (void)daemon.wait(kPatience);
  return fabric_.start_daemon("d1");
}

void GuestsSite::begin(const std::string& title) {
  title_ = title;
  say_(title);
}

void GuestsSite::claim(bool ok, const std::string& sentence) {
  verdict_.check(ok, fmt::format("{}: {}", title_, sentence));
}

Status GuestsSite::well() {
  Process& daemon = fabric_.daemon("d1");
  if (!daemon.running() || !ask({"show", "status"}, seconds(3))) {
    say_("the director's daemon is dead or does not answer, and is started again");
    WM_TRY(start_anew());
  }
  const auto up = [&] {
    const auto text = metrics("d1");
    const auto down = text ? samples(*text, "waymark_target_down") : std::optional<Samples>();
    const auto announced = text ? samples(*text, "waymark_announced") : std::optional<Samples>();
    return down && announced && down->sum == 0 && announced->sum >= 2;
  };
  if (!await(kPatience, up)) {
    say_("targets are still taken for dead: the daemon starts anew, with the site's own service");
    GroupPlan plan = fabric_.plan();
    plan.more.clear();
    (void)fabric_.configure(plan);
    WM_TRY(start_anew());
    if (!await(kPatience, up)) return Error{"the director's targets are not all up, or its addresses not announced"};
  }
  auto clients = fabric_.clients();
  if (!clients) return clients.error();
  // Where some are broken, others may be found to be so for as long as silence is waited for.
  if (clients->live < verdict_.load.connections) pause_for(kSilence + seconds(1));
  return fabric_.open();
}

Result<std::string> GuestsSite::metrics(const std::string& director) const {
  const GroupSite& site = fabric_.site();
  return run({.netns = site.netns(director),
              .argv = {"curl", "-sS", "--max-time", "10", "--unix-socket", site.socket(director), "http://d/metrics"}},
             kPatience);
}

Result<u64> GuestsSite::metric(const std::string& director, const std::string& name) const {
  const auto text = metrics(director);
  if (!text) return text.error();
  const auto found = samples(*text, name);
  if (!found) return Error{fmt::format("{} has no metric {}", director, name)};
  return found->sum;
}

Result<std::string> GuestsSite::ask(const std::vector<std::string>& words, Duration patience) const {
  std::vector<std::string> argv = {fabric_.tools().waymark};
  argv.insert(argv.end(), words.begin(), words.end());
  argv.insert(argv.end(), {"--socket", fabric_.site().socket("d1")});
  return run({.netns = fabric_.site().netns("d1"), .argv = argv}, patience);
}

bool GuestsSite::await(Duration patience, const std::function<bool()>& holds) const {
  for (const Time end = now() + patience; now() < end && !interrupted(); pause_for(milliseconds(50)))
    if (holds()) return true;
  return holds();
}

Result<std::unique_ptr<Crowd>> GuestsSite::gather(const std::string& to, Manner manner, u32 at_once, u32 per_second,
                                                  const std::string& request, const std::string& node) const {
  return Crowd::gather({fabric_.site().netns(node), to, manner, at_once, per_second, request});
}

Result<Vitals> GuestsSite::spend(Duration time) {
  const pid_t pid = fabric_.daemon("d1").pid();
  auto most = vitals(pid);
  if (!most) return most.error();
  const Duration before = most->cpu;
  forget_peak(pid);
  for (const Time end = now() + time; now() < end && !interrupted(); pause_for(milliseconds(100))) {
    auto is = vitals(pid);
    if (!is || !fabric_.daemon("d1").running()) return Error{"the daemon died"};
    is->files = std::max(is->files, most->files);
    is->cpu -= before;
    most = is;
  }
  if (interrupted()) return Error{"it was interrupted"};
  return most;
}

}  // namespace waymark::lab
