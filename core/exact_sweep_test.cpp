#include "core/exact_sweep.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "tests/kit/exact_env.h"

namespace waymark {
namespace {

using namespace exact4;

struct Swept {
  Memory memory;
  ExactEnv<ExactRecord4> env{memory};
  std::vector<SweepWords> words;
  ExactSweeper<Memory::Flows, Memory::New> sweeper;
  std::vector<u64> stayed, embryos_stayed;  // the first word of each key, as the last sweep told

  explicit Swept(u32 buckets, u32 embryo_buckets = 64)
      : memory(buckets, embryo_buckets), words(buckets), sweeper(words.data()) {}
  // Flows whose state is odd are short-lived.
  const ExactCounts& sweep(u32 stamp) { return sweep({stamp, stamp}); }
  const ExactCounts& sweep(const ExactStamps& stamps) {
    stayed.clear();
    embryos_stayed.clear();
    while (!part(stamps)) continue;
    return sweeper.counts();
  }
  bool part(const ExactStamps& stamps) {
    return sweeper.step(
        env, memory.limits, stamps, [](u64 state) { return state % 2 ? 4u : 400u; },
        [&](const ExactRecord4& r, bool embryo) { (embryo ? embryos_stayed : stayed).push_back(r.key[0]); }, 7);
  }
};

TEST(ExactSweep, EachGoesAfterItsOwnIdleTime) {
  Swept s(64);
  for (u32 i = 0; i < 100; ++i) ASSERT_TRUE(is_in(s.env.insert(key(i), i, i, 10)));
  EXPECT_EQ(s.sweep(14).expired, 0u);
  EXPECT_EQ(s.sweep(9).expired, 0u) << "a stamp ahead is fresh";
  EXPECT_EQ(s.sweep(15).expired, 50u);
  EXPECT_EQ(s.sweeper.counts().flows, 50u);
  for (u32 i = 0; i < 100; ++i) EXPECT_EQ(s.env.find(key(i)).word != nullptr, i % 2 == 0);
  auto used = s.env.find(key(0));
  ASSERT_TRUE(touch(used, 300));
  EXPECT_EQ(s.sweep(411).expired, 49u);
  EXPECT_TRUE(s.env.find(key(0)).word);
}

TEST(ExactSweep, EmbryosGoAfterTheirs) {
  Swept s(64);
  for (u32 i = 0; i < 50; ++i) s.env.insert_embryo(key(i), 0, i, i % 2 ? 10 : 20);
  EXPECT_EQ(s.sweep(51).expired, 25u);
  EXPECT_EQ(s.sweeper.counts().embryos, 25u);
  EXPECT_TRUE(s.env.find_embryo(key(0)).word);
  EXPECT_FALSE(s.env.find_embryo(key(1)).word);
}

TEST(ExactSweep, FlowsAndEmbryosHaveAClockEach) {
  Swept s(64);
  for (u32 i = 0; i < 10; ++i) s.env.insert(key(i), 1, i, 10);
  for (u32 i = 10; i < 20; ++i) s.env.insert_embryo(key(i), 0, i, 160);
  EXPECT_EQ(s.sweep({14, 200}).expired, 0u);
  EXPECT_EQ(s.sweep({14, 201}).expired, 10u);
  EXPECT_EQ(s.sweeper.counts().flows, 10u);
  EXPECT_EQ(s.sweep({15, 160}).expired, 10u);
}

TEST(ExactSweep, TellsOfEachThatStaysOnce) {
  Swept s(64);
  for (u32 i = 0; i < 40; ++i) s.env.insert(key(i), i, i, 10);
  for (u32 i = 40; i < 60; ++i) s.env.insert_embryo(key(i), 0, i, i % 2 ? 100 : 200);
  s.sweep({15, 210});
  const auto keys = [](u32 from, u32 to) {
    std::multiset<u64> all;
    for (u32 i = from; i < to; i += 2) all.insert(key(i).word[0]);
    return all;
  };
  EXPECT_EQ(std::multiset<u64>(s.stayed.begin(), s.stayed.end()), keys(0, 40));
  EXPECT_EQ(std::multiset<u64>(s.embryos_stayed.begin(), s.embryos_stayed.end()), keys(40, 60));
}

TEST(ExactSweep, APassThatWasGivenUpBeginsAnew) {
  Swept s(64);
  for (u32 i = 0; i < 40; ++i) s.env.insert(key(i), 0, i, 10);
  for (u32 parts = 0; parts < 20; ++parts) ASSERT_FALSE(s.part({10, 10}));
  EXPECT_TRUE(s.sweeper.midway());
  s.sweeper.restart();
  EXPECT_FALSE(s.sweeper.midway());
  EXPECT_EQ(s.sweep(10).flows, 40u);
  EXPECT_EQ(s.stayed.size(), 40u);
}

TEST(ExactSweep, WhatIsClaimedOrMovesStays) {
  Swept s(64);
  s.env.insert(key(1), 1, 1, 0);
  s.env.insert(key(3), 1, 1, 0);
  for (u32 n : {1u, 3u}) {
    const auto flow = s.env.find(key(n));
    *flow.word = in_phase(*flow.word, n == 1 ? ExactPhase::claimed : ExactPhase::moving);
  }
  EXPECT_EQ(s.sweep(200).expired, 0u);
  EXPECT_EQ(s.sweeper.counts().flows, 2u);
}

TEST(ExactSweep, FiltersAreTidiedWhenTheyAreQuiet) {
  Swept s(200);
  const u32 most = 200 * kExactWays * 85 / 100;
  for (u32 i = 0; i < most; ++i) s.env.insert(key(i), i, i, 10);
  s.sweep(10);
  EXPECT_EQ(s.sweeper.counts().filters_tidied, 0u) << "the first sweep does not know since when they are so";
  EXPECT_GT(s.sweeper.counts().spilled, 20u);
  s.sweep(15);  // half of the flows go
  s.sweep(15);
  for (u32 i = 0; i < most; i += 2) ASSERT_EQ(s.env.find(key(i)).word != nullptr, true) << i;
  s.env.buckets_read = 0;
  u32 spilled = 0;
  for (u32 i = 0; i < most; i += 2) spilled += u32(s.env.find(key(i)).value >> 63);
  EXPECT_EQ(s.sweeper.counts().spilled, spilled);
  u32 bits = 0;
  for (const ExactBucket& bucket : s.memory.index) bits += u32(__builtin_popcountll(bucket.spill & (kSpillChange - 1)));
  EXPECT_LE(bits, spilled) << "no bit is left that no flow needs";
  EXPECT_GT(bits, 0u);
}

TEST(ExactSweep, AFilterThatChangedIsLeft) {
  Swept s(64);
  s.sweep(0);
  u64& filter = s.memory.index[3].spill;
  ASSERT_TRUE(mark_spill(&filter, 0x1234));  // a packet is about to write its flow
  s.sweep(0);
  EXPECT_TRUE(filter & spill_bit(0x1234));
  s.sweep(0);
  EXPECT_FALSE(filter & spill_bit(0x1234));
}

// Sweeps beside packets: no flow that is used is ever lost.
TEST(ExactSweep, WhatIsUsedStaysWhileFlowsComeAndGo) {
  constexpr u32 kKept = 500;
  Swept s(120);
  for (u32 i = 0; i < kKept; ++i) ASSERT_TRUE(is_in(s.env.insert(key(i), 0, i, 100)));
  u32 missed = 0;
  std::thread packets([&] {
    ExactEnv<ExactRecord4> env{s.memory};
    for (u32 n = 0; n < 400; ++n)
      for (u32 i = 0; i < kKept; ++i) {
        auto flow = env.find(key(i));
        missed += !flow.word || flow.user != i || !touch(flow, 100);
        if (i % 2 == 0) env.insert(key(kKept + n * kKept + i), 1, 0, 95);  // idle from its beginning
      }
  });
  u64 expired = 0;
  for (u32 n = 0; n < 300; ++n) expired += s.sweep(100).expired;
  packets.join();
  EXPECT_EQ(missed, 0u);
  EXPECT_GT(expired + s.sweep(100).expired, 100u);
}

}  // namespace
}  // namespace waymark
