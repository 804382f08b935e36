// What this machine reaches by itself: to these destinations a translator forwards and does not translate, where they
// are more specific than what it translates (RFC 7915, 4.6 and 5.6).
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "rtnetlink/facts.h"

namespace waymark {

struct Native {
  Address address;  // bits beyond the length are zero
  u8 length;        // of the address as it is: 0 to 32 for IPv4
  bool operator==(const Native&) const = default;
};

// The unicast routes of the main table and the local one (with it this machine's own addresses), of both families, in
// order, each once. Without default routes, those of the protocol `announced`, and those that lead nowhere: blackhole,
// unreachable, prohibit, throw. In the network namespace where this is called.
Result<std::vector<Native>> natives(std::optional<u32> announced);

}  // namespace waymark
