#include "node/held.h"

#include <algorithm>

namespace waymark {

void Held::hold(HeldFragment fragment, Time now) {
  const auto is_of_it = [&](const Waiting& w) {
    return w.fragment.datagram == fragment.datagram && w.fragment.owner == fragment.owner;
  };
  bool overlaps = false;
  for (const Waiting& w : waiting_) {
    if (!is_of_it(w)) continue;
    if (w.refused) return void(++counts_.overlapping);
    if (w.fragment.from == fragment.from && w.fragment.to == fragment.to) return;  // once more (RFC 8200, 4.5)
    overlaps |= w.fragment.from < fragment.to && fragment.from < w.fragment.to;
  }
  if (overlaps) {
    counts_.overlapping += 1 + u64(std::erase_if(waiting_, is_of_it));
    fragment.frame.clear();
    waiting_.push_back({std::move(fragment), now + kHeldFor, true});
    return;
  }
  const auto of_owner = std::ranges::count(waiting_, fragment.owner, [](const Waiting& w) { return w.fragment.owner; });
  if (waiting_.size() >= kMostHeld || std::size_t(of_owner) >= kMostHeldOfOne) return void(++counts_.full);
  if (waiting_.empty()) look_at_ = now + kHeldLook;
  ++counts_.held;
  waiting_.push_back({std::move(fragment), now + kHeldFor, false});
}

void Held::look(Time now, const std::function<bool(const HeldFragment&)>& send) {
  if (now < look_at_) return;
  look_at_ = now + kHeldLook;
  std::erase_if(waiting_, [&](const Waiting& w) {
    if (w.refused) return now >= w.until;
    if (send(w.fragment)) return ++counts_.released, true;
    return now >= w.until && ++counts_.expired;
  });
}

HeldCounts Held::counts() const {
  HeldCounts counts = counts_;
  counts.now = u64(std::ranges::count_if(waiting_, [](const Waiting& w) { return !w.refused; }));
  return counts;
}

}  // namespace waymark
