// The regions of flows' tables: of IPv6 one for each prefix, of IPv4 one for each member's pool. A flow stands at the
// same place of its region at each member of a group, so its own address means the same everywhere. Flows begin in the
// first region alone: this node's.
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
  WM_INLINE auto* at(decltype(table::edge_flows4) tag, u32 i) { return env.at(tag, first + i); }
  WM_INLINE auto* at(decltype(table::edge_records4) tag, u32 i) { return env.at(tag, first * Flows4::kWays + i); }
};

// The flow of Work's ends in another member's region: its place in the whole table and 1, or 0.
template <class F>
struct elsewhere_of {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 region, u64, u64, u64) {
    using Table = typename F::Table;
    const Work* w = env.template scratch<Work>();
    if (!w) return 0;
    const typename Table::Key key = F::key(w->ends);
    const ExactLimits limits = limits_of<F>(env);
    const u32 first = u32(region) * limits.buckets;
    Region<E> in{env, first};
    const FlowOf<F> flow =
        find_exact<Table>(in, limits, place_in(hash_key(env.settings().pin_key, key), limits.buckets), key);
    return flow.word ? u64(first) * Table::kWays + flow.place + 1 : 0;
  }
};
struct elsewhere_step : elsewhere_of<Six> {};
struct elsewhere4_step : elsewhere_of<Four> {};

// Looks for the flow of Work's ends in the other members' regions, for flow_elsewhere(). Apart from it, as chains of
// calls have little stack.
template <class F, class E>
WM_INLINE void look_elsewhere(E& env, Work* w) {
  u32 found = 0;
  // A plain SYN is a new connection, and this node's own.
  if (w->p.protocol == kProtoTcp && is_plain_syn(w->p.tcp_flags)) return void(w->elsewhere = 0);
  for (u32 i = 1; i < kMostRegions; ++i)
    if (!found && i < F::regions(env.settings().role.edge))
      found = forget(u32(env.template call<typename F::Elsewhere>(i)));
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
