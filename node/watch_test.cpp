// Seamless BFD's initiator against POPs that answer, fall silent and come back, on virtual time.
#include "node/watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "base/address_text.h"

namespace waymark {
namespace {

using namespace std::chrono_literals;

Address pop(u32 id) { return *parse_address("2001:db8:0:" + std::to_string(id) + "::1"); }

// POP 1 with its watch, and others that answer after some time, or not.
struct Wan {
  Watch watch{7};
  Time now{1h};
  std::map<u32, Duration> trips;  // of POPs that live
  std::map<u32, bool> admin_down;
  struct OnItsWay {
    u32 id;
    Bfd packet;
  };
  std::multimap<Time, OnItsWay> answers;
  std::vector<Watch::Change> changes;
  std::map<u32, u32> asked;
  std::string cannot_send;
  u32 required = 10'000;
  long turns = 0;  // in which questions were sent

  static Config config_of(const std::vector<u32>& ids) {
    Config config;
    PathConfig& path = config.path.emplace();
    path.id = 1;
    path.pop.push_back({.id = 1, .address = {pop(1)}});
    for (const u32 id : ids) path.pop.push_back({.id = id, .address = {pop(id)}});
    return config;
  }
  void configure(const std::vector<u32>& ids, const std::vector<Address>& silent = {}) {
    watch.configure(config_of(ids), silent, now);
  }
  static Bfd answer_to(Bfd packet, bool admin_down = false) {
    packet = {.version_diagnostic = packet.version_diagnostic,
              .state_flags = 0,
              .multiplier = packet.multiplier,
              .length = packet.length,
              .mine = packet.yours,
              .yours = packet.mine,
              .desired = packet.desired,
              .required = packet.required,
              .echo = packet.echo};
    packet.state_flags = u8((admin_down ? kBfdAdminDown : kBfdUp) | kBfdIndependent);
    return packet;
  }
  void hear(u32 from, const Bfd& packet, u16 port = kSeamlessBfdPort) {
    watch.heard(pop(from), port, {reinterpret_cast<const u8*>(&packet), sizeof packet}, now);
  }
  void run(Duration time) {
    const Time end = now + time;
    while (true) {
      const Time next = std::min(watch.deadline(), answers.empty() ? Time::max() : answers.begin()->first);
      if (next > end) break;
      now = std::max(now, next);
      while (!answers.empty() && answers.begin()->first <= now) {
        hear(answers.begin()->second.id, answers.begin()->second.packet);
        answers.erase(answers.begin());
      }
      watch.judge(now);
      const std::vector<Watch::Question> questions = watch.due(now);
      turns += !questions.empty();
      for (const Watch::Question& q : questions) {
        if (!cannot_send.empty()) watch.unasked(q.pop, cannot_send);
        const u32 id = number(q.packet.yours);
        ++asked[id];
        EXPECT_EQ(q.to, pop(id));
        EXPECT_EQ(q.from, pop(1));
        Bfd answer = answer_to(q.packet, admin_down[id]);
        answer.required = wire32(required);
        if (trips.contains(id)) answers.insert({now + trips[id], {id, answer}});
      }
      for (Watch::Change& c : watch.take_changes()) changes.push_back(std::move(c));
    }
    now = end;
  }
  bool silent(u32 id) const { return std::ranges::count(watch.silent(), pop(id)) > 0; }
  Watch::View view(u32 id) {
    for (const Watch::View& v : watch.views())
      if (v.pop == id) return v;
    ADD_FAILURE() << id;
    return {};
  }
};

TEST(Watch, APopThatDiesIsSilentWithin150Ms) {
  Wan wan;
  wan.trips = {{2, 300us}, {3, 300us}};
  wan.configure({2, 3});
  wan.run(10s);
  EXPECT_TRUE(wan.changes.empty()) << "that one answers is what was expected";
  EXPECT_EQ(wan.view(2).state, Watch::State::up);
  EXPECT_EQ(wan.view(2).round_trip, 300us);
  EXPECT_LT(wan.asked[2], 10s / 50ms * 4 / 3 + 5u);
  EXPECT_GT(wan.asked[2], 8s / 50ms);
  wan.trips.erase(2);
  wan.answers.clear();
  const Time died = wan.now;
  wan.run(151ms);
  ASSERT_EQ(wan.changes.size(), 1u);
  EXPECT_EQ(wan.changes[0].pop, 2u);
  EXPECT_FALSE(wan.changes[0].up);
  EXPECT_LE(wan.view(2).since - died, 151ms);
  EXPECT_TRUE(wan.silent(2));
  EXPECT_FALSE(wan.silent(3));
  EXPECT_NE(wan.changes[0].why.find(" found no answer"), std::string::npos) << wan.changes[0].why;
  // It is asked once a second from then on, and up with the first answer.
  const u32 before = wan.asked[2];
  wan.run(10s);
  EXPECT_LE(wan.asked[2] - before, 15u);
  wan.trips[2] = 300us;
  wan.run(1'001ms);
  ASSERT_EQ(wan.changes.size(), 2u);
  EXPECT_TRUE(wan.changes[1].up);
  EXPECT_FALSE(wan.silent(2));
}

TEST(Watch, OneThatNeverAnsweredIsNotKnownToBeSilent) {
  Wan wan;
  wan.configure({2});
  wan.run(20s);
  EXPECT_TRUE(wan.changes.empty());
  EXPECT_FALSE(wan.silent(2));
  EXPECT_EQ(wan.view(2).state, Watch::State::unknown);
  EXPECT_LE(wan.asked[2], 28u);
}

// As the daemon before knew it: until it answers, or its next hop, which was lost, is found.
TEST(Watch, OneThatWasSilentStaysSo) {
  Wan wan;
  wan.configure({2, 3, 4}, {pop(2), pop(3), pop(4)});
  wan.trips = {{3, 1ms}};
  wan.watch.next_hop(pop(2), true);
  wan.watch.next_hop(pop(4), false);
  wan.run(5s);
  EXPECT_TRUE(wan.silent(2) && !wan.silent(3) && wan.silent(4));
  ASSERT_EQ(wan.changes.size(), 1u);
  EXPECT_EQ(wan.changes[0].pop, 3u);
  wan.watch.next_hop(pop(4), true);
  EXPECT_FALSE(wan.silent(4));
  wan.trips.clear();
  wan.run(5s);
  wan.watch.next_hop(pop(3), false);
  wan.watch.next_hop(pop(3), true);
  EXPECT_TRUE(wan.silent(3)) << "its machine is found, and its POP does not answer";
}

TEST(Watch, AFarPopIsAskedAsOftenAsItsRoundTripAllows) {
  Wan wan;
  wan.trips = {{2, 240ms}};
  wan.configure({2});
  wan.run(30s);
  EXPECT_EQ(wan.view(2).interval, 300ms);
  EXPECT_TRUE(wan.changes.empty());
  EXPECT_LT(wan.asked[2], 30s / 300ms * 4 / 3 + 5u);
  // The way becomes longer: it is no loss.
  wan.trips[2] = 420ms;
  wan.run(60s);
  EXPECT_TRUE(wan.changes.empty());
  EXPECT_GE(*wan.view(2).round_trip, 400ms);
  wan.trips.erase(2);
  wan.answers.clear();
  wan.run(3s);
  EXPECT_EQ(wan.changes.size(), 1u);
}

TEST(Watch, LostAnswersAreNoDeath) {
  Wan wan;
  wan.trips = {{2, 1ms}};
  wan.configure({2});
  wan.run(5s);
  for (int i = 0; i < 20; ++i) {  // one in three is lost
    wan.trips.erase(2);
    wan.run(49ms);
    wan.trips = {{2, 1ms}};
    wan.run(120ms);
  }
  EXPECT_TRUE(wan.changes.empty());
}

// Nothing was sent or heard while this machine stood still.
TEST(Watch, WhatIsLostWhileAPopIsUpIsCounted) {
  Wan wan;
  wan.configure({2});
  wan.trips[2] = 1ms;
  wan.run(30s);
  EXPECT_EQ(wan.watch.views()[0].lost, 0u);
  for (int turn = 0; turn < 200; ++turn) {  // of about ten questions one is lost
    wan.run(450ms);
    wan.trips.clear();
    wan.run(50ms);
    wan.trips[2] = 1ms;
  }
  const u32 lost = wan.watch.views()[0].lost;
  EXPECT_GE(lost, 500u);
  EXPECT_LE(lost, 2'000u);
  wan.trips.clear();
  wan.run(100s);
  EXPECT_EQ(wan.watch.views()[0].lost, lost) << "a silent one says nothing of the way";
  wan.trips[2] = 1ms;
  wan.run(1500ms);
  EXPECT_LE(wan.watch.views()[0].lost, lost) << "nor does its return";
  wan.run(100s);
  EXPECT_EQ(wan.watch.views()[0].lost, 0u);
}

TEST(Watch, APauseOfThisMachinesOwnIsNobodysDeath) {
  Wan wan;
  wan.trips = {{2, 1ms}};
  wan.configure({2});
  wan.run(5s);
  wan.now += 700ms;
  wan.run(1s);
  EXPECT_TRUE(wan.changes.empty());
}

TEST(Watch, OnlyAnswersOfTheReflectorCount) {
  Wan wan;
  wan.configure({2, 3});
  const std::vector<Watch::Question> asked = wan.watch.due(wan.now);
  ASSERT_EQ(asked.size(), 2u);
  const Bfd question = asked[0].packet, good = Wan::answer_to(question);
  EXPECT_EQ(question.state_flags, kBfdDown | kBfdDemand);
  EXPECT_EQ(question.length, 24);
  EXPECT_EQ(question.multiplier, 3);
  EXPECT_EQ(number(question.yours), 2u);
  EXPECT_EQ(number(question.desired), 1'000'000u);
  EXPECT_NE(number(question.mine), 0u);
  EXPECT_NE(number(question.mine), number(asked[1].packet.mine));
  const auto ignored = [&](auto change, u32 from = 2, u16 port = kSeamlessBfdPort) {
    Bfd packet = good;
    change(packet);
    wan.hear(from, packet, port);
    EXPECT_EQ(wan.view(2).answered + wan.view(3).answered, 0u);
  };
  ignored([](Bfd&) {}, 3);
  ignored([](Bfd&) {}, 2, 50'000);
  ignored([](Bfd& b) { b.version_diagnostic = 0; });
  ignored([](Bfd& b) { b.state_flags |= kBfdDemand; });
  ignored([](Bfd& b) { b.state_flags |= kBfdAuthenticated; });
  ignored([](Bfd& b) { b.state_flags = kBfdDown; });
  ignored([](Bfd& b) { b.length = 20; });
  ignored([](Bfd& b) { b.mine = wire32(3); });
  ignored([](Bfd& b) { b.yours = wire32(number(b.yours) + 1); });  // of a question that was not asked yet
  ignored([](Bfd& b) { b.yours = wire32(number(b.yours) ^ 64); });
  wan.watch.heard(pop(2), kSeamlessBfdPort, {reinterpret_cast<const u8*>(&good), 23}, wan.now);
  EXPECT_EQ(wan.view(2).answered, 0u);
  wan.hear(2, good);
  EXPECT_EQ(wan.view(2).answered, 1u);
  EXPECT_EQ(wan.view(2).state, Watch::State::up);
  wan.hear(2, good);
  EXPECT_EQ(wan.view(2).answered, 1u) << "once";
}

TEST(Watch, OneThatSaysSoIsSilentAtOnce) {
  Wan wan;
  wan.trips = {{2, 1ms}};
  wan.configure({2});
  wan.run(5s);
  wan.admin_down[2] = true;
  wan.run(60ms);
  ASSERT_EQ(wan.changes.size(), 1u);
  EXPECT_EQ(wan.changes[0].why, "it says that it is administratively down");
  wan.run(5s);
  EXPECT_EQ(wan.changes.size(), 1u);
}

TEST(Watch, AReflectorSaysHowOftenItTakesQuestions) {
  Wan wan;
  wan.trips = {{2, 1ms}};
  wan.required = 400'000;  // microseconds
  wan.configure({2});
  wan.run(5s);
  const u32 before = wan.asked[2];
  wan.run(40s);
  EXPECT_EQ(wan.view(2).interval, 400ms);
  EXPECT_LE(wan.asked[2] - before, 40s / 300ms + 1u);
  EXPECT_GE(wan.asked[2] - before, 40s / 400ms - 1u);
  wan.trips.clear();
  wan.run(1'201ms);
  EXPECT_TRUE(wan.silent(2));
  wan.required = ~0u;
  wan.trips = {{2, 1ms}};
  wan.run(2s);
  EXPECT_EQ(wan.view(2).interval, 10s) << "and no longer, whatever it wishes";
}

TEST(Watch, APollIsAnsweredByTheNextQuestion) {
  Wan wan;
  wan.configure({2});
  const auto ask = [&] {
    while (true) {
      wan.now = std::max(wan.now, wan.watch.deadline());
      wan.watch.judge(wan.now);
      if (const auto asked = wan.watch.due(wan.now); !asked.empty()) return asked.at(0).packet;
    }
  };
  Bfd question = ask();
  EXPECT_FALSE(question.state_flags & kBfdFinal);
  Bfd answer = Wan::answer_to(question);
  answer.state_flags |= kBfdPoll;
  wan.hear(2, answer);
  question = ask();
  EXPECT_TRUE(question.state_flags & kBfdFinal);
  wan.hear(2, Wan::answer_to(question));
  EXPECT_FALSE(ask().state_flags & kBfdFinal);
}

TEST(Watch, WhatCannotBeSentIsSaid) {
  Wan wan;
  wan.trips = {{2, 1ms}};
  wan.configure({2});
  wan.run(5s);
  wan.trips.clear();
  wan.cannot_send = "Network is unreachable";
  wan.run(300ms);
  ASSERT_EQ(wan.changes.size(), 1u);
  EXPECT_EQ(wan.changes[0].why, "it cannot be asked: Network is unreachable");
  EXPECT_EQ(wan.view(2).why, "Network is unreachable");
}

TEST(Watch, AReloadKeepsWhatIsKnown) {
  Wan wan;
  wan.trips = {{2, 1ms}, {3, 1ms}};
  wan.configure({2, 3});
  wan.run(5s);
  wan.trips.erase(3);
  wan.run(1s);
  EXPECT_TRUE(wan.silent(3));
  wan.configure({3, 2, 4});
  EXPECT_TRUE(wan.silent(3));
  EXPECT_EQ(wan.view(2).state, Watch::State::up);
  EXPECT_EQ(wan.view(4).state, Watch::State::unknown);
  wan.trips.clear();
  wan.answers.clear();
  wan.run(1s);
  EXPECT_TRUE(wan.silent(2));
  Config config = Wan::config_of({2, 3, 4});
  config.path->watch = Duration(0);
  wan.watch.configure(config, {}, wan.now);
  EXPECT_EQ(wan.watch.deadline(), Time::max());
  EXPECT_TRUE(wan.watch.silent().empty());
}

// Those that are due in the same moment are asked in one turn.
TEST(Watch, ManyAreAskedTogether) {
  Wan wan;
  std::vector<u32> ids;
  for (u32 id = 2; id <= 250; ++id) {
    ids.push_back(id);
    wan.trips[id] = 1ms;
  }
  wan.configure(ids);
  wan.run(10s);
  EXPECT_TRUE(wan.changes.empty());
  EXPECT_LE(wan.turns, 10s / 2ms + 100);
}

}  // namespace
}  // namespace waymark
