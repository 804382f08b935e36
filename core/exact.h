// Exact state: a record for each flow, found by its whole key (DESIGN.md, "Exact state").
//
// An index as the pins' (core/buckets.h), and a record for each of its ways. An index word is
//   fingerprint:32 | generation:20 | stamp:9 | phase:2 | spilled:1
// (lowest bits first); fingerprint 0 is a free way. The generation counts who has had the way. The record of way w in
// bucket b stands at b * ways + w: there is no list of free records to keep.
//
// A way goes from free to *claimed* and to *live*, each step a compare-and-swap of its word. Between the two the record
// belongs to the claimer alone. A reader compares the fingerprint, then reads the record, then looks whether the word
// is still of the same generation: if so, nobody claimed the way in between, and all that it read is of one flow.
//
// Why that is enough. Each compare-and-swap is a full barrier, in user space and in BPF on every architecture, so the
// writer's order is claim, record, live. A reader must load word, record, word in this order. x86 does not reorder
// loads; the user-space build has fences for other machines. BPF has none before v4, so on arm64 its loads may be
// reordered: there the state word, which carries the generation too, is the seal. A state of another generation is
// never taken; of `user` a reader can then see the way's previous value for some nanoseconds after a claim. A
// generation comes back after 2^20 claims of one way: no packet takes that long.
//
// `state` is changed by a compare-and-swap of the word with its generation: a packet that was overtaken changes nothing
// of the way's next flow. `user` is written with the record. Whoever changes it in place (as a hint; no part of this
// file does) may lose the change to a move, or, if the flow is erased and the way reused within that packet's time,
// write into the next flow's.
//
// New flows live apart, as embryos, in a smaller table of the same kind whose oldest gives way (core/exact_insert.h).
//
// Where something outside names a flow's place, so that it is found by that alone, the table is *fixed*: nothing moves,
// and new flows live in it as *tentative* ones, become live where they are, and give way, the oldest first, where a
// newcomer finds no other room. There the state alone says whether a record holds a flow: it is 0 where it holds none,
// and while another is being written.
#pragma once

#include "core/buckets.h"
#include "core/exact_records.h"

namespace waymark {

template <u32 Words>
struct ExactKey {
  u64 word[Words];
};

template <class Record>
constexpr u32 kKeyWords = sizeof(Record::key) / sizeof(u64);

// One table: the tags of its index and of its records (core/env.h). A role has two, of flows and of embryos; or one
// that is fixed.
template <class IndexTag, class RecordTag, bool Fixed = false>
struct ExactTable {
  using Bucket = typename IndexTag::Value;
  using Record = typename RecordTag::Value;
  using Key = ExactKey<kKeyWords<Record>>;
  static constexpr u32 kWays = sizeof(Bucket::way) / sizeof(u64);
  static constexpr bool kFixed = Fixed;

