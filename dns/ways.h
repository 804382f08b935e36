// What a name server asks of whoever knows the WAN: by which POPs to go, and what is lost.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "core/types.h"

namespace waymark::dns {

// Asked by the name server's thread while others may ask, too: nothing of it changes once it is given out.
class Ways {
 public:
  virtual ~Ways() = default;
  // The POPs from the client's to the server's, both of them included, and one alone where both are the same. `policy`:
  // the index of the one that the server's address gets. None: there is no way, and another server is taken.
  virtual std::optional<std::vector<u32>> path(u32 from_pop, u32 to_pop, u32 policy) const = 0;
};

// From the client's POP straight to the server's.
class DirectWays : public Ways {
 public:
  std::optional<std::vector<u32>> path(u32 from_pop, u32 to_pop, u32) const override {
    if (from_pop == to_pop) return std::vector<u32>{from_pop};
    return std::vector<u32>{from_pop, to_pop};
  }
};

// What cannot be reached from this node just now. A server is not handed out while another of its name is up.
struct Lost {
  std::set<u32> pops, servers;  // by their ids
  bool operator==(const Lost&) const = default;
};

}  // namespace waymark::dns
