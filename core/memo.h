// Small facts that are remembered for a while: a word each, in one cache line of eight, whose oldest gives way.
//
// A word is found by 32 bits of a keyed hash, and by the bucket that others of it choose: of what was never noted, one
// thing in 2^29 finds another's word. Stamps are of the caller's unit and wrap after 2^14 of them: what has wrapped is
// believed once more, for as long as it was at first.
#pragma once

#include "core/buckets.h"
#include "core/tables.h"

namespace waymark {

constexpr u32 kMemoValueBits = 18, kMemoStampBits = 14, kMemoStampShift = 50;
constexpr u32 kMemoValueMask = (1u << kMemoValueBits) - 1, kMemoStampMask = (1u << kMemoStampBits) - 1;
constexpr u32 kNoMemo = ~0u;

WM_INLINE u32 memo_age(u64 word, u32 stamp) { return (stamp - u32(word >> kMemoStampShift)) & kMemoStampMask; }

// The value of what was noted at most so many stamps ago, or kNoMemo.
template <class T, class E>
WM_INLINE u32 find_memo(E& env, const PinPlace& place, u32 stamp, u32 most) {
  const auto* bucket = env.at(T{}, place.bucket);
  if (!bucket) return kNoMemo;
  u32 known = 0, rest = 0;
  for (u32 i = 0; i < kMemoWays; ++i) {
    const u64 word = read_word(&bucket->way[i]);
    if (u32(word) == place.fingerprint) {
      known = 1;
      rest = u32(word >> 32);
    }
    known = forget(known);
    rest = forget(rest);
  }
  return known && memo_age(u64(rest) << 32, stamp) <= most ? rest & kMemoValueMask : kNoMemo;
}

// In place of the same thing's word, of a free one, or of the oldest. A word that another processor just wrote stays:
// this one is then forgotten.
template <class T, class E>
WM_INLINE void keep_memo(E& env, const PinPlace& place, u32 value, u32 stamp) {
  auto* bucket = env.at(T{}, place.bucket);
  if (!bucket) return;
  u32 best = 0, at = 0;
  for (u32 i = 0; i < kMemoWays; ++i) {
    const u64 word = read_word(&bucket->way[i]);
    const bool same = u32(word) == place.fingerprint;
    const u32 worth = forget(same ? kMemoStampMask + 3 : word ? memo_age(word, stamp) + 1 : kMemoStampMask + 2);
    if (worth > best) {
      best = worth;
      at = i;
    }
    at = forget(at);
    best = forget(best);
  }
  if (at >= kMemoWays) return;  // never
  u64* way = nth<kMemoWays>(bucket->way, at);
  const u64 word = u64(place.fingerprint) | u64(value & kMemoValueMask) << 32 | u64(stamp) << kMemoStampShift;
  if (const u64 was = read_word(way); was != word) swap_word(way, was, word);
}

// Fragments behind the first have no ports, and follow the first of their datagram for as long as receivers wait for
// its rest (RFC 791, 3.2: at least 15 s). Their stamps are 16 ticks long: of a thousand a second, 30 s are 1,875.
constexpr u32 kFragmentShift = 4;

// As a step of its own: a datagram's hash, and 1 where `value` is noted of it; else what was.
namespace core {
struct datagram_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 hash, u64 keep, u64 value, u64) {
    using Fragments = table::fragments_table;
    const PinPlace place = place_in(hash, kFragmentBuckets);
    const u32 stamp = env.now() >> kFragmentShift;
    if (!keep) return find_memo<Fragments>(env, place, stamp, env.settings().fragment_stamps);
    keep_memo<Fragments>(env, place, u32(value), stamp);
    return 0;
  }
};
}  // namespace core

template <class E>
WM_INLINE u32 find_fragment(E& env, u64 hash) {
  return u32(env.template call<core::datagram_step>(hash, 0));
}
template <class E>
WM_INLINE void keep_fragment(E& env, u64 hash, u32 value) {
  env.template call<core::datagram_step>(hash, 1, value);
}

}  // namespace waymark
