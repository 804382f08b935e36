// Whose is this packet? From (space, address) to a front in one cache line, at a cost that does not grow with their
// number: control chooses the seed so that no bucket overflows, and a packet that is not ours rarely reads a second
// line.
#pragma once

#include "core/hash.h"
#include "core/parse.h"
#include "core/prefix.h"

namespace waymark {

#define STEER_REASONS(X, M)                                                            \
  X(M, pass, not_listening, "Waymark does not listen on this interface or VLAN")       \
  X(M, pass, other_mac, "the frame is for another machine's MAC address, or for many") \
  X(M, pass, not_ours, "no service and no tunnel end has this destination")            \
  X(M, drop, no_program, "the program of the destination's role is not there to jump to")
WM_REASONS(steer, 1, STEER_REASONS)

WM_INLINE constexpr u64 steer_hash(u64 seed, Space space, const Address& a) {
  return hash_words(seed, a.high, a.low ^ space);
}

WM_INLINE constexpr u32 port_hash(u64 seed, u32 interface, u16 outer, u16 inner) {
  u64 x = ((u64(interface) << 32 | u32(outer) << 16 | inner) ^ seed) * 0x9e3779b97f4a7c15ull;
  x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
  return u32(x >> (64 - kPortBits));
}

// The front of an address, or null. The tag of a bucket's way is the hash's low 16 bits.
template <class E>
WM_INLINE const Front* find_front(E& env, Space space, const Address& address) {
  const u64 hash = steer_hash(env.settings().steer_seed, space, address);
  const SteerBucket* bucket = env.at(table::steer, u32(hash >> (64 - env.settings().steer_bits)));
  if (!bucket) return nullptr;
  const u32 tag = u32(hash) << 16;
  for (u32 i = 0; i < kSteerWays; ++i) {
    const u32 way = bucket->way[i];
    if (WM_LIKELY((way ^ tag) >> 16 || !(way & 0xffff))) continue;
    const Front* front = env.at(table::fronts, (way & 0xffff) - 1);
    if (front && front->address == address && front->space == space) return front;
  }
  return nullptr;
}

// Whose an address is: the front that it has, or that its longest prefix has; or what that prefix stands for, where it
// has no front. An address by itself is longer than any prefix. Where all prefixes are of one role, steer leaves the
// search to it: then there is neither.
struct Steered {
  const Front* front;
  const Mapping* mapping;
  u32 role;  // or kNoRole
};
template <class E>
WM_INLINE Steered find_by_prefix(E& env, Space space, const Address& address, bool ip6) {
  const AddressBits bits = ip6 ? bits6(address) : bits4(address);
  const u32 found = find_any_prefix(env, space, bits, wanted_now(env, ip6, kAnyMap | kMapNone));
  const Mapping* m = found ? env.at(table::mappings, found - 1) : nullptr;
  if (!m) return {nullptr, nullptr, kNoRole};
  return {m->front ? env.at(table::fronts, m->front - 1) : nullptr, m, m->role};
}
// The front that a packet was steered to, of a role that has fronts for all its addresses; or null.
template <class E>
WM_INLINE const Front* front_of(E& env, const Steered& to, Space space, const Packet& p) {
  if (WM_LIKELY(to.front)) return to.front;
  return to.mapping ? nullptr : find_by_prefix(env, space, p.destination, p.ip6).front;
}

// The last of `count` sorted rules from `base` on whose (protocol, first port) is not above `wanted`, by halves.
namespace core {
struct search_rules_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 base, u64 count, u64 wanted, u64) {
    u32 low = 0, high = u32(count);  // it lies in [low, high)
    for (u32 i = 0; i < 16 && low + 1 < high; ++i) {
      const u32 middle = (low + high) / 2;
      const Rule* r = env.at(table::rules, u32(base) + middle);
      if (!r) break;
      r->first <= u32(wanted) ? low = middle : high = middle;
      low = forget(low);
      high = forget(high);
    }
    return u32(base) + low;
  }
};
}  // namespace core
template <class E>
WM_INLINE u32 search_rules(E& env, u32 base, u32 count, u32 wanted) {
  return u32(env.template call<core::search_rules_step>(base, count, wanted));
}

// The rule for a protocol and port, or null. Few rules stand in the front itself; many are searched.
template <class E>
WM_INLINE const Rule* find_rule(E& env, const Front* front, u8 protocol, u16 port) {
  const u32 wanted = u32(protocol) << 16 | port;
  if (WM_LIKELY(!front->rule_count)) {
    for (u32 i = 0; i < kFrontRules; ++i)
      if (wanted - front->rule[i].first <= front->rule[i].span) return &front->rule[i];
    return nullptr;
  }
  const Rule* r = env.at(table::rules, search_rules(env, front->index, front->rule_count, wanted));
  return r && wanted - r->first <= r->span ? r : nullptr;
}

}  // namespace waymark
