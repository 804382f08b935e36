// From the kernel's facts about one target to its adjacency, or to the sentence that says why there is none. Pure.
#pragma once

#include "rtnetlink/facts.h"

namespace waymark {

// Why packets for `target` must be left to the kernel whoever its neighbour is; empty where they need not.
// `link` is the route's interface, null where the kernel lists none.
std::string obstacle(const Address& target, const RouteFact& route, const LinkInfo* link);

// Whose MAC the route leads to: its gateway, or the target itself. Only for routes without an obstacle.
Hop next_hop(const Address& target, const RouteFact& route);

// `neighbour` is what the kernel knows of next_hop(), null for nothing; `probe_error` the errno with which it
// refused to ask, or 0.
Resolution decide(const Address& target, const RouteFact& route, const LinkInfo* link, const NeighbourFact* neighbour,
                  int probe_error);

}  // namespace waymark
