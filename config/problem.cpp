#include "config/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace waymark {

std::string render(const Problem& problem) {
  return fmt::format("{}:{}:{}: {}{}", problem.file, problem.line, problem.column, problem.warning ? "warning: " : "",
                     problem.sentence);
}

namespace config {

void Problems::error(Mark at, std::string sentence) {
  ++errors_;
  add(at, std::move(sentence), false);
}

void Problems::warn(Mark at, std::string sentence) { add(at, std::move(sentence), true); }

void Problems::add(Mark at, std::string sentence, bool warning) {
  if (full())
    ++dropped_;
  else
    found_.push_back({file_, at.line, at.column, std::move(sentence), warning});
}

std::vector<Problem> Problems::take() {
  std::stable_sort(found_.begin(), found_.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  if (dropped_ > 0) {
    const Problem& last = found_.back();
    found_.push_back(
        {file_, last.line, last.column, fmt::format("{} more problems are not shown", dropped_), errors_ == 0});
  }
  return std::move(found_);
}

}  // namespace config
}  // namespace waymark
