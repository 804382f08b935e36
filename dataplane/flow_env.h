// The tables of flows, the firewall's and the edge's, as user space sees them, for the functions of the exact state
// (core/exact.h).
#pragma once

#include <optional>

#include "core/firewall/table.h"
#include "dataplane/image.h"

namespace waymark {

struct FlowEnv {
  Live& live;
  auto* at(decltype(table::flows), u32 i) { return entry(live.flows, i); }
  auto* at(decltype(table::flow_records), u32 i) { return entry(live.flow_records, i); }
  auto* at(decltype(table::flow_embryos), u32 i) { return entry(live.flow_embryos, i); }
  auto* at(decltype(table::flow_embryo_records), u32 i) { return entry(live.flow_embryo_records, i); }
  auto* at(decltype(table::pairs), u32 i) { return entry(live.pairs, i); }
  auto* at(decltype(table::edge_flows), u32 i) { return entry(live.edge_flows, i); }
  auto* at(decltype(table::edge_records), u32 i) { return entry(live.edge_records, i); }
  auto* at(decltype(table::edge_flows4), u32 i) { return entry(live.edge_flows4, i); }
  auto* at(decltype(table::edge_records4), u32 i) { return entry(live.edge_records4, i); }
  auto* at(decltype(table::edge_numbers), u32 i) { return entry(live.edge_numbers, i); }

 private:
  template <class T>
  static T* entry(std::span<T> table, u32 i) {
    return i < table.size() ? &table[i] : nullptr;
  }
};

// A flow as it was at one moment; none where a packet claimed its way in that moment. `way`: of the index.
struct FlowRead {
  ExactKey<2> key;
  u64 word, state, user;  // of the index; the owner's bits
};
inline std::optional<FlowRead> read_flow(const u64* way, const ExactRecord4* record) {
  const u64 word = read_word(way);
  if (!u32(word) || phase_of(word) == ExactPhase::claimed || !record) return std::nullopt;
  order_loads();
  const ExactKey<2> key = {{read_word(&record->key[0]), read_word(&record->key[1])}};
  const u64 state = read_word(&record->state), user = read_word(&record->user);
  order_loads();
  if ((read_word(way) ^ word) & kExactIdentity || (state ^ state_seal(word)) & ~(kStateMask | kStateFrozen))
    return std::nullopt;
  return FlowRead{key, word, state & kStateMask, user};
}

}  // namespace waymark
