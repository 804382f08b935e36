#include "agents/weight.h"

#include <gtest/gtest.h>

#include <random>

namespace waymark::agents {

using namespace std::chrono_literals;
using signalling::Load;

namespace {

Largest largest_of(std::initializer_list<Load> loads) {
  Largest largest;
  for (const Load& load : loads) {
    largest.sessions = std::max(largest.sessions, load.most_sessions);
    largest.capacity = std::max(largest.capacity, load.most_capacity);
  }
  return largest;
}

u32 weight(const Load& load, const Largest& largest = {}) { return weight_of(load, largest); }

}  // namespace

TEST(Weight, IsWhatIsFreeOfTheLargest) {
  const Load large{0, 500, 2000, 0, 0}, small{0, 0, 200, 0, 0};
  EXPECT_EQ(weight(large, largest_of({large, small})), 750u);
  EXPECT_EQ(weight(small, largest_of({large, small})), 100u);
  EXPECT_EQ(weight({0, 0, 0, 250, 1000}), 750u) << "by capacity";
  EXPECT_EQ(weight({0, 100, 1000, 600, 1000}), 400u) << "by what there is less of";
  EXPECT_EQ(weight({0, 0, 0xffffffff, 0, 0}), 1000u) << "no overflow";
}

TEST(Weight, IsZeroOnlyWhereTheServerSaysSo) {
  EXPECT_EQ(weight_of({}, {}), 1000u) << "it says nothing";
  EXPECT_EQ(weight({0, 1000, 1000, 0, 0}), 1u) << "full";
  EXPECT_EQ(weight({0, 2000, 1000, 0, 0}), 1u) << "more than full";
  EXPECT_EQ(weight({0, 0, 1, 0, 0}, largest_of({{0, 0, 1'000'000, 0, 0}})), 1u) << "tiny";
  EXPECT_EQ(weight({0, 5, 0, 0, 0}), 0u);
  EXPECT_EQ(weight({kNoNewFlows, 0, 1000, 0, 0}), 0u);
  EXPECT_EQ(weight({kNoNewFlows - 1, 0, 1000, 0, 0}), 1000u) << "other priorities do not count";
}

TEST(Damped, AFallCountsAtOnceARiseByAQuarterASecond) {
  Damped damped(1000);
  EXPECT_TRUE(damped.offer(100, 1s));
  EXPECT_EQ(damped.weight(), 100u);
  std::vector<u32> seen;
  for (Time now = 2s; now < 5s; now += 1s) {
    EXPECT_TRUE(damped.offer(1000, now));
    seen.push_back(damped.weight());
  }
  EXPECT_EQ(seen, (std::vector<u32>{125, 156, 195}));
  EXPECT_TRUE(damped.offer(0, 6s));
  EXPECT_EQ(damped.weight(), 0u);
  EXPECT_TRUE(damped.offer(1000, 7s)) << "from nothing, too";
}

TEST(Damped, SmallMovementsDoNotCount) {
  Damped damped(400);
  EXPECT_FALSE(damped.offer(266, 1s));
  EXPECT_FALSE(damped.offer(600, 2s));
  EXPECT_FALSE(damped.offer(440, 3s));
  EXPECT_TRUE(damped.offer(260, 4s));
}

TEST(Damped, ASmallMovementThatLastsCounts) {
  Damped damped(400);
  for (Time now = 1s; now < 11s; now += 1s) EXPECT_FALSE(damped.offer(now == 5s ? 460 : 480, now));
  EXPECT_TRUE(damped.offer(480, 11s));
  EXPECT_EQ(damped.weight(), 460u) << "the least of that time";
  Damped falling(400);
  for (Time now = 1s; now < 11s; now += 1s) EXPECT_FALSE(falling.offer(now == 5s ? 350 : 320, now));
  EXPECT_TRUE(falling.offer(320, 11s));
  EXPECT_EQ(falling.weight(), 350u) << "likewise a fall";
  Damped interrupted(400);
  for (Time now = 1s; now < 15s; now += 1s) EXPECT_FALSE(interrupted.offer(now == 8s ? 430 : 480, now));
}

TEST(Damped, ReachesAConstantLoad) {
  for (const u32 goal : {0u, 1u, 7u, 430u, 1000u}) {
    Damped damped(goal == 1000 ? 1 : 900);
    Time now = 1s;
    for (; now < 120s; now += 1s) damped.offer(goal, now);
    EXPECT_LE(damped.weight() * 9, goal * 10 + 18) << goal;
    EXPECT_GE(damped.weight() * 11 + 11, goal * 10) << goal;
  }
}

TEST(Damped, NoiseOfAFifthMovesItOnceInTenSeconds) {
  for (u32 seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    const u32 mean = 50 + u32(random() % 700);
    auto noisy = [&] { return mean * u32(80 + random() % 41) / 100; };
    Damped damped(noisy());
    std::vector<Time> changes;
    for (Time now = 1s; now < 300s; now += 1s)
      if (damped.offer(noisy(), now)) changes.push_back(now);
    for (size_t i = 1; i < changes.size(); ++i) EXPECT_GE(changes[i] - changes[i - 1], 10s) << "seed " << seed;
    EXPECT_LE(changes.size(), 12u) << "seed " << seed;
    EXPECT_GE(damped.weight() * 10, mean * 7) << "seed " << seed;
  }
}

TEST(Shares, LimitAPartOfTheSum) {
  Part parts[] = {{900, 30}, {500, 100}, {200, 100}};
  limit_shares(parts);
  EXPECT_NEAR(parts[0].weight, 300, 1e-6) << "30% of 1000";
  EXPECT_EQ(parts[1].weight, 500);
  Part within[] = {{100, 30}, {500, 100}};
  limit_shares(within);
  EXPECT_EQ(within[0].weight, 100) << "as it is where it is less than its share";
}

TEST(Shares, LimitingOneMayLimitAnother) {
  Part parts[] = {{1000, 20}, {350, 30}, {300, 100}, {400, 100}};
  limit_shares(parts);
  double sum = 0;
  for (const Part& part : parts) sum += part.weight;
  for (const Part& part : parts) EXPECT_LE(part.weight, part.share / 100. * sum + 1e-6);
  EXPECT_EQ(parts[3].weight, 400);
}

TEST(Shares, ThatCannotFillTheWholeKeepTheirRatio) {
  Part parts[] = {{10, 20}, {1000, 10}};
  limit_shares(parts);
  EXPECT_NEAR(parts[0].weight, 2 * parts[1].weight, 1e-6);
  Part alone[] = {{700, 10}};
  limit_shares(alone);
  EXPECT_GT(alone[0].weight, 0) << "who is alone serves";
  Part none[] = {{0, 10}, {0, 100}};
  limit_shares(none);
  EXPECT_EQ(none[0].weight + none[1].weight, 0);
}

}  // namespace waymark::agents
