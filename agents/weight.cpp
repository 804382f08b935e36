#include "agents/weight.h"

#include <algorithm>

namespace waymark::agents {

namespace {

// Of small weights, 20% are more by rounding: two steps do not count either.
constexpr u32 kRounding = 4;

constexpr Duration kSecond = std::chrono::seconds(1), kLasts = 10 * kSecond;

u32 part_of(u32 used, u32 most, u32 largest) {
  const u64 free = used < most ? most - used : 0;
  return u32(std::clamp<u64>(free * kMostWeight / std::max(largest, most), 1, kMostWeight));
}

u32 quarter_more(u32 weight) { return weight + std::max(weight / 4, 1u); }

}  // namespace

u32 weight_of(const std::optional<signalling::Load>& load, const Largest& largest) {
  if (!load) return kMostWeight;
  if (load->priority == kNoNewFlows || (!load->most_sessions && !load->most_capacity)) return 0;
  u32 weight = kMostWeight;
  if (load->most_sessions) weight = part_of(load->sessions_in_use, load->most_sessions, largest.sessions);
  if (load->most_capacity)
    weight = std::min(weight, part_of(load->used_capacity, load->most_capacity, largest.capacity));
  return weight;
}

void Damped::set(u32 weight) {
  weight_ = weight;
  side_ = Side::within;
}

Damped::Side Damped::side_of(u32 wanted) const {
  if (u64(wanted) * 10 > u64(weight_) * 11) return Side::above;
  return u64(wanted) * 10 < u64(weight_) * 9 ? Side::below : Side::within;
}

bool Damped::offer(u32 wanted, Time now) {
  const u32 before = weight_;
  if (!wanted || u64(wanted) * 3 + kRounding < u64(weight_) * 2) {
    set(wanted);
    return weight_ != before;
  }
  const Side side = side_of(wanted);
  if (side != side_) side_ = side, since_ = now, nearest_ = wanted;
  if (side == Side::within) return false;
  nearest_ = side == Side::above ? std::min(nearest_, wanted) : std::max(nearest_, wanted);
  const bool large = u64(wanted) * 2 > u64(weight_) * 3 + kRounding, lasts = now - since_ >= kLasts;
  const u32 goal = large ? wanted : lasts ? nearest_ : weight_;
  weight_ = std::min(goal, quarter_more(weight_));
  if (lasts) side_ = Side::within;
  return weight_ != before;
}

void limit_shares(std::span<Part> parts) {
  std::vector<bool> limited(parts.size());
  for (;;) {
    double others = 0, shares = 0;  // of those that are not limited; of those that are
    for (size_t i = 0; i < parts.size(); ++i) {
      if (limited[i])
        shares += parts[i].share / 100.;
      else
        others += parts[i].weight;
    }
    // Where the limited ones share the whole, only their ratio is left to keep.
    const double sum = others > 0 && shares < 1 ? others / (1 - shares) : 0;
    bool more = false;
    for (size_t i = 0; i < parts.size(); ++i)
      if (!limited[i] && parts[i].share < 100 && parts[i].weight > parts[i].share / 100. * sum && parts[i].weight > 0)
        limited[i] = more = true;
    if (more) continue;
    const double whole = sum > 0 ? sum : kMostWeight;
    for (size_t i = 0; i < parts.size(); ++i)
      if (limited[i]) parts[i].weight = parts[i].share / 100. * whole;
    return;
  }
}

}  // namespace waymark::agents
