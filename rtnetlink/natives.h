// What this machine reaches by itself: to these destinations a translator forwards and does not translate, where they
// are more specific than what it translates (RFC 7915, 4.6 and 5.6).
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "rtnetlink/facts.h"

namespace waymark {

// The unicast routes of the main table and the local one (with it this machine's own addresses), of both families, in
// order, each once. Without default routes, those of the protocol `announced`, and those that lead nowhere: blackhole,
// unreachable, prohibit, throw. In the network namespace where this is called.
Result<std::vector<Prefix>> natives(std::optional<u32> announced);

}  // namespace waymark
