// What would leave a service without any target for new flows is asked twice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "node/node.h"

namespace waymark {

// Fails, in a sentence that names the services and ends with kWantsForce, where no target of a service would take new
// flows any more, and one does now. `target` as in Drain; `weight` as in Reweigh, 0 for a drain.
Status may_lose(const std::vector<TargetView>& targets, const Config& config, const std::string& target,
                std::optional<u32> weight);

}  // namespace waymark
