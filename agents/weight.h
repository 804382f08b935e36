// How many new flows a target takes, from what its server says of its load (RFC 6463).
#pragma once

#include <optional>
#include <span>

#include "base/time.h"
#include "signal/options.h"

namespace waymark::agents {

constexpr u32 kMostWeight = 1000;
constexpr u16 kNoNewFlows = 0xffff;  // the lowest priority there is

// The largest maximum of a service's members, in both units that they may use.
struct Largest {
  u32 sessions = 0, capacity = 0;
};

// 1 to 1000, in proportion to what is free: maximum less use, of sessions, of capacity, or the lesser of both where
// both are stated; 1000 is an idle member as large as the largest. 0 only where the server wants no new flows: both
// maxima 0, or priority kNoNewFlows. Without Load Information 1000. Other priorities do not count.
u32 weight_of(const std::optional<signalling::Load>& load, const Largest& largest);

// What is published of a weight that load moves. A fall counts at once, a rise by a quarter a second. Small movements
// do not count: a fall by a third, a rise by half; unless a tenth of it lasts 10 s, and then what came nearest in that
// time counts. So noise of 20% about a constant load moves it at most once in 10 s.
class Damped {
 public:
  explicit Damped(u32 weight) : weight_(weight) {}
  u32 weight() const { return weight_; }
  // `wanted`: weight_of() now; once a second at most. True: weight() has changed.
  bool offer(u32 wanted, Time now);
  void set(u32 weight);  // without damping
  // Whether a later offer() of the same may change it.
  bool moves(u32 wanted) const { return side_of(wanted) != Side::within; }

 private:
  enum class Side : u8 { within, above, below };
  Side side_of(u32 wanted) const;

  u32 weight_, nearest_ = 0;
  Side side_ = Side::within;
  Time since_{};
};

// One identity's part of a service.
struct Part {
  double weight = 0;  // of all its targets
  u32 share = 100;    // percent, the most it may be of the sum
};
// Scales down the parts that exceed their share of the sum. Where shares add up to less than the whole, parts are in
// the ratio of their shares.
void limit_shares(std::span<Part> parts);

}  // namespace waymark::agents
