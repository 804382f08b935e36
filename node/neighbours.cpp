#include "node/neighbours.h"

#include <algorithm>

#include "core/buckets.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;
using overlay::Hood;

constexpr Duration kSweepEvery = 5s;
constexpr Duration kSweepPause = 4ms;
constexpr u32 kSweepBuckets = 2'048;  // at once; then others have a turn

u32 end_of(const Hood& hood) { return hood.first + hood.buckets; }

}  // namespace

NeighbourPlan neighbour_plan(const Image& image) {
  NeighbourPlan plan;
  plan.idle = image.settings.role.gateway.neighbour_idle;
  std::copy(std::begin(image.settings.pin_key), std::end(image.settings.pin_key), plan.key);
  for (u32 i = 0; i < image.tenant_tunnels.size(); ++i)
    if (const TenantTunnel& t = image.tenant_tunnels[i]; t.first == i && t.buckets)
      plan.hoods.push_back({t.owner, t.first_bucket, t.buckets});
  std::sort(plan.hoods.begin(), plan.hoods.end(), [](auto& a, auto& b) { return a.first < b.first; });
  return plan;
}

void NeighbourKeeper::configure(NeighbourPlan plan, Time now) {
  plan_ = std::move(plan);
  known_.assign(plan_.hoods.size(), 0);
  expired_ = 0;
  next_ = 0;
  hood_ = 0;
  due_ = now;
  if (plan_.hoods.empty()) swept_ = {};
}

// What is nobody's any more goes as well: its clock wraps around, and then it would be young again.
void NeighbourKeeper::look(Neighbour& n, const Hood* hood, u32 ticks) {
  const u64 seal = read_word(&n.seal);
  if (!seal) return;
  const bool whole = overlay::is_whole(plan_.key, n);
  const bool its = hood && n.owner == hood->owner;
  if (whole && its && overlay::age_of(n, ticks) <= plan_.idle) {
    ++known_[std::size_t(hood - plan_.hoods.data())];
    return;
  }
  // A half-written one is being written just now, by who will seal it.
  if (swap_word(&n.seal, seal, 0) == seal && whole && its) ++expired_;
}

void NeighbourKeeper::tick(Time now, u32 ticks) {
  if (now < deadline()) return;
  if (!next_) begun_ = now;
  const u32 all = u32(live_.neighbours.size()), end = std::min(all, next_ + kSweepBuckets);
  for (; next_ < end; ++next_) {
    while (hood_ < plan_.hoods.size() && end_of(plan_.hoods[hood_]) <= next_) ++hood_;
    const Hood* hood = hood_ < plan_.hoods.size() && plan_.hoods[hood_].first <= next_ ? &plan_.hoods[hood_] : nullptr;
    for (Neighbour& n : live_.neighbours[next_].way) look(n, hood, ticks);
  }
  due_ = now + kSweepPause;
  if (next_ < all) return;
  due_ = std::max(begun_ + kSweepEvery, now);
  NeighboursSwept swept{swept_.number + 1, 0, swept_.expired + expired_, {}};
  for (std::size_t i = 0; i < known_.size(); ++i) {
    swept.owned.push_back({plan_.hoods[i].owner, known_[i]});
    swept.known += known_[i];
  }
  std::sort(swept.owned.begin(), swept.owned.end(), [](auto& a, auto& b) { return a.owner < b.owner; });
  swept_ = std::move(swept);
  known_.assign(plan_.hoods.size(), 0);
  expired_ = 0;
  next_ = 0;
  hood_ = 0;
}

std::vector<NeighbourSeen> list_neighbours(std::span<const NeighbourBucket> table, const NeighbourPlan& plan, u32 ticks,
                                           u32 ticks_per_second, const NeighbourFilter& filter) {
  std::vector<NeighbourSeen> out;
  for (const Hood& hood : plan.hoods) {
    if (filter.owners && std::count(filter.owners->begin(), filter.owners->end(), hood.owner) == 0) continue;
    for (u32 b = hood.first; b < end_of(hood) && b < table.size(); ++b)
      for (const Neighbour& way : table[b].way) {
        const Neighbour n = way;  // the seal is of what is read
        if (n.owner != hood.owner || !overlay::is_whole(plan.key, n)) continue;
        const u32 age = overlay::age_of(n, ticks);
        if (age > plan.idle || (filter.address && *filter.address != n.ip4)) continue;
        if (out.size() >= filter.most) return out;
        out.push_back({n.owner, n.ip4, n.mac, n.member, age / ticks_per_second});
      }
  }
  return out;
}

}  // namespace waymark
