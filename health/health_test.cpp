#include "health/health.h"

#include <gtest/gtest.h>

#include <set>

#include "base/address_text.h"
#include "health/answers_test.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

TEST(Subjects, AreAskedAtTheirOwnAddressOrThroughTheTunnel) {
  Services serves = serving(1);
  Subject s = subjects_of(serves).at(0);
  EXPECT_EQ(s.address, serves.service[0].target[0].address);
  EXPECT_EQ(s.port, 443) << "the first TCP port";
  serves.service[0].check->through = true;
  serves.service[0].check->port = 8080;
  serves.service[0].target[0].tunnel = Tunnel::gue;
  s = subjects_of(serves).at(0);
  EXPECT_EQ(text(s.address), "198.51.100.80") << "the director has no IPv6 address to be answered at";
  EXPECT_EQ(s.tunnel_end, serves.service[0].target[0].address);
  EXPECT_EQ(s.port, 8080);
  EXPECT_EQ(s.tunnel.kind, kTunnelGue);
  EXPECT_EQ(s.tunnel.port, 6080);
  serves.service[0].check.reset();
  EXPECT_TRUE(subjects_of(serves).empty());
}

TEST(Subjects, AnotherKeyOrMacIsAnotherQuestionThroughTheTunnel) {
  Subject a;
  a.check.through = true;
  a.tunnel = {kTunnelVxlan, 4789, true, 7, {{2, 0, 0, 0, 0, 1}}};
  Subject b = a;
  EXPECT_TRUE(same_question(a, b));
  b.tunnel.key = 8;
  EXPECT_FALSE(same_question(a, b));
  b = a, b.tunnel.mac.byte[5] = 2;
  EXPECT_FALSE(same_question(a, b));
  b = a, b.tunnel.port = 4790;
  EXPECT_FALSE(same_question(a, b));
  a.tunnel = b.tunnel = {kTunnelGre, 6080, true, 0};
  b.tunnel.port = 1;
  EXPECT_TRUE(same_question(a, b)) << "GRE has no port";
  b.tunnel.has_key = false;
  EXPECT_FALSE(same_question(a, b)) << "no key is not the key 0";
  a.check.through = b.check.through = false;
  EXPECT_TRUE(same_question(a, b)) << "the tunnel is not asked";
}

TEST(Subjects, AHostAsksItsOwnServices) {
  Config config;
  config.host.emplace();
  config.host->service.push_back({.name = "web",
                                  .address = {*parse_address("198.51.100.80")},
                                  .ports = {{Protocol::tcp, 0, 65535}},
                                  .check = tcp_check(),
                                  .hosts = {}});
  config.host->service[0].check->port = 80;
  config.host->service.push_back({.name = "unchecked", .address = {}, .ports = {}, .check = {}, .hosts = {}});
  const std::vector<Subject> subjects = local_subjects_of(config);
  ASSERT_EQ(subjects.size(), 1u);
  EXPECT_EQ(subjects[0].target, "");
  EXPECT_EQ(text(subjects[0].address), "198.51.100.80");
  Health health(1);
  health.configure(Health::plan({}, subjects), 0s);
  Time now = 0s;
  live(health, now, 2s, none_well);
  EXPECT_TRUE(health.down("web", ""));
}

TEST(Subjects, TheTimeoutIsAtMostThePause) {
  Subject s;
  s.check.every = 500ms;
  EXPECT_EQ(s.timeout(), 500ms);
  s.check.every = 5s;
  EXPECT_EQ(s.timeout(), 1s);
}

TEST(HealthTest, TheFirstAnswerSettlesAndThenItTakesSeveral) {
  Health health(1);
  health.configure(Health::plan(serving(1)), 0s);
  std::vector<bool> down;
  Time now{};
  for (const bool well : {false, true, false, true, true, false, false, true, false, false, false}) {
    now = health.deadline();
    health.answer(only(health.due(now)).id, outcome(well), "connection refused", now);
    down.push_back(health.down("web", "s1"));
  }
  EXPECT_EQ(down, (std::vector<bool>{true, true, true, true, false, false, false, false, false, false, true}));
  EXPECT_EQ(health.changes(), 3u);
  const Health::View v = view(health, "s1");
  EXPECT_EQ(v.state, Wellness::down);
  EXPECT_EQ(v.why, "connection refused");
  EXPECT_EQ(v.since, now);
  EXPECT_EQ(v.asked, 11u);
  EXPECT_EQ(v.failed, 7u);
  EXPECT_TRUE(v.own);
}

