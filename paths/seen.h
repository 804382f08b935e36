// How POPs see each other, by what they measured: which POPs and links are down, and what links cost.
#pragma once

#include <map>

#include "paths/graph.h"

namespace waymark::paths {

enum class Sight : u8 { unknown, up, silent };

// How one POP sees another.
struct Seen {
  Sight sight = Sight::unknown;
  std::optional<Duration> round_trip = {};  // smoothed
  u32 lost = 0;                             // of 10,000 questions
  bool operator==(const Seen&) const = default;
};
using Sights = std::map<std::pair<u32, u32>, Seen>;  // by who sees whom

// What is known of a WAN just now.
struct Links {
  Down down;  // what paths do without, as long as others lead there
  Sights sights;
  bool operator==(const Links&) const = default;
};

// Between two POPs, one of which hears nothing of the other, is no link. A POP that somebody hears nothing of, and
// nobody anything, is down itself.
Down down_of(const Sights& sights);

// Who measured the link's round trip: its own end, or else the other one; or null.
const Seen* measured(const Sights& sights, u32 from, u32 to);

// What a link costs by a measurement: a unit is a tenth of a millisecond one way; 1% of lost questions is as dear as
// 10 ms.
u32 cost_of(const Seen& seen);

// Gives each link the cost and latency that its own end measured, or else the other end; but no other cost to one whose
// cost is fixed. A link of which neither a file nor a measurement says anything is as dear as the dearest that was
// measured, so that paths do not lead by what nobody has seen.
void measure(Graph& graph, const Sights& sights);

}  // namespace waymark::paths
