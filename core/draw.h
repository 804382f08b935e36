// Weighted rendezvous hashing in integers, the same in both builds: of all candidates the one with the lowest cost
// wins, -log2(u) / weight, where u in (0, 1] comes from a hash of client and candidate. Shares follow the weights, and
// when a candidate comes or goes only its own clients move.
#pragma once

#include "core/siphash.h"
#include "core/view.h"

namespace waymark {

// -log2 of (hash + 1) / 2^64, in units of 2^-32, off by at most 0.001: log2(1 + f) as f + f(1 - f)(c0 - c1 f + c2 f^2),
// which is exact for f = 0, 1/2 and 1.
WM_INLINE u64 depth_of(u64 hash) {
  u64 x = hash | 1;
  u32 zeros = 0;
  for (u32 by = 32; by; by >>= 1) {
    const u64 skip = ((unforeseen(x >> (64 - by)) - 1) >> 63) * by;  // without a branch, for the verifier
    x <<= skip;
    zeros += u32(skip);
  }
  const u64 f = x << 1 >> 32;
  constexpr u64 kOne = u64(1) << 32, c0 = 1'901'360'723, c1 = 1'062'461'000, c2 = 358'200'000;
  const u64 bend = c0 - (c1 * f >> 32) + (c2 * (f * f >> 32) >> 32);
  return (u64(zeros + 1) << 32) - f - ((f * (kOne - f) >> 32) * bend >> 32);
}

// Of a client's address, as two words, and a candidate's id. The key is no secret: who knows which client gets which
// candidate knows what asking tells. `weight`: 1 to 65535.
WM_INLINE u64 draw_cost(u64 high, u64 low, u32 id, u32 weight) {
  SipHash hash({id, 0});
  hash.add(high);
  hash.add(low);
  return (depth_of(hash.finish(0, 16)) << 16) / weight;
}

}  // namespace waymark
