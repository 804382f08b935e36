// Several processors at one exact table: what is in it is found, what is read is of one flow and one life of it, no
// flow is in it twice, and no change of a state gets lost.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "tests/kit/exact_env.h"

namespace waymark {
namespace {

using namespace exact4;
using New = Memory::New;

u64 word_of(u64 n, u64 life) { return mix(n << 32 | life); }

template <class F>
void in_threads(u32 count, F body) {
  std::vector<std::thread> threads;
  for (u32 t = 0; t < count; ++t) threads.emplace_back([&body, t] { body(t); });
  for (std::thread& t : threads) t.join();
}

// Flows stay, neighbours move aside for them, and packets count in their states.
TEST(ExactRace, AFlowOnceInsertedIsFoundAndKeepsItsCount) {
  constexpr u32 kBuckets = 300, kFlows = kBuckets * kExactWays * 88 / 100, kWriters = 2;
  u64 moved = 0, looked = 0;
  for (u64 round = 0; round < 20; ++round) {
    Memory memory(kBuckets);
    std::vector<std::atomic<u32>> inserted(kFlows), counted(kFlows);
    std::atomic<u32> writing{kWriters}, next{0}, missed{0}, wrong{0};
    std::atomic<u64> moves{0}, lookups{0};
    in_threads(kWriters + 2, [&](u32 thread) {
      ExactEnv<ExactRecord4> env{memory};
      std::mt19937_64 random(round * 10 + thread);
      if (thread < kWriters) {
        for (u32 i; (i = next++) < kFlows;)
          for (int attempt = 0; attempt < 10 && !inserted[i]; ++attempt) {
            const Inserted how = env.insert(key(round * kFlows + i), 0, word_of(i, 0));
            moves += how == Inserted::moved;
            inserted[i] = is_in(how);
          }
        --writing;
        return;
      }
      u64 n = 0;
      for (; writing || n < 10'000; ++n) {
        const u32 i = u32(random() % std::min(kFlows, next.load() + 1));
        if (!inserted[i]) continue;
        auto flow = env.find(key(round * kFlows + i));
        missed += !flow.word;
        if (!flow.word) continue;
        wrong += flow.user != word_of(i, 0);
        counted[i] += change_state(flow, flow.owners_state() + 1);
      }
      lookups += n;
    });
    ASSERT_EQ(missed, 0u) << "in round " << round;
    ASSERT_EQ(wrong, 0u);
    ExactEnv<ExactRecord4> env{memory};
    for (u32 i = 0; i < kFlows; ++i)
      if (inserted[i]) {
        ASSERT_EQ(env.find(key(round * kFlows + i)).owners_state(), counted[i]);
      }
    moved += moves;
    looked += lookups;
  }
  EXPECT_GT(moved, 100u) << "no flow was moved: nothing was put to the test";
  std::printf("%llu lookups while %llu flows moved\n", looked, moved);
}

// A few flows come and go, so that ways are used again all the time, by the same keys and by others. The owner's state
// says which life of the flow it is, the user word is made from it: both must be of one life, and of the key's own.
TEST(ExactRace, AReaderNeverTakesAnothersRecord) {
  constexpr u32 kFlows = 12;
  Memory memory(2, 1);
  std::atomic<u64> life{1}, mixed{0}, found{0}, erased{0};
  std::atomic<u32> writing{2};
  in_threads(5, [&](u32 thread) {
    ExactEnv<ExactRecord4> env{memory};
    std::mt19937_64 random(thread);
    const auto judge = [&](u64 n, const Memory::Flow& flow) {
      if (!flow.word) return;
      ++found;
      mixed += flow.user != word_of(n, flow.owners_state());
    };
    if (thread < 2) {
      for (u32 i = 0; i < 400'000; ++i) {
        const u64 n = random() % kFlows;
        const u64 now = life++;
        if (auto flow = env.find(key(n)); flow.word)
          erased += erase_exact(flow);
        else
          env.insert(key(n), now, word_of(n, now));
        env.insert_embryo(key(n), now, word_of(n, now));
      }
      --writing;
    } else {
      while (writing) {
        const u64 n = random() % kFlows;
        judge(n, env.find(key(n)));
        judge(n, env.find_embryo(key(n)));
      }
    }
  });
  EXPECT_EQ(mixed, 0u) << "of " << found;
  EXPECT_GT(erased, 1000u);
  // Each flow has at most one live way.
  ExactEnv<ExactRecord4> env{memory};
  for (u64 n = 0; n < kFlows; ++n) {
    const PinPlace place = env.place(key(n));
    u32 ways = 0;
    for (u32 b = 0; b < 2; ++b)
      for (u32 w = 0; w < kExactWays; ++w) ways += u32(memory.index[b].way[w]) == place.fingerprint;
    EXPECT_LE(ways, 1u);
  }
  std::printf("%llu records read while %llu flows were erased\n", found.load(), erased.load());
}

// One flow comes and goes, always in the same way and under the same key, so that the key tells nothing. Its record
// takes long to read, and is read while it is written.
constexpr u32 kLong = 256;
struct LongRecord {
  u64 key[kLong], state, user;
};
TEST(ExactRace, NothingIsReadOfAnotherLife) {
  constexpr u32 kLives = 150'000;
  ExactMemory<LongRecord> memory(1, 1);
  const ExactKey<kLong> wanted = exact_key<kLong>(1);
  const PinPlace place = {0x1234, 0, 0};
  std::atomic<u64> mixed{0}, found{0};
  std::atomic<bool> done{false};
  in_threads(3, [&](u32 thread) {
    ExactEnv<LongRecord> env{memory};
    for (u64 life = 1; thread == 0 && life <= kLives; ++life) {
      ASSERT_TRUE(is_in(env.insert(wanted, place, life, word_of(1, life))));
      ASSERT_TRUE(erase_exact(env.find(wanted, place)));
    }
    done = done || thread == 0;
    u64 seen = 0, wrong = 0;
    while (!done) {
      const auto flow = env.find(wanted, place);
      seen += flow.word != nullptr;
      wrong += flow.word && flow.user != word_of(1, flow.owners_state());
    }
    mixed += wrong;
    found += seen;
  });
  EXPECT_EQ(mixed, 0u) << "of " << found;
  EXPECT_GT(found, 100u);
}

// Two processors insert the same flows at the same time.
TEST(ExactRace, NoFlowIsInTwice) {
  constexpr u32 kFlows = 20'000;
  Memory memory(4000);
  std::atomic<u32> ready{0}, step{0}, in{0}, contended{0};
  in_threads(2, [&](u32) {
    ExactEnv<ExactRecord4> env{memory};
    ++ready;
    for (u32 i = 0; i < kFlows; ++i) {
      const Inserted how = env.insert(key(i), 1, 1);
      in += is_in(how);
      contended += how == Inserted::contended;
      ++step;
      for (u32 spins = 0; step < 2 * (i + 1) && spins < 10'000; ++spins) continue;  // about together, not in lockstep
    }
  });
  EXPECT_LE(in, kFlows);
  u64 live = 0;
  for (const ExactBucket& bucket : memory.index)
    for (u64 word : bucket.way) live += u32(word) != 0;
  EXPECT_EQ(live, in);
  std::printf("%u of %u flows are in, %u attempts gave up\n", in.load(), kFlows, contended.load());
}

// Embryos are promoted while packets of theirs arrive.
TEST(ExactRace, APromotedFlowIsAlwaysFound) {
  constexpr u32 kFlows = 40'000;
  Memory memory(9000, 2048);
  std::atomic<u32> inserted{0}, missed{0}, wrong{0};
  std::atomic<u64> looked{0};
  std::atomic<bool> done{false};
  in_threads(3, [&](u32 thread) {
    ExactEnv<ExactRecord4> env{memory};
    if (thread == 0) {
      for (u32 i = 0; i < kFlows; ++i) {
        env.insert_embryo(key(i), i & 0xfff, word_of(i, i & 0xfff));
        inserted = i + 1;
        for (int n = 0; n < 20 && !env.find(key(i)).word; ++n)
          if (const auto embryo = env.find_embryo(key(i)); embryo.word) env.promote(key(i), embryo);
      }
      done = true;
      return;
    }
    while (!done) {
      const u32 i = inserted;
      if (i == 0) continue;
      const ExactKey<2> wanted = key(i - 1);
      bool embryonic = false;
      const auto flow = find_flow<Memory::Flows, New>(env, memory.limits, env.place(wanted), wanted, embryonic);
      missed += !flow.word;
      wrong += flow.word && flow.user != word_of(i - 1, flow.owners_state());
      ++looked;
    }
  });
  EXPECT_EQ(missed, 0u);
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(looked, 1000u);
}

}  // namespace
}  // namespace waymark
