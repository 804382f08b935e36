// Fragments behind the first have no ports: they follow it, if it was let through and they do not overlap with it. What
// it was judged by must not be written over where the datagram is put together (RFC 5722; RFC 1858, 4).
#pragma once

#include "core/early.h"
#include "core/firewall/flow.h"

namespace waymark::firewall {

// Of a datagram that an overlapping fragment belongs to: all are refused from then on (RFC 8200, 4.5).
constexpr u32 kRefusedDatagram = kMemoValueMask;

// Without ports, and with the side and the whole identification.
template <class E>
WM_INLINE u64 datagram_hash(E& env, const ExactKey<2>& flow, Side side, u32 id) {
  const ExactKey<2> key = {{flow.word[0], (flow.word[1] & ~u64(0xffffffff)) ^ u64(id) ^ u64(side) << 63}};
  return hash_key(env.settings().pin_key, key);
}

enum class Follows : u8 { nothing = 0, first = 1, overlaps = 2, may_be_early = 3 };

// Where addresses have bits, the flow's word is noted as two more of the datagram's: it is longer than a value.
static_assert(kTheirBits >> kMemoValueBits <= kMemoValueMask);
WM_INLINE u64 lower_part(u64 datagram) { return mix(datagram ^ 1); }
WM_INLINE u64 upper_part(u64 datagram) { return mix(datagram ^ 2); }

struct FirstOne {
  u32 blocks;  // of eight bytes, to where it ends; kRefusedDatagram; or kNoMemo: it is not known
  u32 flow;    // flow_word() of its flow, or 0
};
template <class E>
WM_INLINE FirstOne find_first(E& env, u64 datagram) {
  const u32 blocks = find_fragment(env, datagram);
  if (WM_LIKELY(!env.settings().firewall.bits) || blocks == kNoMemo) return {blocks, 0};
  const u32 lower = find_fragment(env, lower_part(datagram)), upper = find_fragment(env, upper_part(datagram));
  if (lower == kNoMemo || upper == kNoMemo) return {kNoMemo, 0};
  return {blocks, lower | upper << kMemoValueBits};
}

// What becomes of a fragment that begins `from` bytes behind its datagram's first: Follows, and above it the word of
// its flow. `count`: of its tenant's flows, or beyond that table, where nothing may be early.
constexpr u32 kFollowsBits = 8;
template <class E>
WM_INLINE u64 follow_fragment(E& env, u64 datagram, u32 from, u32 count) {
  const FirstOne known = find_first(env, datagram);
  if (known.blocks == kNoMemo) {
    FlowCount* owner = env.at(table::flow_counts, count);
    return u64(owner && may_be_early(env, &owner->early_due) ? Follows::may_be_early : Follows::nothing);
  }
  if (from >= known.blocks * 8) return u64(known.flow) << kFollowsBits | u64(Follows::first);
  keep_fragment(env, datagram, kRefusedDatagram);
  return u64(Follows::overlaps);
}

// As a step of its own: `flow` in two words, side:1 is first:1 id:32, and bytes:32 count:32. The first one is noted:
// with so many bytes, and instead of the count the flow's word.
struct fragment_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 a, u64 b, u64 c, u64 d) {
    const u64 datagram = datagram_hash(env, {{a, b}}, Side(c >> 63), u32(c));
    if (!(c >> 62 & 1)) return follow_fragment(env, datagram, u32(d >> 32), u32(d));
    if (env.settings().firewall.bits) {
      keep_fragment(env, lower_part(datagram), u32(d) & kMemoValueMask);
      keep_fragment(env, upper_part(datagram), u32(d) >> kMemoValueBits);
    }
    keep_fragment(env, datagram, (u32(d >> 32) + 7) / 8);  // last: who finds it finds the others
    return 0;
  }
};
template <class E>
WM_INLINE u64 follows_first(E& env, const ExactKey<2>& flow, Side side, u32 id, u32 from, u32 count) {
  return env.template call<fragment_step>(flow.word[0], flow.word[1], u64(side) << 63 | id, u64(from) << 32 | count);
}
template <class E>
WM_INLINE void keep_first(E& env, const ExactKey<2>& flow, Side side, u32 id, u32 bytes, u32 word) {
  env.template call<fragment_step>(flow.word[0], flow.word[1], u64(side) << 63 | u64(1) << 62 | id,
                                   u64(bytes) << 32 | word);
}

}  // namespace waymark::firewall
