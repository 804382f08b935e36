// What a policy lets pass in a second, each way. CPUs share one word for it, and take from there what many packets
// need, so mostly a packet finds what it needs at its own CPU.
#pragma once

#include "core/buckets.h"
#include "roles/path/packet_hops.h"

namespace waymark::path {

// The shared word says up to when all is taken, in units of 2^-16 ticks and modulo 2^48 (as in core/turn.h). Whoever
// may take gets all that it wants at once: what that is too much, nobody gets afterwards. `credit` is at most 0 before.
template <class E>
WM_INLINE bool take_batch(E& env, const PathPolicy* policy, u32 at, PathTraffic* own) {
  u64* word = env.at(table::path_turns, at);
  if (!word) return false;
  const u64 now = u64(env.now()) << 16, wanted = u64(policy->batch) - u64(own->credit);
  const u64 cost = wanted * policy->pace >> 20;
  // Farther ahead than any taking leads: it was idle for so long that the ticks wrapped.
  const long long burst = (long long)(policy->burst);
  const long long farthest = burst + (long long)((u64(policy->batch) + 65'536) * policy->pace >> 20);
  for (u32 i = 0; i < 4; ++i) {  // another CPU may have been first
    const u64 due = read_word(word);
    const long long ahead = (long long)((due - now) << 16) >> 16;
    const bool idle = ahead < 0 || ahead > farthest;
    if (!idle && ahead > burst) return false;
    if (swap_word(word, due, ((idle ? now : due) + cost) & 0xffff'ffff'ffffull) == due) {
      own->credit += (long long)(wanted);
      return true;
    }
  }
  return false;
}

// False, and counted, where the policy's rate is spent. What it has may go below 0 with a packet, which the next batch
// pays back: so a batch may be shorter than a packet.
template <class E>
WM_INLINE bool has_credit(E& env, const PathPolicy* policy, u32 at) {
  PathTraffic* own = env.at(table::path_traffic, at);
  if (!own) return false;
  if (WM_LIKELY(own->credit > 0) || take_batch(env, policy, at, own)) return true;
  own->over += 1;
  return false;
}
template <class E>
WM_INLINE void spend(E& env, u32 at, u32 bytes) {
  PathTraffic* own = env.at(table::path_traffic, at);
  if (!own) return;
  own->credit -= bytes;
  own->packets += 1;
  own->bytes += bytes;
}

WM_INLINE constexpr u32 traffic_at(u32 policy, u32 towards) { return 2 * policy + towards; }

// Of both policies, once where they are the same: both have room, or neither is charged. `towards`: as Towards.
template <class E>
WM_INLINE bool within_rate(E& env, const Named& named, u32 towards, u32 bytes) {
  const u32 client = named.client ? named.client - 1 : 0, server = named.server ? named.server - 1 : 0;
  const PathPolicy* a = named.client ? policy_at(env, client) : nullptr;
  const PathPolicy* b = named.server && named.server != named.client ? policy_at(env, server) : nullptr;
  const bool charge_a = a && a->batch, charge_b = b && b->batch;
  if (WM_LIKELY(!charge_a && !charge_b)) return true;
  if (charge_a && !has_credit(env, a, traffic_at(client, towards))) return false;
  if (charge_b && !has_credit(env, b, traffic_at(server, towards))) return false;
  if (charge_a) spend(env, traffic_at(client, towards), bytes);
  if (charge_b) spend(env, traffic_at(server, towards), bytes);
  return true;
}

}  // namespace waymark::path
