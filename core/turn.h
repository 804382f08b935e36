// How often something may be done: a token bucket in one word.
#pragma once

#include "core/buckets.h"

namespace waymark {

// The word says when, in units of 2^-16 ticks and modulo 2^48, the next turn would be due at a steady rate (GCRA, ITU-T
// I.371). It runs ahead of now by a burst at most. Lost compare-and-swaps count as refused: whoever floods us makes
// them. `interval`: between two turns, in the same units, not 0.
WM_INLINE bool take_turn(u64* word, u32 ticks, u32 interval, u32 at_once) {
  const u64 now = u64(ticks) << 16;
  const u64 due = read_word(word);
  const long long ahead = (long long)((due - now) << 16) >> 16;
  const long long burst = (long long)(u64(interval) * at_once);
  const bool idle = ahead < 0 || ahead > burst;  // maybe for so long that the ticks wrapped
  if ((idle ? 0 : ahead) + interval > burst) return false;
  return swap_word(word, due, ((idle ? now : due) + interval) & 0xffff'ffff'ffffull) == due;
}

}  // namespace waymark
