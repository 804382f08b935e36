// Sets of ports as sorted ranges that neither overlap nor touch.
#pragma once

#include <optional>
#include <vector>

#include "config/config.h"

namespace waymark::config {

std::vector<PortRange> merged(std::vector<PortRange> ports);

// The first range that two merged lists have in common.
std::optional<PortRange> common(const std::vector<PortRange>& a, const std::vector<PortRange>& b);

}  // namespace waymark::config
