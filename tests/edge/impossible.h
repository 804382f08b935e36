// What a member that lies may tell of a flow, of which nothing may come (node/edge_mirror.h).
#pragma once

#include <utility>
#include <vector>

#include "group/message.h"
#include "roles/edge/packet_flow.h"

namespace waymark::edge_cases {

struct Impossible {
  group::EdgeFlowRecord record;
  const char* what;
};
inline std::vector<Impossible> impossible(const group::EdgeFlowRecord& good) {
  std::vector<Impossible> out;
  const auto add = [&](const char* what, auto&& spoil) {
    group::EdgeFlowRecord r = good;
    spoil(r);
    out.push_back({r, what});
  };
  add("a prefix that nobody has", [](auto& r) { r.prefix ^= 1; });
  add("a place that the address does not name", [](auto& r) { r.place += 1; });
  add("a place beyond all", [](auto& r) { r.place = ~0u; });
  add("an address that names another place", [](auto& r) { r.user ^= 1; });
  add("a key whose buckets are others", [](auto& r) { r.key[0] ^= 1; });
  add("half open", [](auto& r) { r.state = edge::in_stage(r.state, edge::Stage::syn); });
  add("TCP with a stage of UDP", [](auto& r) { r.state = edge::in_stage(r.state, edge::Stage::exchange); });
  add("a server that is just being learnt", [](auto& r) { r.state |= edge::kLearning; });
  return out;
}

}  // namespace waymark::edge_cases
