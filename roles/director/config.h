// [director]: where a director's tunnels come from, and how it answers. Its services are config/config.h's, as control
// and health are about them.
#pragma once

#include <vector>

#include "config/values.h"
#include "core/records.h"

namespace waymark {

struct DirectorConfig {
  std::vector<Address> address;  // outer sources, at most one per family
  bool second_candidate = true;  // name the previous choice in GUE tunnels of flows that arrive in their middle
  u32 resets = 10'000;           // a second at most, for flows whose target died; 0: none
  u32 unreachables = 1'000;      // likewise for UDP
  u32 closed = 1'000;            // a second at most, for ports that no service has; 0: they are the kernel's
  u32 errors = 1'000;            // likewise ICMP errors as a router
  Echo echo = Echo::answer;      // pings of services' addresses
  u32 echoes = 10'000;           // so many answers to them a second at most
};

namespace director {
using Section = DirectorConfig;
}

}  // namespace waymark
