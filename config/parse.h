// TOML text -> Config, with every problem found in one pass. Pure: looks at nothing but the text, and never throws.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "config/problem.h"

namespace waymark {

struct Parsed {
  std::optional<Config> config;   // absent if any problem is more than a warning
  std::vector<Problem> problems;  // in the order of the file
};

// `file_name` is only what problems call the file.
Parsed parse_config(std::string_view toml, std::string file_name);

// The whole file's text. The one function here that touches the machine. A pipe is for people: `waymark check
// /dev/stdin`; a daemon reads files alone.
Result<std::string> read_config_file(const std::string& path, bool may_be_a_pipe = false);

// docs/configuration.md: every key with its values, default and meaning.
std::string configuration_reference();

}  // namespace waymark
