// The secret that the directors of a group share, out of its file.
#pragma once

#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace waymark {

// Empty where there is no group. Fails where the file is missing, is not its owner's alone, or holds no good secret.
Result<std::vector<u8>> group_secret(const Config& config);

}  // namespace waymark
