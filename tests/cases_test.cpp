// Every packet case in the native build, and that the cases leave no reason and no note out.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/translate/reasons.h"
#include "tests/kit/run_case.h"

namespace waymark {

using cases::Case;

namespace {
// Its cases are others, which tests/translator/translator_test.cpp looks through.
bool is_translators(const ReasonText& r) { return module_of(r.verdict) == translator::kModule; }
}  // namespace

TEST(Cases, Native) {
  const auto build = native_build(fixture::image());
  for (const Case& c : cases::all_cases()) run_case(*build, c);
}

TEST(Cases, IcmpErrorsAreThoseOfTheRfcs) {
  const auto build = native_build(fixture::image());
  for (const Case& c : cases::icmp_types()) run_case(*build, c);
}

TEST(Cases, NameEveryReason) {
  std::set<std::string> seen;
  for (const Case& c : cases::all_cases()) seen.insert(c.reason);
  for (const auto& e : cases::kReasonsElsewhere)
    EXPECT_TRUE(seen.insert(e.reason).second) << "a case shows it too: " << e.test;
  for (const ReasonText& r : all_reasons()) {
    if (is_translators(r)) continue;
    EXPECT_TRUE(seen.contains(r.name)) << r.name << " has no packet case";
  }
  for (const std::string& name : seen) {
    bool declared = false;
    for (const ReasonText& r : all_reasons()) declared |= name == r.name;
    EXPECT_TRUE(declared) << name << " is no declared reason";
  }
}

TEST(Cases, NameEveryNote) {
  std::set<Note> seen;
  for (const Case& c : cases::all_cases()) seen.insert(c.notes.begin(), c.notes.end());
  for (const auto& e : cases::kElsewhere) EXPECT_TRUE(seen.insert(e.note).second) << "a case shows it too: " << e.test;
  for (u32 n = 0; n < kNotes; ++n) EXPECT_TRUE(seen.contains(Note(n))) << note_name(Note(n)) << " has no packet case";
}

TEST(Cases, HaveNamesOfTheirOwnAndReasonsWhy) {
  std::map<std::string, int> names;
  for (const Case& c : cases::all_cases()) {
    EXPECT_EQ(++names[c.name], 1) << c.name;
    EXPECT_FALSE(c.why.empty()) << c.name;
  }
}

// Without pins the choice serves alone, and nothing is remembered.
TEST(Cases, WithoutPins) {
  auto build = native_build(fixture::image(false));
  for (const Case& c : cases::director_cases()) {
    Case without = c;
    without.flows = 0;
    without.flow = 0;
    run_case(*build, without);
  }
}

}  // namespace waymark
