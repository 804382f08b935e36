// What all commands share: reading a configuration, and failing with a sentence.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "config/config.h"

namespace waymark::cli {

constexpr int kFailed = 1, kUsage = 2;  // exit statuses beside 0

// Prints "waymark: sentence." on standard error, and returns kFailed.
int complain(const Error& error);

// The configuration in a file; else its problems are printed on standard error.
std::optional<Config> load_config(const std::string& path);

// Likewise, and refuses a file that describes addresses alone.
std::optional<Config> load_node(const std::string& path);

}  // namespace waymark::cli
