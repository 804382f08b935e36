// The flow table: which target a flow belongs to, 8 bytes a flow, one cache line a lookup (DESIGN.md, "Pins").
//
// A pin is one word:   fingerprint:32 | target slot:18 | adopted:1 | mirrored:1 | stamp:9 | state:2 | spilled:1
// (lowest bits first).
// A bucket is one cache line: seven pins, and a word that says which pins of this bucket had to go to their second
// bucket. Each flow has two buckets, b and partner(b); one is found from the other by the fingerprint alone, so a pin
// can be moved by whoever sees it. A lookup reads the second only where the first one's spill filter says so: that is
// one cache line for nearly all flows, known or new, even when the table is nearly full.
//
// Every change is one compare-and-swap of one word. Pins move only from first to second bucket, and are written there
// before they are erased here; a reader that looks in that order never misses one.
//
// New flows live apart, in the table of embryos, until a second packet proves them: a flood of SYNs cannot touch
// what is proven.
#pragma once

#include "core/buckets.h"
#include "core/tables.h"

namespace waymark {

// `datagram` is proven too, by a second packet of a protocol without connections: it has an idle time of its own.
enum class PinState : u8 { embryonic = 0, proven = 1, closing = 2, datagram = 3 };

struct Pin {  // a pin's word, unpacked
  u32 fingerprint, slot, stamp;
  PinState state;
  bool spilled;           // in its second bucket
  bool adopted = false;   // begun in the flow's middle by the consistent choice: not sure to be right
  bool mirrored = false;  // another director's, and no packet of the flow has come here yet
};

constexpr u32 kSlotBits = 18, kSlotMask = (1u << kSlotBits) - 1;
constexpr u64 kAdopted = u64(1) << 50, kMirrored = u64(1) << 51;
static_assert(kMaxTargets <= 1u << kSlotBits);

WM_INLINE constexpr u64 pack(Pin p) {
  return u64(p.fingerprint) | u64(p.slot) << 32 | u64(p.adopted) << 50 | u64(p.mirrored) << 51 |
         u64(p.stamp) << kPinStampShift | u64(p.state) << 61 | u64(p.spilled) << 63;
}
WM_INLINE constexpr Pin unpack(u64 w) {
  return {u32(w),
          u32(w >> 32) & kSlotMask,
          u32(w >> kPinStampShift) & kStampMask,
          PinState(w >> 61 & 3),
          (w >> 63) != 0,
          (w & kAdopted) != 0,
          (w & kMirrored) != 0};
}

template <class E>
WM_INLINE PinPlace place_of(E& env, u64 hash) {
  return place_in(hash, env.settings().pin_buckets);
}

template <class E>
WM_INLINE Found find_pin(E& env, const PinPlace& place) {
  PinBucket* first = env.at(table::pins, place.bucket);
  if (!first) return {nullptr, 0};
  const Found found = find_in<kPinWays>(first->pin, place.fingerprint);
  if (WM_LIKELY(found.word)) return found;
  if (WM_LIKELY(!(read_word(&first->spill) & spill_bit(place.fingerprint)))) return {nullptr, 0};
  PinBucket* second = env.at(table::pins, partner(place.bucket, place.fingerprint, env.settings().pin_buckets));
  if (!second) return {nullptr, 0};
  return find_in<kPinWays>(second->pin, place.fingerprint);
}

template <class E>
WM_INLINE Found find_embryo(E& env, const PinPlace& place) {
  EmbryoBucket* bucket = env.at(table::embryos, embryo_bucket(place, env.settings().embryo_buckets));
  if (!bucket) return {nullptr, 0};
  return find_in<kEmbryoWays>(bucket->pin, place.fingerprint);
}

// The first free way, or one whose pin is beyond every idle time; null when all are in use.
template <class E>
WM_INLINE Found find_room(E& env, PinBucket* bucket, u32 stamp) {
  u32 way = kPinWays;
  u64 found = 0;
  for (u32 i = 0; i < kPinWays; ++i) {
    const u64 value = read_word(&bucket->pin[i]);
    if (value && pin_age(value, stamp) <= env.settings().stale_stamps) continue;
    way = i;
    found = value;
    if (!value) break;
  }
  way = forget(way);
  return way < kPinWays ? Found{nth<kPinWays>(bucket->pin, way), found} : Found{nullptr, 0};
}

template <class E>
WM_INLINE bool put(E& env, Found room, u64 word) {
  if (swap_word(room.word, room.value, word) != room.value) return env.note(Note::pin_contended), false;
  if (room.value) env.note(Note::pin_stolen);
  return true;
}

// Moves one pin that stands in its first bucket to its second; the way it left, now 0, or null. Where that one is full
// too, it makes room there before, `Deeper` times.
template <u32 Deeper, class E>
WM_INLINE u64* make_room(E& env, PinBucket* bucket, u32 index, u32 stamp) {
  for (u32 i = 0; i < kPinWays; ++i) {
    const u64 value = read_word(&bucket->pin[i]);
    if (!value || value >> 63) continue;
    const u32 second = partner(index, u32(value), env.settings().pin_buckets);
    PinBucket* other = env.at(table::pins, second);
    if (!other || other == bucket) continue;
    Found room = find_room(env, other, stamp);
    if constexpr (Deeper > 0)
      if (!room.word) room = {make_room<Deeper - 1>(env, other, second, stamp), 0};
    if (!room.word || !mark_spill(&bucket->spill, u32(value))) continue;
    if (!put(env, room, value | u64(1) << 63)) continue;
    env.note(Note::pin_moved);
    if (swap_word(&bucket->pin[i], value, 0) == value) return &bucket->pin[i];
  }
  return nullptr;
}

// A way whose pin another director lent us: it yields to one of our own, but only where all else is full.
WM_INLINE Found find_mirrored(PinBucket* bucket) {
  u32 way = kPinWays;
  u64 found = 0;
  for (u32 i = 0; i < kPinWays && way == kPinWays; ++i) {
    found = read_word(&bucket->pin[i]);
    if (found & kMirrored) way = i;
  }
  way = forget(way);
  return way < kPinWays ? Found{nth<kPinWays>(bucket->pin, way), found} : Found{nullptr, 0};
}

// Pins a proven flow: in its first bucket, else in its second, else where a neighbour can move aside, else in place of
// another director's.
template <class E>
WM_INLINE bool insert_pin(E& env, const PinPlace& place, u64 word, u32 stamp) {
  PinBucket* first = env.at(table::pins, place.bucket);
  if (!first) return false;
  if (const Found room = find_room(env, first, stamp); WM_LIKELY(room.word)) return put(env, room, word);
  const u32 index = partner(place.bucket, place.fingerprint, env.settings().pin_buckets);
  PinBucket* second = env.at(table::pins, index);
  if (!second) return false;
  if (Found room = find_room(env, second, stamp); room.word) {
    if (!mark_spill(&first->spill, place.fingerprint)) return env.note(Note::pin_contended), false;
    env.note(Note::pin_spilled);
    return put(env, room, word | u64(1) << 63);
  }
  if (u64* way = make_room<0>(env, first, place.bucket, stamp)) return put(env, {way, 0}, word);
  if (u64* way = make_room<0>(env, second, index, stamp)) {
    if (!mark_spill(&first->spill, place.fingerprint)) return env.note(Note::pin_contended), false;
    return put(env, {way, 0}, word | u64(1) << 63);
  }
  if (u64* way = make_room<1>(env, first, place.bucket, stamp)) return put(env, {way, 0}, word);
  if (!(word & kMirrored)) {
    if (const Found lent = find_mirrored(first); lent.word) {
      const bool ours = swap_word(lent.word, lent.value, word) == lent.value;
      env.note(ours ? Note::pin_mirror_evicted : Note::pin_contended);
      return ours;
    }
  }
  env.note(Note::pin_table_full);
  return false;
}

// Pins a new flow until a second packet proves it, in place of the oldest embryo where the bucket is full.
template <class E>
WM_INLINE bool insert_embryo(E& env, const PinPlace& place, u64 word, u32 stamp) {
  EmbryoBucket* bucket = env.at(table::embryos, embryo_bucket(place, env.settings().embryo_buckets));
  if (!bucket) return false;
  u32 oldest = 0, oldest_age = 0;
  // Among equals, where to begin is drawn from the fingerprint: a flood evicts its own.
  const u32 start = place.fingerprint >> 29;
  for (u32 n = 0; n < kEmbryoWays; ++n) {
    const u32 i = (start + n) % kEmbryoWays;
    const u64 value = read_word(&bucket->pin[i]);
    const u32 age = value == 0 ? kStampMask + 1 : pin_age(value, stamp) + 1;
    if (age > oldest_age) oldest_age = age, oldest = i;
  }
  u64* way = &bucket->pin[forget(oldest) % kEmbryoWays];
  const u64 value = read_word(way);
  if (swap_word(way, value, word) != value) return env.note(Note::pin_contended), false;
  if (value && pin_age(value, stamp) <= env.settings().embryo_stamps) env.note(Note::pin_embryo_evicted);
  return true;
}

}  // namespace waymark