TEST(HealthTest, AQuestionWithoutAnAnswerSaysNothing) {
  Health health(1);
  health.configure(Health::plan(serving(1)), 0s);
  const Time asked = health.deadline();
  const Question lost = only(health.due(asked));
  EXPECT_EQ(lost.timeout, 1s);
  EXPECT_TRUE(health.due(asked + 1s).empty()) << "one at a time";
  EXPECT_EQ(health.deadline(), asked + 2s);
  health.due(asked + 100s);
  EXPECT_EQ(view(health, "s1").unknown, 0u) << "after a pause the answer may lie there: it has a grace";
  EXPECT_EQ(health.deadline(), asked + 101s);
  health.due(asked + 101s);
  EXPECT_FALSE(health.down("web", "s1"));
  EXPECT_FALSE(health.decided());
  const Health::View v = view(health, "s1");
  EXPECT_EQ(v.unknown, 1u);
  EXPECT_EQ(v.failed, 0u);
  EXPECT_EQ(v.unknown_since, asked + 101s);
  EXPECT_EQ(v.unknown_why, "the question was lost on this machine");
  health.answer(lost.id, CheckOutcome::unwell, "", asked + 102s);
  EXPECT_FALSE(health.decided()) << "too late";
  health.answer(4711, CheckOutcome::unwell, "", asked + 103s);
  EXPECT_FALSE(health.decided());
}

TEST(HealthTest, AnOpinionStandsInUntilThereIsAVerdict) {
  Health health(1);
  health.configure(Health::plan(serving(2)), 0s);
  health.adopt("web", "s1", Wellness::down, 0s);
  health.adopt("web", "s1", Wellness::unknown, 0s);
  health.adopt("web", "nobody", Wellness::down, 0s);
  EXPECT_TRUE(health.down("web", "s1"));
  EXPECT_FALSE(view(health, "s1").own);
  EXPECT_FALSE(health.decided());
  health.adopt("web", "s2", Wellness::up, 0s);
  EXPECT_TRUE(health.decided());
  // s1 answers; s2 fails, which agrees with nobody's opinion and is not yet enough to turn it.
  Time now{};
  live(health, now, 2s, [](const Subject& s) { return s.target == "s1"; });
  EXPECT_TRUE(health.down("web", "s1"));
  EXPECT_FALSE(health.down("web", "s2"));
  live(health, now, 9s, [](const Subject& s) { return s.target == "s1"; });
  EXPECT_FALSE(health.down("web", "s1"));
  EXPECT_TRUE(health.down("web", "s2"));
  health.adopt("web", "s1", Wellness::down, now);
  EXPECT_FALSE(health.down("web", "s1")) << "its own verdict counts";
}

// A peer that has not yet seen a server come back must not have its connections reset by a daemon that has just begun.
TEST(HealthTest, OfTwoOpinionsTheFirstStands) {
  Health health(1);
  health.configure(Health::plan(serving(2)), 0s);
  health.adopt("web", "s1", Wellness::up, 0s);
  health.adopt("web", "s2", Wellness::down, 0s);
  health.adopt("web", "s1", Wellness::down, 1s);
  health.adopt("web", "s2", Wellness::up, 1s);
  EXPECT_FALSE(health.down("web", "s1"));
  EXPECT_TRUE(health.down("web", "s2"));
}

TEST(HealthTest, WhoIsFoundUpElsewhereNeedsOneGoodAnswer) {
  Health health(1);
  CheckConfig check = tcp_check();
  check.rise = check.fall = 3;
  health.configure(Health::plan(serving(1, 100, check)), 0s);
  Time now{};
  const auto once = [&](bool well) {
    while (health.deadline() > now) now = health.deadline();
    health.answer(only(health.due(now)).id, outcome(well), "refused", now);
  };
  once(false);
  ASSERT_TRUE(health.down("web", "s1"));
  once(true);
  EXPECT_TRUE(health.down("web", "s1")) << "rise is 3";
  health.hurry("web", "s1", now);
  once(false);
  EXPECT_TRUE(health.down("web", "s1")) << "our own answer decides";
  once(true);
  EXPECT_TRUE(health.down("web", "s1")) << "and the other's word is spent";
  health.hurry("web", "s1", now);
  once(true);
  EXPECT_FALSE(health.down("web", "s1"));
  health.hurry("web", "s1", now);
  once(false);
  EXPECT_FALSE(health.down("web", "s1")) << "fall is 3 whatever others say";
}

TEST(HealthTest, FailStaticKeepsTheLastSet) {
  Health health(1);
  health.configure(Health::plan(serving(4, 50)), 0s);
  Time now{};
  live(health, now, 2s, all_well);
  const auto fail = [&](std::set<std::string> failing) {
    live(health, now, now + 10s, [&](const Subject& s) { return !failing.contains(s.target); });
    std::set<std::string> out;
    for (const std::string s : {"s1", "s2", "s3", "s4"})
      if (health.down("web", s)) out.insert(s);
    return out;
  };
  using Set = std::set<std::string>;
  EXPECT_EQ(fail({"s1"}), Set{"s1"});
  EXPECT_EQ(fail({"s1", "s3"}), (Set{"s1", "s3"}));
  EXPECT_EQ(fail({"s1", "s2", "s3", "s4"}), (Set{"s1", "s3"}));
  EXPECT_TRUE(view(health, "s2").held);
  EXPECT_EQ(view(health, "s2").state, Wellness::down);
  EXPECT_FALSE(view(health, "s3").held);
  EXPECT_EQ(fail({"s2", "s3", "s4"}), Set{"s3"}) << "three fail: still nobody new goes out";
  EXPECT_EQ(fail({"s2", "s4"}), (Set{"s2", "s4"})) << "the checks are believed again";
  EXPECT_FALSE(view(health, "s2").held);
  EXPECT_EQ(fail({}), Set{});
}

