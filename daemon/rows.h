// What every answer of the API is, so that one piece of code prints them all: named columns, and rows of values.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/types.h"

namespace waymark {

using Value = std::variant<std::string, u64, bool>;

struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;  // each as long as `columns`
};

// {"columns": ["name", ...], "rows": [{"name": "web", ...}, ...]}. Bytes that are not UTF-8 become U+FFFD.
std::string to_json(const Rows& rows);

// {"error": "the sentence"}
std::string error_json(const std::string& sentence);

}  // namespace waymark
