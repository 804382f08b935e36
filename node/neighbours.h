// What the node does for the neighbours in tenants' overlays (core/overlay/): lets those go that were silent for long,
// and counts the others by their overlay. It shares the table with packets: what it takes is what it saw.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "core/overlay/neighbours.h"
#include "dataplane/image.h"

namespace waymark {

// What a load says of them.
struct NeighbourPlan {
  std::vector<overlay::Hood> hoods;  // by their first bucket; none: there is no overlay
  u32 idle = 0;                      // ticks
  u32 key[12] = {};                  // Settings::pin_key
};
NeighbourPlan neighbour_plan(const Image& image);

// The neighbours as the last whole sweep found them.
struct NeighboursSwept {
  struct Owned {
    u64 owner;
    u32 known;
  };
  u64 number = 0;  // of the sweep, from 1 on; 0: there was none yet
  u64 known = 0, expired = 0;
  std::vector<Owned> owned;  // by owner
};

class NeighbourKeeper {
 public:
  explicit NeighbourKeeper(Live& live) : live_(live) {}

  void configure(NeighbourPlan plan, Time now);  // another configuration is in force
  void tick(Time now, u32 ticks);                // a part of a sweep, where one is due
  Time deadline() const { return plan_.hoods.empty() ? Time::max() : due_; }

  const NeighbourPlan& plan() const { return plan_; }
  const NeighboursSwept& swept() const { return swept_; }

 private:
  void look(Neighbour& n, const overlay::Hood* hood, u32 ticks);

  Live& live_;
  NeighbourPlan plan_;
  std::vector<u32> known_;  // by place in plan_.hoods
  u64 expired_ = 0;
  NeighboursSwept swept_;
  u32 next_ = 0;          // bucket
  std::size_t hood_ = 0;  // the first one that does not end before it
  Time begun_{0}, due_{0};
};

// A known neighbour, as it stands in the table.
struct NeighbourSeen {
  u64 owner;
  u32 ip4;  // host order
  Mac mac;
  u32 member, idle_seconds;
};
struct NeighbourFilter {
  std::optional<std::vector<u64>> owners = {};  // only of these
  std::optional<u32> address = {};              // host order
  u32 most = 1000;
};
// Those that were heard lately, in the table's order.
std::vector<NeighbourSeen> list_neighbours(std::span<const NeighbourBucket> table, const NeighbourPlan& plan, u32 ticks,
                                           u32 ticks_per_second, const NeighbourFilter& filter);

}  // namespace waymark
