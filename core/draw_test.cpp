#include "core/draw.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace waymark {

TEST(Draw, DepthIsTheLogarithm) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 100'000; ++i) {
    const u64 hash = random() >> random() % 40;
    EXPECT_NEAR(double(depth_of(hash)) / 0x1p32, -std::log2((double(hash) + 1) * 0x1p-64), 0.001) << hash;
  }
  EXPECT_EQ(depth_of(~u64(0)), 1u) << "never 0, and never negative";
  EXPECT_EQ(depth_of(0), u64(64) << 32);
}

TEST(Draw, SharesFollowWeights) {
  std::mt19937_64 random(6);
  constexpr u32 kWeights[] = {10, 30, 60};
  u32 won[3] = {};
  for (int i = 0; i < 100'000; ++i) {
    const u64 high = random(), low = random();
    u32 best = 0;
    for (u32 n = 1; n < 3; ++n)
      if (draw_cost(high, low, n + 1, kWeights[n]) < draw_cost(high, low, best + 1, kWeights[best])) best = n;
    ++won[best];
  }
  for (u32 n = 0; n < 3; ++n) EXPECT_NEAR(double(won[n]) / 100'000, kWeights[n] / 100.0, 0.006);
}

}  // namespace waymark
