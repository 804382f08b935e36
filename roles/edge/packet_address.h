// An IPv6 flow's own address: place and nonce of its state, permuted by a key (DESIGN.md, "Anycast at the edge").
#pragma once

#include "roles/edge/packet_flow.h"

namespace waymark::edge {

// A Feistel network of four rounds over the halves of a word. It hides places from who sees addresses; what cannot be
// guessed is the nonce.
WM_INLINE constexpr u32 round_of(u32 half, u32 a, u32 b) {
  const u64 product = u64(half ^ a) * (b | 1) + a;
  return u32(product ^ product >> 32);
}
WM_INLINE constexpr u64 permuted(const u32* keys, u64 id) {
  u32 left = u32(id >> 32), right = u32(id);
  for (u32 i = 0; i < 4; ++i) {
    const u32 next = left ^ round_of(right, keys[2 * i], keys[2 * i + 1]);
    left = right;
    right = next;
  }
  return u64(left) << 32 | right;
}
WM_INLINE constexpr u64 unpermuted(const u32* keys, u64 word) {
  u32 left = u32(word >> 32), right = u32(word);
  for (u32 i = 4; i-- > 0;) {
    const u32 before = right ^ round_of(left, keys[2 * i], keys[2 * i + 1]);
    right = left;
    left = before;
  }
  return u64(left) << 32 | right;
}

// What is drawn for a flow that begins now. It has no other randomness than the key: who has not seen it cannot
// foretell it, whatever else he knows.
template <u32 Words>
WM_INLINE u64 nonce_of(const OwnSettings& s, const ExactKey<Words>& key, u32 now, u32 sequence, u64 generation) {
  SipHash hash(s.nonce);
  hash.add(generation);  // of its place: no two flows there begin alike
  for (u32 i = 0; i < Words; ++i) hash.add(key.word[i]);
  hash.add(u64(now) << 32 | sequence);
  return hash.finish(0, 8 * Words + 16);
}

// The address of a flow at this place, its lower half as it stands on the wire; and the place that an address names,
// which may be none.
WM_INLINE u64 own_address(const OwnSettings& s, u32 place, u64 nonce) {
  return permuted(s.round, nonce << s.place_bits | place);
}
WM_INLINE u32 place_named(const OwnSettings& s, u64 low) {
  return u32(unpermuted(s.round, low)) & ((1u << s.place_bits) - 1);
}

// The number of an anycast address's upper half: two that a configuration has never have the same.
WM_INLINE constexpr u32 number_of(u64 high) { return u32(hash_words(0, high, 0) >> 40); }
WM_INLINE constexpr u32 anycast_place(u64 seed, u32 number) {
  return u32((number ^ seed) * 0x9e3779b97f4a7c15ull >> (64 - kEdgeAnycastBits));
}

}  // namespace waymark::edge
