// The consistent choice: weighted Maglev hashing (Eisenbud et al., NSDI 2016, 3.4). The same pool gives the same table
// on every director, and a changed pool moves few entries beyond those it must.
#pragma once

#include <span>
#include <vector>

#include "core/types.h"

namespace waymark {

struct PoolMember {
  u64 hash;    // of what the target is, the same on every node
  u32 weight;  // 0 takes no new flows
  bool operator==(const PoolMember&) const = default;
};

// The size of a pool's table: 101 times the members, rounded up to a power of two. In a table of another size nearly
// every entry is another's: so one more member seldom means another size. All sizes are 101 times a power of two, so
// that an entry of one is some whole entries of any larger one.
u32 table_size(std::size_t members);

// A table of `size` (see table_size) entries, each the index of a member; empty where no member has a weight. Shares
// follow the weights to within 1% of the table for pools of like weights. `members` at most 65,535.
std::vector<u16> maglev_table(std::span<const PoolMember> members, u32 size);

}  // namespace waymark
