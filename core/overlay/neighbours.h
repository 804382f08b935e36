// Neighbours in a tenant's overlay: found, heard and asked for (DESIGN.md, "Neighbours").
//
// An address has two buckets, chosen by a keyed hash among those of its overlay: it stands in either. Where both are
// full the one that was not heard for the longest time gives way. Nothing outside an overlay's own buckets is ever
// read or written for it, so nobody fills another's.
#pragma once

#include "core/hash.h"
#include "core/tables.h"
#include "core/turn.h"

namespace waymark::overlay {

// Those of one overlay.
struct Hood {
  u64 owner;
  u32 first, buckets;  // a power of two, or 0: nothing is there
};

// Answers and questions have turns of their own, in the first bucket.
enum class Turn : u8 { arp = 0, question = 1, ping = 2 };

// A MAC address in one word, the first byte lowest.
constexpr u64 kMacBits = 0xffff'ffff'ffff;
WM_INLINE u64 word_of(const Mac& mac) { return u64(load32(mac.byte)) | u64(load16(mac.byte + 4)) << 32; }
WM_INLINE void store_mac(Mac& mac, u64 word) {
  word32(mac.byte)->value = u32(word);
  word16(mac.byte + 4)->value = u16(word >> 32);
}
// Whether a host may have it: no group's, and not all zeros.
WM_INLINE constexpr bool is_hosts(u64 mac) { return mac && !(mac & 1); }

// Linear, but keyed, as that of a route (core/way.h); never 0 of what is all zeros.
WM_INLINE u64 seal_of(const u32* key, u64 owner, u32 ip4, u64 mac, u32 member) {
  return mix(owner * load64(key) + ip4 * load64(key + 2) + (mac | u64(member) << 48) * load64(key + 4)) ^ 1;
}
WM_INLINE u64 seal_of(const u32* key, const Neighbour& n) {
  return seal_of(key, n.owner, n.ip4, word_of(n.mac), n.member);
}
WM_INLINE bool is_whole(const u32* key, const Neighbour& n) { return n.seal == seal_of(key, n); }

WM_INLINE u32 bucket_of(const u32* key, const Hood& hood, u32 ip4, u32 turn) {
  const u64 hash = mix(nh(key + 6, ip4, u32(hood.owner)));
  return hood.first + (u32(hash >> (turn ? 32 : 0)) & (hood.buckets - 1));
}

// Ticks since it was heard. A processor that read the clock a moment ago may see it in the future.
WM_INLINE u32 age_of(u32 heard, u32 now) {
  const u32 age = now - heard;
  return int(age) < 0 ? 0 : age;
}
WM_INLINE u32 age_of(const Neighbour& n, u32 now) { return age_of(n.heard, now); }

// What is known of a neighbour, and where it stands. A way is compared with each there is, and never added to a
// pointer: Linux 6.1's verifier would want to know how it came about, in every state of the searches before.
struct Seen {
  u64 mac;
  u32 member, heard, bucket, way;  // kNeighbourWays: there is none
};
template <class E>
WM_INLINE Neighbour* neighbour_at(E& env, u32 bucket, u32 way) {
  NeighbourBucket* b = env.at(table::neighbours, bucket);
  if (!b) return nullptr;
  for (u32 i = 0; i < kNeighbourWays; ++i)
    if (unforeseen(i) == way) return &b->way[i];
  return nullptr;
}

template <class E>
WM_INLINE void find_in(E& env, u32 bucket, const Hood& hood, u32 ip4, Seen& seen) {
  const NeighbourBucket* b = env.at(table::neighbours, bucket);
  if (!b) return;
  for (u32 i = 0; i < kNeighbourWays; ++i) {
    const Neighbour& n = b->way[i];
    if (n.ip4 == ip4 && n.owner == hood.owner && is_whole(env.settings().pin_key, n))
      seen = {word_of(n.mac), n.member, n.heard, bucket, i};
  }
  seen.way = forget(seen.way);
}

// The neighbour, however long ago it was heard.
template <class E>
WM_INLINE Seen find_neighbour(E& env, const Hood& hood, u32 ip4) {
  Seen seen = {0, 0, 0, 0, kNeighbourWays};
  if (!hood.buckets) return seen;
  const u32* key = env.settings().pin_key;
  find_in(env, bucket_of(key, hood, ip4, 0), hood, ip4, seen);
  if (WM_UNLIKELY(seen.way >= kNeighbourWays)) find_in(env, bucket_of(key, hood, ip4, 1), hood, ip4, seen);
  return seen;
}

// A way in either bucket, the first free one or that of who was not heard for the longest time; and its age and 1, or
// kFreeWay. What is `idle` ticks old is free.
struct Way {
  u32 bucket, way, worth;
};
constexpr u32 kFreeWay = ~0u;
template <class E>
WM_INLINE void look_for_way(E& env, const Hood& hood, u32 bucket, u32 idle, Way& best) {
  const NeighbourBucket* b = env.at(table::neighbours, bucket);
  if (!b) return;
  for (u32 i = 0; i < kNeighbourWays; ++i) {
    const Neighbour& n = b->way[i];
    const u32 age = age_of(n, env.now());
    const bool taken = n.owner == hood.owner && age <= idle && is_whole(env.settings().pin_key, n);
    const u32 worth = taken ? age + 1 : kFreeWay;
    if (worth <= best.worth) continue;
    best = {bucket, i, worth};
  }
  best = {forget(best.bucket), forget(best.way), forget(best.worth)};
}

WM_INLINE void write_neighbour(Neighbour& n, const u32* key, u64 owner, u32 ip4, u64 mac, u32 member, u32 now) {
  n.seal = 0;
  reread();
  n.owner = owner;
  n.ip4 = ip4;
  n.heard = now;
  store_mac(n.mac, mac);
  n.member = u16(member);
  reread();
  n.seal = seal_of(key, owner, ip4, mac, member);
}

// Keeps what was heard of an address that is known to be one of the overlay's.
template <class E>
WM_INLINE void keep_neighbour(E& env, const Hood& hood, u32 ip4, u64 mac, u32 member, u32 idle) {
  const u32* key = env.settings().pin_key;
  const u32 now = env.now();
  const Seen known = find_neighbour(env, hood, ip4);
  Way at = {known.bucket, known.way, 0};
  if (known.way >= kNeighbourWays) {
    look_for_way(env, hood, bucket_of(key, hood, ip4, 0), idle, at);
    look_for_way(env, hood, bucket_of(key, hood, ip4, 1), idle, at);
    env.note(Note::neighbour_learnt);
    if (at.worth != kFreeWay) env.note(Note::neighbour_evicted);
  } else if (age_of(known.heard, now) <= idle) {
    env.note(Note::neighbour_moved);
  }
  if (Neighbour* n = neighbour_at(env, at.bucket, at.way)) write_neighbour(*n, key, hood.owner, ip4, mac, member, now);
}

// Whether the overlay has a turn: each has limits of its own, so that no tenant's flood takes another's.
template <class E>
WM_INLINE bool may(E& env, const Hood& hood, Turn turn, u32 interval, u32 burst) {
  if (!hood.buckets || !interval) return false;
  NeighbourBucket* b = env.at(table::neighbours, hood.first);
  return b && take_turn(&b->due[u32(turn)], env.now(), interval, burst);
}

}  // namespace waymark::overlay
