// Fragments behind the first have no ports: they follow it, by a word that says that it was let through.
//
// What is compared is 48 bits of a keyed hash of datagram, tenant and side; another's fragment is taken for one of
// these once in 2^48. A word is believed for as long as receivers wait for a datagram's rest (RFC 791, 3.2). Stamps are
// 16 bits of the ticks: one that wrapped lets fragments through of a datagram that was let through.
#pragma once

#include "core/firewall/flow.h"
#include "core/tables.h"

namespace waymark::firewall {

struct FragmentPlace {
  u32 bucket;
  u64 fingerprint;  // 48 bits, not 0
};

template <class E>
WM_INLINE FragmentPlace fragment_place(E& env, const ExactKey<2>& flow, Side side, u32 id) {
  // Without ports, and with the side and the whole identification.
  const ExactKey<2> key = {{flow.word[0], (flow.word[1] & ~u64(0xffffffff)) ^ u64(id) ^ u64(side) << 63}};
  const u64 hash = hash_key(env.settings().pin_key, key), fingerprint = hash & 0xffff'ffff'ffff;
  return {u32(hash >> 52) % kFragmentBuckets, fingerprint ? fingerprint : 1};
}
WM_INLINE u32 fragment_age(u64 word, u32 now) { return (now - u32(word >> 48)) & 0xffff; }

// 0: it is not known. Else 1, and above it flow_word() of its flow.
template <class E>
WM_INLINE u64 known_fragment(E& env, const FragmentPlace& place) {
  const FragmentBucket* bucket = env.at(table::fragments, place.bucket);
  const FragmentBits* all = env.at(table::fragment_bits, place.bucket);
  if (!bucket || !all) return 0;
  u32 age = ~0u, bits = 0;
  for (u32 i = 0; i < kFragmentWays; ++i) {
    const u64 word = read_word(&bucket->way[i]);
    const bool same = (word ^ place.fingerprint) << 16 == 0;
    if (same) age = fragment_age(word, env.now());
    if (same) bits = *static_cast<const volatile u32*>(&all->way[i]);
  }
  if (age > env.settings().firewall.fragment_ticks || (bits ^ place.fingerprint) & kFragmentSeal) return 0;
  return u64(bits >> kFragmentBitsShift) << 1 | 1;
}

// In place of the same datagram's word, of a free one, or of the oldest. A word that another processor just wrote
// stays: the fragments of this datagram are then lost, as where a network loses one.
template <class E>
WM_INLINE void keep_fragment(E& env, const FragmentPlace& place, u32 bits) {
  FragmentBucket* bucket = env.at(table::fragments, place.bucket);
  FragmentBits* all = env.at(table::fragment_bits, place.bucket);
  if (!bucket || !all) return;
  const u32 now = env.now();
  u32 best = 0, at = 0;
  for (u32 i = 0; i < kFragmentWays; ++i) {
    const u64 word = read_word(&bucket->way[i]);
    const bool same = (word ^ place.fingerprint) << 16 == 0;
    const u32 worth = forget(same ? ~0u : word ? fragment_age(word, now) + 1 : 0x2'0000u);
    if (worth > best) {
      best = worth;
      at = i;
    }
    at = forget(at);
    best = forget(best);
  }
  if (at >= kFragmentWays) return;  // never
  u64* way = &bucket->way[at];
  const u64 found = read_word(way);
  if (swap_word(way, found, place.fingerprint | u64(now & 0xffff) << 48) != found) return;
  *static_cast<volatile u32*>(&all->way[at]) = bits << kFragmentBitsShift | u32(place.fingerprint & kFragmentSeal);
}

// As a step of its own: `flow` in two words, side:1 keep:1 id:32, the flow's word. A fragment behind the
// first: known_fragment(). The first one: it is kept.
struct fragment_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 a, u64 b, u64 c, u64 bits) {
    const FragmentPlace place = fragment_place(env, {{a, b}}, Side(c >> 63), u32(c));
    if (!(c >> 62 & 1)) return known_fragment(env, place);
    keep_fragment(env, place, u32(bits));
    return 1;
  }
};
template <class E>
WM_INLINE u64 follows_first(E& env, const ExactKey<2>& flow, Side side, u32 id) {
  return env.template call<fragment_step>(flow.word[0], flow.word[1], u64(side) << 63 | id);
}
template <class E>
WM_INLINE void keep_first(E& env, const ExactKey<2>& flow, Side side, u32 id, u32 bits) {
  env.template call<fragment_step>(flow.word[0], flow.word[1], u64(side) << 63 | u64(1) << 62 | id, bits);
}

}  // namespace waymark::firewall
