// Questions that end without an answer: nothing may come of them.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <utility>

#include "health/answers_test.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

Question next(Health& health, Time& now) {
  now = std::max(now, health.deadline());
  return only(health.due(now));
}

TEST(Unknown, DecidesNothingAndIsAskedAgainSoon) {
  Health health(1);
  health.configure(Health::plan(serving(1)), 0s);
  Time now{};
  Time before = now;
  std::vector<Duration> pauses;
  for (int i = 0; i < 12; ++i) {
    const u64 id = next(health, now).id;
    if (i) pauses.push_back(now - before);
    before = now;
    health.answer(id, CheckOutcome::unknown, "too many open files", now);
  }
  EXPECT_EQ(health.undecided(), 1u);
  EXPECT_TRUE(health.knows_nothing_of("web"));
  EXPECT_TRUE(health.take_changes().empty());
  const Health::View v = view(health, "s1");
  EXPECT_EQ(v.state, Wellness::unknown);
  EXPECT_EQ(v.unknown, 12u);
  EXPECT_EQ(v.failed, 0u);
  EXPECT_EQ(v.why, "");
  EXPECT_EQ(v.unknown_why, "too many open files");
  EXPECT_LT(pauses.front(), 500ms) << "soon";
  for (const Duration pause : pauses) EXPECT_LE(pause, 3s) << "never much longer than `every`";
  EXPECT_GE(pauses.back(), 1s) << "and less and less often";
}

TEST(Unknown, WhatCannotBeKnownIsGivenUpAndNotDecided) {
  Health health(1);
  health.configure(Health::plan(serving(2)), 0s);
  Time now{};
  const auto answer = [&](const std::string& blind) {
    const Question q = next(health, now);
    health.answer(q.id, q.subject.target == blind ? CheckOutcome::unknown : CheckOutcome::well, "no memory", now);
  };
  for (u32 tries = 0; view(health, "s1").unknown < Health::kTries; ++tries) {
    ASSERT_LT(tries, 100u);
    EXPECT_FALSE(health.decided());
    answer("s1");
  }
  for (u32 tries = 0; view(health, "s2").state == Wellness::unknown; ++tries) {
    ASSERT_LT(tries, 100u);
    answer("s1");
  }
  EXPECT_TRUE(health.decided());
  EXPECT_EQ(health.undecided(), 1u);
  EXPECT_FALSE(health.knows_nothing_of("web"));
  EXPECT_FALSE(health.knows_nothing_of("zoo")) << "there is none";
  health.adopt("web", "s1", Wellness::down, now);
  EXPECT_TRUE(health.decided());
  EXPECT_EQ(health.undecided(), 0u);
  health.configure(Health::plan(serving(3)), now);
  EXPECT_FALSE(health.decided()) << "s3 has its turn first";
}

TEST(Unknown, BreaksNoRowAndTurnsNoVerdict) {
  Health health(1);
  health.configure(Health::plan(serving(1)), 0s);  // rise 2, fall 3
  Time now{};
  std::vector<bool> down;
  using enum CheckOutcome;
  for (const CheckOutcome o : {well, unwell, unknown, unwell, unknown, unknown, unknown, unwell,  // the third: down
                               unknown, well, unknown, well}) {
    const u64 id = next(health, now).id;
    health.answer(id, o, "why", now);
    down.push_back(health.down("web", "s1"));
  }
  EXPECT_EQ(down, (std::vector<bool>{false, false, false, false, false, false, false, true, true, true, true, false}));
}

TEST(Unknown, SpendsNobodysWord) {
  Health health(1);
  CheckConfig check = tcp_check();
  check.rise = 3;
  health.configure(Health::plan(serving(1, 100, check)), 0s);
  Time now{};
  health.answer(next(health, now).id, CheckOutcome::unwell, "refused", now);
  health.hurry("web", "s1", now);
  health.answer(next(health, now).id, CheckOutcome::unknown, "too many open files", now);
  EXPECT_TRUE(health.down("web", "s1"));
  health.answer(next(health, now).id, CheckOutcome::well, "", now);
  EXPECT_FALSE(health.down("web", "s1")) << "somebody found it up, and so do we";
}

TEST(Unknown, SaysSinceWhenAndOfHowMany) {
  Health health(1);
  health.configure(Health::plan(serving(3)), 0s);
  Time now{};
  EXPECT_EQ(health.unrenewed().count, 0u);
  live(health, now, 4s, all_well);
  std::set<std::string> blind;
  std::map<std::string, u32> times;
  Time first{};
  while (blind.size() < 3) {
    const Question q = next(health, now);
    if (++times[q.subject.target] == 1 && times.size() == 1) first = now;
    health.answer(q.id, CheckOutcome::unknown, "too many open files", now);
    if (times[q.subject.target] == 2) blind.insert(q.subject.target);
    EXPECT_EQ(health.unrenewed().count, blind.size()) << "what happened once is made up for soon";
  }
  EXPECT_EQ(health.unrenewed().count, 3u);
  EXPECT_EQ(health.unrenewed().since, first);
  EXPECT_EQ(health.unrenewed().why, "too many open files");
  EXPECT_EQ(view(health, "s1").state, Wellness::up) << "the last verdict is held";
  Services serves = serving(2);
  health.configure(Health::plan(serves), now);
  EXPECT_EQ(health.unrenewed().count, 2u) << "who is gone is not counted";
  live(health, now, now + 4s, all_well);
  EXPECT_EQ(health.unrenewed().count, 0u);
  EXPECT_FALSE(view(health, "s1").unknown_since.has_value());
  EXPECT_EQ(view(health, "s1").unknown_why, "");
}

