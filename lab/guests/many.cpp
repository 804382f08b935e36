#include <fmt/format.h>

#include "lab/guests/events.h"
#include "lab/kit/loop.h"

namespace waymark::lab {
namespace {

using std::chrono::seconds;

constexpr u32 kServices = 5000, kTargets = 3 * kServices, kEvery = 15;
constexpr Duration kRound = seconds(kEvery + 1), kLate = seconds(10);
constexpr u64 kMostPause = 500'000;  // microseconds: 50,000 are promised, on a machine that does nothing else
constexpr u32 kHeavy = 30;           // of a target whose weight was 10

// The reload, and how many seconds it took.
std::pair<Status, double> reload(GuestsSite& site, const GroupPlan& plan) {
  const Time asked = now();
  const Status done = site.fabric().configure(plan);
  return {done, std::chrono::duration<double>(now() - asked).count()};
}

}  // namespace

Status many_more_services(GuestsSite& site) {
  GroupPlan plan = site.fabric().plan();
  plan.more = many_services(kServices, kEvery);
  const Time began = now();
  const auto [done, took] = reload(site, plan);
  const auto most = site.spend(kRound);
  const auto fail = [&](const std::string& why) { return site.claim(false, why), Done{}; };
  if (!done) return fail(done.error().sentence);
  if (!most) return fail(most.error().sentence);
  std::string metrics;
  const auto sum = [&](const char* metric) { return samples(metrics, metric).value_or(Samples()).sum; };
  const bool judged = site.await(kLate, [&] {
    if (auto text = site.metrics("d1")) metrics = *text;
    return sum("waymark_check_up") >= kTargets;
  });
  const double judged_in = std::chrono::duration<double>(now() - began).count();
  site.claim(
      judged && sum("waymark_target_down") == 0,
      fmt::format(
          "{} services with {} targets, added by one reload in {:.1f} s: {} are up by their checks after {:.1f} s, {} "
          "down, {} checks failed",
          kServices, kTargets, took, sum("waymark_check_up"), judged_in, sum("waymark_target_down"),
          sum("waymark_check_failures_total")));
  const auto pause = samples(metrics, "waymark_loop_longest_pause_microseconds");
  const double cpu = std::chrono::duration<double>(most->cpu).count() / std::chrono::duration<double>(kRound).count();
  site.claim(pause && pause->sum > 0 && pause->sum < kMostPause,
             fmt::format("the loop's longest pause is {}; {:.0f}% of a processor over the {} s after the reload",
                         pause ? fmt::format("{:.1f} ms", double(pause->sum) / 1000) : "not to be had", 100 * cpu,
                         kRound / seconds(1)));
  return Done{};
}

// The choice is another one than when the flows began: whoever serves them and has no pins sends some elsewhere.
Status services_removed(GuestsSite& site) {
  GroupPlan plan = site.fabric().plan();
  for (TargetPlan& t : plan.targets)
    if (t.name == "s3") t.weight = kHeavy;
  plan.more.clear();
  const auto [done, took] = reload(site, plan);
  site.claim(bool(done), done ? fmt::format("the reload took {:.1f} s", took) : done.error().sentence);
  pause_for(seconds(2));
  return Done{};
}

}  // namespace waymark::lab
