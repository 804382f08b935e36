// The one list of tables. From it come the BPF maps, the user-space tables, what user space sees of them
// (dataplane/image.h), the set of pins, and the layout's golden file.
#pragma once

#include "core/env.h"
#include "core/records.h"

namespace waymark {

// What a configuration decides about the tables that outlive a load. Another size is another table: flows would be lost
// on the way, so it takes `waymark down`.
struct TableSizes {
  u32 targets = kUsualTargets;  // slots; kMaxTargets at most
  u32 pin_buckets = 0, embryo_buckets = 0;
  u32 flow_buckets = 0, flow_embryo_buckets = 0;  // of the firewall's; 0: there is none
  u32 edge_buckets = 0, edge_buckets4 = 0;        // of the edge's flows, of IPv6 and of IPv4; 0: there are none
  u32 edge_pool = 0;                              // addresses that IPv4 flows share
  u32 revocations = 0;                            // ids that a POP may hold for revoked; 0: it is none
  bool operator==(const TableSizes&) const = default;
};
constexpr bool has_edge(const TableSizes& sizes) { return sizes.edge_buckets || sizes.edge_buckets4; }

// T(name, record, entries, class): `entries` is an expression of `sizes`, a TableSizes.
//   config  belongs to one load of the program: filled, then frozen; replaced by a reload. As many entries as it needs,
//           and these at most.
//   halved  likewise, but in two halves: the daemon writes the spare one, and makes it the one in force (core/prefix.h)
//   live    outlives loads; written by the daemon alone
//   state   outlives loads; written by packets, tidied by the daemon
//   counter like state, one value a CPU
#define WM_CONFIG_TABLES(T)                                          \
  T(ports, Port, 1u << kPortBits, config)                            \
  T(steer, SteerBucket, 1u << 18, config)                            \
  T(fronts, Front, kMaxFronts, config)                               \
  T(rules, Rule, kMaxRules, config)                                  \
  T(services, Service, kMaxServices, config)                         \
  T(fellows, Fellow, kMaxFellows, config)                            \
  T(heirs, HeirBucket, kMaxHeirs, config)                            \
  T(gateways, Gateway, kMaxGateways, config)                         \
  T(tenants, Tenant, kMaxTenants, config)                            \
  T(tenant_tunnels, TenantTunnel, kMaxTenantTunnels, config)         \
  T(gateway_ends, Target, kMaxGatewayEnds, config)                   \
  T(firewall_policies, FirewallPolicy, kMaxFirewallPolicies, config) \
  T(firewall_rules, FirewallRule, kMaxFirewallRules, config)         \
  T(edge_services, EdgeService, kMaxEdgeServices, config)            \
  T(edge_servers, EdgeServer, kMaxEdgeServers, config)               \
  T(edge_anycasts, EdgeAnycast, 1u << kEdgeAnycastBits, config)      \
  T(edge_pool, u64, kMaxEdgePool, config)                            \
  T(path_pops, PathPop, kMaxPathPops, config)                        \
  T(path_servers, PathServer, kMaxPathServers, config)               \
  T(path_policies, PathPolicy, kMaxPathPolicies, config)             \
  T(path_asked_index, AskedBucket, kMaxAskedBuckets, config)         \
  T(path_asked_names, AskedName, kMaxAskedNames, config)             \
  T(path_asked_servers, AskedServer, kMaxAskedServers, config)       \
  T(path_asked_pops, u64, kMaxPathPops, config)                      \
  T(prefixes, PrefixBucket, 1u << 18, halved)                        \
  T(mappings, Mapping, 2 * kMaxMappings, halved)
#define WM_LIVE_TABLES(T)                                                           \
  T(targets, Target, sizes.targets, live)                                           \
  T(slot_names, SlotName, sizes.targets, live)                                      \
  T(adjacencies, Adjacency, 2 * sizes.targets, live)                                \
  T(half, u64, 1, live)                                                             \
  T(choice_heads, Choice, 2 * kMaxChoiceHeads, live)                                \
  T(choices, u16, 2 * kMaxChoices, live)                                            \
  T(previous, u16, 2 * kMaxChoices, live)                                           \
  T(members, u32, 2 * kMaxMembers, live)                                            \
  T(flow_grace, u64, 1, live)                                                       \
  T(birth_clock, u64, 1, live)                                                      \
  T(holdings, HeldRecord, kMaxHeld, live)                                           \
  T(revoked, RevokedBucket, 2 * path::revoked_buckets_for(sizes.revocations), live) \
  T(revoked_head, u64, 1, live)                                                     \
  T(revocations, Revocation, sizes.revocations, live)                               \
  T(path_asked, u64, 1, live)                                                       \
  T(path_asked_heads, AskedHead, 2, live)                                           \
  T(path_ways, u64, sizes.revocations ? kMaxPathWays : 0, live)                     \
  T(path_lost, u64, sizes.revocations ? kLostWords : 0, live)                       \
  T(meta, Meta, 1, live)
#define WM_STATE_TABLES(T)                                                                 \
  T(pins, PinBucket, sizes.pin_buckets, state)                                             \
  T(embryos, EmbryoBucket, sizes.embryo_buckets, state)                                    \
  T(ways, CachedRoute, 1u << kWayBits, state)                                              \
  T(limits, u64, kMostAnswerKinds, state)                                                  \
  T(flows, ExactBucket, sizes.flow_buckets, state)                                         \
  T(flow_records, ExactRecord4, kExactWays* sizes.flow_buckets, state)                     \
  T(flow_embryos, ExactEmbryoBucket, sizes.flow_embryo_buckets, state)                     \
  T(flow_embryo_records, ExactRecord4, kExactEmbryoWays* sizes.flow_embryo_buckets, state) \
  T(flow_counts, FlowCount, sizes.flow_buckets ? kMaxFirewallPolicies : 0, state)          \
  T(pairs, MemoBucket, (sizes.flow_buckets + 1) / 2, state)                                \
  T(fragments, MemoBucket, kFragmentBuckets, state)                                        \
  T(neighbours, NeighbourBucket, kNeighbourBuckets, state)                                 \
  T(edge_flows, ExactBucket, sizes.edge_buckets, state)                                    \
  T(edge_records, EdgeRecord, kExactWays* sizes.edge_buckets, state)                       \
  T(edge_uses, FlowCount, has_edge(sizes) ? 2 * kEdgeUseRow : 0, state)                    \
  T(edge_followers, EdgeFollowers, has_edge(sizes) ? kEdgeFollowerBuckets : 0, state)      \
  T(edge_flows4, ExactBucket, sizes.edge_buckets4, state)                                  \
  T(edge_records4, ExactRecord4, kExactWays* sizes.edge_buckets4, state)                   \
  T(edge_numbers, EdgeNumbers, kEdgeLines* sizes.edge_pool, state)                         \
  T(path_turns, u64, 2 * kMaxPathPolicies, state)                                          \
  T(path_asked_turns, u64, sizes.revocations ? kAskedTurns : 0, state)
#define WM_COUNTER_TABLES(T)                                  \
  T(target_traffic, TargetCounters, sizes.targets, counter)   \
  T(reasons, u64, kReasons, counter)                          \
  T(notes, u64, kMostNotes, counter)                          \
  T(path_traffic, PathTraffic, 2 * kMaxPathPolicies, counter) \
  T(tag_uses, u64, kTagUses, counter)

#define WM_LASTING_TABLES(T) WM_LIVE_TABLES(T) WM_STATE_TABLES(T) WM_COUNTER_TABLES(T)
#define WM_TABLES(T) WM_CONFIG_TABLES(T) WM_LASTING_TABLES(T)

// table::pins and so on, the names by which the core asks for an entry (Env::at).
namespace table {
#define WM_TABLE_NAME(NAME, RECORD, ENTRIES, CLASS) \
  constexpr struct NAME##_table : Table<RECORD> {   \
  } NAME;
WM_TABLES(WM_TABLE_NAME)
#undef WM_TABLE_NAME
}  // namespace table

}  // namespace waymark
