// Whom a tenant's host has flows with: who may ping it (DESIGN.md, "Firewall"). Noted when a flow that began inside is
// open in both directions, and again once in each stamp in which it is used.
#pragma once

#include "core/firewall/table.h"
#include "core/memo.h"

namespace waymark::firewall {

using Pairs = table::pairs_table;

// The tenant and both addresses of a flow's key.
WM_INLINE u64 pair_hash(const u32* secret, const ExactKey<2>& flow) {
  return hash_key(secret, ExactKey<2>{{flow.word[0], flow.word[1] >> 40 << 40}});
}

// As a step of its own: a flow's key in two words, and 1 where the pair is noted; else whether it was.
struct pair_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 a, u64 b, u64 keep, u64) {
    const Settings& s = env.settings();
    const PinPlace place = place_in(pair_hash(s.pin_key, {{a, b}}), s.firewall.pair_buckets);
    const u32 stamp = env.now() >> s.stamp_shift;
    if (!keep) return find_memo<Pairs>(env, place, stamp, s.firewall.stale_stamps) != kNoMemo;
    keep_memo<Pairs>(env, place, 0, stamp);
    return 0;
  }
};
template <class E>
WM_INLINE bool is_known_pair(E& env, const ExactKey<2>& flow) {
  return env.template call<pair_step>(flow.word[0], flow.word[1], 0);
}
template <class E>
WM_INLINE void keep_pair(E& env, const ExactKey<2>& flow) {
  env.template call<pair_step>(flow.word[0], flow.word[1], 1);
}

}  // namespace waymark::firewall
