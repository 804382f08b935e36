// What `show` prints: columns and rows of text, aligned for a person's eyes. Columns of numbers stand to the right.
#pragma once

#include <string>
#include <vector>

namespace waymark {

struct TextTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // each as long as `columns`; missing cells count as empty
};

// A line of column names, then one per row, two spaces between columns and none at a line's end. Empty for no columns.
std::string aligned(const TextTable& table);

}  // namespace waymark
