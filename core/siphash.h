// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash whose values cannot be foretold without the key, even by
// whoever has seen many of them. Address tags are cut from it. Where an adversary never sees the values, NH is enough
// and ten times cheaper: core/hash.h.
#pragma once

#include "core/types.h"

namespace waymark {

// The key's 16 bytes as two little-endian words, as the paper reads them.
struct SipKey {
  u64 k0, k1;
};
constexpr bool operator==(const SipKey& a, const SipKey& b) { return a.k0 == b.k0 && a.k1 == b.k1; }

// One message: whole words in their order, then what is left of it. Words are little-endian, so an Address's own two
// words are its bytes as on the wire.
class SipHash {
 public:
  WM_INLINE constexpr explicit SipHash(const SipKey& key)
      : v0_(key.k0 ^ 0x736f6d6570736575ull),
        v1_(key.k1 ^ 0x646f72616e646f6dull),
        v2_(key.k0 ^ 0x6c7967656e657261ull),
        v3_(key.k1 ^ 0x7465646279746573ull) {}

  WM_INLINE constexpr void add(u64 word) {
    v3_ ^= word;
    round();
    round();
    v0_ ^= word;
  }

  // `rest` are the last length % 8 bytes, the first of them lowest; `length` is the whole message's, in bytes.
  WM_INLINE constexpr u64 finish(u64 rest, u32 length) {
    add(rest | u64(length & 0xff) << 56);
    v2_ ^= 0xff;
    for (int i = 0; i < 4; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  WM_INLINE static constexpr u64 turn(u64 x, u32 by) { return x << by | x >> (64 - by); }
  WM_INLINE constexpr void round() {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = turn(v1_, 13) ^ v0_;
    v3_ = turn(v3_, 16) ^ v2_;
    v0_ = turn(v0_, 32) + v3_;
    v2_ += v1_;
    v3_ = turn(v3_, 21) ^ v0_;
    v1_ = turn(v1_, 17) ^ v2_;
    v2_ = turn(v2_, 32);
  }

  u64 v0_, v1_, v2_, v3_;
};

}  // namespace waymark
