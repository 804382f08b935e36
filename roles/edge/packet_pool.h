// The addresses that IPv4 flows share: whose a port is (DESIGN.md, "Anycast at the edge"). First this node's own, then
// other members', whose numbers those give.
#pragma once

#include "roles/edge/packet_flow.h"

namespace waymark::edge {

// An address by its place in the pool; kNoSlot: none, of a flow that found no port.
constexpr u32 kNoSlot = 0xffff, kNoNumber = ~0u, kNowhere = ~0u;
constexpr u32 kFirstDrawn = 1024, kNumberTries = 16, kNumbersOfAddress = 0x10000 - kFirstDrawn;

// A client always has the same one (RFC 4787, REQ-2).
WM_INLINE u32 slot_of(const OwnSettings& s, const Address& client) {
  return reduce(u32(mix(nh(s.pool_key, u32(client.low >> 32), 0)) >> 32), s.pool);
}

template <class E>
WM_INLINE u32* number_at(E& env, u32 slot, u32 number) {
  EdgeNumbers* line = env.at(table::edge_numbers, slot * kEdgeLines + number / kEdgeNumbersOfLine);
  return line ? &line->flow[forget(number) % kEdgeNumbersOfLine] : nullptr;
}
WM_INLINE u32 read_number(const u32* word) { return *static_cast<const volatile u32*>(word); }

// Where the record of the flow is that was last given this number. Whether it still has it the record says.
template <class E>
WM_INLINE u32 place_of_number(E& env, u32 slot, u32 number) {
  const u32* word = number_at(env, slot, number);
  return word ? (read_number(word) >> 8) - 1 : kNowhere;
}

// To the flow at this place of the whole table, whose way has this generation.
WM_INLINE constexpr u32 given_number(u32 place, u64 generation) { return (place + 1) << 8 | u32(generation & 0xff); }
// Whoever had it: but where it changes in this moment.
WM_INLINE void give_number(u32* word, u32 place, u64 generation) {
  const u32 given = read_number(word);
  __sync_val_compare_and_swap(word, given, given_number(place, generation));
}

// Whether the way is not free that a number was given to, and has not been another's since. One in 256 that is free
// looks taken; none that is taken looks free.
template <class E>
WM_INLINE bool is_taken(E& env, u32 given) {
  const u32 place = (given >> 8) - 1, way = forget(place % Flows4::kWays);
  const auto* bucket = Flows4::bucket(env, place / Flows4::kWays);
  if (!bucket || way >= Flows4::kWays) return false;
  const u64 word = read_word(nth<Flows4::kWays>(bucket->way, way));
  return u32(word) && (generation_of(word) & 0xff) == (given & 0xff);
}

// A number for the flow whose way was just claimed: the client's own where it is free (RFC 4787, 4.2.1), else one that
// is drawn, none of the well-known ports. The swap fails where another flow was first.
template <class E>
WM_INLINE u32 take_number(E& env, u32 slot, u32 wanted, u32 place, u64 generation, u64 drawn) {
  const u32 mine = given_number(place, generation);
  const u32 step = u32(drawn >> 32 & 0x7fff) | 1;
  u32 next = u32(drawn & 0xffff), number = wanted;
  for (u32 i = 0; i < kNumberTries; ++i) {
    u32* word = number_at(env, slot, number);
    if (!word) return kNoNumber;  // never
    const u32 given = read_number(word);
    if (!is_taken(env, given) && __sync_val_compare_and_swap(word, given, mine) == given) return number;
    next = forget(next + step);
    number = kFirstDrawn + next % kNumbersOfAddress;
  }
  return kNoNumber;
}

}  // namespace waymark::edge
