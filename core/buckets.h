// Buckets of flows: what the pins (core/pins.h) and the exact state (core/exact.h) share.
//
// A flow is one word in one of two buckets:   fingerprint:32 | the table's own:20 | stamp:9 | state:2 | spilled:1
// (lowest bits first). A bucket is one cache line: seven such words, and a spill filter that says which flows of this
// bucket had to go to their second one. The second bucket follows from the first by the fingerprint alone, and the
// first from the second.
#pragma once

#include "core/env.h"
#include "core/hash.h"

namespace waymark {

constexpr u32 kStampBits = 9, kStampMask = (1u << kStampBits) - 1, kPinStampShift = 52;

WM_INLINE constexpr u32 partner(u32 bucket, u32 fingerprint, u32 buckets) {
  const u32 sum = reduce(fingerprint * 0x9e3779b1u, buckets);  // bucket + partner, modulo buckets
  return sum >= bucket ? sum - bucket : sum + buckets - bucket;
}

WM_INLINE constexpr u64 spill_bit(u32 fingerprint) { return u64(1) << reduce(fingerprint << 11, 48); }
constexpr u64 kSpillChange = u64(1) << 48;  // counts changes, so that the sweeper's compare-and-swap sees each

WM_INLINE u64 swap_word(u64* word, u64 expected, u64 desired) {  // the word found; equal to `expected` on success
  return __sync_val_compare_and_swap(word, expected, desired);
}

WM_INLINE u64 read_word(const u64* word) { return *static_cast<const volatile u64*>(word); }

// Where the flow of this hash may stand in a table of so many buckets.
WM_INLINE constexpr PinPlace place_in(u64 hash, u32 buckets) {
  const u32 upper = u32(hash >> 32);
  return {u32(hash) ? u32(hash) : 1, reduce(upper, buckets), upper};
}

WM_INLINE constexpr u32 embryo_bucket(const PinPlace& place, u32 buckets) {
  return reduce(place.upper * 0x9e3779b1u ^ place.fingerprint, buckets);
}

// Where a word was found, and what it was: null when it was not.
struct Found {
  u64* word;
  u64 value;
};

template <u32 Ways>
WM_INLINE Found find_in(u64* ways, u32 fingerprint) {
  u32 way = Ways;
  u64 value = 0;
  for (u32 i = 0; i < Ways && way == Ways; ++i) {
    value = read_word(&ways[i]);
    if (u32(value) == fingerprint) way = i;
  }
  way = forget(way);
  return way < Ways ? Found{nth<Ways>(ways, way), value} : Found{nullptr, 0};
}

// How many stamps ago a flow was last used.
WM_INLINE u32 pin_age(u64 value, u32 stamp) { return (stamp - (u32(value >> kPinStampShift))) & kStampMask; }

// Marks in a bucket's spill filter that a flow of this fingerprint is to be looked for in its partner. False when
// another CPU was first.
WM_INLINE bool mark_spill(u64* filter, u32 fingerprint) {
  const u64 spill = read_word(filter);
  return swap_word(filter, spill, (spill | spill_bit(fingerprint)) + kSpillChange) == spill;
}

}  // namespace waymark
