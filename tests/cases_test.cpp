// Every packet case in the user-space build, and that the cases leave no reason and no note out.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/firewall/reasons.h"
#include "core/overlay/reasons.h"
#include "roles/edge/reasons.h"
#include "roles/gateway/reasons.h"
#include "roles/path/reasons.h"
#include "roles/translator/reasons.h"
#include "tests/kit/run_case.h"

namespace waymark {

using cases::Case;

namespace {
// Its cases are others, which tests/translator/translator_test.cpp looks through.
// Which have cases of their own (tests/translator, tests/gateway, tests/edge, tests/path).
bool translates(const ReasonText& r) {
  return module_of(r.verdict) == translator::kModule || module_of(r.verdict) == gateway::kModule ||
         module_of(r.verdict) == firewall::kModule || module_of(r.verdict) == edge::kModule ||
         module_of(r.verdict) == path::kModule || module_of(r.verdict) == overlay::kModule;
}
}  // namespace

TEST(Cases, Userspace) {
  const auto build = userspace_build(fixture::image());
  for (const Case& c : cases::all_cases()) run_case(*build, c);
}

TEST(Cases, IcmpErrorsAreThoseOfTheRfcs) {
  const auto build = userspace_build(fixture::image());
  for (const Case& c : cases::icmp_types()) run_case(*build, c);
}

TEST(Cases, OfOtherSettings) {
  for (const cases::Setting& setting : cases::setting_cases()) {
    SCOPED_TRACE(setting.name);
    Image image = fixture::image();
    setting.set(image.settings);
    const auto build = userspace_build(image);
    for (const Case& c : setting.cases) run_case(*build, c);
  }
}

// By the kernel's routes, where they say how; a program is on the interface there.
TEST(Cases, WhatRoutersSayIsToldOnByTheSendersWay) {
  UserspaceEngine engine(fixture::kPins);
  engine.load(fixture::image());
  const Routed routed = {WayKind::direct, fixture::kOtherInterface, {{2, 0, 0, 0, 9, 1}}, {{2, 0, 0, 0, 9, 2}}, 1500};
  u32 told = 0, tagged = 0;
  for (const Case& c : cases::own_cases()) {
    if (c.reason != "director.told_on") continue;
    for (const bool direct : {false, true}) {
      engine.set_routes([&](const Address&, const Address&) { return direct ? routed : Routed{}; });
      fixture::fill(engine.live(), 1000);
      std::fill(engine.live().ways.begin(), engine.live().ways.end(), CachedRoute{});
      const Outcome outcome = engine.run(c.in, fixture::kInterface, 1000);
      const bool has_tags = c.in[12] == 0x81 || c.in[12] == 0x88;
      packets::Bytes out = c.out;
      if (direct && !has_tags) {
        std::copy_n(routed.next_hop.byte, 6, out.begin());
        std::copy_n(routed.source.byte, 6, out.begin() + 6);
      }
      EXPECT_EQ(packets::difference(out, outcome.frame), "") << c.name;
      EXPECT_EQ(outcome.out_interface, direct && !has_tags ? fixture::kOtherInterface : fixture::kInterface) << c.name;
      (has_tags ? tagged : told) += direct;
    }
  }
  EXPECT_GT(told, 20u);
  EXPECT_GT(tagged, 10u);
}

TEST(Cases, NameEveryReason) {
  std::set<std::string> seen;
  for (const cases::Setting& setting : cases::setting_cases())
    for (const Case& c : setting.cases) seen.insert(c.reason);
  for (const Case& c : cases::all_cases()) seen.insert(c.reason);
  for (const auto& e : cases::kReasonsElsewhere)
    EXPECT_TRUE(seen.insert(e.reason).second) << "a case shows it too: " << e.test;
  for (const ReasonText& r : all_reasons()) {
    if (translates(r)) continue;
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
  auto build = userspace_build(fixture::image(false));
  for (const Case& c : cases::director_cases()) {
    Case without = c;
    without.flows = 0;
    without.flow = 0;
    run_case(*build, without);
  }
  for (Case dead : cases::answer_cases()) {
    if (dead.name != "reset_of_stranger") continue;  // the target that the choice names is dead
    dead.flows = dead.flow = 0;
    dead.pin = "";
    dead.notes = {};
    run_case(*build, dead);
  }
}

}  // namespace waymark
