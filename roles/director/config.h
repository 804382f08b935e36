// [director]: where a director's tunnels come from, and how it answers. Its services are config/config.h's, as control
// and health are about them.
#pragma once

#include <vector>

#include "config/values.h"

namespace waymark {

struct DirectorConfig {
  std::vector<Address> address;  // outer sources, at most one per family
  bool second_candidate = true;  // name the previous choice in GUE tunnels of flows that arrive in their middle
  u32 resets = 10'000;           // a second at most, for flows whose target died; 0: none
  u32 unreachables = 1'000;      // likewise for UDP
};

namespace director {
using Section = DirectorConfig;
}

}  // namespace waymark
