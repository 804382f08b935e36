// Names by pattern: "*" stands for any characters, also none.
#pragma once

#include <string_view>

namespace waymark {

constexpr bool fits(std::string_view pattern, std::string_view name) {
  // Where the last "*" was, and how much of the name it has taken: more, where what follows does not fit.
  std::size_t p = 0, n = 0, star = std::string_view::npos, taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p, ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

static_assert(fits("*", "") && fits("web-*", "web-1") && fits("a*b*c", "axxbyybc") && fits("web", "web"));
static_assert(!fits("web-*", "web") && !fits("", "a") && !fits("a*b", "axc") && !fits("web", "web1"));

}  // namespace waymark
