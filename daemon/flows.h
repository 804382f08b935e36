// The firewall's and the edge's flows for whoever asks: what a snapshot has of them, and a look into the tables beside
// packets.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "node/edge_flows.h"
#include "node/flows.h"

namespace waymark {

// What the node knows without a look into the tables.
struct FlowsView {
  FlowsSwept swept;
  std::vector<std::pair<u32, u64>> taken;    // by owner: what counts against its limit just now
  u64 capacity = 0, half_open_capacity = 0;  // all ways of the tables
  Duration grace_left{};                     // 0: TCP goes on in its middle no more
  Duration birth_unit{};                     // of FlowsSwept::ages; 0: addresses do not say when flows began
};

// Of an edge's.
struct EdgeView {
  EdgeSwept swept;
  u64 capacity = 0;  // all ways of the table
  // In a group: what became of flows that members told.
  std::optional<group::EdgeMirrorCounts> mirror = {};
};

struct EdgeFlowFilter {
  std::optional<u32> service;      // its place in [edge]
  std::optional<Address> address;  // any of the flow's four
  u32 most = 1000;
};

struct EdgeFlowSeen {
  std::optional<u32> service;  // none: no service of this configuration
  Address client, own;
  std::optional<Address> anycast;  // none, likewise
  std::optional<Address> server;   // once it is learnt
  u8 protocol;
  u16 client_port, port;  // a ping's identifier is the client's
  u16 own_port;           // the client's, as the network sees it
  edge::Stage stage;
  u32 idle_seconds;
};

struct FlowFilter {
  std::optional<u32> owner;    // of a tenant
  std::optional<u32> address;  // IPv4, host order: one of its two ends
  u32 most = 1000;
};

struct FlowSeen {
  u32 owner;            // FirewallPolicy::owner
  u32 inside, outside;  // IPv4, host order
  u16 inside_port, outside_port;
  u8 protocol;
  firewall::Stage stage;
  bool outside_began, found_again;
  bool lent;  // another member of the group told it
  u8 rule;    // in table::firewall_rules, of its policy's, from 1 on; 0: none
  u32 idle_seconds;
  u32 bits = 0;         // in its address (core/firewall/bits.h)
  u64 age_seconds = 0;  // as far as that says it: at least so many
};

// To tell stamps' ages by.
struct FlowClock {
  u32 ticks, ticks_per_second, stamp_shift, embryo_shift;
  // What `birth` says of flows that begin now, which of a flow's bits it has, and its unit; zeros: nothing says it.
  u32 birth = 0, birth_bits = 0;
  u64 birth_unit = 0;  // seconds
};

// At most filter.most flows, half-open ones last, in the tables' order. Reads all of the tables where fewer fit.
std::vector<FlowSeen> list_flows(Live& live, const FlowClock& clock, const FlowFilter& filter);
std::vector<EdgeFlowSeen> list_edge_flows(Live& live, const FlowClock& clock, const EdgePlan& plan,
                                          const EdgeFlowFilter& filter);
using ListEdgeFlows = std::function<std::vector<EdgeFlowSeen>(const EdgeFlowFilter&)>;
using ListFlows = std::function<std::vector<FlowSeen>(const FlowFilter&)>;

const char* name_of(edge::Stage stage);
const char* name_of(firewall::Stage stage);  // "syn", "open", "reset_by_outside"; of numbers that are none, "unknown"

}  // namespace waymark
