// The tables as user space holds them: an Image is what one load of the program is given and never changes; Live is a
// window on what outlives it. Both engines use the same types, so control code never knows which engine it drives.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "core/tables.h"
#include "dataplane/roles.h"

namespace waymark {

// Of which class a table is (core/tables.h): those that belong to a load first.
enum class TableClass { config, halved, live, state, counter };

// The config tables of one load. Vectors may be shorter than the table's largest size; ports has 2^kPortBits entries,
// steer 2^steer_bits, and prefixes and mappings room for a half twice, or none.
struct Image {
  RoleSet roles = kAllRoles;    // whose programs are loaded
  Role first = Role::director;  // the one that packets meet; others are a jump away
  u32 targets = kUsualTargets;  // slots there are
  u32 flow_buckets = 0, flow_embryo_buckets = 0, edge_buckets = 0, edge_buckets4 = 0;
  u32 edge_addresses = 0;  // that IPv4 flows share, other members' among them
  u32 revocations = 0;
  Settings settings{};
  Prefixes lengths{};  // of the first half: the second one is empty
#define WM_VECTOR(NAME, RECORD, ENTRIES, CLASS) std::vector<RECORD> NAME;
  WM_CONFIG_TABLES(WM_VECTOR)
#undef WM_VECTOR

  TableSizes sizes() const {
    return {targets,      settings.pin_buckets, settings.embryo_buckets, flow_buckets, flow_embryo_buckets,
            edge_buckets, edge_buckets4,        edge_addresses,          revocations};
  }
};

// Memory that packets read while we write it: records are written before a word makes them reachable. Pins and embryos
// are empty when pins are off; limits are by AnswerKind (core/answer.h).
struct Live {
#define WM_SPAN(NAME, RECORD, ENTRIES, CLASS) std::span<RECORD> NAME;
  WM_LIVE_TABLES(WM_SPAN)
  WM_STATE_TABLES(WM_SPAN)
#undef WM_SPAN
};

// Counters summed over CPUs.
struct Counters {
  std::array<u64, kReasons> reasons{};
  std::array<u64, kNotes> notes{};
};

// How many buckets hold `pins` pins at 17 of 20 ways, where one flow in 100,000 finds no room (at 9/10 of `pins`,
// none). Embryos get an eighth of that, 1024 buckets at least.
constexpr u32 pin_buckets_for(u32 pins) { return u32((u64(pins) * 20 + 17 * kPinWays - 1) / (17 * kPinWays)); }
constexpr u32 embryo_buckets_for(u32 pins) {
  return pins ? (pin_buckets_for(pins) / 8 > 1024 ? pin_buckets_for(pins) / 8 : 1024) : 0;
}
// Of an edge's flows, at 3 of 4 ways: nothing moves there, and one in 4,000 finds no room.
constexpr u32 edge_buckets_for(u32 flows) { return u32((u64(flows) * 4 + 3 * kExactWays - 1) / (3 * kExactWays)); }
// As the configuration has them; `flows` and the edge's, of IPv6 and of IPv4, are 0 where no role keeps any.
constexpr TableSizes sizes_for(u32 pins, u32 targets = kUsualTargets, u32 flows = 0, u32 edge_flows = 0,
                               u32 edge_flows4 = 0, u32 edge_pool = 0, u32 revocations = 0) {
  return {targets,
          pin_buckets_for(pins),
          embryo_buckets_for(pins),
          pin_buckets_for(flows),
          embryo_buckets_for(flows),
          edge_buckets_for(edge_flows),
          edge_buckets_for(edge_flows4),
          edge_pool,
          revocations};
}

}  // namespace waymark
