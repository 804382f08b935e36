// Several processors at one table: readers always find what was inserted, while neighbours move aside; and a writer
// that lost a race says so and harms nothing.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "tests/kit/pin_env.h"

namespace waymark {
namespace {

constexpr u32 kBuckets = 500, kFlows = kBuckets * kPinWays * 92 / 100, kWriters = 2, kReaders = 2;

// Flows with fingerprints of their own, so that each has exactly one pin.
std::vector<u64> distinct_flows(u64 seed) {
  std::mt19937_64 random(seed);
  std::vector<u64> flows;
  for (u32 i = 0; i < kFlows; ++i) flows.push_back((random() & ~0xffffffffull) | (i + 1) * 0x9e3779b1u);
  return flows;
}

TEST(PinsRace, APinOnceInsertedIsAlwaysFound) {
  u64 moved = 0, looked = 0;
  for (u64 round = 0; round < 20; ++round) {
    PinTables tables(kBuckets);
    const std::vector<u64> flows = distinct_flows(round);
    std::vector<std::atomic<bool>> inserted(kFlows);
    std::atomic<u32> writing{kWriters}, next{0}, missed{0}, wrong{0};
    std::atomic<u64> moves{0}, lookups{0};
    std::vector<std::thread> threads;
    for (u32 w = 0; w < kWriters; ++w)
      threads.emplace_back([&] {
        PinEnv env{tables};
        for (u32 i; (i = next++) < kFlows;) {
          const PinPlace place = place_of(env, flows[i]);
          const u64 word = pack({place.fingerprint, i + 1, 0, PinState::proven, false});
          for (int attempt = 0; attempt < 10; ++attempt)
            if (insert_pin(env, place, word, 0)) {
              inserted[i] = true;
              break;
            }
        }
        moves += env.notes[u32(Note::pin_moved)];
        --writing;
      });
    for (u32 r = 0; r < kReaders; ++r)
      threads.emplace_back([&, r] {
        PinEnv env{tables};
        std::mt19937_64 random(round * 10 + r);
        u64 n = 0;
        for (; writing || n < 10'000; ++n) {
          const u32 i = u32(random() % std::min(kFlows, next.load() + 1));
          if (!inserted[i]) continue;
          const Found found = find_pin(env, place_of(env, flows[i]));
          missed += !found.word;
          wrong += found.word && unpack(found.value).slot != i + 1;
        }
        lookups += n;
      });
    for (std::thread& t : threads) t.join();
    ASSERT_EQ(missed, 0u) << "in round " << round;
    ASSERT_EQ(wrong, 0u);
    moved += moves;
    looked += lookups;
    PinEnv env{tables};
    for (u32 i = 0; i < kFlows; ++i) ASSERT_TRUE(!inserted[i] || find_pin(env, place_of(env, flows[i])).word);
  }
  EXPECT_GT(moved, 100u) << "no pin was moved: nothing was put to the test";
  std::printf("%llu lookups while %llu pins moved\n", looked, moved);
}

// The reading of the settings lies between the reading of a way and the swap of its word: there another processor steps
// in.
TEST(PinsRace, WhoLosesTheWaySaysSo) {
  PinTables tables(64);
  PinEnv env{tables};
  const PinPlace place = {0x1234, 9, 0};
  for (u32 i = 0; i < kPinWays; ++i) tables.pins[9].pin[i] = pack({0x500 + i, 1, 0, PinState::proven, false});
  const u32 stamp = 450;  // all of them are stale
  env.when_settings_are_read = [&] {
    for (u32 i = 0; i < kPinWays; ++i) tables.pins[9].pin[i] = pack({0x500 + i, 1, stamp, PinState::proven, false});
  };
  // The first way's reading freshens the others, so that only it looks stale, and it is not what it was.
  EXPECT_FALSE(insert_pin(env, place, pack({place.fingerprint, 2, stamp, PinState::proven, false}), stamp));
  EXPECT_EQ(env.notes[u32(Note::pin_contended)], 1u);
  EXPECT_EQ(env.notes[u32(Note::pin_stolen)], 0u);
  for (u32 i = 0; i < kPinWays; ++i)
    EXPECT_EQ(tables.pins[9].pin[i], pack({0x500 + i, 1, stamp, PinState::proven, false}));
}

}  // namespace
}  // namespace waymark
