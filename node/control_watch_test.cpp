// A POP whose other POPs fall silent and come back, as packets, events and the next daemon see it.
#include "config/parse.h"
#include "node/control_test.h"

namespace waymark {
namespace {

struct OtherPops : ::testing::Test {
  Time now = 100s;
  UserspaceEngine engine{sizes_of_all()};
  std::unique_ptr<Control> control;
  bool answers = true;

  static constexpr const char* kToml = R"(
[node]
name = "p1"
[engine]
pins = 10000
interfaces = { eth0 = "public" }
[plan.clients]
prefix = "3fff:c00::/40"
layout = "pop:8 policy:8 id:32 zero:40"
[plan.servers]
prefix = "3fff:a00::/40"
layout = "id:16 path:5x8 policy:4 zero:28"
[path]
id = 1
clients = "clients"
servers = "servers"
[[path.pop]]
id = 1
address = "2001:db8:1::1"
[[path.pop]]
id = 2
address = "2001:db8:2::1"
[[path.policy]]
name = "all"
index = 1
)";
  void start(bool adopted) {
    control.reset();
    Control::Life life{Clock{0s, 1000, 250}, 1, u64(now.count()), adopted, {}, {}, {}, "p1"};
    control = std::make_unique<Control>(engine.live(), std::move(life));
    const Parsed parsed = parse_config(kToml, "p1.toml");
    ASSERT_TRUE(parsed.config);
    auto image = control->prepare(*parsed.config, kFacts, {});
    ASSERT_TRUE(image) << image.error().sentence;
    engine.load(*image);
    control->commit(now);
  }
  void SetUp() override {
    engine.live().meta[0] = new_meta(sizes_for(kPins), 250, [] { return 7u; });
    start(false);
  }
  void run(Duration time) {
    for (const Time end = now + time; now < end; now += 10ms) {
      control->judge_pops(now);
      for (const Watch::Question& q : control->pop_questions(now)) {
        if (!answers) continue;
        Bfd answer = q.packet;
        answer.mine = q.packet.yours;
        answer.yours = q.packet.mine;
        answer.state_flags = kBfdUp;
        control->pop_heard(q.to, kSeamlessBfdPort, {reinterpret_cast<const u8*>(&answer), sizeof answer}, now);
      }
      control->tick(now);
    }
  }
  bool marked() {
    for (const Target& target : engine.live().targets)
      if (target.in_use && target.route & kTargetDown) return true;
    return false;
  }
  void next_hop(bool there) { control->on_next_hop({ip("2001:db8:2::1"), there, 2, {}, {}, 1500, "no answer"}, now); }
  std::string told() {
    std::string out;
    for (const Event& e : control->take_events())
      if (e.kind.starts_with("pop.")) out += e.kind + ": " + e.text + "\n";
    return out;
  }
};

TEST_F(OtherPops, ASilentOneIsPassedByUntilItAnswers) {
  next_hop(true);
  run(2s);
  EXPECT_FALSE(marked());
  EXPECT_EQ(told(), "");
  answers = false;
  run(200ms);
  EXPECT_TRUE(marked());
  const std::string silent = told();
  EXPECT_TRUE(silent.starts_with("pop.silent: POP 2 is silent: ")) << silent;
  next_hop(false);
  next_hop(true);
  EXPECT_TRUE(marked()) << "its machine is there, and does not answer";
  answers = true;
  run(1100ms);
  EXPECT_FALSE(marked());
  EXPECT_EQ(told(), "pop.answers: POP 2 answers again\n");
  next_hop(false);
  EXPECT_TRUE(marked()) << "a lost next hop is no better than before";
}

TEST_F(OtherPops, TheNextDaemonKnowsWhoWasSilent) {
  next_hop(true);
  run(2s);
  answers = false;
  run(1s);
  ASSERT_TRUE(marked());
  told();
  start(true);
  EXPECT_TRUE(marked()) << "not for a moment sent to";
  next_hop(true);
  run(3s);
  EXPECT_TRUE(marked());
  EXPECT_EQ(told(), "");
  answers = true;
  run(1100ms);
  EXPECT_FALSE(marked());
  EXPECT_EQ(told(), "pop.answers: POP 2 answers again\n");
}

TEST_F(OtherPops, OneThatNeverAnsweredGoesByItsNextHop) {
  answers = false;
  next_hop(false);
  EXPECT_TRUE(marked());
  start(true);
  next_hop(false);
  next_hop(true);
  EXPECT_FALSE(marked());
  run(20s);
  EXPECT_FALSE(marked());
}

TEST_F(OtherPops, WhatIsSeenOfThemIsWhatPathsAreChosenBy) {
  run(2s);
  control->tick(now);
  run(6s);
  control->tick(now);
  ASSERT_TRUE(control->wan().sights().contains({1, 2}));
  const paths::Seen up = control->wan().sights().at({1, 2});
  EXPECT_EQ(up.sight, paths::Sight::up);
  EXPECT_TRUE(up.round_trip);
  EXPECT_GT(control->deadline(), now) << "it is looked at, and not all the time";
  const u64 changes = control->wan().changes();
  answers = false;
  run(200ms);
  EXPECT_EQ(control->wan().sights().at({1, 2}).sight, paths::Sight::silent) << "at once";
  EXPECT_NE(control->wan().changes(), changes);
}

}  // namespace
}  // namespace waymark
