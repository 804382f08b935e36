// Fragments that come before the first of their datagram, which alone says by its ports what becomes of all: the daemon
// is given them, and holds them until that one has come, or for a second (node/held.h).
#pragma once

#include "core/memo.h"
#include "core/turn.h"

namespace waymark {

// So many may be given at once: in all, and of one tenant's, who may also give a quarter of the rate.
constexpr u32 kEarlyBurst = 64, kEarlyShare = 16, kEarlySharers = 4;

// Whether one more may be: what else is punted must find room in the ring.
template <class E>
WM_INLINE bool may_be_early(E& env) {
  u64* due = env.at(table::limits, kEarlyLimit);
  const u32 interval = env.settings().early_interval;
  return due && interval && take_turn(due, env.now(), interval, kEarlyBurst);
}
// The same where its owner has a share, whose word is `due`.
template <class E>
WM_INLINE bool may_be_early(E& env, u64* due) {
  const u32 interval = env.settings().early_interval * kEarlySharers;
  return interval && take_turn(due, env.now(), interval, kEarlyShare) && may_be_early(env);
}

}  // namespace waymark
