// When questions go out.
#include <gtest/gtest.h>

#include <map>

#include "health/answers_test.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

TEST(Schedule, OneRoundDecidesAndIsSpreadOverThePause) {
  Health health(7);
  health.configure(Health::plan(serving(200)), 10s);
  EXPECT_FALSE(health.decided());
  Time now = 10s;
  const u64 early = live(health, now, 11s, all_well);
  EXPECT_GT(early, 60u);
  EXPECT_LT(early, 140u);
  EXPECT_FALSE(health.decided());
  live(health, now, 12s, all_well);
  EXPECT_TRUE(health.decided());
  EXPECT_EQ(health.changes(), 0u) << "nobody was taken out";
}

TEST(Schedule, HurriesAtMostOnceInAPause) {
  Health health(1);
  CheckConfig check = tcp_check();
  check.every = 10s;
  health.configure(Health::plan(serving(1, 100, check)), 0s);
  Time now{};
  live(health, now, 10s, all_well);
  now = 10s + 1ms;
  health.hurry("web", "s1", now);
  health.hurry("web", "nobody", now);
  EXPECT_EQ(health.deadline(), now);
  health.answer(only(health.due(now)).id, CheckOutcome::well, "", now);
  health.hurry("web", "s1", now);
  health.hurry("web", "s1", now + 5s);
  EXPECT_GE(health.deadline(), now + 9s) << "and 10% of jitter";
}

// All questions until `until`, each answered well after `after`; at most so many of them in any `window`.
struct Pacing {
  std::vector<Time> asked = {};
  std::map<Time, std::vector<u64>> answers = {};

  void live(Health& health, Time& now, Time until, Duration after = 1ms) {
    for (;;) {
      const Time due = std::min(health.deadline(), answers.empty() ? Time::max() : answers.begin()->first);
      if (due > until) break;
      now = std::max(now, due);
      while (!answers.empty() && answers.begin()->first <= now) {
        for (const u64 id : answers.begin()->second) health.answer(id, CheckOutcome::well, "", now);
        answers.erase(answers.begin());
      }
      for (const Question& q : health.due(now)) {
        asked.push_back(now);
        answers[now + after].push_back(q.id);
      }
    }
    now = until;
  }
  std::size_t most(Duration window) const {
    std::size_t most = 0, first = 0;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      while (asked[first] < asked[i] - window) ++first;
      most = std::max(most, i - first + 1);
    }
    return most;
  }
};

// 3,000 targets asked every 2 s are 1,500 questions a second; twice as many are 300 in 100 ms, and 20 ms may be made
// up.
constexpr std::size_t kMostIn100Ms = 300 + 60 + 1;

TEST(Schedule, WhateverHappensQuestionsNeverGoOutAtOnce) {
  Health health(1);
  Pacing pacing;
  Time now = 1000s;
  Services serves = serving(3000);
  health.configure(Health::plan(serves), now);
  pacing.live(health, now, now + 2s + 100ms);
  EXPECT_TRUE(health.decided()) << "one round, as they are spread";
  pacing.live(health, now, now + 4s);
  EXPECT_LT(pacing.most(100ms), 240u) << "no more than chance makes of 150";

  now += std::chrono::hours(5000);  // the machine slept
  pacing.asked.clear();
  pacing.live(health, now, now + 4s);
  EXPECT_GE(pacing.asked.size(), 3000u);
  EXPECT_LE(pacing.most(100ms), kMostIn100Ms);

  pacing.asked.clear();
  for (const TargetSpec& target : serves.service[0].target) health.hurry("web", target.name, now);
  pacing.live(health, now, now + 4s);
  EXPECT_LE(pacing.most(100ms), kMostIn100Ms) << "a peer who thinks otherwise of all";

  pacing.asked.clear();
  for (int i = 0; i < 5; ++i) {
    serves.service[0].check->every = i % 2 ? 2s : 60s;
    health.configure(Health::plan(serves), now);
    pacing.live(health, now, now + 10ms);
  }
  serves.service[0].check->every = 2s;
  health.configure(Health::plan(serves), now);
  pacing.live(health, now, now + 4s);
  EXPECT_LE(pacing.most(100ms), kMostIn100Ms) << "reloads that change the pause";
  EXPECT_EQ(health.changes(), 0u);
}

