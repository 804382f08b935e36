// Keys of registration, out of the files that the configuration names.
#pragma once

#include "base/result.h"
#include "node/agents.h"

namespace waymark {

// Fails where one is missing, is not its owner's alone, or is too short. Blocks on storage.
Result<AgentKeys> agent_keys(const Config& config);

}  // namespace waymark
