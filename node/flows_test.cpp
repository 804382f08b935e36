// The firewall's flows over the user-space engine's tables: what a node does for them beside packets.
#include "node/flows.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/address_text.h"
#include "config/parse.h"
#include "core/exact_insert.h"
#include "core/firewall/rules.h"
#include "node/scene.h"
#include "tests/kit/packets.h"

namespace waymark {

namespace {

using packets::Bytes;
using packets::frame;
using packets::inside;
using packets::ip4;
using packets::ip6;
using packets::udp;
using namespace std::chrono_literals;
using firewall::Stage;

constexpr u32 kTicks = 250;  // a second, as Scene has them

// `tenants`: name and number, each behind a far end of its own, in this order.
std::string file(const std::vector<std::pair<std::string, u32>>& tenants, const std::string& keys = "") {
  std::string text = R"([engine]
pins = 1000
flows = 10000
interfaces = { eth0 = "public" }
[plan.cloud]
prefix = "3fff:c00::/32"
layout = "gateway:8 tenant:16 zero:40 ipv4:32"
[gateway]
plan = "cloud"
holds = [1]
prefix = [{ prefix = "3fff:64::/96" }]
)" + keys + R"(
[[gateway.id]]
id = 1
address = "192.0.2.1"
)";
  for (const auto& [name, number] : tenants)
    text += fmt::format(
        "[[gateway.tenant]]\nname = \"{}\"\nnumber = {}\n"
        "tunnel = [{{ remote = \"198.51.100.{}\", ip4 = \"10.0.0.0/24\" }}]\n",
        name, number, number);
  return text;
}

Config config_of(const std::string& text) {
  Parsed parsed = parse_config(text, "gateway.toml");
  EXPECT_TRUE(parsed.config) << (parsed.problems.empty() ? "" : render(parsed.problems[0]));
  return std::move(*parsed.config);
}

constexpr u32 kRed = 1, kBlue = 2;
std::string usual(const std::string& keys = "") { return file({{"red", kRed}, {"blue", kBlue}}, keys); }

struct Guarded {
  std::unique_ptr<Scene> scene;

