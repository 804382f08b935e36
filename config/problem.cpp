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
  if (++errors_ <= kMost) found_.push_back({file_, at.line, at.column, std::move(sentence), false});
}

void Problems::warn(Mark at, std::string sentence) {
  if (++warnings_ <= kMost) found_.push_back({file_, at.line, at.column, std::move(sentence), true});
}

std::vector<Problem> Problems::take() {
  std::stable_sort(found_.begin(), found_.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  if (errors_ > kMost || warnings_ > kMost) {
    const Problem& last = found_.back();
    found_.push_back({file_, last.line, last.column,
                      fmt::format("there are more problems than the {} shown", found_.size()), errors_ == 0});
  }
  return std::move(found_);
}

}  // namespace config
}  // namespace waymark
