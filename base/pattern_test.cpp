#include "base/pattern.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace waymark {
namespace {

// Word for word what the header says.
bool fits_by_recursion(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*')
    return fits_by_recursion(pattern.substr(1), name) || (!name.empty() && fits_by_recursion(pattern, name.substr(1)));
  return !name.empty() && pattern[0] == name[0] && fits_by_recursion(pattern.substr(1), name.substr(1));
}

std::string drawn(const std::string& letters, std::size_t most) {
  return *rc::gen::resize(int(most), rc::gen::container<std::string>(rc::gen::elementOf(letters)));
}

// Of two letters, so that what was taken by a star often has to be taken otherwise.
RC_GTEST_PROP(Pattern, IsWhatARecursionFinds, ()) {
  const std::string pattern = drawn("ab*", 8), name = drawn("ab", 10);
  RC_CLASSIFY(fits(pattern, name));
  RC_ASSERT(fits(pattern, name) == fits_by_recursion(pattern, name));
}

// A name that a pattern was made of fits it: with few letters drawn apart, hardly any does.
RC_GTEST_PROP(Pattern, FitsWhatItWasMadeOf, ()) {
  const std::string name = drawn("ab", 12);
  std::string pattern;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    if (*rc::gen::inRange(0, 3) == 0) {
      pattern += '*';
      i += *rc::gen::inRange<std::size_t>(0, 4);
    }
    if (i < name.size()) pattern += name[i];
  }
  RC_ASSERT(fits(pattern, name));
  RC_ASSERT(fits_by_recursion(pattern, name));
}

TEST(Pattern, ALongNameOfManyStarsCostsLittle) {
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "*a";
  EXPECT_FALSE(fits(pattern + "b", std::string(60, 'a'))) << "a recursion would take a day";
  EXPECT_TRUE(fits(pattern, std::string(60, 'a')));
}

}  // namespace
}  // namespace waymark
