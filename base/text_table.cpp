#include "base/text_table.h"

#include <algorithm>

namespace waymark {

namespace {

// "17", "-3", "0.25", and "-" for no value: what a column of numbers may hold.
bool is_number(const std::string& cell) {
  return cell.find_first_not_of("0123456789.-") == cell.npos && cell.find_first_not_of('.') != cell.npos;
}

// Characters rather than bytes: UTF-8 goes on in bytes 10xxxxxx.
size_t width_of(const std::string& cell) {
  return size_t(std::count_if(cell.begin(), cell.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

std::string aligned(const TextTable& table) {
  const size_t columns = table.columns.size();
  std::vector<size_t> width(columns);
  std::vector<bool> numbers(columns, !table.rows.empty());
  for (size_t c = 0; c < columns; ++c) {
    width[c] = width_of(table.columns[c]);
    bool any = false;
    for (const auto& row : table.rows) {
      if (c >= row.size() || row[c].empty()) continue;
      any = true;
      width[c] = std::max(width[c], width_of(row[c]));
      if (!is_number(row[c])) numbers[c] = false;
    }
    if (!any) numbers[c] = false;
  }

  std::string out;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t c = 0; c < columns; ++c) {
      const std::string cell = c < cells.size() ? cells[c] : std::string();
      const std::string padding(width[c] - width_of(cell), ' ');
      line += (c ? "  " : "") + (numbers[c] ? padding + cell : cell + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  if (columns) add_line(table.columns);
  for (const auto& row : table.rows) add_line(row);
  return out;
}

}  // namespace waymark
