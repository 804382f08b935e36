// The regions of IPv6 flows' table, one for each prefix. A flow stands at the same place of its prefix's region at each
// member of a group, so its own address means the same everywhere. Flows begin in the first region alone: this node's.
#pragma once

#include "roles/edge/packet_work.h"

namespace waymark::edge {

WM_INLINE u32 place_in_table(const OwnSettings& s, u32 region, u32 place) {
  if (WM_UNLIKELY(region)) place = forget(place + region * places_in_region(s));
  return place;
}

// One region as the functions of the exact state want a table: `first` is the number of its first bucket.
template <class E>
struct Region {
  E& env;
  u32 first;
  WM_INLINE auto* at(decltype(table::edge_flows) tag, u32 i) { return env.at(tag, first + i); }
  WM_INLINE auto* at(decltype(table::edge_records) tag, u32 i) { return env.at(tag, first * Flows::kWays + i); }
};

// The flow of Work's ends in another member's region: its place in the whole table and 1, or 0.
struct elsewhere_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 region, u64, u64, u64) {
    const Work* w = env.template scratch<Work>();
    const OwnSettings& s = env.settings().role.edge;
    if (!w) return 0;
    const Flows::Key key = Six::key(w->ends);
    Region<E> in{env, u32(region) * s.buckets};
    const ExactLimits limits = limits_of<Six>(env);
    const FlowOf<Six> flow =
        find_exact<Flows>(in, limits, place_in(hash_key(env.settings().pin_key, key), limits.buckets), key);
    return flow.word ? u64(place_in_table(s, u32(region), flow.place)) + 1 : 0;
  }
};

// Looks for the flow of Work's ends in the other members' regions, for flow_elsewhere(). Apart from it, as chains of
// calls have little stack.
template <class E>
WM_INLINE void look_elsewhere(E& env, Work* w) {
  u32 found = 0;
  // A plain SYN is a new connection, and this node's own.
  if (w->p.protocol == kProtoTcp && is_plain_syn(w->p.tcp_flags)) return void(w->elsewhere = 0);
  for (u32 i = 1; i < kMostRegions; ++i)
    if (!found && i < env.settings().role.edge.regions) found = forget(u32(env.template call<elsewhere_step>(i)));
  w->elsewhere = found;
}
// What it found, if that is the same flow's still; or none.
template <class F, class E>
WM_INLINE FlowOf<F> flow_elsewhere(E& env, const Work* w) {
  if (!w->elsewhere) return {};
  const u32 place = w->elsewhere - 1, index = forget(place / F::Table::kWays), way = forget(place % F::Table::kWays);
  auto* bucket = F::Table::bucket(env, index);
  auto* record = F::Table::record(env, index, way);
  if (!bucket || !record || way >= F::Table::kWays) return {};
  u64* word = nth<F::Table::kWays>(bucket->way, way);
  const u64 value = read_word(word);
  order_loads();
  const u64 state = read_word(&record->state);
  if (!is_settled(value) || (state ^ state_seal(value)) & ~(kStateMask | kStateFrozen)) return {};
  const bool same = has_key(record, F::key(w->ends));
  const u64 user = read_word(&record->user);
  order_loads();
  if (!same || (read_word(word) ^ value) & kExactIdentity) return {};
  return {word, value, record, state, user, place};
}

}  // namespace waymark::edge
