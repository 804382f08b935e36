// Flows that one gateway's firewall knows, told to another one's.
#include <gtest/gtest.h>

#include "group/flow_mirror.h"
#include "tests/gateway/guard.h"

namespace waymark::gateway_cases {
namespace {

using group::FlowApplier;
using group::FlowChanges;
using group::FlowRecord;
using group::FlowScanner;
using group::FlowTimes;

// Two gateways: what happens at `one` is told to `two`.
struct Two {
  Guard one, two;
  FlowScanner scanner;
  Live live = one.scene().engine().live(), there = two.scene().engine().live();
  FlowApplier applier{there};

  Two() { scanner.prime(live); }
  static FlowTimes times(Guard& g) {
    Scene& s = g.scene();
    return s.node().flows().times(s.ticks());
  }
  FlowChanges scan() {
    FlowChanges changes;
    while (!scanner.scan(live, times(one), 100, changes)) continue;
    return changes;
  }
  FlowChanges tell() {
    FlowChanges changes = scan();
    applier.apply(changes.flows, times(two));
    applier.erase(changes.gone, times(two));
    return changes;
  }
  u64 lent() {
    FlowScanner look;
    look.prime(there);
    return look.lent();
  }
};

constexpr uint16_t kFlows = 300;

TEST(FlowMirror, WhoTakesOverKnowsTheFlows) {
  Two t;
  for (uint16_t port = 1; port <= kFlows; ++port) ASSERT_TRUE(t.one.open(port));
  EXPECT_FALSE(t.two.lives(1)) << "nothing is known there, and it is no time of grace";
  EXPECT_EQ(t.tell().flows.size(), kFlows);
  EXPECT_EQ(t.lent(), kFlows);
  EXPECT_TRUE(t.scan().flows.empty()) << "told once";
  for (uint16_t port = 1; port <= kFlows; ++port) ASSERT_TRUE(t.two.lives(port)) << port;
  EXPECT_EQ(t.lent(), 0u) << "the first packet makes a flow its own";
  EXPECT_EQ(t.two.in(tcp_segment(80, 7, 0x7000'0000, 101, "R", 0)), "firewall.window") << "with all its numbers";
  EXPECT_EQ(t.two.in(tcp_segment(80, 999, 901, 101, "A", 0)), "firewall.unknown_flow");
}

TEST(FlowMirror, WhoTakesOverKnowsWhoMayPing) {
  Two t;
  const Payload ping = icmp6(128, 0, text("ping"));
  ASSERT_TRUE(t.one.open(7));
  EXPECT_EQ(t.two.in(ping), "firewall.unsolicited");
  t.tell();
  EXPECT_EQ(t.two.in(ping), t.two.kIn) << "before any packet of the flow";
}

TEST(FlowMirror, HalfOpenFlowsAreNotTold) {
  Two t;
  EXPECT_EQ(t.one.out(tcp_segment(7, 80, 100, 0, "S", 1'000)), t.one.kOut);
  EXPECT_EQ(t.one.out(udp(9, 53)), t.one.kOut);
  EXPECT_TRUE(t.tell().flows.empty());
  EXPECT_EQ(t.one.in(udp(53, 9)), t.one.kIn);
  ASSERT_EQ(t.tell().flows.size(), 1u);
  EXPECT_EQ(t.two.in(udp(53, 9)), t.two.kIn);
}

TEST(FlowMirror, WhatEndsHereEndsThereUnlessItWentOnThere) {
  Two t;
  for (const uint16_t port : {uint16_t(1), uint16_t(2)}) ASSERT_TRUE(t.one.open(port));
  t.tell();
  ASSERT_TRUE(t.two.lives(2));
  for (const uint16_t port : {uint16_t(1), uint16_t(2)})
    EXPECT_EQ(t.one.out(tcp_segment(port, 80, 101, 901, "RA", 0)), t.one.kOut);
  t.one.scene().advance(std::chrono::seconds(60));
  EXPECT_EQ(t.tell().gone.size(), 2u);
  EXPECT_EQ(t.applier.counts().erased, 1u);
  EXPECT_FALSE(t.two.lives(1));
  EXPECT_TRUE(t.two.lives(2)) << "its packets came by there";
}

// Use is told now and then, so that what is lent does not go before its time.
TEST(FlowMirror, UseIsToldAQuarterOfTheIdleTimeLater) {
  Two t;
  ASSERT_TRUE(t.one.open(1));
  EXPECT_EQ(t.tell().flows.size(), 1u);
  std::size_t told = 0;
  for (int minutes = 0; minutes < 2 * 124; minutes += 12) {
    t.one.scene().advance(std::chrono::minutes(12));
    t.two.scene().advance(std::chrono::minutes(12));
    EXPECT_TRUE(t.one.lives(1));
    told += t.tell().flows.size();
  }
  EXPECT_GE(told, 5u);
  EXPECT_LE(told, 8u) << "8 quarters";
  EXPECT_TRUE(t.two.lives(1)) << "two idle times later";
}

TEST(FlowMirror, AllIsSentToWhoAsks) {
  Two t;
  for (uint16_t port = 1; port <= kFlows; ++port) ASSERT_TRUE(t.one.open(port));
  t.tell();
  std::vector<FlowRecord> all;
  u32 next = 0;
  while (!group::read_flows(t.there, next, 100, all)) continue;
  EXPECT_EQ(all.size(), kFlows) << "what was lent, too: who lost its table gets it back";
  Two other;
  other.applier.apply(all, Two::times(other.two));
  EXPECT_EQ(other.lent(), kFlows);
}

TEST(FlowMirror, WhatNoPacketCouldHaveBegunIsRefused) {
  Two t;
  ASSERT_TRUE(t.one.open(1));
  const FlowRecord good = t.scan().flows.at(0);
  using firewall::Stage;
  const auto with = [&](u64 state, u64 rest) { return FlowRecord{good.ends, rest, state, good.user}; };
  const u64 udp_rest = (good.rest & ~(u64(0xff) << 32)) | u64(kProtoUdp) << 32;
  const std::vector<FlowRecord> bad = {with(firewall::in_stage(good.state, Stage::syn), good.rest),
                                       with(firewall::in_stage(good.state, Stage::exchange), good.rest),
                                       with(firewall::in_stage(good.state, Stage(15)), good.rest),
                                       with(good.state, udp_rest),
                                       with(firewall::in_stage(0, Stage::datagram), udp_rest),
                                       with(good.state | firewall::kLent, good.rest),
                                       with(good.state | u64(1) << 50, good.rest),
                                       with(good.state, good.rest & 0xff'ffff'ffff)};
  t.applier.apply(bad, Two::times(t.two));
  EXPECT_EQ(t.applier.counts().refused, bad.size());
  EXPECT_EQ(t.lent(), 0u);
  t.applier.erase({{~0u, 1}, {0, 0}}, Two::times(t.two));
  EXPECT_EQ(t.applier.counts().refused, bad.size() + 2);
}

// What is ours is ours, whatever a member says of it.
TEST(FlowMirror, AFlowOfOursIsLeftAlone) {
  Two t;
  ASSERT_TRUE(t.one.open(1));
  ASSERT_TRUE(t.two.open(1));
  EXPECT_EQ(t.one.out(tcp_segment(1, 80, 101, 901, "RA", 0)), t.one.kOut);
  t.one.scene().advance(std::chrono::seconds(1));
  t.tell();
  EXPECT_EQ(t.applier.counts().kept, 1u);
  EXPECT_TRUE(t.two.lives(1));
  EXPECT_EQ(t.two.out(tcp_segment(2, 80, 100, 0, "S", 1'000)), t.two.kOut) << "half open here";
  ASSERT_TRUE(t.one.open(2));
  t.tell();
  EXPECT_EQ(t.applier.counts().kept, 2u);
}

}  // namespace
}  // namespace waymark::gateway_cases
