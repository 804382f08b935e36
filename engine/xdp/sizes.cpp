#include "engine/xdp/sizes.h"

#include <bpf/bpf.h>

#include <algorithm>

namespace waymark {

namespace {

// `pins` or `flows` for which a table of so many buckets is made, in words.
std::string text_of(u32 buckets, const std::string& what, u32 (*buckets_for)(u32) = pin_buckets_for) {
  if (buckets <= 1) return "no " + what;
  u32 low = 1, high = 1u << 30;
  while (low < high) {
    const u32 middle = low + (high - low) / 2;
    buckets_for(middle) < buckets ? low = middle + 1 : high = middle;
  }
  u32 unit = 1;
  while (low / unit >= 10'000) unit *= 10;
  return std::to_string((low + unit - 1) / unit * unit) + " " + what + " (" + std::to_string(buckets) + " buckets)";
}

// Of a map; 0 where there is none.
u32 entries_of(int map) {
  bpf_map_info info{};
  u32 size = sizeof info;
  return map >= 0 && bpf_obj_get_info_by_fd(map, &info, &size) == 0 ? info.max_entries : 0;
}

}  // namespace

Error other_pins(u32 have, u32 wanted) {
  return Error{"the pinned flow table is made for " + text_of(have, "pins") + ", and the configuration wants " +
               text_of(wanted, "pins") +
               ": set `pins` in [engine] back, or run `waymark down` first, which forgets every flow's target"};
}

Error other_flows(u32 have, u32 wanted) {
  return Error{"the pinned table of the firewall's flows is made for " + text_of(have, "flows") +
               ", and the configuration wants " + text_of(wanted, "flows") +
               ": set `flows` in [engine] back, or run `waymark down` first, which forgets every flow"};
}

static Error other_edge_flows(u32 have, u32 wanted) {
  return Error{"the pinned table of the edge's flows is made for " + text_of(have, "flows", edge_buckets_for) +
               ", and the configuration wants " + text_of(wanted, "flows", edge_buckets_for) +
               ": set `flows` in [edge] back, or run `waymark down` first, which forgets every flow"};
}

static Error other_edge_pool(u32 have, u32 wanted) {
  return Error{"the pinned tables have room for " + std::to_string(have) +
               " addresses that flows of the edge's share, and the configuration has " + std::to_string(wanted) +
               ": set `pool` in [edge] back, or run `waymark down` first, which forgets every flow"};
}

static Error other_revocations(u32 have, u32 wanted) {
  return Error{"the pinned tables have room for " + std::to_string(have) +
               " revoked ids, and the configuration wants " + std::to_string(wanted) +
               ": set `revocations` in [path] back, or run `waymark down` first, which forgets what `waymark revoke` "
               "decided"};
}

Status check_roles(const Meta& have, const TableSizes& wanted) {
  if (have.edge_buckets != wanted.edge_buckets) return other_edge_flows(have.edge_buckets, wanted.edge_buckets);
  if (have.edge_buckets4 != wanted.edge_buckets4) return other_edge_flows(have.edge_buckets4, wanted.edge_buckets4);
  if (have.edge_pool != wanted.edge_pool) return other_edge_pool(have.edge_pool, wanted.edge_pool);
  if (have.revocations != wanted.revocations) return other_revocations(have.revocations, wanted.revocations);
  return Done{};
}

Status check_sizes(const std::function<int(const char*)>& table, const TableSizes& wanted) {
  const u32 buckets = entries_of(table("pins")), slots = entries_of(table("targets")),
            flows = entries_of(table("flows")), edge = entries_of(table("edge_flows")),
            edge4 = entries_of(table("edge_flows4")), numbers = entries_of(table("edge_numbers")),
            ids = entries_of(table("revocations"));
  if (buckets && buckets != std::max(1u, wanted.pin_buckets)) return other_pins(buckets, wanted.pin_buckets);
  if (flows && flows != std::max(1u, wanted.flow_buckets)) return other_flows(flows, wanted.flow_buckets);
  if (edge && edge != std::max(1u, wanted.edge_buckets)) return other_edge_flows(edge, wanted.edge_buckets);
  if (edge4 && edge4 != std::max(1u, wanted.edge_buckets4)) return other_edge_flows(edge4, wanted.edge_buckets4);
  if (numbers && numbers != std::max(1u, kEdgeLines * wanted.edge_pool))
    return other_edge_pool(numbers / kEdgeLines, wanted.edge_pool);
  if (ids && ids != std::max(1u, wanted.revocations)) return other_revocations(ids > 1 ? ids : 0, wanted.revocations);
  if (slots && slots != wanted.targets)
    return Error{"the pinned tables are made for " + std::to_string(slots) + " targets, and the configuration wants " +
                 std::to_string(wanted.targets) +
                 ": set `targets` in [engine] back, or run `waymark down` first, which forgets every flow's target"};
  return Done{};
}

}  // namespace waymark
