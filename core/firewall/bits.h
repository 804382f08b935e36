// What of a flow stands in its address: fields of the plan that its first packet fills in (DESIGN.md, "Further bits").
//
// A flow's entry keeps them as 24 bits, the same whatever the plan: of ExactRecord4::user the uppermost. Each field is
// moved between there and the address by one rotation, as it is narrower than half an address.
#pragma once

#include "core/firewall/flow.h"
#include "core/tables.h"

namespace waymark::firewall {

constexpr u32 kFlowBits = 0xff'ffff, kUserBitsShift = 40;
constexpr u32 kDscpBits = 0x3f, kValidBit = 1 << 6, kBirthShift = 8;
// Beside a flow's bits: the outside began it, and so chose them. The class of its packets is not theirs to say.
constexpr u32 kTheirBits = 1 << 24;
static_assert(kOutsideBegan << 20 == kTheirBits);
// Beside those of a packet that asks: its own class, for rules that copy it.
constexpr u32 kClassShift = 24;

WM_INLINE constexpr u32 flow_word(u64 user, u64 state) {
  return u32(user >> kUserBitsShift) | u32((state & kOutsideBegan) << 20);
}

// The bits that an address has, in the terms of a flow's.
WM_INLINE u32 bits_in(const FlowPlaces& places, const Address& a) {
  const u64 high = __builtin_bswap64(a.high), low = __builtin_bswap64(a.low);
  u32 bits = 0;
  for (u32 i = 0; i < kFlowFields; ++i) {
    if (i >= places.count) break;
    const FlowPlace& p = places.of[i];
    const u64 there = (high & p.high_mask) | (low & p.low_mask);
    bits |= u32(there >> p.turn | there << ((64 - p.turn) & 63)) << p.shift;
  }
  return bits;
}
// The same address with them. It has none.
WM_INLINE Address with_bits(const FlowPlaces& places, const Address& a, u32 bits) {
  u64 high = 0, low = 0;
  for (u32 i = 0; i < kFlowFields; ++i) {
    if (i >= places.count) break;
    const FlowPlace& p = places.of[i];
    const u64 value = bits >> p.shift, there = value << p.turn | value >> ((64 - p.turn) & 63);
    high |= there & p.high_mask;
    low |= there & p.low_mask;
  }
  return {a.high | __builtin_bswap64(high), a.low | __builtin_bswap64(low)};
}
WM_INLINE Address all_bits(const FlowPlaces& places) { return with_bits(places, {}, kFlowBits); }

// The plan's clock: what field `birth` says of a flow that begins now. The daemon tells it now and then, and from there
// on ticks do.
WM_INLINE u32 birth_after(u64 told, u32 now, u32 scale) {
  return u32(told >> 32) + u32(u64(now - u32(told)) * scale >> 32);
}
// How many units ago a flow began, whose word is `user`, as far as `bits` say it.
WM_INLINE constexpr u32 age_of(u64 user, u32 birth, u32 bits) {
  return (birth - (flow_word(user, 0) >> kBirthShift)) & bits >> kBirthShift;
}
template <class E>
WM_INLINE u32 birth_now(E& env) {
  const FirewallSettings& s = env.settings().firewall;
  const u64* told = env.at(table::birth_clock, 0);
  return told ? birth_after(read_word(told), env.now(), s.birth_scale) << kBirthShift & s.birth_bits : 0;
}

}  // namespace waymark::firewall