  template <class E>
  WM_INLINE static Bucket* bucket(E& env, u32 index) {
    return env.at(IndexTag{}, index);
  }
  template <class E>
  WM_INLINE static Record* record(E& env, u32 bucket, u32 way) {
    return env.at(RecordTag{}, bucket * kWays + way);
  }
};

struct ExactLimits {  // constants of one load
  u32 buckets, embryo_buckets;
  u32 stale_stamps;   // a flow unused for longer is beyond every idle time, and its way may be taken
  u32 embryo_stamps;  // an embryo unused for longer is no loss
};

// moving: live, but only its mover may change it. tentative: in a fixed table, one that both sides have not spoken in.
enum class ExactPhase : u8 { claimed = 0, live = 1, moving = 2, tentative = 3 };

constexpr u32 kGenerationBits = 20, kStateBits = 64 - kGenerationBits - 1;
constexpr u64 kExactIdentity = (u64(1) << (32 + kGenerationBits)) - 1, kExactGeneration = kExactIdentity ^ 0xffffffff;
constexpr u64 kStateMask = (u64(1) << kStateBits) - 1, kStateFrozen = u64(1) << kStateBits;
constexpr u32 kExactAhead = 8;  // stamps that a word may be ahead of a processor that read the clock a moment ago

WM_INLINE constexpr u64 exact_word(u32 fingerprint, u64 generation, u32 stamp, ExactPhase phase, u64 spilled) {
  return u64(fingerprint) | (generation << 32 & kExactGeneration) | u64(stamp & kStampMask) << kPinStampShift |
         u64(phase) << 61 | spilled << 63;
}
WM_INLINE constexpr u32 generation_of(u64 word) { return u32((word & kExactGeneration) >> 32); }
WM_INLINE constexpr ExactPhase phase_of(u64 word) { return ExactPhase(word >> 61 & 3); }
WM_INLINE constexpr u64 in_phase(u64 word, ExactPhase phase) { return (word & ~(u64(3) << 61)) | u64(phase) << 61; }
// Whether it is live or tentative: whoever has a flow's word may change it.
WM_INLINE constexpr bool is_settled(u64 word) { return word >> 61 & 1; }
WM_INLINE constexpr u64 free_word(u64 word) { return word & kExactGeneration; }
WM_INLINE constexpr u64 state_seal(u64 word) { return u64(generation_of(word)) << (kStateBits + 1); }

WM_INLINE u32 exact_age(u64 word, u32 stamp) {
  const u32 age = pin_age(word, stamp);
  return age > kStampMask - kExactAhead ? 0 : age;
}

// 2 * Words secret words.
template <u32 Words>
WM_INLINE constexpr u64 hash_key(const u32* secret, const ExactKey<Words>& key) {
  u64 sum = 0;
  for (u32 i = 0; i < Words; ++i) sum += nh(secret + 2 * i, u32(key.word[i]), u32(key.word[i] >> 32));
  return mix(sum);
}

// Loads before it are done before loads behind it.
WM_INLINE void order_loads() {
#if !defined(__bpf__)
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
#endif
}

// A flow's record as it was at one moment. `word` is null where there is none.
template <class Record>
struct ExactFlow {
  u64* word;
  u64 value;  // of the index word
  Record* record;
  u64 state, user;
  u32 place = 0;  // bucket * ways + way
  WM_INLINE u64 owners_state() const { return state & kStateMask; }
};

template <class Record>
WM_INLINE bool has_key(const Record* record, const ExactKey<kKeyWords<Record>>& key) {
  u64 differ = 0;
  for (u32 i = 0; i < kKeyWords<Record>; ++i) differ |= read_word(&record->key[i]) ^ key.word[i];
  return differ == 0;
}

template <class T, class E>
WM_INLINE ExactFlow<typename T::Record> flow_in(E& env, typename T::Bucket* bucket, u32 index, u32 fingerprint,
                                                const typename T::Key& key) {
  for (u32 way = 0; way < T::kWays; ++way) {
    const u64 value = read_word(&bucket->way[way]);
    if (WM_LIKELY(u32(value) != fingerprint) || phase_of(value) == ExactPhase::claimed) continue;
    auto* record = T::record(env, index, way);
    const u32 at = forget(way);
    if (!record || at >= T::kWays) continue;  // never
    order_loads();
    const u64 state = read_word(&record->state);
    const bool same = has_key(record, key) && ((state ^ state_seal(value)) & ~(kStateMask | kStateFrozen)) == 0;
    const u64 user = read_word(&record->user);
    order_loads();
    const u64 again = read_word(nth<T::kWays>(bucket->way, at));
    if (WM_LIKELY(same && ((again ^ value) & kExactIdentity) == 0))
      return {nth<T::kWays>(bucket->way, at), value, record, state, user, index * T::kWays + at};
  }
  return {};
}

template <class T, class E>
WM_INLINE ExactFlow<typename T::Record> find_exact(E& env, const ExactLimits& limits, const PinPlace& place,
                                                   const typename T::Key& key) {
  auto* first = T::bucket(env, place.bucket);
  if (!first) return {};
  if (const auto flow = flow_in<T>(env, first, place.bucket, place.fingerprint, key); WM_LIKELY(flow.word)) return flow;
  if (WM_LIKELY(!(read_word(&first->spill) & spill_bit(place.fingerprint)))) return {};
  const u32 index = partner(place.bucket, place.fingerprint, limits.buckets);
  auto* second = T::bucket(env, index);
  if (!second) return {};
  return flow_in<T>(env, second, index, place.fingerprint, key);
}

template <class T, class E>
WM_INLINE ExactFlow<typename T::Record> find_exact_embryo(E& env, const ExactLimits& limits, const PinPlace& place,
                                                          const typename T::Key& key) {
  const u32 index = embryo_bucket(place, limits.embryo_buckets);
  auto* bucket = T::bucket(env, index);
  if (!bucket) return {};
  return flow_in<T>(env, bucket, index, place.fingerprint, key);
}

// Marks a flow as used at this stamp: at most one write a stamp. False where the flow is gone or moved away since it
// was found: nothing of it may be written then.
template <class Record>
WM_INLINE bool touch(ExactFlow<Record>& flow, u32 stamp) {
  if (WM_LIKELY(exact_age(flow.value, stamp) == 0) || !is_settled(flow.value)) return true;
  const u64 fresh = (flow.value & ~(u64(kStampMask) << kPinStampShift)) | u64(stamp & kStampMask) << kPinStampShift;
  const u64 was = swap_word(flow.word, flow.value, fresh);
  if (was != flow.value) return ((was ^ flow.value) & kExactIdentity) == 0;  // another packet was first
  flow.value = fresh;
  return true;
}

// Changes the owner's 43 bits. False where another packet changed them, or the flow is gone or being moved: who must
// change them looks the flow up again.
template <class Record>
WM_INLINE bool change_state(ExactFlow<Record>& flow, u64 to) {
  if (WM_UNLIKELY(flow.state & kStateFrozen)) return false;
  const u64 changed = (flow.state & ~kStateMask) | (to & kStateMask);
  if (swap_word(&flow.record->state, flow.state, changed) != flow.state) return false;
  flow.state = changed;
  return true;
}

// False where somebody else erased it, or is moving it.
template <class Record>
WM_INLINE bool erase_exact(const ExactFlow<Record>& flow) {
  u64 value = flow.value;
  for (u32 n = 0; n < 2; ++n) {  // a packet may have touched it in between
    if (!is_settled(value)) return false;
    const u64 was = swap_word(flow.word, value, free_word(value));
    if (was == value) return true;
    if ((was ^ value) & kExactIdentity) return false;
    value = was;
  }
  return false;
}

// Of a fixed table. Makes a tentative flow live, where it is; true, too, where it is live. False where it gave way.
WM_INLINE bool settle(u64* word, u64 value) {
  for (u32 n = 0; n < 2; ++n) {  // a packet may have touched it in between
    if (!is_settled(value)) return false;
    if (phase_of(value) == ExactPhase::live) return true;
    const u64 was = swap_word(word, value, in_phase(value, ExactPhase::live));
    if (was == value) return true;
    if ((was ^ value) & kExactIdentity) return false;
    value = was;
  }
  return false;
}

// Of a fixed table: the record of a way that was just given up holds no flow from here on. Nothing happens where the
// way has another life by now.
template <class Record>
WM_INLINE void empty_record(Record* record, u64 word) {
  for (u32 n = 0; n < 4; ++n) {  // packets may change it just now
    const u64 state = read_word(&record->state);
    if ((state ^ state_seal(word)) & ~(kStateMask | kStateFrozen)) return;
    if (swap_word(&record->state, state, state_seal(word)) == state) return;
  }
}

// erase_exact() of a fixed table.
template <class Record>
WM_INLINE bool erase_fixed(const ExactFlow<Record>& flow) {
  if (!erase_exact(flow)) return false;
  empty_record(flow.record, flow.value);
  return true;
}

// Of a fixed table: the flow at a place, by its record alone, whose owner reads what he wants of it in between. The
// state, generation and all, is 0 where there is no flow; what was read is of one life where the second call says so.
template <class Record>
WM_INLINE u64 begin_reading(const Record* record) {
  const u64 state = read_word(&record->state);
  order_loads();
  return state & kStateMask ? state : 0;
}
template <class Record>
WM_INLINE bool end_reading(const Record* record, u64 state) {
  order_loads();
  const u64 again = read_word(&record->state);
  return ((again ^ state) & ~kStateMask) == 0 && again & kStateMask;
}

}  // namespace waymark
