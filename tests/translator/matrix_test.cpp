// docs/rfc7915.md names its tests: each must exist, and no case may be missing there.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>

#include "tests/translator/cases.h"

namespace waymark::translator_cases {
namespace {

// What stands in backquotes in the last cell of each row, by line.
std::vector<std::pair<int, std::vector<std::string>>> rows_of(const std::string& file) {
  std::ifstream in(file);
  std::vector<std::pair<int, std::vector<std::string>>> rows;
  std::string line;
  for (int n = 1; std::getline(in, line); ++n) {
    if (line.empty() || line[0] != '|' || line.starts_with("|---") || line.ends_with("| test |")) continue;
    const size_t end = line.rfind('|'), begin = line.rfind('|', end - 1);
    const std::string cell = line.substr(begin, end - begin);
    std::vector<std::string> names;
    const std::regex quoted("`([^`]+)`");
    for (std::sregex_iterator m(cell.begin(), cell.end(), quoted), none; m != none; ++m) names.push_back((*m)[1]);
    rows.emplace_back(n, names);
  }
  return rows;
}

bool fits(const std::string& pattern, const std::string& name) {
  const size_t star = pattern.find('*');
  if (star == pattern.npos) return pattern == name || name == pattern + "/4to6" || name == pattern + "/6to4";
  const std::string head = pattern.substr(0, star), tail = pattern.substr(star + 1);
  return name.size() >= head.size() + tail.size() && name.starts_with(head) && name.ends_with(tail);
}

// This program's, and those of the steps that packets are punted for.
std::set<std::string> unit_tests() {
  std::set<std::string> names;
  std::string text;
  for (const char* file : {"punted_test.cpp", "realign_test.cpp"}) {
    std::ifstream in(fmt::format("{}/roles/translator/{}", WM_SOURCE_DIR, file));
    text += std::string{std::istreambuf_iterator<char>(in), {}};
  }
  const std::regex test("(?:TEST|RC_GTEST_PROP)\\((\\w+), (\\w+)");
  for (std::sregex_iterator m(text.begin(), text.end(), test), none; m != none; ++m)
    names.insert((*m)[1].str() + "." + (*m)[2].str());
  const auto* unit = testing::UnitTest::GetInstance();
  for (int i = 0; i < unit->total_test_suite_count(); ++i) {
    const auto* suite = unit->GetTestSuite(i);
    for (int j = 0; j < suite->total_test_count(); ++j)
      names.insert(std::string(suite->name()) + "." + suite->GetTestInfo(j)->name());
  }
  return names;
}

TEST(TranslatorMatrix, NamesWhatExistsAndLeavesNoCaseOut) {
  const auto rows = rows_of(std::string(WM_SOURCE_DIR) + "/docs/rfc7915.md");
  ASSERT_GT(rows.size(), 50u);
  std::set<std::string> known = unit_tests(), cases;
  for (const TranslatorCase& c : all_translator_cases()) cases.insert(c.name);
  known.insert(cases.begin(), cases.end());
  std::set<std::string> named;
  for (const auto& [line, names] : rows) {
    EXPECT_FALSE(names.empty()) << "docs/rfc7915.md:" << line << " names no test";
    for (const std::string& pattern : names) {
      bool found = false;
      for (const std::string& name : known)
        if (fits(pattern, name)) found = true, named.insert(name);
      EXPECT_TRUE(found) << "docs/rfc7915.md:" << line << ": " << pattern << " is no test";
    }
  }
  for (const std::string& name : cases) EXPECT_TRUE(named.contains(name)) << name << " is not in docs/rfc7915.md";
}

}  // namespace
}  // namespace waymark::translator_cases