  explicit Guarded(const std::string& text = usual()) {
    auto made = Scene::make(config_of(text));
    EXPECT_TRUE(made) << made.error().sentence;
    scene = std::move(*made);
  }
  FlowKeeper& keeper() { return scene->node().flows(); }
  Live live() { return scene->engine().live(); }
  void reload(const std::string& text) {
    const Status done = scene->reload(config_of(text));
    EXPECT_TRUE(done) << done.error().sentence;
  }
  ExactLimits limits() {
    const FirewallSettings& s = keeper().plan().settings;
    return {s.buckets, s.embryo_buckets, s.stale_stamps, s.embryo_stamps};
  }
  ExactKey<2> key(u32 owner, u16 port) { return firewall::key_of(owner, kProtoTcp, 0x0a000005, 0xcb007114, port, 80); }
  PinPlace place(const ExactKey<2>& key) { return place_in(hash_key(live().meta[0].pin_key, key), limits().buckets); }
  // A flow as packets leave it, used just now; an embryo where its stage is one.
  void add(u32 owner, u16 port, Stage stage) {
    Live tables = live();
    FlowEnv env{tables};
    const ExactKey<2> k = key(owner, port);
    const u64 state = firewall::in_stage(0, stage);
    const FlowPlan& plan = keeper().plan();
    const Inserted how =
        firewall::is_embryonic(stage)
            ? insert_exact_embryo<firewall::Embryos>(env, limits(), place(k), k, state, 0,
                                                     scene->ticks() >> plan.settings.embryo_shift)
            : insert_exact<firewall::Flows>(env, limits(), place(k), k, state, 0, scene->ticks() >> plan.stamp_shift);
    EXPECT_TRUE(is_in(how));
  }
  bool knows(u32 owner, u16 port) {
    Live tables = live();
    FlowEnv env{tables};
    const ExactKey<2> k = key(owner, port);
    bool embryonic = false;
    return find_flow<firewall::Flows, firewall::Embryos>(env, limits(), place(k), k, embryonic).word;
  }
  u64& taken(u32 owner) {
    const std::span<FlowCount> counts = live().flow_counts;
    for (const FlowPlan::Owner& o : keeper().plan().owners)
      if (o.number == owner) return counts[o.place].flows;
    ADD_FAILURE() << "nobody has the number " << owner;
    return counts[0].flows;
  }
  FlowsSwept::Owned swept(u32 owner) {
    for (const FlowsSwept::Owned& o : keeper().swept().owned)
      if (o.owner == owner) return o;
    return {};
  }
  u64 grace() { return live().flow_grace[0]; }
  void begin_grace() { ASSERT_TRUE(keeper().begin_grace(keeper().plan(), scene->ticks())); }
};

// From the last packet on; a stamp has some 16 s, an embryo's some 1 s.
TEST(Flows, EachStageHasItsIdleTime) {
  struct Case {
    Stage stage;
    Duration stays, gone;
  };
  const Case cases[] = {{Stage::open, 600s, 640s},
                        {Stage::exchange, 120s, 160s},
                        {Stage::both, 120s, 160s},
                        {Stage::closing, 240s, 280s},
                        {Stage::closed, 240s, 280s},
                        {Stage::reset, 10s, 50s},
                        {Stage::reset_by_outside, 10s, 50s},
                        {Stage::reply, 60s, 100s},
                        {Stage::syn, 60s, 75s},
                        {Stage::answered, 60s, 75s},
                        {Stage::datagram, 60s, 75s},
                        {Stage::query, 60s, 75s},
                        {Stage::other, 60s, 75s}};
  for (const Case& c : cases) {
    SCOPED_TRACE(u32(c.stage));
    Guarded g(usual("tcp_idle = \"10m\"\nudp_idle = \"2m\""));
    g.add(kRed, 1, c.stage);
    const Time end = g.scene->now() + c.gone;
    while (g.scene->now() < end) {
      EXPECT_TRUE(g.knows(kRed, 1) || g.scene->now() > end - c.gone + c.stays) << "too early";
      g.scene->advance(1s);
    }
    EXPECT_FALSE(g.knows(kRed, 1)) << "too late";
  }
}

// Idle TCP stays for 2 h and 4 min by default, which its stamps must be wide enough for.
TEST(Flows, AnOpenConnectionStaysTwoHours) {
  Guarded g;
  g.add(kRed, 1, Stage::open);
  for (int n = 0; n < 124; ++n) g.scene->advance(1min);
  EXPECT_TRUE(g.knows(kRed, 1));
  g.scene->advance(1min);
  EXPECT_FALSE(g.knows(kRed, 1));
}

TEST(Flows, AreCountedByTheirOwners) {
  Guarded g;
  for (u16 n = 0; n < 100; ++n) g.add(n % 4 ? kRed : kBlue, n, n % 5 ? Stage::open : Stage::syn);
  g.add(77, 1, Stage::open);  // of a tenant that is gone
  g.scene->advance(11s);
  const FlowsSwept& s = g.keeper().swept();
  EXPECT_GT(s.number, 1u);
  EXPECT_EQ(s.flows, 81u);
  EXPECT_EQ(s.half_open, 20u);
  EXPECT_EQ(s.stages[u32(Stage::open)], 81u);
  EXPECT_EQ(s.stages[u32(Stage::syn)], 20u);
  EXPECT_EQ(g.swept(kRed).flows, 60u);
  EXPECT_EQ(g.swept(kRed).half_open, 15u);
  EXPECT_EQ(g.swept(kBlue).flows + g.swept(kBlue).half_open, 25u);
  EXPECT_EQ(g.taken(kRed), 75u) << "whatever was said before";
  EXPECT_EQ(g.taken(kBlue), 25u);
}

// A packet counts its flow at once, and the sweep under way may have passed its bucket.
TEST(Flows, WhatPacketsAddDuringASweepIsNotLost) {
  Guarded g;
  g.add(kRed, 1, Stage::open);
  g.scene->advance(11s);
  ASSERT_EQ(g.taken(kRed), 1u);
  const u64 number = g.keeper().swept().number;
  Time now = g.scene->now();
  u64 added = 0;
  while (g.keeper().swept().number == number) {  // in its own small steps
    now = std::max(now + 1ms, g.keeper().deadline());
    g.keeper().tick(now, g.scene->ticks(), kTicks);
    if (g.keeper().swept().number == number) ++g.taken(kRed), ++added;
  }
  EXPECT_GT(added, 0u);
  EXPECT_EQ(g.taken(kRed), 1 + added);
}

TEST(Flows, CountsMoveWithTheirOwners) {
  Guarded g;
  const auto set = [&](u32 owner, u64 flows, u64 due) {
    for (const FlowPlan::Owner& o : g.keeper().plan().owners)
      if (o.number == owner) g.live().flow_counts[o.place] = {flows, due, 0};
  };
  set(kRed, 1'000, 11);
  set(kBlue, 2'000, 22);
  FlowPlan other = g.keeper().plan();
  for (FlowPlan::Owner& o : other.owners) o.place = 2 - o.place;  // 0 and 1 become 2 and 1
  other.owners.insert(other.owners.begin(), {0, 0});
  g.keeper().configure(other, g.scene->now());
  EXPECT_EQ(g.taken(kRed), 1'000u);
  EXPECT_EQ(g.taken(kBlue), 2'000u);
  EXPECT_EQ(g.live().flow_counts[2].due, 11u);
  EXPECT_EQ(g.live().flow_counts[0].flows, 0u) << "a newcomer at a place that was another's";
  EXPECT_EQ(g.live().flow_counts[0].due, 0u);
}

TEST(Flows, AReloadInAnotherOrderCountsAsBefore) {
  Guarded g;
  for (u16 n = 0; n < 30; ++n) g.add(n % 3 ? kRed : kBlue, n, Stage::open);
  g.scene->advance(11s);
  g.reload(file({{"green", 3}, {"blue", kBlue}, {"red", kRed}}));
  for (int n = 0; n < 2; ++n) {
    EXPECT_EQ(g.taken(kRed), 20u);
    EXPECT_EQ(g.taken(kBlue), 10u);
    EXPECT_EQ(g.taken(3), 0u);
    g.scene->advance(11s);
  }
  g.reload(file({{"red", kRed}}));
  EXPECT_EQ(g.taken(kRed), 20u);
  EXPECT_EQ(g.live().flow_counts[1].flows, 0u);
  EXPECT_EQ(g.live().flow_counts[2].flows, 0u);
  EXPECT_TRUE(g.knows(kBlue, 3)) << "until it has been silent for long enough";
}

// A daemon that finds tables knows nothing of the places that counts had before.
TEST(Flows, ARestartCountsAnew) {
  Guarded g;
  for (u16 n = 0; n < 30; ++n) g.add(n % 3 ? kRed : kBlue, n, Stage::open);
  g.scene->advance(11s);
  ASSERT_TRUE(g.scene->restart());
  g.scene->advance(11s);
  EXPECT_EQ(g.taken(kRed), 20u);
  EXPECT_TRUE(g.knows(kRed, 1));
}

TEST(Flows, GraceEndsAfterItsTime) {
  Guarded g(usual("grace = \"90s\""));
  EXPECT_EQ(g.grace(), 0u) << "tables may be older than their node";
  g.begin_grace();
  EXPECT_EQ(g.keeper().grace_left(g.scene->ticks()), 90 * kTicks);
  EXPECT_NEAR(double(g.scene->node().grace_left(g.scene->now()).count()), 90e9, 1e7);
  g.scene->advance(89s);
  EXPECT_NE(g.grace(), 0u);
  EXPECT_FALSE(g.keeper().take_grace_ended());
  g.scene->advance(2s);
  EXPECT_EQ(g.grace(), 0u);
  EXPECT_TRUE(g.keeper().take_grace_ended());
  EXPECT_FALSE(g.keeper().take_grace_ended()) << "told once";
}

TEST(Flows, GraceEndsInTimeWhereTicksWrap) {
  Guarded g;
  const u32 ticks = ~0u - 10 * kTicks;  // the end lies behind the wrap
  ASSERT_TRUE(g.keeper().begin_grace(g.keeper().plan(), ticks));
  EXPECT_EQ(g.keeper().grace_left(ticks), 60 * kTicks);
  Time now = g.scene->now() + 1s;
  g.keeper().tick(now, ticks + 30 * kTicks, kTicks);
  EXPECT_EQ(g.keeper().grace_left(ticks + 30 * kTicks), 30 * kTicks);
  EXPECT_LE(g.keeper().deadline(), now + 31s);
  g.keeper().tick(now += 31s, ticks + 61 * kTicks, kTicks);
  EXPECT_EQ(g.grace(), 0u);
}

TEST(Flows, GraceOutlivesARestartAndNoLongerThanItMay) {
  Guarded g;
  g.begin_grace();
  g.scene->advance(20s);
  ASSERT_TRUE(g.scene->restart());
  EXPECT_NE(g.grace(), 0u);
  g.scene->advance(41s);
  EXPECT_EQ(g.grace(), 0u);
  g.begin_grace();
  g.scene->kill();
  g.live().flow_grace[0] = firewall::kGraceIsOn | (g.scene->ticks() + 0x7000'0000u);  // ticks wrapped meanwhile
  ASSERT_TRUE(g.scene->revive());
  g.scene->advance(1s);
  EXPECT_EQ(g.grace(), 0u);
}

TEST(Flows, AReloadMayEndGrace) {
  Guarded g;
  g.begin_grace();
  g.reload(usual("grace = \"0s\""));
  g.scene->advance(1s);
  EXPECT_EQ(g.grace(), 0u);
  EXPECT_FALSE(g.keeper().begin_grace(g.keeper().plan(), g.scene->ticks())) << "there is none";
}

// As Control asks before it commits what a reload says.
TEST(Flows, WhoTakesAnIdDoesNotKnowItsFlows) {
  Guarded g;
  const auto takes = [&](std::vector<u64> holds) {
    FlowPlan plan = g.keeper().plan();
    plan.holds = std::move(holds);
    return g.keeper().takes(plan);
  };
  ASSERT_EQ(g.keeper().plan().holds, (std::vector<u64>{1}));
  EXPECT_TRUE(takes({1, 2}));
  EXPECT_TRUE(takes({2})) << "another one instead";
  EXPECT_FALSE(takes({1}));
  EXPECT_FALSE(takes({})) << "one is given away";
}

// The same by packets: what the tenant sends is counted, and goes when it is silent.
TEST(Flows, OfPacketsAreSweptToo) {
  Guarded g;
  const InterfaceFacts* in = g.scene->interface_called("eth0");
  const auto frame_of = [&](const Bytes& ip) {
    return frame(ip, {.destination = fmt::format("02:57:00:00:00:{:02x}", in->index)});
  };
  const Bytes out = frame_of(ip4({.source = "198.51.100.1", .destination = "192.0.2.1"},
                                 inside(ip4({.source = "10.0.0.5", .destination = "203.0.113.20"}, udp(4'000, 53)))));
  const Bytes back =
      frame_of(ip6({.source = "3fff:64::203.0.113.20", .destination = "3fff:c00:100:100::a00:5"}, udp(53, 4'000)));
  EXPECT_EQ(g.scene->receive(back, in->index).verdict.action, Action::drop) << "nobody asked";
  EXPECT_EQ(g.scene->receive(out, in->index).verdict.action, Action::forward);
  EXPECT_EQ(g.taken(kRed), 1u);
  g.scene->advance(11s);
  EXPECT_EQ(g.swept(kRed).half_open, 1u);
  EXPECT_EQ(g.scene->receive(back, in->index).verdict.action, Action::forward);
  g.scene->advance(11s);
  EXPECT_EQ(g.swept(kRed).flows, 1u);
  EXPECT_EQ(g.swept(kRed).half_open, 0u);
  EXPECT_EQ(g.keeper().swept().stages[u32(Stage::exchange)], 1u);
  EXPECT_EQ(g.taken(kRed), 1u);
  g.scene->advance(6min);
  EXPECT_EQ(g.taken(kRed), 0u);
  EXPECT_EQ(g.scene->receive(back, in->index).verdict.action, Action::drop);
}

}  // namespace
}  // namespace waymark
