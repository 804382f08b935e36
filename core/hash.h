// The keyed hash of flows, and the unkeyed mixing that follows it.
//
// NH (Black et al., UMAC, 1999): pairs of 32-bit words are added to secret keys, multiplied, and summed modulo 2^64.
// Two different inputs collide with probability at most 2^-32 over the keys, whatever the inputs, so whoever does not
// know the keys cannot aim at a bucket or a fingerprint. Six multiplications that do not wait for each other: about 3
// ns, where SipHash-2-4 costs 40. Why this is enough: DESIGN.md, "The hash of flows".
#pragma once

#include "core/address.h"

namespace waymark {

// A bijection on 64 bits whose output bits all depend on all input bits (Stafford's variant 13 of MurmurHash3's).
WM_INLINE constexpr u64 mix(u64 x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ x >> 27) * 0x94d049bb133111ebull;
  return x ^ x >> 31;
}

WM_INLINE constexpr u64 nh(const u32* key, u32 a, u32 b) { return u64(u32(a + key[0])) * u32(b + key[1]); }

// `key` is 12 secret words; `realm` tells zones apart that have one address (Front); ports in host order.
WM_INLINE constexpr u64 hash_flow(const u32* key, u32 realm, u8 protocol, const Address& source,
                                  const Address& destination, u16 source_port, u16 destination_port) {
  const u64 sum = nh(key + 0, u32(source.high), u32(source.high >> 32)) +
                  nh(key + 2, u32(source.low), u32(source.low >> 32)) +
                  nh(key + 4, u32(destination.high), u32(destination.high >> 32)) +
                  nh(key + 6, u32(destination.low), u32(destination.low >> 32)) +
                  nh(key + 8, u32(source_port) << 16 | destination_port, realm) + nh(key + 10, protocol, 0);
  return mix(sum);
}

// The client alone, for services whose clients stay together.
WM_INLINE constexpr u64 hash_client(const u32* key, u32 realm, const Address& source) {
  return mix(nh(key + 0, u32(source.high), u32(source.high >> 32)) +
             nh(key + 2, u32(source.low), u32(source.low >> 32)) + nh(key + 8, 0, realm));
}

// Not keyed: for tables that control arranges, or whose seed nobody outside knows.
WM_INLINE constexpr u64 hash_words(u64 seed, u64 high, u64 low) {
  u64 x = (high ^ seed) * 0x9e3779b97f4a7c15ull;
  x = (x ^ x >> 32 ^ low) * 0xd6e8feb86659fd93ull;
  return (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
}

// Where in table::heirs the slot of a service's target is looked for.
WM_INLINE constexpr u32 heir_bucket(u64 seed, u64 end, u32 service, u32 bits) {
  return u32(mix(end ^ seed ^ service) >> (64 - bits));
}

// A number below n from the upper half of a hash, without a division; slightly uneven when n is near 2^32.
WM_INLINE constexpr u32 reduce(u32 hash, u32 n) { return u32(u64(hash) * n >> 32); }

// Names become numbers that mean the same on every node: FNV-1a, 32 bits.
constexpr u32 zone_of(const char* name, u32 length) {
  u32 h = 0x811c9dc5;
  for (u32 i = 0; i < length; ++i) h = (h ^ u8(name[i])) * 0x01000193;
  return h;
}

}  // namespace waymark