TEST(Unknown, AllAtOnceIsPaced) {
  Health health(1);
  health.configure(Health::plan(serving(3000)), 0s);
  std::map<Time, u32> by_100_ms;
  u64 asked = 0;
  for (Time now{}; now < 20s;) {
    now = std::max(now, health.deadline());
    for (const Question& q : health.due(now)) {
      ++by_100_ms[now / 100ms * 100ms], ++asked;
      health.answer(q.id, CheckOutcome::unknown, "too many open files", now);
    }
  }
  for (const auto& [at, count] : by_100_ms) EXPECT_LE(count, 361u);
  EXPECT_GT(asked, 20'000u);
  EXPECT_EQ(health.undecided(), 3000u);
}

// A model that hears of true answers alone must think the same of every target at any time.
TEST(UnknownProperty, NoVerdictEverTurnsByIt) {
  struct Model {
    Wellness state = Wellness::unknown;
    u32 against = 0;
  };
  for (u32 seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](u64 n) { return random() % n; };
    CheckConfig check = tcp_check();
    check.rise = u32(1 + below(4)), check.fall = u32(1 + below(4));
    const Services serves = serving(u32(1 + below(6)), 100, check);
    Health health(seed);
    Time now{};
    health.configure(Health::plan(serves), now);
    std::map<std::string, Model> models;
    std::map<std::string, u64> asked;
    std::map<std::string, u64> unknown;
    for (u32 step = 0; step < 400; ++step) {
      now += Duration(below(3) ? below(500'000'000) : below(50) ? 0 : 3'600'000'000'000ull);
      for (const Question& q : health.due(now)) asked[q.subject.target] = q.id;
      for (const Health::View& v : health.views())
        if (std::exchange(unknown[v.target], v.unknown) != v.unknown) asked.erase(v.target);  // it was given up
      for (auto at = asked.begin(); at != asked.end();) {
        if (below(3) == 0) {
          ++at;
          continue;
        }
        Model& model = models[at->first];
        const auto drawn = CheckOutcome(below(3));
        health.answer(at->second, drawn, "it was drawn", now);
        if (drawn == CheckOutcome::unknown) {
          ASSERT_EQ(view(health, at->first).unknown, ++unknown[at->first]);
        } else {
          const Wellness says = drawn == CheckOutcome::well ? Wellness::up : Wellness::down;
          if (model.state == says)
            model.against = 0;
          else if (model.state == Wellness::unknown ||
                   ++model.against >= (says == Wellness::up ? check.rise : check.fall))
            model = {says, 0};
        }
        at = asked.erase(at);
      }
      for (const Health::View& v : health.views()) {
        ASSERT_EQ(v.state, models[v.target].state) << "seed " << seed << " step " << step << " " << v.target;
        ASSERT_EQ(v.held, false);
        ASSERT_EQ(health.down("web", v.target), v.state == Wellness::down);
      }
    }
    ASSERT_GT(unknown["s1"], 2u);
  }
}

// take_changes() alone is enough to know everything.
TEST(ChangesProperty, AddUpToWhatIsSo) {
  for (u32 seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](u64 n) { return random() % n; };
    Services serves = serving(u32(1 + below(12)), u32(below(101)));
    Health health(seed);
    Time now{};
    health.configure(Health::plan(serves), now);
    std::map<std::string, Health::Change> known;
    for (u32 step = 0; step < 300; ++step) {
      now += Duration(below(400'000'000));
      for (const Question& q : health.due(now))
        if (below(5)) health.answer(q.id, CheckOutcome(below(3)), "it was drawn", now);
      const std::string target = "s" + std::to_string(1 + below(13));
      switch (below(12)) {
        case 0:
          serves = serving(u32(1 + below(12)), u32(below(101)));
          health.configure(Health::plan(serves), now);
          break;
        case 1:
          serves.service[0].target[0].weight = u32(below(2));
          serves.service[0].check->port = u16(1 + below(2));
          health.configure(Health::plan(serves), now);
          break;
        case 2:
          health.adopt("web", target, below(2) ? Wellness::up : Wellness::down, now);
          break;
      }
      for (const Health::Change& c : health.take_changes()) {
        Health::Change& last = known[c.target];
        ASSERT_EQ(last.after, c.before) << "seed " << seed << " step " << step;
        ASSERT_EQ(last.down, c.was_down);
        ASSERT_FALSE(c.before == c.after && c.was_down == c.down && last.own == c.own) << "no news";
        last = c;
      }
      u64 so = 0;
      for (const Health::View& v : health.views()) {
        const Health::Change last = known.contains(v.target) ? known[v.target] : Health::Change{};
        ASSERT_EQ(last.after, v.state) << "seed " << seed << " step " << step;
        ASSERT_EQ(last.own, v.own);
        ASSERT_EQ(last.down, health.down("web", v.target));
        so += v.state != Wellness::unknown;
      }
      for (const auto& [name, last] : known) so -= last.after != Wellness::unknown;
      ASSERT_EQ(so, 0u) << "who is gone is said to be gone";
    }
  }
}

}  // namespace

}  // namespace waymark