TEST(HealthTest, FailStaticOfNothingTakesNobodyOut) {
  Health health(1);
  health.configure(Health::plan(serving(3, 0)), 0s);
  Time now{};
  live(health, now, 60s, none_well);
  EXPECT_EQ(health.changes(), 0u);
  EXPECT_TRUE(view(health, "s3").held);
}

TEST(HealthTest, DrainedTargetsAreOutWithoutTakingAShare) {
  Services serves = serving(3, 50);  // of the two that count, one may be out
  serves.service[0].target[0].weight = 0;
  Health health(1);
  health.configure(Health::plan(serves), 0s);
  Time now{};
  live(health, now, 2s, [](const Subject& s) { return s.target == "s3"; });
  EXPECT_TRUE(health.down("web", "s1"));
  EXPECT_TRUE(health.down("web", "s2"));
  EXPECT_FALSE(health.down("web", "s3"));
}

// Of three that count 60 percent are one.
TEST(HealthTest, TheShareIsRoundedDown) {
  Services serves = serving(4, 60);
  serves.service[0].target[0].weight = 0;
  Health health(1);
  health.configure(Health::plan(serves), 0s);
  Time now{};
  live(health, now, 2s, all_well);
  live(health, now, 60s, [](const Subject& s) { return s.target == "s4"; });
  EXPECT_NE(health.down("web", "s2"), health.down("web", "s3")) << "one of them goes, and the other is held";
  EXPECT_NE(view(health, "s2").held, view(health, "s3").held);
}

TEST(HealthTest, AReloadKeepsWhatIsKnown) {
  Health health(1);
  Services serves = serving(3);
  health.configure(Health::plan(serves), 0s);
  Time now{};
  live(health, now, 2s, none_well);
  ASSERT_EQ(health.changes(), 3u);

  serves.service[0].check->every = 1s;  // another pace, the same question
  serves.service[0].target.pop_back();
  health.configure(Health::plan(serves), now);
  EXPECT_TRUE(view(health, "s1").own);
  EXPECT_TRUE(health.down("web", "s1"));
  EXPECT_FALSE(health.down("web", "s3"));
  EXPECT_EQ(health.changes(), 4u);
  EXPECT_LE(health.deadline(), now + 1s);

  serves.service[0].check->port = 8080;  // another question to the same target
  health.configure(Health::plan(serves), now);
  EXPECT_FALSE(view(health, "s1").own);
  EXPECT_TRUE(health.down("web", "s1"));
  EXPECT_TRUE(health.decided());
  EXPECT_EQ(health.changes(), 4u);

  serves.service[0].target[0].address.low = 99;  // another target
  health.configure(Health::plan(serves), now);
  EXPECT_FALSE(health.down("web", "s1"));
  EXPECT_FALSE(health.decided());
  EXPECT_EQ(health.changes(), 5u);

  serves.service[0].check.reset();
  health.configure(Health::plan(serves), now);
  EXPECT_FALSE(health.down("web", "s2"));
  EXPECT_TRUE(health.decided());
  EXPECT_TRUE(health.views().empty());
  EXPECT_EQ(health.deadline(), Time::max());
}

TEST(HealthTest, AReloadForgetsQuestionsOfWhatIsGone) {
  Health health(1);
  Services serves = serving(1);
  health.configure(Health::plan(serves), 0s);
  const Time now = health.deadline();
  const Question asked = only(health.due(now));
  serves.service[0].check->port = 8080;
  health.configure(Health::plan(serves), now);
  health.answer(asked.id, CheckOutcome::unwell, "connection refused", now);
  EXPECT_EQ(view(health, "s1").state, Wellness::unknown) << "it was asked something else";
}

TEST(HealthTest, ASmallerShareBringsTheLastBack) {
  Health health(1);
  health.configure(Health::plan(serving(4)), 0s);
  Time now{};
  for (const char* failing : {"s2", "s4", "s1"}) health.adopt("web", failing, Wellness::down, ++now);
  health.configure(Health::plan(serving(4, 50)), now);
  EXPECT_TRUE(health.down("web", "s2"));
  EXPECT_TRUE(health.down("web", "s4"));
  EXPECT_FALSE(health.down("web", "s1"));
  EXPECT_TRUE(view(health, "s1").held);
  health.configure(Health::plan(serving(4, 75)), now);
  EXPECT_TRUE(health.down("web", "s1")) << "there is room again";
}

}  // namespace

}  // namespace waymark
