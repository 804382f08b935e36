// From whom a POP takes a packet, and whom it gives it to.
#pragma once

#include "core/pins.h"
#include "roles/path/packet_leg.h"

namespace waymark::path {

// By what a packet came: a POP's tunnel, by its id; a link of the network, or of clients, as it is.
constexpr u32 kByLink = 1u << 16, kByAccess = 1u << 17;

template <class E>
WM_INLINE const PathPolicy* policy_at(E& env, u64 index) {
  const PathPolicy* policy = env.at(table::path_policies, u32(index));
  return policy && policy->known ? policy : nullptr;
}

// Whether a word has this id among its four; ids are not 0.
WM_INLINE bool names(u64 ids, u32 id) {
  const u64 differs = ids ^ id * 0x0001'0001'0001'0001ull;
  return ((differs - 0x0001'0001'0001'0001ull) & ~differs & 0x8000'8000'8000'8000ull) != 0;
}

// The indices of the policies that both addresses name, plus one; 0: that address is of no plan.
struct Named {
  u32 client, server;
};
WM_INLINE Named named_policies(const OwnSettings& s, const Packet& p, const Leg& leg) {
  const u32 source = leg.from_client   ? u32(read_field(s.clients, FieldKind::policy, p.source)) + 1
                     : leg.from_server ? u32(read_field(s.servers, FieldKind::policy, p.source)) + 1
                                       : 0;
  if (leg.to_server)
    return {leg.from_client ? source : 0, u32(read_field(s.servers, FieldKind::policy, p.destination)) + 1};
  return {u32(read_field(s.clients, FieldKind::policy, p.destination)) + 1, source};
}
template <class E>
WM_INLINE u64 mandatory_of(E& env, u32 named) {
  const PathPolicy* policy = named ? policy_at(env, named - 1) : nullptr;
  return policy ? policy->mandatory : 0;
}

template <class E>
WM_INLINE bool is_live(E& env, const PathPop* pop) {
  if (!pop || !pop->known || pop->down) return false;
  const Target* target = env.at(table::targets, pop->slot);
  return target && target->in_use && !(read_word(&target->route) & kTargetDown);
}
template <class E>
WM_INLINE const PathPop* pop_at(E& env, u32 id) {
  return env.at(table::path_pops, id);
}
template <class E>
WM_INLINE bool is_plain(E& env, u32 id) {
  const PathPop* pop = pop_at(env, id);
  return pop && pop->known && pop->plain;
}

// In a step's words: who else is asked, and the policies.
WM_INLINE constexpr u64 pack_hops(const Leg& leg, u32 who, const Named& named) {
  return u64(who) | u64(leg.back) << 18 | u64(named.client) << 20 | u64(named.server) << 40;
}

// The nearest hop after this POP that lives, or the client's POP behind them all; 0: there is none, or a policy has one
// passed by for which it is mandatory.
struct next_live_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 after, u64 packed, u64, u64) {
    const OwnSettings& s = env.settings().role.path;
    const u32 last = u32(packed) & 0xffff, back = u32(packed >> 18) & 1;
    const u64 mandatory = mandatory_of(env, u32(packed >> 20) & 0xf'ffff),
              mandatory_too = mandatory_of(env, u32(packed >> 40) & 0xf'ffff);
    u64 rest = after;
    u32 found = 0, stop = 0;
    for (u32 i = 0; i <= kMostHops; ++i) {
      u32 hop = take_hop(s, rest, !back);
      if (!hop) hop = last;
      const bool live = is_live(env, pop_at(env, hop));
      found = forget(!found && !stop && hop && live ? hop : found);
      stop |= forget(hop == last || names(mandatory, hop) || names(mandatory_too, hop));
    }
    return found;
  }
};
template <class E>
WM_INLINE u32 next_pop(E& env, const Packet& p, const Leg& leg) {
  const OwnSettings& s = env.settings().role.path;
  u64 rest = leg.after;
  u32 hop = take_hop(s, rest, !leg.back);
  if (!hop) hop = leg.last;
  if (WM_LIKELY(is_live(env, pop_at(env, hop)))) return hop;
  return u32(env.template call<next_live_step>(leg.after, pack_hops(leg, leg.last, named_policies(s, p, leg))));
}

// Whether a packet may have come so: from the nearest hop before this POP, or from one before that where all between
// may be passed by; and where none is before it, from whoever is not on the path, which it then enters here.
struct predecessor_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 before, u64 after, u64 packed, u64 entering) {
    const OwnSettings& s = env.settings().role.path;
    const u32 came = u32(packed) & 0x3ffff, back = u32(packed >> 18) & 1;
    const u64 mandatory = mandatory_of(env, u32(packed >> 20) & 0xf'ffff),
              mandatory_too = mandatory_of(env, u32(packed >> 40) & 0xf'ffff);
    u64 rest = before, ahead = after;
    u32 found = 0, stop = 0, later = 0;
    for (u32 i = 0; i < kMostHops; ++i) {
      const u32 hop = take_hop(s, rest, back);
      const bool is_it = hop && (came == kByLink ? is_plain(env, hop) : hop == came);
      found |= forget(!stop && is_it);
      stop |= forget(hop && (names(mandatory, hop) || names(mandatory_too, hop)));
      const u32 onward = take_hop(s, ahead, !back);
      later |= forget(onward && onward == came);
    }
    return found || (!stop && !later && entering);
  }
};
template <class E>
WM_INLINE bool may_have_come(E& env, const Packet& p, const Leg& leg, u32 came) {
  const OwnSettings& s = env.settings().role.path;
  u64 rest = leg.before;
  const u32 hop = take_hop(s, rest, leg.back);
  if (WM_LIKELY(hop && hop == came)) return true;
  if (WM_LIKELY(hop && came == kByLink) && is_plain(env, hop)) return true;
  // Whoever is not on the path enters it at its beginning; by a link nobody says that hops were passed by. A client's
  // own packets come in where clients are, and by a link from the client's POP alone.
  bool entering = came != kByLink || !leg.before;
  if (leg.from_client) {
    const u32 home = u32(read_field(s.clients, FieldKind::pop, p.source));
    entering = came == kByAccess || came == home || (came == kByLink && is_plain(env, home) && home != s.pop);
  }
  if (!leg.before && came >= kByLink) return entering;
  return env.template call<predecessor_step>(leg.before, leg.after, pack_hops(leg, came, named_policies(s, p, leg)),
                                             entering);
}

}  // namespace waymark::path
