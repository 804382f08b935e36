#include "core/steer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>
#include <vector>

namespace waymark {
namespace {

// The little that steering wants of an Env.
struct SteerEnv {
  Settings s{};
  std::vector<SteerBucket> buckets{};
  std::vector<Front> fronts{};
  std::vector<Rule> rules{};

  const Settings& settings() const { return s; }
  template <class V>
  static const auto* get(const V& values, u32 i) {
    return i < values.size() ? &values[i] : nullptr;
  }
  const SteerBucket* at(decltype(table::steer), u32 i) { return get(buckets, i); }
  const Front* at(decltype(table::fronts), u32 i) { return get(fronts, i); }
  const Rule* at(decltype(table::rules), u32 i) { return get(rules, i); }
  template <class S>
  u64 call(u64 a = 0, u64 b = 0, u64 c = 0, u64 d = 0) {
    return S::run(*this, a, b, c, d);
  }
};

bool place(SteerEnv& env) {
  env.buckets.assign(1u << env.s.steer_bits, {});
  for (u32 i = 0; i < env.fronts.size(); ++i) {
    const u64 hash = steer_hash(env.s.steer_seed, env.fronts[i].space, env.fronts[i].address);
    auto& way = env.buckets[hash >> (64 - env.s.steer_bits)].way;
    auto* free = std::find(way, way + kSteerWays, 0u);
    if (free == way + kSteerWays) return false;
    *free = u32(hash & 0xffff) << 16 | (i + 1);
  }
  return true;
}

class Steer : public testing::TestWithParam<u32> {};
INSTANTIATE_TEST_SUITE_P(Sizes, Steer, testing::Values(0, 1, 2, 10, 100, 1000, 10'000));

TEST_P(Steer, FindsWhatAMapFinds) {
  std::mt19937_64 random(GetParam() + 1);
  std::map<std::pair<Space, std::pair<u64, u64>>, u32> map;
  SteerEnv env;
  auto draw = [&](u32 near) {  // dense, as operators number: few spaces, neighbouring addresses of both families
    const u32 host = u32(random() % (near * 2 + 2));
    const Address a =
        random() % 2 ? address_of(wire32(0xc6336400 + host)) : Address{0x0100'0000'b80d'0120ull, u64(host) << 40};
    return std::pair{space_of(u32(random() % 3), SpaceKind(random() % 4), u32(random() % 2)), a};
  };
  while (env.fronts.size() < GetParam()) {
    const auto [space, address] = draw(GetParam());
    if (!map.emplace(std::pair{space, std::pair{address.high, address.low}}, u32(env.fronts.size())).second) continue;
    Front front{};
    front.space = space;
    front.address = address;
    env.fronts.push_back(front);
  }
  env.s.steer_bits = 4;
  while (!place(env))
    if (++env.s.steer_seed % 16 == 0) ++env.s.steer_bits;
  EXPECT_LE(env.s.steer_bits, 18u) << "the table has no more buckets";
  for (u32 i = 0; i < env.fronts.size(); ++i)
    ASSERT_EQ(find_front(env, env.fronts[i].space, env.fronts[i].address), &env.fronts[i]);
  for (int n = 0; n < 50'000; ++n) {
    const auto [space, address] = draw(GetParam());
    const auto expected = map.find({space, {address.high, address.low}});
    const Front* found = find_front(env, space, address);
    ASSERT_EQ(found, expected == map.end() ? nullptr : &env.fronts[expected->second]);
  }
}

TEST(Steer, AZeroTagIsNoEmptyWay) {  // a way is empty by its front's number alone
  SteerEnv env;
  env.s.steer_bits = 1;
  env.fronts.resize(1);
  for (u32 host = 0;; ++host) {
    env.fronts[0].address = address_of({host});
    if ((steer_hash(0, 0, env.fronts[0].address) & 0xffff) == 0) break;
  }
  ASSERT_TRUE(place(env));
  EXPECT_EQ(find_front(env, 0, env.fronts[0].address), &env.fronts[0]);
  env.buckets.assign(2, {});
  EXPECT_EQ(find_front(env, 0, env.fronts[0].address), nullptr);
}

// Whoever chooses a tunnel's keys can make one that leads to another's bucket and way. It leads no further.
TEST(Steer, AHashFindsASpaceAndNeverMeansIt) {
  SteerEnv env;
  env.s.steer_bits = 1;
  Front front{};
  front.space = space_of(7, SpaceKind::served, 1);
  front.address = address_of(wire32(0xc6336450));
  env.fronts.push_back(front);
  ASSERT_TRUE(place(env));
  const u64 hash = steer_hash(0, front.space, front.address);
  u32 alike = 0;
  for (u32 key = 2; key < 1u << 24; ++key) {
    const Space other = space_of(7, SpaceKind::served, key);
    if (((steer_hash(0, other, front.address) ^ hash) & (u64(1) << 63 | 0xffff))) continue;
    ++alike;
    EXPECT_EQ(find_front(env, other, front.address), nullptr) << key;
  }
  EXPECT_GT(alike, 10u);
  EXPECT_EQ(find_front(env, front.space, front.address), &env.fronts[0]);
}

// Disjoint rules of two protocols in order.
std::vector<Rule> random_rules(u32 count, std::mt19937_64& random) {
  std::vector<Rule> rules;
  for (u8 protocol : {u8(6), u8(17)}) {
    u32 port = 0;
    const u32 share = protocol == 6 ? count - count / 3 : count / 3;
    const u32 stride = share ? 65536 / share : 65536;
    for (u32 i = 0; i < share; ++i) {
      const u32 first = port + u32(random() % (stride + 1) / 2), last = first + u32(random() % (stride + 1) / 2);
      if (last > 65535) break;
      rules.push_back(rule_of(protocol, u16(first), u16(last), u16(i)));
      port = last + 1;
    }
  }
  return rules;
}

const Rule* naive(const std::vector<Rule>& rules, u8 protocol, u16 port) {
  for (const Rule& r : rules)
    if (r.first >> 16 == protocol && (r.first & 0xffff) <= port && port <= (r.first & 0xffff) + r.span) return &r;
  return nullptr;
}

TEST(Rules, AreFoundAsByLookingAtEach) {
  std::mt19937_64 random(7);
  for (u32 count : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u, 31u, 32u, 33u, 100u, 1000u}) {
    SteerEnv env;
    env.rules = random_rules(count, random);
    if (env.rules.empty()) continue;
    Front front{};
    front.rule_count = u16(env.rules.size());
    const std::vector<Rule> rules = env.rules;
    front.index = 3;  // others' rules stand around ours, and would take everything
    const Rule others = rule_of(6, 0, 65535, 999);
    env.rules.insert(env.rules.begin(), 3, others);
    env.rules.push_back(others);
    auto check = [&](u8 protocol, u32 port) {
      const Rule* expected = naive(rules, protocol, u16(port));
      const Rule* found = find_rule(env, &front, protocol, u16(port));
      ASSERT_EQ(!found, !expected) << count << " rules, port " << port;
      ASSERT_TRUE(!found || found - env.rules.data() - 3 == expected - rules.data())
          << count << " rules, port " << port;
    };
    for (const Rule& r : rules)
      for (u32 port : {r.first - 1, r.first, r.first + r.span, r.first + r.span + 1})
        for (u8 protocol : {u8(6), u8(17)}) check(protocol, port & 0xffff);
    for (int n = 0; n < 5000; ++n)
      check(std::vector<u8>{0, 1, 6, 16, 17, 18, 255}[random() % 7], u32(random() & 0xffff));
  }
}

TEST(Rules, TheMostThereCanBeOfOneFront) {
  SteerEnv env;
  for (u32 port = 0; port < 65535; ++port) env.rules.push_back(rule_of(6, u16(port), u16(port), u16(port)));
  Front front{};
  front.rule_count = 65535;
  for (u32 port = 0; port < 65535; ++port) ASSERT_EQ(find_rule(env, &front, 6, u16(port)), &env.rules[port]);
  EXPECT_EQ(find_rule(env, &front, 6, 65535), nullptr);
  EXPECT_EQ(find_rule(env, &front, 5, 65535), nullptr);
  EXPECT_EQ(find_rule(env, &front, 17, 0), nullptr);
}

TEST(Rules, InTheFrontOnlyAsManyAsItSays) {
  SteerEnv env;
  Front front{};
  for (u8 rules = 0; rules <= kFrontRules; ++rules) {
    for (u32 i = 0; i < kFrontRules; ++i) front.rule[i] = i < rules ? rule_of(6, u16(i), u16(i), 0) : kNoRule;
    EXPECT_EQ(find_rule(env, &front, 0, 0), nullptr);
    EXPECT_EQ(find_rule(env, &front, 255, 65535), nullptr);
    for (u16 port = 0; port < kFrontRules + 1; ++port)
      EXPECT_EQ(find_rule(env, &front, 6, port), port < rules ? &front.rule[port] : nullptr);
  }
}

}  // namespace
}  // namespace waymark
