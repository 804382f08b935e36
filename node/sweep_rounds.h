// Rounds in which a table of flows is swept (core/exact_sweep.h): a part at a time, so that others have a turn.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "base/time.h"
#include "core/exact_sweep.h"

namespace waymark {

template <class Main, class Embryos = Main>
class SweepRounds {
 public:
  SweepRounds() = default;
  SweepRounds(const SweepRounds&) = delete;  // the sweeper holds on to its memory

  // Of a table of so many buckets, the same as before if there was one; 0: there is none.
  void begin(u32 buckets) {
    if (!buckets) return sweeper_.reset();
    if (sweeper_) return;
    words_.assign(buckets, SweepWords{});
    sweeper_.emplace(words_.data());
  }
  explicit operator bool() const { return sweeper_.has_value(); }
  // Gives up the round that has begun; the next one is due.
  void restart(Time now) {
    sweeper_->restart();
    due_ = now;
  }
  bool due(Time now) const { return sweeper_ && now >= due_; }
  Time deadline() const { return sweeper_ ? due_ : Time::max(); }

  // A part of a round, where one is due(). `begins` is called before its first. True where that was the last: counts()
  // is whole then.
  template <class E, class Idle, class Stays, class Begins>
  bool part(Time now, E& env, const ExactLimits& limits, const ExactStamps& stamps, const Idle& idle,
            const Stays& stays, const Begins& begins) {
    if (!sweeper_->midway()) {
      begun_ = now;
      begins();
    }
    const bool ended = sweeper_->step(env, limits, stamps, idle, stays, kBuckets);
    due_ = ended ? std::max(begun_ + kEvery, now) : now + kPause;
    return ended;
  }
  const ExactCounts& counts() const { return sweeper_->counts(); }

 private:
  static constexpr Duration kEvery = std::chrono::seconds(5), kPause = std::chrono::milliseconds(4);
  static constexpr u32 kBuckets = 2'048;  // at once, with their records

  std::vector<SweepWords> words_;
  std::optional<ExactSweeper<Main, Embryos>> sweeper_;
  Time begun_{0}, due_{0};
};

}  // namespace waymark
