// A table whose flows keep their places: nothing moves, half-open flows give way, and a record alone tells whose it is.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "core/exact_sweep.h"
#include "tests/kit/exact_env.h"

namespace waymark {
namespace {

using namespace exact4;
using Fixed = ExactTable<table::ExactFlows, table::ExactFlowRecords<ExactRecord4>, true>;

struct Table {
  Memory memory;
  ExactEnv<ExactRecord4> env{memory};

  explicit Table(u32 buckets) : memory(buckets) { memory.limits.embryo_buckets = 0; }
  // Its word is twice its place, and `more`.
  Inserted begin(const ExactKey<2>& key, const PinPlace& at, u64 state = 1, u32 stamp = 0, u64 more = 0) {
    return insert_exact<Fixed>(
        env, memory.limits, at, key, state, [more](ExactRecord4&, u32 place) { return 2 * u64(place) + more; }, stamp);
  }
  Inserted begin(u64 n, u64 state = 1, u32 stamp = 0) { return begin(key(n), env.place(key(n)), state, stamp); }
  Memory::Flow find(u64 n) { return find_exact<Fixed>(env, memory.limits, env.place(key(n)), key(n)); }
  bool settle(u64 n) {
    const auto flow = find(n);
    return flow.word && waymark::settle(flow.word, flow.value);
  }
  u32 ways(ExactPhase phase) const {
    u32 count = 0;
    for (const ExactBucket& bucket : memory.index)
      for (const u64 word : bucket.way) count += u32(word) && phase_of(word) == phase;
    return count;
  }
};

TEST(ExactFixed, AFlowBeginsTentativeAndBecomesLiveWhereItIs) {
  Table t(64);
  ASSERT_EQ(t.begin(1), Inserted::placed);
  EXPECT_EQ(t.begin(1), Inserted::known);
  auto flow = t.find(1);
  ASSERT_TRUE(flow.word);
  EXPECT_EQ(phase_of(*flow.word), ExactPhase::tentative);
  EXPECT_EQ(flow.user, 2 * u64(flow.place));
  EXPECT_EQ(flow.record, &t.memory.records[flow.place]);
  EXPECT_EQ(flow.word, &t.memory.index[flow.place / kExactWays].way[flow.place % kExactWays]);
  ASSERT_TRUE(touch(flow, 7));
  ASSERT_TRUE(t.settle(1));
  EXPECT_TRUE(t.settle(1)) << "it is";
  EXPECT_EQ(phase_of(*flow.word), ExactPhase::live);
  EXPECT_EQ(exact_age(*flow.word, 7), 0u);
  EXPECT_EQ(t.find(1).place, flow.place);
  EXPECT_FALSE(settle(flow.word, free_word(flow.value))) << "of a way that is free";
}

// What a table is made for, three quarters of its ways, finds room, and whatever is in it never changes its place.
TEST(ExactFixed, NothingMoves) {
  constexpr u32 kBuckets = 500, kFlows = kBuckets * kExactWays * 3 / 4;
  Table t(kBuckets);
  std::vector<u32> places;
  u32 full = 0, spilled = 0;
  for (u64 n = 0; n < kFlows; ++n) {
    const Inserted how = t.begin(n);
    full += how == Inserted::full;
    spilled += how == Inserted::spilled;
    EXPECT_TRUE(how == Inserted::placed || how == Inserted::spilled || how == Inserted::full);
    if (is_in(how)) {
      ASSERT_TRUE(t.settle(n));
    }
    places.push_back(is_in(how) ? t.find(n).place : ~0u);
  }
  EXPECT_GT(spilled, 100u);
  EXPECT_LT(full, kFlows / 500) << "of the larger tables that there are: 1 in 4,000";
  for (u64 n = 0; n < kFlows; ++n)
    if (places[n] != ~0u) {
      ASSERT_EQ(t.find(n).place, places[n]) << n;
    }
}

TEST(ExactFixed, TheOldestTentativeFlowOfBothBucketsGivesWay) {
  Table t(16);
  const PinPlace place = {0x1234, 5, 0};
  for (u32 i = 0; i < 14; ++i) ASSERT_TRUE(is_in(t.begin(key(i), place, 1, i == 9 ? 10 : 12)));
  const auto find = [&](u64 n) { return find_exact<Fixed>(t.env, t.memory.limits, place, key(n)); };
  const auto oldest = find(9);
  const ExactRecord4* record = oldest.record;
  EXPECT_EQ(t.begin(key(99), place, 1, 13), Inserted::evicted);
  EXPECT_FALSE(find(9).word);
  ASSERT_TRUE(find(99).word);
  EXPECT_EQ(find(99).record, record);
  EXPECT_FALSE(settle(oldest.word, oldest.value)) << "it gave way";
  for (u32 i = 0; i < 14; ++i)
    if (const auto flow = find(i); flow.word) {
      ASSERT_TRUE(settle(flow.word, flow.value));
    }
  EXPECT_EQ(t.begin(key(100), place, 1, 200), Inserted::evicted) << "the one that is not live";
  EXPECT_FALSE(find(99).word);
  ASSERT_TRUE(settle(find(100).word, find(100).value));
  EXPECT_EQ(t.begin(key(101), place, 1, 300), Inserted::full);
  EXPECT_EQ(t.ways(ExactPhase::live), 14u);
}

// Ten tables of half-open flows, and no open one is lost.
TEST(ExactFixed, AFloodLosesNoLiveFlow) {
  constexpr u32 kBuckets = 300, kLive = kBuckets * kExactWays / 2;
  Table t(kBuckets);
  for (u64 n = 0; n < kLive; ++n) {
    ASSERT_TRUE(is_in(t.begin(n)));
    ASSERT_TRUE(t.settle(n));
  }
  u32 evicted = 0;
  for (u64 n = 0; n < 10ull * kBuckets * kExactWays; ++n) evicted += t.begin(1'000'000 + n) == Inserted::evicted;
  EXPECT_GT(evicted, 8 * kBuckets * kExactWays);
  for (u64 n = 0; n < kLive; ++n) ASSERT_TRUE(t.find(n).word) << n;
  EXPECT_EQ(t.ways(ExactPhase::live), kLive);
}

TEST(ExactFixed, ARecordAloneTellsWhetherItHoldsAFlow) {
  Table t(64);
  ASSERT_TRUE(is_in(t.begin(1, 5)));
  const auto flow = t.find(1);
  const u64 state = begin_reading(flow.record);
  EXPECT_EQ(state & kStateMask, 5u);
  EXPECT_TRUE(end_reading(flow.record, state));
  ASSERT_TRUE(erase_fixed(flow));
  EXPECT_EQ(begin_reading(flow.record), 0u);
  EXPECT_FALSE(end_reading(flow.record, state));
  EXPECT_FALSE(erase_fixed(flow));
  const PinPlace same = t.env.place(key(1));
  ASSERT_TRUE(is_in(t.begin(key(2), same, 5)));
  ASSERT_EQ(begin_reading(flow.record) & kStateMask, 5u) << "in the same place";
  EXPECT_FALSE(end_reading(flow.record, state)) << "of another life";
  empty_record(flow.record, flow.value);
  EXPECT_NE(begin_reading(flow.record), 0u) << "it is not that one's to empty";
}

TEST(ExactFixed, TheSweepEmptiesRecordsAndCountsTentativeOnesApart) {
  Table t(64);
  std::vector<SweepWords> words(64);
  ExactSweeper<Fixed> sweeper(words.data());
  for (u64 n = 0; n < 90; ++n) ASSERT_TRUE(is_in(t.begin(n, 1 + n % 3)));
  for (u64 n = 0; n < 90; n += 2) ASSERT_TRUE(t.settle(n));
  const ExactRecord4* idle = t.find(2).record;
  u32 told = 0, told_tentative = 0;
  const auto sweep = [&](u32 stamp) {
    told = told_tentative = 0;
    while (!sweeper.step(
        t.env, t.memory.limits, {stamp, stamp}, [](u64 state) { return state == 3 ? 4u : 400u; },
        [&](const ExactRecord4&, bool tentative) { ++(tentative ? told_tentative : told); }, 7))
      continue;
  };
  sweep(4);
  EXPECT_EQ(sweeper.counts().flows, 45u);
  EXPECT_EQ(sweeper.counts().embryos, 45u);
  sweep(5);
  EXPECT_EQ(sweeper.counts().expired, 30u);
  EXPECT_EQ(sweeper.counts().flows, 30u);
  EXPECT_EQ(sweeper.counts().embryos, 30u);
  EXPECT_EQ(told, 30u);
  EXPECT_EQ(told_tentative, 30u);
  EXPECT_EQ(begin_reading(idle), 0u);
}

// Flows come and go in few places, under keys that tell nothing, while readers come by the record alone.
TEST(ExactFixed, WhoReadsARecordAloneReadsOneLife) {
  Table t(2);
  std::atomic<u64> mixed{0}, seen{0}, missed{0};
  std::atomic<u32> writing{2};
  std::vector<std::thread> threads;
  const auto sealed = [](u64 key, u64 life) { return mix(key ^ life << 20); };
  for (u32 thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      ExactEnv<ExactRecord4> env{t.memory};
      std::mt19937_64 random(thread);
      if (thread < 2) {
        for (u32 i = 0; i < 300'000; ++i) {
          const u64 n = random() % 40, life = 1 + (random() & 0xfffff);
          const ExactKey<2> k = key(n);
          const PinPlace at = env.place(k);
          const auto flow = find_exact<Fixed>(env, t.memory.limits, at, k);
          if (flow.word && i % 3) {
            erase_fixed(flow);
          } else if (!flow.word) {
            insert_exact<Fixed>(
                env, t.memory.limits, at, k, life, [&](ExactRecord4&, u32) { return sealed(k.word[0], life); }, i / 10);
          } else if (n < 4) {  // these stay, and are never taken for others
            settle(flow.word, flow.value);
          }
        }
        --writing;
        return;
      }
      u64 some = 0, wrong = 0, gone = 0;
      while (writing) {
        ExactRecord4& record = t.memory.records[random() % t.memory.records.size()];
        const u64 state = begin_reading(&record);
        if (!state) continue;
        const u64 first = read_word(&record.key[0]), user = read_word(&record.user);
        if (!end_reading(&record, state)) {
          ++gone;
          continue;
        }
        ++some;
        wrong += user != sealed(first, state & kStateMask);
      }
      mixed += wrong, seen += some, missed += gone;
    });
  for (std::thread& one : threads) one.join();
  EXPECT_EQ(mixed, 0u) << "of " << seen;
  EXPECT_GT(seen, 10'000u);
  std::printf("%llu records read, %llu given up\n", seen.load(), missed.load());
  for (u64 n = 0; n < 40; ++n) {
    u32 ways = 0;
    for (const ExactBucket& bucket : t.memory.index)
      for (u32 w = 0; w < kExactWays; ++w) ways += u32(bucket.way[w]) == t.env.place(key(n)).fingerprint;
    EXPECT_LE(ways, 1u);
  }
}

}  // namespace
}  // namespace waymark
