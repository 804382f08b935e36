// The sweep of an exact table, from user space, beside the packets: idle flows and embryos go, and spill filters are
// tidied. As the sweep of the pins (node/sweep.h), of which this is the part without allocation: its owner lends it
// three words a bucket.
//
// Each change is a compare-and-swap that fails where a packet was first. A filter may be tidied where it has not
// changed for a whole sweep: all flows that it covers were then in their ways before this sweep began to look.
//
// A fixed table has no embryos beside it: its tentative flows are counted as those.
#pragma once

#include "core/exact.h"

namespace waymark {

struct SweepWords {  // of one bucket; zeros before the first sweep
  u64 needed;        // the filter that it must still have
  u64 now, before;   // the filter as this sweep and the last one found it
};

// The present stamps: embryos may have a finer one, as they live shorter.
struct ExactStamps {
  u32 flow, embryo;
};

struct ExactCounts {
  u64 flows, embryos;  // that stay; embryos: or tentative
  u64 spilled, expired, filters_tidied;
};

template <class Main, class Embryos = Main>
class ExactSweeper {
 public:
  using Record = typename Main::Record;

  // `words` has one entry for each of the `limits.buckets`.
  explicit ExactSweeper(SweepWords* words) : words_(words) {}

  // The next so many buckets of a pass over both tables, at the given stamps; of a new pass where none has begun. True
  // where that ended it: counts() is whole then. `idle` gives, for a flow's state, after how many stamps without a
  // packet it goes. `stays` is called with the record of each that stays, and whether it is an embryo; a packet may
  // change the record in that moment.
  template <class E, class Idle, class Stays>
  bool step(E& env, const ExactLimits& limits, const ExactStamps& stamps, const Idle& idle, const Stays& stays,
            u32 buckets) {
    if (phase_ == Phase::none) {
      phase_ = Phase::filters;
      counts_ = {};
    }
    for (;;) {
      const u32 all = phase_ != Phase::embryos ? limits.buckets : Main::kFixed ? 0 : limits.embryo_buckets;
      for (; next_ < all && buckets; ++next_, --buckets) run(env, limits, stamps, idle, stays, next_);
      if (next_ < all) return false;
      next_ = 0;
      if (phase_ == Phase::tidying) break;
      phase_ = Phase(u8(phase_) + 1);
    }
    phase_ = Phase::none;
    ++sweeps_;
    return true;
  }
  const ExactCounts& counts() const { return counts_; }
  bool midway() const { return phase_ != Phase::none; }
  // Gives up a pass that has begun: the next step begins another.
  void restart() {
    phase_ = Phase::none;
    next_ = 0;
  }

 private:
  enum class Phase : u8 { none, filters, flows, embryos, tidying };
  static constexpr u64 kFilterMask = kSpillChange - 1;

  // True where the way holds a flow that stays.
  template <class Idle, class Stays>
  bool keep(u64* way, Record* record, u32 stamp, const Idle& idle, const Stays& stays) {
    const u64 word = read_word(way);
    if (!u32(word)) return false;
    const bool live = record && is_settled(word);
    // The state may be of another generation by now: then the swap fails.
    if (live && exact_age(word, stamp) > idle(read_word(&record->state) & kStateMask) &&
        swap_word(way, word, free_word(word)) == word) {
      if constexpr (Main::kFixed) empty_record(record, word);
      return ++counts_.expired, false;
    }
    const bool tentative = phase_of(word) == ExactPhase::tentative;
    if (record && phase_of(word) != ExactPhase::claimed) stays(*record, tentative || phase_ == Phase::embryos);
    counts_.embryos += tentative;
    return true;
  }

  template <class E, class Idle, class Stays>
  void run(E& env, const ExactLimits& limits, const ExactStamps& stamps, const Idle& idle, const Stays& stays, u32 b) {
    if (phase_ == Phase::embryos) {
      auto* bucket = Embryos::bucket(env, b);
      for (u32 way = 0; bucket && way < Embryos::kWays; ++way)
        counts_.embryos += keep(
            &bucket->way[way], Embryos::record(env, b, way), stamps.embryo, [&](u64) { return limits.embryo_stamps; },
            stays);
      return;
    }
    auto* bucket = Main::bucket(env, b);
    if (!bucket) return;
    if (phase_ == Phase::filters) {
      words_[b].needed = 0;
      words_[b].now = read_word(&bucket->spill);
    } else if (phase_ == Phase::flows) {
      for (u32 way = 0; way < Main::kWays; ++way) {
        const u64 tentative = counts_.embryos;
        if (!keep(&bucket->way[way], Main::record(env, b, way), stamps.flow, idle, stays)) continue;
        counts_.flows += tentative == counts_.embryos;
        const u64 word = read_word(&bucket->way[way]);
        if (!(word >> 63)) continue;
        ++counts_.spilled;
        words_[partner(b, u32(word), limits.buckets)].needed |= spill_bit(u32(word));
      }
    } else {
      const u64 now = words_[b].now;
      if (sweeps_ && now == words_[b].before && (now & kFilterMask) != words_[b].needed)
        counts_.filters_tidied += swap_word(&bucket->spill, now, (now & ~kFilterMask) | words_[b].needed) == now;
      words_[b].before = now;
    }
  }

  SweepWords* words_;
  Phase phase_ = Phase::none;
  u32 next_ = 0;  // bucket
  u64 sweeps_ = 0;
  ExactCounts counts_{};
};

}  // namespace waymark
