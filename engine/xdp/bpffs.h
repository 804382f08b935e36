// The instance's directory in bpffs: what is pinned there, and whose it is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/types.h"

namespace waymark {

// A pinned table's name, "pins_v1" (bpffs takes no dots), in its parts.
struct PinnedTable {
  std::string table;
  u32 layout;
};
std::optional<PinnedTable> pinned_table(const std::string& file);
std::string pinned_name(const std::string& table);  // of this build's layout

// The table of jumps of what the links run, and of what they are to run next. They are named like tables, so that a
// build that does not know them keeps them and removes them with the others.
constexpr const char *kJumps = "jumps", *kJumpsNext = "jumps_next";

// Sees to a bpffs under `directory`, mounting it at /sys/fs/bpf where that is missing.
Status mount_where_missing(const std::string& directory);
// Makes the directory, in a bpffs.
Status make_directory(const std::string& directory);

// The names in a directory, sorted; empty when it does not exist.
std::vector<std::string> list(const std::string& directory);

// Refuses tables of other layouts, and files that are not Waymark's.
Status check_contents(const std::string& directory);

}  // namespace waymark
