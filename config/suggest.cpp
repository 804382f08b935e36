#include "config/suggest.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/tree.h"

namespace waymark::config {
namespace {

// Optimal string alignment distance, three rows at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view wrong, const std::vector<std::string_view>& words) {
  if (wrong.size() > 60) return {};
  std::string_view best;
  std::size_t least = (wrong.size() < 4 ? 1 : std::max<std::size_t>(2, wrong.size() / 3)) + 1;
  for (const auto word : words)
    if (const std::size_t d = distance(wrong, word); d < least && d < word.size()) {
      least = d;
      best = word;
    }
  return best;
}

std::string unknown_key(std::string_view key, std::string_view label, const std::vector<std::string_view>& keys) {
  const std::string start = fmt::format("unknown key {} {}", quoted(key),
                                        label.empty() ? "at the top of the file" : fmt::format("in {}", label));
  if (const auto home = home_of(key, label); !home.empty()) return fmt::format("{}; it belongs in {}", start, home);
  if (const auto near = nearest(key, keys); !near.empty()) return fmt::format("{}; did you mean \"{}\"?", start, near);
  std::string all;
  for (const auto k : keys) all += fmt::format("{}\"{}\"", all.empty() ? "" : ", ", k);
  return fmt::format("{}; the keys here are {}", start, all);
}

}  // namespace waymark::config
