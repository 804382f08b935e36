#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <random>

#include "tests/kit/exact_env.h"

namespace waymark {
namespace {

using namespace exact4;

TEST(Exact, AWordKeepsItsFields) {
  const u64 word = exact_word(0x89abcdef, 0x54321, 0x1aa, ExactPhase::moving, 1);
  EXPECT_EQ(word, 0x89abcdefull | 0x54321ull << 32 | 0x1aaull << 52 | 2ull << 61 | 1ull << 63);
  EXPECT_EQ(generation_of(word), 0x54321u);
  EXPECT_EQ(phase_of(word), ExactPhase::moving);
  EXPECT_EQ(phase_of(in_phase(word, ExactPhase::live)), ExactPhase::live);
  EXPECT_EQ(free_word(word), 0x54321ull << 32);
  EXPECT_EQ(exact_word(1, 0x100000, 0x200, ExactPhase::claimed, 0), 1u);  // both wrap
}

// The promise of the table's size: 80% of the ways hold flows and none is refused; at 85% less than one in 10,000. All
// are found, each with its own record.
template <class Record>
void fill_and_find() {
  constexpr u32 kBuckets = 20'000, kFlows = kBuckets * kExactWays * 85 / 100, kNoneRefused = kFlows * 80 / 85;
  ExactMemory<Record> memory(kBuckets);
  ExactEnv<Record> env{memory};
  std::map<Inserted, u32> how;
  for (u32 i = 0; i < kFlows; ++i) {
    ++how[env.insert(exact_key<kKeyWords<Record>>(i), i, i * 3)];
    if (i == kNoneRefused) {
      ASSERT_EQ(how[Inserted::full], 0u);
    }
  }
  EXPECT_LT(how[Inserted::full], kFlows / 10'000);
  EXPECT_EQ(how[Inserted::placed] + how[Inserted::spilled] + how[Inserted::moved] + how[Inserted::full], kFlows);
  EXPECT_GT(how[Inserted::spilled], 0u);
  EXPECT_GT(how[Inserted::moved], 0u);
  env.buckets_read = 0;
  u32 wrong = 0;
  for (u32 i = 0; i < kFlows; ++i) {
    const auto flow = env.find(exact_key<kKeyWords<Record>>(i));
    wrong += !flow.word || flow.owners_state() != i || flow.user != i * 3;
  }
  EXPECT_EQ(wrong, how[Inserted::full]);
  const double hit = double(env.buckets_read) / kFlows;
  env.buckets_read = 0;
  for (u32 i = 0; i < 100'000; ++i) EXPECT_FALSE(env.find(exact_key<kKeyWords<Record>>(kFlows + i)).word);
  const double miss = double(env.buckets_read) / 100'000;
  std::printf("%u flows: spilled %u, moved %u; index lines a hit %.3f, a miss %.3f; %.1f bytes a flow\n", kFlows,
              how[Inserted::spilled], how[Inserted::moved], hit, miss,
              double(sizeof(ExactBucket) + kExactWays * sizeof(Record)) * kBuckets / kFlows);
  EXPECT_LT(hit, 1.5);
  EXPECT_LT(miss, 1.5);
}
TEST(Exact, AllFoundAt85PercentIp4) { fill_and_find<ExactRecord4>(); }
TEST(Exact, AllFoundAt85PercentIp6) { fill_and_find<ExactRecord6>(); }

TEST(Exact, EqualFingerprintsAreToldApartByTheKey) {
  Memory memory(16);
  Env4 env{memory};
  const PinPlace place = {0x1234, 5, 0};
  for (u32 i = 0; i < 14; ++i)  // both buckets full of one fingerprint
    ASSERT_EQ(env.insert(key(i), place, i, 100 + i), i < 7 ? Inserted::placed : Inserted::spilled) << i;
  EXPECT_FALSE(is_in(env.insert(key(99), place, 0, 0)));
  for (u32 i = 0; i < 14; ++i) {
    const auto flow = env.find(key(i), place);
    ASSERT_TRUE(flow.word) << i;
    EXPECT_EQ(flow.owners_state(), i);
    EXPECT_EQ(flow.user, 100 + i);
  }
  EXPECT_FALSE(env.find(key(99), place).word);
  EXPECT_TRUE(erase_exact(env.find(key(3), place)));
  EXPECT_FALSE(env.find(key(3), place).word);
  EXPECT_TRUE(env.find(key(4), place).word);
}

TEST(Exact, AFlowIsInsertedOnce) {
  Memory memory(64);
  Env4 env{memory};
  EXPECT_TRUE(is_in(env.insert(key(1), 1, 1)));
  EXPECT_EQ(env.insert(key(1), 2, 2), Inserted::known);
  EXPECT_EQ(live_ways(memory), 1u);
  EXPECT_EQ(env.find(key(1)).user, 1u);
}

TEST(Exact, ASpilledFlowIsInsertedOnce) {
  Memory memory(16);
  Env4 env{memory};
  for (u32 i = 0; i < 8; ++i) env.insert(key(i), {0x1000 + i, 5, 0}, i, i);
  const PinPlace last = {0x1007, 5, 0};
  ASSERT_TRUE(env.find(key(7), last).value >> 63);
  ASSERT_TRUE(erase_exact(env.find(key(0), {0x1000, 5, 0})));  // room in its first bucket again
  EXPECT_EQ(env.insert(key(7), last, 9, 9), Inserted::known);
  EXPECT_EQ(env.find(key(7), last).user, 7u);
}

TEST(Exact, FullRefusesTheNewcomerAndKeepsAll) {
  Memory memory(100);
  Env4 env{memory};
  std::vector<u32> in;
  u32 refused = 0;
  for (u32 i = 0; i < 2000; ++i) {
    const Inserted how = env.insert(key(i), i, i);
    if (is_in(how)) in.push_back(i);
    refused += how == Inserted::full;
  }
  EXPECT_EQ(in.size() + refused, 2000u);
  EXPECT_GT(in.size(), 100 * kExactWays * 90 / 100);
  for (u32 i : in) ASSERT_EQ(env.find(key(i)).user, i);
  EXPECT_EQ(live_ways(memory), in.size());
}

// Readers, who look into the first bucket first, count on it.
TEST(Exact, NoFlowMovesBackToItsFirstBucket) {
  Memory memory(100);
  Env4 env{memory};
  for (u32 i = 0; i < 4000; ++i) {
    const auto flow = env.find(key(i % 500));
    if (flow.word && i % 3 == 0)
      erase_exact(flow);
    else
      env.insert(key(i), i, i);
  }
  for (u32 i = 0; i < 4000; ++i)
    if (const auto flow = env.find(key(i)); flow.word) {
      const auto& first = memory.index[env.place(key(i)).bucket].way;
      ASSERT_EQ(flow.value >> 63, flow.word < first || flow.word >= first + kExactWays) << i;
    }
}

TEST(Exact, TheIdleGiveWayAndTheOthersStay) {
  Memory memory(64);
  Env4 env{memory};
  std::vector<u32> fresh;
  for (u32 i = 0; i < 2000; ++i)  // all used 401 stamps ago, but for every second: 400
    if (is_in(env.insert(key(i), 0, i, i % 2)) && i % 2) fresh.push_back(i);
  u32 placed = 0;
  for (u32 i = 2000; i < 2100; ++i) placed += is_in(env.insert(key(i), 0, i, 401));
  EXPECT_GT(placed, 90u);
  for (u32 i : fresh) ASSERT_EQ(env.find(key(i)).user, i);
}

// A processor that read the clock a moment ago must not take a stamp just ahead for one of long ago.
TEST(Exact, AStampAheadIsFresh) {
  EXPECT_EQ(exact_age(exact_word(1, 0, 6, ExactPhase::live, 0), 5), 0u);
  EXPECT_EQ(exact_age(exact_word(1, 0, 0, ExactPhase::live, 0), kStampMask), 0u);
  EXPECT_EQ(exact_age(exact_word(1, 0, 5, ExactPhase::live, 0), 505), 500u);
}

TEST(Exact, TouchWritesOnceAStamp) {
  Memory memory(64);
  Env4 env{memory};
  env.insert(key(1), 0, 0, 7);
  auto flow = env.find(key(1));
  const u64 before = *flow.word;
  EXPECT_TRUE(touch(flow, 7));
  EXPECT_EQ(*flow.word, before);
  auto other = flow;
  EXPECT_TRUE(touch(flow, 8));
  EXPECT_EQ(pin_age(*flow.word, 8), 0u);
  EXPECT_TRUE(touch(other, 8)) << "another packet touched it first";
  EXPECT_TRUE(touch(other, 7));
  EXPECT_EQ(pin_age(*flow.word, 8), 0u);
  ASSERT_TRUE(erase_exact(other)) << "though touched since it was found";
  EXPECT_FALSE(touch(flow, 9)) << "it is gone";
  EXPECT_FALSE(erase_exact(flow));
}

TEST(Exact, AStateIsChangedByOneAtATime) {
  Memory memory(64);
  Env4 env{memory};
  env.insert(key(1), 5, 0);
  auto one = env.find(key(1)), two = one;
  EXPECT_TRUE(change_state(one, kStateMask));
  EXPECT_FALSE(change_state(two, 7));
  EXPECT_EQ(env.find(key(1)).owners_state(), kStateMask);
  EXPECT_TRUE(change_state(one, 8));
  EXPECT_EQ(env.find(key(1)).owners_state(), 8u);
}

// A packet that is late changes nothing of the way's next flow, though that has the same key, state and stamp.
TEST(Exact, WhatIsLateHarmsNoSuccessor) {
  Memory memory(64);
  Env4 env{memory};
  env.insert(key(1), 5, 0);
  auto late = env.find(key(1));
  ASSERT_TRUE(erase_exact(late));
  ASSERT_TRUE(is_in(env.insert(key(1), 5, 0)));
  ASSERT_EQ(env.find(key(1)).word, late.word) << "the same way";
  EXPECT_FALSE(change_state(late, 6));
  EXPECT_FALSE(erase_exact(late));
  EXPECT_FALSE(touch(late, 1));
  EXPECT_EQ(env.find(key(1)).owners_state(), 5u);
}

// Between a reader's look at the index and at the record, the way gets another life.
TEST(Exact, AReaderTakesNothingOfALaterLife) {
  Memory memory(64);
  Env4 env{memory}, other{memory};
  env.insert(key(1), 5, 50);
  env.when_a_record_is_looked_up = [&] {
    ASSERT_TRUE(erase_exact(other.find(key(1))));
    ASSERT_TRUE(is_in(other.insert(key(1), 6, 60)));
  };
  EXPECT_FALSE(env.find(key(1)).word);
  EXPECT_EQ(env.find(key(1)).user, 60u);
}

TEST(Exact, AClaimedWayIsNobodysFlow) {
  Memory memory(64);
  Env4 env{memory}, other{memory};
  env.insert(key(1), 5, 50);
  const PinPlace place = env.place(key(1));
  u64& word = memory.index[place.bucket].way[0];
  word = in_phase(word, ExactPhase::claimed);
  EXPECT_FALSE(env.find(key(1)).word);
  EXPECT_EQ(env.insert(key(1), 1, 1), Inserted::contended);
}

}  // namespace
}  // namespace waymark
