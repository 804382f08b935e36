// The path MTUs that a node has learned from ICMP errors.
#pragma once

#include <string>

#include "base/result.h"
#include "core/types.h"

namespace waymark::lab {

// What the namespace's routing knows of the path to an IP address, in bytes; 1500 where nothing was learned.
Result<u32> learned_mtu(const std::string& netns, const std::string& address);
Status forget_mtus(const std::string& netns);  // of both families

}  // namespace waymark::lab
