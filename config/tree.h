// A TOML document as a small tree in which every key and value knows its line and column.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/problem.h"

namespace waymark::config {

struct Member;
struct Node;
using Table = std::vector<Member>;  // in the order of the file
using List = std::vector<Node>;

// What the configuration has no use for, in words: "the fraction 1.5", "a date or time".
struct Other {
  std::string words;
};

struct Node {
  Mark at;
  std::variant<Table, List, std::string, std::int64_t, bool, Other> held;
  Mark end = {};  // behind its last character; of text, numbers and the like

  template <class T>
  const T* as() const {
    return std::get_if<T>(&held);
  }
};

struct Member {
  std::string key;
  Mark at;
  Node value;
};

inline constexpr std::size_t kMaxBytes = 16u << 20;  // the largest allowed configuration still fits, written plainly
inline constexpr std::uint32_t kMaxDepth = 16;       // of brackets, and of the parts of one key

// The root table. On text that is not TOML, too large or too deep: one problem, and an empty table.
Node parse_tree(std::string_view text, Problems& problems);

// Where brackets or dotted keys go deeper than kMaxDepth. toml++ builds and frees its tree by recursion, and bounds
// only the brackets, so this looks first.
bool find_too_deep(std::string_view text, Mark& where);

// "a table", "an array", "true", "17" or the text itself in quotes: for "must be ..., not ...".
std::string describe(const Node& node);

// Text from the file, quoted, control characters escaped and long text cut: what a terminal can bear.
std::string quoted(std::string_view text);

}  // namespace waymark::config
