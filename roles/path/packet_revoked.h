// Ids that are revoked: an exact set. The daemon writes it into the half that is not in force, and then flips one word.
#pragma once

#include "core/buckets.h"
#include "roles/path/packet_policy.h"

namespace waymark::path {

enum class IdOf : u8 { client = 0, server = 1 };

// An id as the set has it; 0, which it never has, for those beyond the last that can be revoked.
constexpr u64 kMostRevocable = (u64(1) << 63) - 2;
WM_INLINE constexpr u64 id_word(IdOf of, u64 id) { return id <= kMostRevocable ? (id + 1) << 1 | u64(of) : 0; }

// Where in a half the first of a word's buckets is. `head`, the word in force: 0 where nothing is revoked; else a seed,
// whose lowest bit is the half.
WM_INLINE constexpr u32 revoked_bucket(u64 head, u64 word, u32 buckets) {
  return reduce(u32(mix(word ^ head) >> 32), buckets - (kRevokedBuckets - 1));
}

template <class E>
WM_INLINE bool is_revoked(E& env, u64 head, u64 word) {
  if (!word) return false;
  const u32 buckets = env.settings().role.path.revoked_buckets;
  const u32 first = (head & 1 ? buckets : 0) + revoked_bucket(head, word, buckets);
  for (u32 i = 0; i < kRevokedBuckets; ++i) {
    const RevokedBucket* bucket = env.at(table::revoked, first + i);
    if (!bucket) return false;
    u32 found = 0;
    for (u32 way = 0; way < kRevokedWays; ++way) found |= bucket->way[way] == word;
    if (found) return true;
    if (!bucket->way[kRevokedWays - 1]) return false;
  }
  return false;
}

struct revoked_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 head, u64 source, u64 destination, u64) {
    return is_revoked(env, head, source) || is_revoked(env, head, destination);
  }
};

// Whether either address is of a client or a server that is revoked.
template <class E>
WM_INLINE bool names_revoked(E& env, const Packet& p, const Leg& leg) {
  const u64* word = env.at(table::revoked_head, 0);
  const u64 head = word ? read_word(word) : 0;
  if (WM_LIKELY(!head)) return false;
  const OwnSettings& s = env.settings().role.path;
  u64 source = 0;
  if (leg.from_client) source = id_word(IdOf::client, read_field(s.clients, FieldKind::id, p.source));
  if (leg.from_server) source = id_word(IdOf::server, read_field(s.servers, FieldKind::id, p.source));
  const u64 destination = leg.to_server ? id_word(IdOf::server, read_field(s.servers, FieldKind::id, p.destination))
                                        : id_word(IdOf::client, read_field(s.clients, FieldKind::id, p.destination));
  return env.template call<revoked_step>(head, source, destination);
}

}  // namespace waymark::path
