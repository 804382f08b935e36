#include "daemon/coalesce.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace waymark {

namespace {

using namespace std::chrono_literals;

Event up(const std::string& target) { return {Severity::info, "target.up", target, target + " is up"}; }
Event down(const std::string& target) {
  return {Severity::warning, "target.down", target, target + " is down: no answer in 1 s"};
}

std::vector<std::string> texts(const std::vector<Event>& events) {
  std::vector<std::string> out;
  for (const Event& event : events) out.push_back(event.text);
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST(Coalescer, AFewAreToldAsTheyAreAndAtOnce) {
  Coalescer c;
  EXPECT_EQ(texts(c.add({up("web/s1"), down("web/s2")}, 1s)), (Texts{"web/s1 is up", down("web/s2").text}));
  EXPECT_TRUE(c.due(c.deadline()).empty());
  EXPECT_EQ(texts(c.add({up("web/s2")}, 2s)), Texts{"web/s2 is up"});
}

TEST(Coalescer, AMomentOfManyIsOneSentence) {
  Coalescer c;
  std::vector<Event> moment;
  for (int i = 1; i <= 15'000; ++i) moment.push_back(up(fmt::format("web/s{}", i)));
  moment.push_back(down("api/s1"));
  const auto told = c.add(moment, 1s);
  ASSERT_EQ(told.size(), 2u) << fmt::format("{}", fmt::join(texts(told), "\n"));
  EXPECT_EQ(told[0].text, down("api/s1").text) << "another kind is not held up";
  EXPECT_EQ(told[1].text, "15000 targets are up: web/s1, web/s2, web/s3 and 14997 more");
  EXPECT_EQ(told[1].subject, "");
  EXPECT_EQ(told[1].kind, "target.up");
}

TEST(Coalescer, ASumOfWarningsGivesTheFirstReason) {
  Coalescer c;
  std::vector<Event> moment;
  for (int i = 1; i <= 9; ++i) moment.push_back(down(fmt::format("web/s{}", i)));
  EXPECT_EQ(texts(c.add(moment, 1s)), Texts{"9 targets are down: web/s1, web/s2, web/s3 and 6 more; the first: "
                                            "web/s1 is down: no answer in 1 s"});
}

// 15,000 targets whose first answers come one by one over 15 s.
TEST(Coalescer, AStartIsNotALineForEachTarget) {
  Coalescer c;
  std::size_t lines = 0;
  Time now = 0s;
  for (int i = 1; i <= 15'000; ++i, now += 1ms) {
    lines += c.due(now).size();
    lines += c.add({up(fmt::format("web/s{}", i))}, now).size();
  }
  lines += c.due(now += 5s).size();
  EXPECT_LE(lines, Coalescer::kKindMost + 15 / 5 + 1);
  EXPECT_TRUE(c.rest().empty());
}

TEST(Coalescer, NothingIsLostInASum) {
  Coalescer c;
  u64 told = 0;
  Time now = 0s;
  const auto count = [&](const std::vector<Event>& events) {
    for (const Event& event : events) told += event.subject.empty() ? std::stoull(event.text) : 1;
  };
  for (int i = 0; i < 3000; ++i, now += 7ms) {
    count(c.due(now));
    count(c.add({up(fmt::format("web/s{}", i))}, now));
  }
  count(c.rest());
  EXPECT_EQ(told, 3000u);
}

TEST(Coalescer, WhatFlapsIsToldWithTheNumberLeftOut) {
  Coalescer c;
  Time now = 0s;
  Texts told;
  const auto take = [&](const std::vector<Event>& events) {
    for (const Event& event : events) told.push_back(event.text);
  };
  for (int i = 0; i < 100; ++i, now += 100ms) take(c.add({i % 2 ? up("web/s1") : down("web/s1")}, now));
  EXPECT_EQ(told.size(), Coalescer::kSubjectMost);
  // Another target is heard beside it.
  take(c.add({down("web/s2")}, 9900ms));
  EXPECT_EQ(told.back(), down("web/s2").text);
  EXPECT_LE(c.deadline(), 10s);
  take(c.due(10s));
  EXPECT_EQ(told.back(), "web/s1 is up (95 changes before in 10 s left out)");
  // A window later one line, and once it was quiet for a window all is as before.
  const std::size_t before = told.size();
  for (int i = 0; i < 50; ++i, now += 100ms) take(c.add({i % 2 ? up("web/s1") : down("web/s1")}, now));
  EXPECT_EQ(told.size(), before);
  take(c.due(20s));
  EXPECT_EQ(told.size(), before + 1);
  take(c.due(30s));
  EXPECT_EQ(told.size(), before + 1);
  take(c.add({down("web/s1")}, 31s));
  EXPECT_EQ(told.back(), down("web/s1").text);
}

TEST(Coalescer, LinesAndMemoryAreBoundedWhateverFlaps) {
  Coalescer c;
  std::size_t lines = 0;
  Time now = 0s;
  for (int i = 0; i < 20'000; ++i, now += 5ms) {  // 100 s
    lines += c.due(now).size();
    lines += c.add({i % 2 ? up(fmt::format("web/s{}", i % 9000)) : down(fmt::format("web/s{}", i % 9000))}, now).size();
  }
  EXPECT_LE(lines, 2 * (Coalescer::kKindMost + 100 / 5 + 1));
}

TEST(Coalescer, TheEndTellsWhatWaits) {
  Coalescer c;
  for (int i = 0; i < 6; ++i) c.add({up("web/s1")}, 1s);
  EXPECT_EQ(texts(c.rest()), Texts{"web/s1 is up (1 change before in 10 s left out)"});
  EXPECT_TRUE(c.rest().empty());
  EXPECT_EQ(c.deadline(), Time::max());
}

}  // namespace waymark