TEST(Schedule, ALongerPauseIsSpreadAsWell) {
  Health health(1);
  Pacing pacing;
  Time now{};
  Services serves = serving(3000);
  health.configure(Health::plan(serves), now);
  pacing.live(health, now, 4s);
  serves.service[0].check->every = 60s;
  health.configure(Health::plan(serves), now);
  pacing.live(health, now, now + 60s);
  pacing.asked.clear();
  pacing.live(health, now, now + 120s);
  EXPECT_LT(pacing.most(10s), 750u) << "500 on average";
}

TEST(Schedule, ManyNewTargetsAreKnownAfterOneRound) {
  Health health(1);
  Time now{};
  Services serves = serving(10);
  health.configure(Health::plan(serves), now);
  live(health, now, 4s, all_well);
  serves = serving(15000);
  serves.service[0].check->every = 15s;
  health.configure(Health::plan(serves), now);
  const Time added = now;
  EXPECT_LT(live(health, now, added + 15s + 100ms, all_well), 16'000u) << "none twice, but where jitter says so";
  EXPECT_TRUE(health.decided()) << "each once";
  EXPECT_EQ(health.changes(), 0u);
}

TEST(Schedule, ABoundedNumberIsInFlightAndTheRestIsLate) {
  Health health(1);
  health.limit(100);
  health.configure(Health::plan(serving(1500)), 0s);
  std::vector<Question> questions;
  Time now{};
  for (; now < 3s; now += 1ms)
    for (Question& q : health.due(now)) questions.push_back(std::move(q));
  EXPECT_EQ(questions.size(), 100u) << "none is answered";
  EXPECT_TRUE(health.due(now).empty());
  EXPECT_GT(health.deadline(), now) << "or the caller would run in circles";
  EXPECT_EQ(health.load(now).in_flight, 100u);
  EXPECT_EQ(health.load(now).most, 100u);
  EXPECT_GT(health.load(now).late, 2s);
  for (u32 i = 0; i < 10; ++i) health.answer(questions[i].id, CheckOutcome::well, "", now);
  EXPECT_EQ(health.due(now).size(), 10u);
  EXPECT_EQ(health.changes(), 0u) << "who waits for its turn is not unwell";
}

// Most are silent for their whole timeout, and hold all places that there are.
TEST(Schedule, SilentTargetsMakeLivingOnesLateAndNotDown) {
  Health health(1);
  health.limit(200);
  health.configure(Health::plan(serving(4000)), 0s);
  std::map<Time, std::vector<Question>> ends;
  for (Time now{}; now < 60s; now += 1ms) {
    for (const auto& [at, questions] : ends)
      for (const Question& q : questions)
        if (at <= now) health.answer(q.id, outcome(q.subject.target == "s1"), "no answer in 1 s", now);
    std::erase_if(ends, [&](const auto& e) { return e.first <= now; });
    for (Question& q : health.due(now)) ends[now + (q.subject.target == "s1" ? 1ms : 1s)].push_back(std::move(q));
  }
  EXPECT_TRUE(health.decided());
  EXPECT_FALSE(health.down("web", "s1"));
  EXPECT_GE(view(health, "s1").asked, 2u) << "each has its turn";
  EXPECT_EQ(health.changes(), 3999u);
}

TEST(Schedule, PausesDifferByTheJitterAndNoMore) {
  Health health(3);
  CheckConfig check = tcp_check();
  check.every = 1000ms, check.jitter = 20;
  health.configure(Health::plan(serving(1, 100, check)), 0s);
  Time before = health.deadline();
  Duration least = 1h, most = 0h;
  for (u32 i = 0; i < 500; ++i) {
    health.answer(only(health.due(before)).id, CheckOutcome::well, "", before + 10ms);
    const Duration pause = health.deadline() - before;
    least = std::min(least, pause), most = std::max(most, pause);
    before = health.deadline();
  }
  EXPECT_GE(least, 800ms);
  EXPECT_LT(least, 820ms);
  EXPECT_LE(most, 1200ms);
  EXPECT_GT(most, 1180ms);
}

TEST(Schedule, TheSameSeedAsksAtTheSameTimes) {
  const auto times = [](u64 seed) {
    Health health(seed);
    health.configure(Health::plan(serving(20)), 0s);
    std::vector<std::pair<Time, std::string>> all;
    Time now{};
    live(health, now, 30s, [&](const Subject& s) { return all.emplace_back(now, s.target), true; });
    return all;
  };
  EXPECT_EQ(times(5), times(5));
  EXPECT_NE(times(5), times(6));
}

}  // namespace

}  // namespace waymark
