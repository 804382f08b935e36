// A plan's keys, changed in the text of a configuration, of which all else stays as it is: comments, order, spaces and
// line ends. Pure: the text in, the text out. No sentence repeats a key.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/config.h"

namespace waymark {

// All that is given is done at once.
struct KeyChange {
  std::string plan;
  std::optional<u32> add = {}, remove = {};  // epochs
  std::optional<u32> use = {};               // the epoch whose key makes new addresses from now on
  std::string key = {};                      // of `add`: 32 hexadecimal digits
};

// Another key, which the plan knows but does not use: the key that makes new addresses goes on making them. Without
// `epoch` at the next free one after that key's. Fails where the plan has no epoch in its layout, no free one, or as
// many keys as it may have. `config` passed its checks, here and below.
Result<KeyChange> add_key(const Config& config, const std::string& plan, std::optional<u32> epoch, std::string key);

// The key of `epoch` makes new addresses. Fails where there is none.
Result<KeyChange> use_key(const Config& config, const std::string& plan, u32 epoch);

// The key of `epoch` is removed. Fails where there is none, or it makes new addresses.
Result<KeyChange> retire_key(const Config& config, const std::string& plan, u32 epoch);

// The file's new text. It was read back, and says the same as before but for this change; else an error, where
// `file_name` is what the sentence calls the file. A comment goes with a key that it shares a line with.
Result<std::string> change_keys(std::string_view toml, const KeyChange& change, const std::string& file_name);

// The epoch whose key makes new addresses. Of a plan that has keys.
u32 making_epoch(const PlanConfig& plan);

}  // namespace waymark
