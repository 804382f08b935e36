#include "group/group.h"

#include <gtest/gtest.h>

#include <random>

#include "group/net_test.h"

namespace waymark::group {
namespace {

TEST(Group, TwoFindEachOtherAndKeepOneLink) {
  Net net(2);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }, 2s));
  net.run(10s);
  EXPECT_EQ(net.wires.size(), 2u) << "one link, two ends";
  for (size_t i : {0, 1}) {
    EXPECT_EQ(net.node(i).log.size(), 1u) << "connected once, and no flapping";
    EXPECT_TRUE(net.group(i).in_step());
    const MemberView m = net.member(i, 1 - i);
    EXPECT_TRUE(m.differs.empty() && m.not_sharing.empty() && m.why.empty());
    ASSERT_TRUE(m.lag);
    EXPECT_LE(*m.lag, 50ms);
  }
}

TEST(Group, PinsAreAtTheOthersInAMoment) {
  Net net(3);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  for (u64 flow = 0; flow < 900; ++flow) ASSERT_TRUE(net.insert(flow % 3, flow, u32(1 + flow % 4)));
  net.run(300ms);
  for (u64 flow = 0; flow < 900; ++flow)
    for (size_t i = 0; i < 3; ++i) ASSERT_EQ(net.target_at(i, flow), 1 + flow % 4) << flow << " at " << i;
  EXPECT_EQ(net.group(0).view().mirrored, 600u);
}

TEST(Group, WhoReturnsPullsItsOwnFlowsBeforeItIsInStep) {
  Net net(2);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  for (u64 flow = 0; flow < 1000; ++flow) ASSERT_TRUE(net.insert(flow % 2, flow, u32(1 + flow % 4)));
  net.run(1s);
  net.kill(0);
  for (PinBucket& bucket : net.node(0).tables.pins) bucket = {};
  net.run(1s);  // shorter than the silence that ends a link
  net.start(0);
  EXPECT_FALSE(net.group(0).in_step());
  ASSERT_TRUE(net.until([&] { return net.group(0).in_step(); }, 5s));
  for (u64 flow = 0; flow < 1000; ++flow) ASSERT_EQ(net.target_at(0, flow), 1 + flow % 4) << flow;
}

TEST(Group, AnotherLifeOfAMemberTakesItsLinkAtOnce) {
  Net net(2);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  net.run(5s);
  net.kill(1);  // d2: the link that both keep was dialled by d1, who has not noticed
  net.run(50ms);
  net.start(1);
  EXPECT_TRUE(net.until([&] { return net.group(1).in_step(); }, 300ms));
  EXPECT_TRUE(net.member(0, 1).up);
}

TEST(Group, WhatStoodThereBeforeIsSentOnce) {
  Net net(2);
  for (u64 flow = 0; flow < 300; ++flow) ASSERT_TRUE(net.insert(0, flow, 1));
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  net.run(1s);
  EXPECT_EQ(net.member(0, 1).pins_sent, 300u);
  EXPECT_EQ(net.member(1, 0).mirror.applied, 300u);
}

TEST(Group, DecisionsReachWhoIsCutOffFromTheirOrigin) {
  Net net(3);
  net.cut.insert({0, 2});
  net.run(2s);
  ASSERT_FALSE(net.member(0, 2).up);
  const StateRecord drained = {"web", "s1", true, std::nullopt, 5, 1};
  net.node(0).states = {drained};
  net.publish(0);
  net.run(200ms);
  EXPECT_EQ(net.group(2).states_received(), std::vector<StateRecord>{drained});
  EXPECT_TRUE(net.group(2).states_received().empty()) << "once";
  EXPECT_TRUE(net.group(0).states_received().empty()) << "not back to where it was decided";
}

TEST(Group, WaitsForWhoIsNotThereAndNoLonger) {
  Net net(2);
  net.kill(1);
  net.run(9900ms);
  EXPECT_FALSE(net.group(0).in_step());
  net.run(200ms);
  EXPECT_TRUE(net.group(0).in_step());
  EXPECT_EQ(net.member(0, 1).why, "Connection refused");
  net.start(1);
  EXPECT_TRUE(net.until([&] { return net.all_linked(); }, 6s)) << "it is dialled again and again";
}

TEST(Group, CutLinksAreNoticedAndMendedAndNothingIsMissed) {
  Net net(2);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  net.cut.insert({0, 1});
  net.run(2500ms);
  EXPECT_TRUE(net.member(0, 1).up);
  net.run(1s);
  EXPECT_FALSE(net.member(0, 1).up);
  EXPECT_EQ(net.node(0).log.back(), "the connection to member d2 is lost: silent for 3 s");
  for (u64 flow = 0; flow < 500; ++flow) ASSERT_TRUE(net.insert(flow % 2, flow, 2));
  net.run(7s);
  net.cut.clear();
  ASSERT_TRUE(net.until([&] { return net.member(0, 1).up && net.member(1, 0).up; }, 6s));
  net.run(500ms);
  for (u64 flow = 0; flow < 500; ++flow) ASSERT_EQ(net.target_at(flow % 2 ? 0 : 1, flow), 2u);
}

