// Targets that come and go as data: by the same choice as a reload would have brought, and without a load.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "node/services.h"
#include "node/site_test.h"

namespace waymark {
namespace {

TargetConfig target(int number, u32 weight = 10) {
  TargetConfig t;
  t.name = "s" + std::to_string(number);
  t.address = ip("2001:db8:5::" + std::to_string(number));
  t.weight = weight;
  return t;
}

Config with(const std::vector<TargetConfig>& targets) {
  Config config = site();
  config.service[0].target = targets;
  return config;
}

// As when servers registered: the configuration in force stays.
void repool(Site& s, const std::vector<TargetConfig>& targets) {
  s.now += 1s;
  const Status done = s.node->repool(services_of(with(targets)), s.now);
  ASSERT_TRUE(done) << done.error().sentence;
  for (const Address& a : s.node->next_hops_wanted())
    s.node->on_next_hop({a, true, 3, {{2, 0, 0, 0, 1, byte_of(a, 15)}}, {{2, 0, 0, 0, 0, 2}}, 1500, ""}, s.now);
}

// Where new flows go: how many of these to each.
std::map<u8, int> spread(Site& s, u16 from) {
  std::map<u8, int> to;
  for (u16 n = from; n < from + 400; ++n) ++to[s.send(n, kSyn)];
  return to;
}

TEST(Repool, ATargetThatCameGetsItsShareAndFlowsStay) {
  Site s;
  std::map<u16, u8> before;
  for (u16 n = 1; n <= 300; ++n) {
    before[n] = s.send(n, kSyn);
    s.send(n, kAck);
  }
  repool(s, {target(1), target(2), target(3), target(4)});
  for (const auto& [n, to] : before) EXPECT_EQ(s.send(n, kAck), to);
  const auto to = spread(s, 1'000);
  EXPECT_EQ(to.size(), 4u);
  EXPECT_GT(to.at(4), 50);
}

TEST(Repool, OneThatWentKeepsItsFlowsAndGetsNoNewOnes) {
  Site s;
  std::set<u16> of_third;
  for (u16 n = 1; n <= 300; ++n) {
    if (s.send(n, kSyn) == 3) of_third.insert(n);
    s.send(n, kAck);
  }
  ASSERT_FALSE(of_third.empty());
  repool(s, {target(1), target(2)});
  for (const u16 n : of_third) EXPECT_EQ(s.send(n, kAck), 3);
  EXPECT_FALSE(spread(s, 1'000).contains(3));
  s.later(1h);
  repool(s, {target(1), target(2), target(3)});
  EXPECT_TRUE(spread(s, 2'000).contains(3)) << "and may come back";
}

TEST(Repool, AServiceMayBeginAndEndWithoutAny) {
  Config config = site();
  Site s(kUsualTargets, 0, with({}));
  EXPECT_EQ(s.send(1, kSyn), 0);
  EXPECT_FALSE(s.node->is_live("web"));
  repool(s, {target(7)});
  EXPECT_EQ(s.send(1, kSyn), 7);
  EXPECT_TRUE(s.node->is_live("web"));
  repool(s, {});
  s.now += 1s;
  EXPECT_EQ(s.send(2, kSyn), 0);
  EXPECT_FALSE(s.node->is_live("web"));
}

TEST(Repool, WeightsAreData) {
  Site s;
  const auto slots = [&] {
    std::map<std::string, u32> all;
    for (const TargetView& t : s.node->targets()) all[t.target] = t.slot;
    return all;
  };
  const auto before = slots();
  repool(s, {target(1, 10), target(2, 0), target(3, 30)});
  EXPECT_EQ(slots(), before);
  const auto to = spread(s, 1);
  EXPECT_FALSE(to.contains(2));
  EXPECT_GT(to.at(3), 2 * to.at(1));
}

// What operators decided stays with a target that goes and comes.
TEST(Repool, DecisionsStay) {
  Site s;
  ASSERT_TRUE(s.node->drain("web/s2", true, s.now));
  repool(s, {target(1), target(3)});
  repool(s, {target(1), target(2), target(3)});
  EXPECT_FALSE(spread(s, 1).contains(2));
}

TEST(Repool, WaitsForAConfigurationOnItsWay) {
  Site s;
  const auto draft = s.node->draft(std::make_shared<const Config>(site()), services_of(site()), kInterfaces);
  ASSERT_TRUE(draft);
  EXPECT_FALSE(s.node->repool(services_of(with({target(1)})), s.now));
  EXPECT_EQ(spread(s, 1).size(), 3u) << "nothing changed";
  s.node->abandon();
  EXPECT_TRUE(s.node->repool(services_of(with({target(1)})), s.now));
}

// Whatever comes and goes: members of a group that reload meanwhile choose alike.
TEST(Repool, IsWhatAReloadWouldBring) {
  for (u64 seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random{seed};
    Site by_data, by_load;
    for (int turn = 0; turn < 15; ++turn) {
      std::vector<TargetConfig> targets;
      for (int i = 1; i <= 6; ++i)
        if (random() % 3) targets.push_back(target(i, u32(random() % 30)));
      repool(by_data, targets);
      by_load.configure(with(targets));
      by_load.now = by_data.now = std::max(by_load.now, by_data.now) + 1s;
      by_data.node->tick(by_data.now);
      by_load.node->tick(by_load.now);
      EXPECT_EQ(by_data.node->pool_digest(), by_load.node->pool_digest()) << "seed " << seed << ", turn " << turn;
      EXPECT_EQ(by_data.node->history_digest(), by_load.node->history_digest()) << "seed " << seed;
      for (u16 n = 1; n <= 100; ++n) {
        const u16 client = u16(1'000 + turn * 100 + n);
        EXPECT_EQ(by_data.send(client, kSyn), by_load.send(client, kSyn)) << "seed " << seed;
      }
      if (random() % 5 == 0) by_data.restart(), by_data.configure(with(targets));
    }
  }
}

}  // namespace
}  // namespace waymark
