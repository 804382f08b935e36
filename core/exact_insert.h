// Insertion into the exact state (core/exact.h): claims, moves, embryos and their promotion.
//
// Two packets of one flow may insert it at once, on two processors. Each claims its way first and then looks for the
// other, with the claim's barrier in between: at least one of them sees the other's claim and gives up its own. So no
// flow is ever live twice, and nobody waits.
//
// Where both buckets are full, a neighbour moves to its second bucket, record and all. Its index word is *moving* and
// its state frozen meanwhile: it is found, here or there, but neither touched, changed, nor erased. It is live there
// before its word is given up here, and readers look here first. In a fixed table nobody moves: the oldest tentative
// flow of both buckets gives way instead.
#pragma once

#include "core/exact.h"

namespace waymark {

enum class Inserted : u8 {
  placed,     // in its first bucket; an embryo: in its only one
  spilled,    // in its second bucket
  moved,      // after a neighbour moved
  evicted,    // an embryo or tentative, in place of another that was not yet idle
  known,      // not: the flow is there already
  contended,  // not: another processor is at the same flow or way
  full,       // not: all ways that it may have are of living flows
};
WM_INLINE constexpr bool is_in(Inserted how) { return how <= Inserted::evicted; }

struct ExactClaim {
  u32 bucket, way;
  u64 word;  // the way's, claimed
  Inserted how;
};

WM_INLINE void write_word(u64* word, u64 value) { *static_cast<volatile u64*>(word) = value; }

// The first free way, or one whose flow is beyond every idle time; `Ways` where all are in use.
template <u32 Ways>
WM_INLINE u32 room_in(const u64* ways, u32 stamp, u32 stale, u64& found) {
  u32 way = Ways;
  for (u32 i = 0; i < Ways; ++i) {
    const u64 value = read_word(&ways[i]);
    if (u32(value) && (phase_of(value) != ExactPhase::live || exact_age(value, stamp) <= stale)) continue;
    way = i;
    found = value;
    if (!u32(value)) break;
  }
  return forget(way);
}

// Makes a way the claimer's; its word, or 0 where another was first.
WM_INLINE u64 claim_way(u64* way, u64 found, u32 fingerprint, u32 stamp, bool spilled) {
  const u64 word = exact_word(fingerprint, generation_of(found) + 1, stamp, ExactPhase::claimed, spilled);
  return swap_word(way, found, word) == found ? word : 0;
}

// The record of a claimed way, and then the way itself, live.
template <class Record>
WM_INLINE void publish(u64* way, u64 claimed, Record* record, const ExactKey<kKeyWords<Record>>& key, u64 state,
                       u64 user, u32 stamp) {
  write_word(&record->state, state_seal(claimed) | (state & kStateMask));
  for (u32 i = 0; i < kKeyWords<Record>; ++i) write_word(&record->key[i], key.word[i]);
  write_word(&record->user, user);
  swap_word(way, claimed, exact_word(u32(claimed), generation_of(claimed), stamp, ExactPhase::live, claimed >> 63));
}

// In a fixed table: who comes by the record alone finds it empty from the claim on, until it is whole.
template <class Record>
WM_INLINE void open_record(Record* record, u64 claimed) {
  const u64 empty = state_seal(claimed);
  write_word(&record->state, empty);
  swap_word(&record->state, empty, empty);  // a barrier
}

// Then the record, and the way itself, tentative. `fill` writes what else the owner has in it, and gives `user`.
template <class Record, class Fill>
WM_INLINE void publish_tentative(u64* way, u64 claimed, Record* record, const ExactKey<kKeyWords<Record>>& key,
                                 u64 state, const Fill& fill, u32 place, u32 stamp) {
  const u64 empty = state_seal(claimed);
  for (u32 i = 0; i < kKeyWords<Record>; ++i) write_word(&record->key[i], key.word[i]);
  write_word(&record->user, fill(*record, place));
  swap_word(&record->state, empty, empty | (state & kStateMask));
  swap_word(way, claimed,
            exact_word(u32(claimed), generation_of(claimed), stamp, ExactPhase::tentative, claimed >> 63));
}

// From here on nobody else changes the flow's state or word. False where somebody was first.
template <class Record>
WM_INLINE bool lock_flow(u64* word, u64 value, Record* record, u64& state) {
  if (phase_of(value) != ExactPhase::live) return false;
  const u64 moving = in_phase(value, ExactPhase::moving);
  if (swap_word(word, value, moving) != value) return false;
  for (u32 n = 0; n < 3; ++n) {  // packets may change it just now
    state = read_word(&record->state);
    if (swap_word(&record->state, state, state | kStateFrozen) == state) return true;
  }
  swap_word(word, moving, value);
  return false;
}

// Moves a neighbour that stands in its first bucket to its second. Its way here is then the newcomer's claim.
template <class T, class E>
WM_INLINE ExactClaim make_room(E& env, const ExactLimits& limits, u32 index, const PinPlace& place, bool spilled,
                               u32 stamp) {
  ExactClaim claim = {index, T::kWays, 0, Inserted::full};
  auto* bucket = T::bucket(env, index);
  if (!bucket) return claim;
  u32 neighbour = T::kWays, to = 0, to_way = T::kWays;
  u64 value = 0, found = 0;
  for (u32 i = 0; i < T::kWays && neighbour == T::kWays; ++i) {
    value = read_word(&bucket->way[i]);
    if (!u32(value) || value >> 63) continue;
    to = partner(index, u32(value), limits.buckets);
    auto* other = T::bucket(env, to);
    if (!other || to == index) continue;
    to_way = room_in<T::kWays>(other->way, stamp, limits.stale_stamps, found);
    if (to_way < T::kWays) neighbour = i;
  }
  neighbour = forget(neighbour);
  to_way = forget(to_way);
  if (neighbour >= T::kWays || to_way >= T::kWays) return claim;
  claim.how = Inserted::contended;
  auto* first = T::bucket(env, place.bucket);
  auto* other = T::bucket(env, to);
  auto* from = T::record(env, index, neighbour);
  auto* into = T::record(env, to, to_way);
  if (!first || !other || !from || !into) return claim;
  if (spilled && !mark_spill(&first->spill, place.fingerprint)) return claim;
  if (!mark_spill(&bucket->spill, u32(value))) return claim;
  const u64 there = claim_way(nth<T::kWays>(other->way, to_way), found, u32(value), stamp, true);
  if (!there) return claim;
  u64 state = 0;
  if (!lock_flow(nth<T::kWays>(bucket->way, neighbour), value, from, state)) {
    swap_word(nth<T::kWays>(other->way, to_way), there, free_word(there));
    return claim;
  }
  typename T::Key key;
  for (u32 i = 0; i < kKeyWords<typename T::Record>; ++i) key.word[i] = read_word(&from->key[i]);
  publish(nth<T::kWays>(other->way, to_way), there, into, key, state, read_word(&from->user),
          u32(value >> kPinStampShift));
  const u64 here = claim_way(nth<T::kWays>(bucket->way, neighbour), in_phase(value, ExactPhase::moving),
                             place.fingerprint, stamp, spilled);
  return {index, neighbour, here, Inserted::moved};
}

// In a fixed table nobody can make room later: where a bucket has more than so many flows, and the second one fewer, a
// newcomer goes there. So both fill up together, and few flows are refused before all ways are taken.
constexpr u32 kCrowded = 3;
template <u32 Ways>
WM_INLINE u32 taken_in(const u64* ways) {
  u32 taken = 0;
  for (u32 i = 0; i < Ways; ++i) taken += u32(read_word(&ways[i])) != 0;
  return forget(taken);
}

// The oldest tentative flow of a bucket: its age and 1 in the upper bits, its way in the lower; 0 where there is none.
// Among equals, where to begin is drawn from the newcomer's fingerprint: a flood evicts its own.
template <u32 Ways>
WM_INLINE u32 oldest_tentative(const u64* ways, u32 fingerprint, u32 stamp) {
  u32 oldest = 0;
  const u32 start = reduce(fingerprint, Ways);
  for (u32 n = 0; n < Ways; ++n) {
    const u32 i = forget(start + n < Ways ? start + n : start + n - Ways);
    if (i >= Ways) continue;  // never
    const u64 value = read_word(nth<Ways>(ways, i));
    const bool may = u32(value) && phase_of(value) == ExactPhase::tentative;
    const u32 age = forget(may ? exact_age(value, stamp) + 1 : 0);
    if (age > oldest >> 3) oldest = age << 3 | i;
    oldest = forget(oldest);
  }
  return oldest;
}

// In a fixed table whose ways are all taken.
template <class T, class E>
WM_INLINE ExactClaim take_tentative(E& env, const PinPlace& place, u32 second_index, u32 stamp) {
  ExactClaim claim = {place.bucket, T::kWays, 0, Inserted::full};
  auto* first = T::bucket(env, place.bucket);
  auto* second = T::bucket(env, second_index);
  if (!first || !second) return claim;
  const u32 here = oldest_tentative<T::kWays>(first->way, place.fingerprint, stamp);
  const u32 there = oldest_tentative<T::kWays>(second->way, place.fingerprint, stamp);
  const bool spills = there >> 3 > here >> 3;
  const u32 oldest = spills ? there : here, way = oldest & 7;
  if (!oldest || way >= T::kWays) return claim;
  claim.how = Inserted::contended;
  if (spills && !mark_spill(&first->spill, place.fingerprint)) return claim;
  u64* word = spills ? nth<T::kWays>(second->way, way) : nth<T::kWays>(first->way, way);
  const u64 found = read_word(word);
  if (!u32(found) || phase_of(found) != ExactPhase::tentative) return claim;
  claim.word = claim_way(word, found, place.fingerprint, stamp, spills);
  claim.bucket = spills ? second_index : place.bucket;
  claim.way = way;
  if (claim.word) claim.how = Inserted::evicted;
  return claim;
}

template <class T, class E>
WM_INLINE ExactClaim claim_exact(E& env, const ExactLimits& limits, const PinPlace& place, u32 stamp) {
  const ExactClaim contended = {0, T::kWays, 0, Inserted::contended}, full = {0, T::kWays, 0, Inserted::full};
  auto* first = T::bucket(env, place.bucket);
  if (!first) return full;
  const u32 index = partner(place.bucket, place.fingerprint, limits.buckets);
  bool spills = false;
  if constexpr (T::kFixed) {
    const u32 taken = taken_in<T::kWays>(first->way);
    auto* other = T::bucket(env, index);
    if (taken > kCrowded && other) spills = taken_in<T::kWays>(other->way) < taken;
  }
  u64 found = 0;
  u32 way = spills ? T::kWays : room_in<T::kWays>(first->way, stamp, limits.stale_stamps, found);
  if (WM_LIKELY(way < T::kWays)) {
    const u64 word = claim_way(nth<T::kWays>(first->way, way), found, place.fingerprint, stamp, false);
    return word ? ExactClaim{place.bucket, way, word, Inserted::placed} : contended;
  }
  auto* second = T::bucket(env, index);
  if (!second) return full;
  way = room_in<T::kWays>(second->way, stamp, limits.stale_stamps, found);
  if (way < T::kWays) {
    if (!mark_spill(&first->spill, place.fingerprint)) return contended;
    const u64 word = claim_way(nth<T::kWays>(second->way, way), found, place.fingerprint, stamp, true);
    return word ? ExactClaim{index, way, word, Inserted::spilled} : contended;
  }
  if constexpr (T::kFixed) {
    return take_tentative<T>(env, place, index, stamp);
  } else {
    const ExactClaim beside = make_room<T>(env, limits, place.bucket, place, false, stamp);
    return beside.how == Inserted::full ? make_room<T>(env, limits, index, place, true, stamp) : beside;
  }
}

// Whether this bucket has the flow in another way than its claimer's: known, contended where one is just coming, placed
// where there is none.
template <class T, class E>
WM_INLINE Inserted rival_in(E& env, const typename T::Bucket* bucket, u32 index, u32 fingerprint,
                            const typename T::Key& key, u32 own) {
  for (u32 way = 0; way < T::kWays; ++way) {
    const u64 value = read_word(&bucket->way[way]);
    if (WM_LIKELY(u32(value) != fingerprint) || way == own) continue;
    if (phase_of(value) == ExactPhase::claimed) return Inserted::contended;
    const auto* record = T::record(env, index, way);
    if (record && has_key(record, key)) return Inserted::known;
  }
  return Inserted::placed;
}

// Makes a flow live that a look-up did not find, with the owner's state and word. In a fixed table: tentative; `user`
// is publish_tentative()'s `fill`, and the state is not 0.
template <class T, class E, class User>
WM_INLINE Inserted insert_exact(E& env, const ExactLimits& limits, const PinPlace& place, const typename T::Key& key,
                                u64 state, const User& user, u32 stamp) {
  const ExactClaim claim = claim_exact<T>(env, limits, place, stamp);
  if (!is_in(claim.how)) return claim.how;
  const u32 way = forget(claim.way), index = forget(claim.bucket);
  auto* first = T::bucket(env, place.bucket);
  auto* bucket = T::bucket(env, index);
  auto* record = T::record(env, index, way);
  if (!first || !bucket || !record || way >= T::kWays) return Inserted::full;  // never: the claim is in the table
  if constexpr (T::kFixed) open_record(record, claim.word);
  const u32 second = partner(place.bucket, place.fingerprint, limits.buckets);
  Inserted rival =
      rival_in<T>(env, first, place.bucket, place.fingerprint, key, index == place.bucket ? way : T::kWays);
  if (rival == Inserted::placed && read_word(&first->spill) & spill_bit(place.fingerprint))
    if (const auto* other = T::bucket(env, second))
      rival = rival_in<T>(env, other, second, place.fingerprint, key, index == second ? way : T::kWays);
  if (rival != Inserted::placed) {
    swap_word(nth<T::kWays>(bucket->way, way), claim.word, free_word(claim.word));
    return rival;
  }
  if constexpr (T::kFixed)
    publish_tentative(nth<T::kWays>(bucket->way, way), claim.word, record, key, state, user, index * T::kWays + way,
                      stamp);
  else
    publish(nth<T::kWays>(bucket->way, way), claim.word, record, key, state, user, stamp);
  return claim.how;
}

// Where an embryo's bucket begins for it.
template <class T>
WM_INLINE u32 first_embryo_way(const PinPlace& place) {
  static_assert(T::kWays == 8);
  return place.fingerprint >> 29;
}

// Of a packet whose flow is not open the record that it reads or writes is mostly this one: it comes from memory while
// the bucket does, which need not be there to say where it is.
template <class T, class E>
WM_INLINE void await_exact_embryo(E& env, const ExactLimits& limits, const PinPlace& place) {
  const auto* record = T::record(env, embryo_bucket(place, limits.embryo_buckets), first_embryo_way<T>(place));
  if (!record) return;
  const u64 word = read_word(&record->state);
  asm volatile("" : : "r"(word));
}

// The same among the embryos, in place of the oldest where the bucket is full.
template <class T, class E>
WM_INLINE Inserted insert_exact_embryo(E& env, const ExactLimits& limits, const PinPlace& place,
                                       const typename T::Key& key, u64 state, u64 user, u32 stamp) {
  const u32 index = embryo_bucket(place, limits.embryo_buckets);
  auto* bucket = T::bucket(env, index);
  if (!bucket) return Inserted::full;
  // The oldest: age + 1 in the upper bits, the way in the lower; 0 where each is just being claimed. Among equals,
  // where to begin is drawn from the fingerprint: a flood evicts its own.
  u32 oldest = 0;
  const u32 start = first_embryo_way<T>(place);
  for (u32 n = 0; n < T::kWays; ++n) {
    const u32 i = (start + n) % T::kWays;
    const u64 value = read_word(&bucket->way[i]);
    const bool busy = u32(value) && phase_of(value) != ExactPhase::live;
    const u32 age = forget(busy ? 0 : u32(value) ? exact_age(value, stamp) + 1 : kStampMask + 2);
    if (age > oldest / T::kWays) oldest = age * T::kWays + i;
    oldest = forget(oldest);
  }
  const u32 way = oldest % T::kWays, oldest_age = oldest / T::kWays;
  auto* record = T::record(env, index, way);
  if (!oldest_age || !record) return Inserted::contended;
  const u64 found = read_word(nth<T::kWays>(bucket->way, way));
  if (u32(found) && phase_of(found) != ExactPhase::live) return Inserted::contended;
  const u64 word = claim_way(nth<T::kWays>(bucket->way, way), found, place.fingerprint, stamp, false);
  if (!word) return Inserted::contended;
  const Inserted rival = rival_in<T>(env, bucket, index, place.fingerprint, key, way);
  if (rival != Inserted::placed) {
    swap_word(nth<T::kWays>(bucket->way, way), word, free_word(word));
    return rival;
  }
  publish(nth<T::kWays>(bucket->way, way), word, record, key, state, user, stamp);
  return oldest_age <= limits.embryo_stamps + 1 ? Inserted::evicted : Inserted::placed;
}

// Moves a proven embryo, as it was found, to the flows. Where they have no room it stays an embryo.
template <class Main, class E>
WM_INLINE Inserted promote(E& env, const ExactLimits& limits, const PinPlace& place, const typename Main::Key& key,
                           const ExactFlow<typename Main::Record>& embryo, u32 stamp) {
  u64 state = 0;
  if (!lock_flow(embryo.word, embryo.value, embryo.record, state)) return Inserted::contended;
  const u64 moving = in_phase(embryo.value, ExactPhase::moving);
  const Inserted how =
      insert_exact<Main>(env, limits, place, key, state & kStateMask, read_word(&embryo.record->user), stamp);
  const bool gone = is_in(how) || how == Inserted::known;
  if (!gone) swap_word(&embryo.record->state, state | kStateFrozen, state);
  swap_word(embryo.word, moving, gone ? free_word(moving) : embryo.value);
  return how;
}

// Looks for a flow among both. The flows are looked at again where there is no embryo: it may have been promoted in
// between.
template <class Main, class Embryos, class E>
WM_INLINE ExactFlow<typename Main::Record> find_flow(E& env, const ExactLimits& limits, const PinPlace& place,
                                                     const typename Main::Key& key, bool& embryonic) {
  embryonic = false;
  if (const auto flow = find_exact<Main>(env, limits, place, key); WM_LIKELY(flow.word)) return flow;
  if (const auto embryo = find_exact_embryo<Embryos>(env, limits, place, key); embryo.word) {
    embryonic = true;
    return embryo;
  }
  return find_exact<Main>(env, limits, place, key);
}

}  // namespace waymark