TEST(Group, WhoDoesNotReadIsNotWaitedForAndLaterSentAll) {
  Net net(2, 400'000);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  net.slow.insert(1);
  u64 flow = 0;
  size_t most = 0;
  for (const Time end = net.now + 2500ms; net.now < end; net.step()) {
    for (int i = 0; i < 1600; ++i, ++flow) ASSERT_TRUE(net.insert(0, flow, u32(1 + flow % 4)));
    for (auto& [key, wire] : net.wires) most = std::max(most, wire.queued);
  }
  EXPECT_GT(flow, 390'000u);
  EXPECT_TRUE(net.member(0, 1).behind);
  EXPECT_GT(net.member(0, 1).lost, 0u);
  EXPECT_LT(most, 6u << 20);
  net.slow.clear();
  ASSERT_TRUE(net.until([&] { return net.member(0, 1).resends == 1; }));
  net.run(1s);
  EXPECT_EQ(net.member(0, 1).lost, 0u);
  EXPECT_TRUE(net.member(0, 1).up);
  u64 missing = 0;
  for (u64 f = 0; f < flow; ++f) missing += !net.target_at(1, f);
  EXPECT_EQ(missing, net.member(1, 0).mirror.full);
  EXPECT_LE(missing, flow / 1000);
}

TEST(Group, APullWaitsForItsReader) {
  Net net(2, 200'000);
  for (u64 flow = 0; flow < 180'000; ++flow) ASSERT_TRUE(net.insert(0, flow, 1));
  ASSERT_TRUE(net.until([&] { return net.member(0, 1).sharing && net.member(1, 0).sharing; }));
  net.slow.insert(1);
  size_t most = 0;
  for (int i = 0; i < 200; ++i, net.step())
    for (auto& [key, wire] : net.wires) most = std::max(most, wire.queued);
  EXPECT_GT(most, 512u << 10);
  EXPECT_LT(most, 2u << 20) << "of more than 2 MB";
  net.slow.clear();
  EXPECT_TRUE(net.until([&] { return net.group(1).in_step(); }, 2s));
  EXPECT_EQ(net.member(1, 0).mirror.applied, 180'000u);
}

TEST(Group, WhoNeverReadsLosesTheLink) {
  Net net(2, 100);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  net.slow.insert(1);
  std::vector<Opinion> opinions;
  for (int i = 0; i < 2000; ++i)
    opinions.push_back({std::string(60, 'a'), std::string(50, 'b') + std::to_string(i), true});
  size_t most = 0;
  for (int i = 0; i < 150; ++i) {
    for (Opinion& opinion : opinions) opinion.up = i % 2 == 0;
    net.publish(0, opinions);
    net.step();
    for (auto& [key, wire] : net.wires) most = std::max(most, wire.queued);
  }
  EXPECT_EQ(net.node(0).log.back(), "the connection to member d2 is lost: it does not read what it is sent");
  EXPECT_LT(most, 17u << 20);
}

TEST(Group, OthersKeysOrSizesAreNamedAndNotShared) {
  Net net(2);
  net.node(1).digest.key = 99;
  net.node(1).digest.pool = 98;
  net.publish(1);
  ASSERT_TRUE(net.until([&] { return net.member(0, 1).digest.has_value() && net.member(0, 1).up; }));
  net.insert(0, 1, 1);
  net.run(1s);
  EXPECT_EQ(net.member(0, 1).differs, (std::vector<std::string>{"pool", "keys"}));
  EXPECT_EQ(net.member(0, 1).not_sharing, "its keys of flows are others");
  EXPECT_TRUE(net.group(0).in_step()) << "there is nothing to wait for";
  EXPECT_FALSE(net.target_at(1, 1));
  net.node(1).digest.key = 3;
  net.publish(1);
  net.run(500ms);
  EXPECT_TRUE(net.member(0, 1).sharing);
  EXPECT_EQ(net.target_at(1, 1), 1u);
}

TEST(Group, ATargetThatIsKnownLaterBringsItsPins) {
  Net net(2);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  net.node(0).tables.target(15, "web", 77);
  ASSERT_TRUE(net.node(0).tables.insert(5, 15, stamp_at(net.now)));
  net.run(500ms);
  EXPECT_FALSE(net.node(1).tables.pin(5));
  EXPECT_EQ(net.member(1, 0).mirror.unknown_target, 1u);
  net.node(1).tables.target(20, "web", 77);
  net.publish(1);
  net.run(500ms);
  ASSERT_TRUE(net.node(1).tables.pin(5));
  EXPECT_EQ(net.node(1).tables.pin(5)->slot, 20u);
}

TEST(Group, OpinionsAreByMemberAndEndWithItsLink) {
  Net net(3);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  net.publish(0, {{"web", "s1", false}, {"web", "s2", true}});
  net.run(100ms);
  const OpinionKey s1{"web", "s1"}, s2{"web", "s2"};
  const auto of = [&](size_t i, const OpinionKey& target) { return net.group(i).opinions_of(target); };
  EXPECT_EQ(of(2, s1), std::vector<bool>{false}) << "d2 has none";
  EXPECT_EQ(of(2, s2), std::vector<bool>{true});
  EXPECT_EQ(net.group(1).opinions_heard(), (std::vector<OpinionKey>{s1, s2}));
  net.publish(0, {{"web", "s2", false}});
  net.run(100ms);
  EXPECT_EQ(of(1, s1), std::vector<bool>{});
  EXPECT_EQ(of(1, s2), std::vector<bool>{false});
  EXPECT_EQ(net.group(1).opinions_heard(), (std::vector<OpinionKey>{s2, s1})) << "the latter is not known any more";
  net.group(1).hear_again();
  EXPECT_EQ(net.group(1).opinions_heard(), std::vector<OpinionKey>{s2});
  net.kill(0);
  net.run(4s);
  EXPECT_EQ(of(1, s2), std::vector<bool>{});
}

// What is told is the difference, whoever makes it: the sender by listing changes, or the group by comparing.
TEST(Group, ChangesOfOpinionsAreAsGoodAsAllOfThem) {
  Net net(3);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  std::mt19937 random(5);
  std::map<std::string, bool> told;
  for (int round = 0; round < 40; ++round) {
    std::vector<Opinion> changed, all;
    for (int n = 0; n < 5; ++n) {
      const std::string target = "s" + std::to_string(random() % 8);
      const u32 what = u32(random() % 3);
      const std::optional<bool> up = what == 2 ? std::nullopt : std::optional<bool>(what == 1);
      changed.push_back({"web", target, up});
      if (up)
        told[target] = *up;
      else
        told.erase(target);
    }
    for (const auto& [target, up] : told) all.push_back({"web", target, up});
    if (random() % 3)
      net.group(0).publish_changes(net.node(0).digest, {}, changed, net.now);
    else
      net.publish(0, all);
    net.run(100ms);
    for (int n = 0; n < 8; ++n) {
      const std::string target = "s" + std::to_string(n);
      const auto known = told.find(target);
      const std::vector<bool> want = known == told.end() ? std::vector<bool>{} : std::vector<bool>{known->second};
      EXPECT_EQ(net.group(1).opinions_of({"web", target}), want) << round << " " << target;
      EXPECT_EQ(net.group(2).opinions_of({"web", target}), want) << round << " " << target;
    }
  }
}

// Whatever is cut and whoever decides when, once all can talk they are of one mind: that of the latest.
TEST(Group, DecisionsConvergeAfterPartitions) {
  for (u64 seed = 0; seed < 8; ++seed) {
    Net net(3, 100);
    std::mt19937_64 random(seed);
    std::map<std::string, StateRecord> latest;
    std::vector<std::map<std::string, StateRecord>> got(3);
    auto drain = [&] {
      for (size_t i = 0; i < 3; ++i)
        for (const StateRecord& s : net.group(i).states_received()) got[i][s.target] = s;
    };
    for (int round = 0; round < 30; ++round) {
      const std::pair<size_t, size_t> link = {random() % 2, 2};
      random() % 2 ? void(net.cut.insert(link)) : void(net.cut.erase(link));
      if (random() % 4 == 0) net.cut.insert({0, 1});
      const size_t i = random() % 3;
      const StateRecord s = {
          "web", "s" + std::to_string(random() % 4), random() % 2 == 0, u32(random() % 9), random() % 40, i};
      net.group(i).publish(net.node(i).digest, {s}, {}, net.now);
      StateRecord& known = latest[s.target];
      const auto order = [](const StateRecord& r) { return std::tie(r.version, r.origin, r.drained, r.weight); };
      if (known.target.empty() || order(known) < order(s)) known = s;
      if (got[i][s.target].target.empty() || order(got[i][s.target]) < order(s)) got[i][s.target] = s;
      net.run(std::chrono::milliseconds(random() % 3000));
      drain();
    }
    net.cut.clear();
    net.run(12s);
    drain();
    for (size_t i = 0; i < 3; ++i)
      for (const auto& [target, s] : latest) EXPECT_EQ(got[i][target], s) << target << " at " << i << ", seed " << seed;
  }
}

TEST(Group, MembersComeAndGoWithTheConfiguration) {
  Net net(3);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  const GroupConfig with = net.node(0).config;
  net.node(0).config.member.erase(net.node(0).config.member.begin());
  net.group(0).configure(net.node(0).config, net.now);
  net.flush(0);
  net.run(1s);
  ASSERT_EQ(net.group(0).view().members.size(), 1u);
  EXPECT_EQ(net.group(0).view().members[0].name, "d3");
  EXPECT_TRUE(net.group(0).view().members[0].up) << "the other's link stays";
  EXPECT_FALSE(net.member(1, 0).up);
  net.node(0).config = with;
  net.group(0).configure(with, net.now);
  EXPECT_TRUE(net.until([&] { return net.all_linked(); }));
}

}  // namespace
}  // namespace waymark::group
