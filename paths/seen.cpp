#include "paths/seen.h"

#include <algorithm>

namespace waymark::paths {

namespace {

constexpr Duration kUnit = std::chrono::microseconds(100);
constexpr u32 kMostCost = 60'000;
constexpr u32 kLostCost = 1;  // of a question in 10,000

}  // namespace

Down down_of(const Sights& sights) {
  Down down;
  std::set<u32> heard;
  for (const auto& [who, seen] : sights) {
    if (seen.sight == Sight::up) heard.insert(who.second);
    if (seen.sight != Sight::silent) continue;
    down.links.insert(ends_of(who.first, who.second));
    down.pops.insert(who.second);
  }
  std::erase_if(down.pops, [&](u32 pop) { return heard.contains(pop); });
  return down;
}

const Seen* measured(const Sights& sights, u32 from, u32 to) {
  for (const auto& who : {std::pair(from, to), std::pair(to, from)})
    if (const auto at = sights.find(who); at != sights.end() && at->second.round_trip) return &at->second;
  return nullptr;
}

u32 cost_of(const Seen& seen) {
  const auto trip = u64(std::max(Duration(0), seen.round_trip.value_or(Duration(0))) / (2 * kUnit));
  return u32(std::clamp<u64>(trip + u64(seen.lost) * kLostCost, 1, kMostCost));
}

void measure(Graph& graph, const Sights& sights) {
  u32 dearest = 0;
  for (Link& link : graph.links) {
    const Seen* seen = measured(sights, link.from, link.to);
    if (!seen) continue;
    link.latency = *seen->round_trip / 2;
    if (!link.fixed) link.cost = cost_of(*seen);
    dearest = std::max(dearest, cost_of(*seen));
  }
  for (Link& link : graph.links)
    if (!link.fixed && !link.latency) link.cost = std::max(link.cost, dearest);
}

}  // namespace waymark::paths
