#include "core/pins.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>

#include "tests/kit/pin_env.h"

namespace waymark {
namespace {

u64 pin_word(const PinPlace& place, u32 slot, u32 stamp = 0) {
  return pack({place.fingerprint, slot, stamp, PinState::proven, false});
}

TEST(Pins, AWordKeepsItsFields) {
  std::mt19937_64 random(1);
  for (int n = 0; n < 100'000; ++n) {
    const u64 word = random();
    const Pin pin = unpack(word);
    ASSERT_EQ(pack(pin), word);
    ASSERT_LT(pin.slot, 1u << 20);
    ASSERT_LE(pin.stamp, kStampMask);
  }
  EXPECT_EQ(pack({0x89abcdef, 0x12345, 0x1aa, PinState::closing, true}),
            0x89abcdefull | 0x12345ull << 32 | 0x1aaull << 52 | 2ull << 61 | 1ull << 63);
}

TEST(Pins, PartnerOfPartnerIsSelf) {
  std::mt19937_64 random(2);
  for (u32 buckets : {1u, 2u, 3u, 64u, 1000u, 159'000u, 0x7fffffffu}) {
    for (int n = 0; n < 20'000; ++n) {
      const u32 bucket = u32(random() % buckets), fingerprint = u32(random());
      const u32 second = partner(bucket, fingerprint, buckets);
      ASSERT_LT(second, buckets);
      ASSERT_EQ(partner(second, fingerprint, buckets), bucket);
    }
  }
}

TEST(Pins, PartnersAreSpread) {  // else a full region could not spill
  std::vector<u32> times(64);
  for (u32 f = 1; f <= 64'000; ++f) ++times[partner(5, f * 0x01000193u, 64)];
  for (u32 n : times) EXPECT_NEAR(n, 1000, 200);
}

TEST(Pins, AgeWraps) {
  for (u32 stamp = 0; stamp <= kStampMask; ++stamp)
    for (u32 age = 0; age <= kStampMask; ++age)
      ASSERT_EQ(pin_age(pack({1, 2, (stamp - age) & kStampMask, PinState::proven, true}), stamp), age);
}

TEST(Pins, NoFlowHasTheFingerprintOfAnEmptyWay) {
  PinTables tables(64);
  PinEnv env{tables};
  EXPECT_EQ(place_of(env, 0).fingerprint, 1u);
  EXPECT_EQ(place_of(env, 0xffffffff00000000ull).fingerprint, 1u);
  EXPECT_FALSE(find_pin(env, place_of(env, 0)).word);
  EXPECT_FALSE(find_embryo(env, place_of(env, 0)).word);
}

// The promise of the table's size: nine tenths of its ways hold pins, all found, in no memory beside the buckets.
TEST(Pins, NineTenthsOfTheWaysAllFound) {
  constexpr u32 kBuckets = 20'000, kFlows = kBuckets * kPinWays * 9 / 10;
  PinTables tables(kBuckets);
  PinEnv env{tables};
  std::mt19937_64 random(3);
  std::vector<u64> flows;
  u32 refused = 0;
  for (u32 i = 0; i < kFlows; ++i) {
    const u64 hash = mix(random());
    const PinPlace place = place_of(env, hash);
    if (find_pin(env, place).word) continue;  // another flow's fingerprint in the same bucket: no pin of its own
    refused += !insert_pin(env, place, pin_word(place, 1 + i % 1000), 0);
    flows.push_back(hash);
  }
  EXPECT_EQ(refused, 0u);
  EXPECT_EQ(env.notes[u32(Note::pin_table_full)], 0u);
  env.buckets_read = 0;
  u32 lost = 0;
  for (u64 hash : flows) lost += !find_pin(env, place_of(env, hash)).word;
  EXPECT_EQ(lost, 0u);
  const double hit = double(env.buckets_read) / double(flows.size());
  env.buckets_read = 0;
  for (u32 i = 0; i < 100'000; ++i) (void)find_pin(env, place_of(env, mix(random())));
  const double miss = double(env.buckets_read) / 100'000;
  std::printf(
      "%zu of %u ways: spilled %llu, moved %llu; cache lines a hit %.3f, a miss %.3f; %.2f bytes a pin, beside them "
      "0\n",
      flows.size(), kBuckets * kPinWays, env.notes[u32(Note::pin_spilled)], env.notes[u32(Note::pin_moved)], hit, miss,
      64.0 * kBuckets / double(flows.size()));
  EXPECT_LT(hit, 1.6);
  EXPECT_LT(miss, 1.7);
}

TEST(Pins, FullAtLastAndSaysSo) {
  PinTables tables(100);
  PinEnv env{tables};
  std::mt19937_64 random(4);
  u32 placed = 0, refused = 0;
  for (int i = 0; i < 2000; ++i) {
    const PinPlace place = place_of(env, random());
    (insert_pin(env, place, pin_word(place, 1), 0) ? placed : refused) += 1;
  }
  EXPECT_GT(placed, 100 * kPinWays * 95 / 100);
  EXPECT_LE(placed, 100 * kPinWays);
  EXPECT_EQ(env.notes[u32(Note::pin_table_full)], refused);
  for (const PinBucket& bucket : tables.pins)
    for (u64 word : bucket.pin) EXPECT_TRUE(word == 0 || unpack(word).slot == 1);
}

TEST(Pins, TheStaleGiveWayAndTheOthersStay) {
  PinTables tables(64);
  PinEnv env{tables};
  std::mt19937_64 random(5);
  for (int i = 0; i < 2000; ++i) {  // a full table: half of it used just now, half long ago
    const PinPlace place = place_of(env, random());
    insert_pin(env, place, pin_word(place, 1 + i % 2, i % 2 ? 450 : 20), 450);
  }
  u32 fresh = 0;
  for (const PinBucket& bucket : tables.pins)
    for (u64 word : bucket.pin) fresh += word && unpack(word).stamp == 450;
  for (int i = 0; i < 300; ++i) {
    const PinPlace place = place_of(env, random());
    insert_pin(env, place, pin_word(place, 3, 450), 450);
  }
  u32 still = 0;
  for (const PinBucket& bucket : tables.pins)
    for (u64 word : bucket.pin) still += word && unpack(word).stamp == 450 && unpack(word).slot != 3;
  EXPECT_EQ(still, fresh);
  EXPECT_GT(env.notes[u32(Note::pin_stolen)], 0u);
}

TEST(Embryos, TheOldestGivesWay) {
  PinTables tables(64, 1);
  PinEnv env{tables};
  for (u32 i = 0; i < kEmbryoWays; ++i) {
    const PinPlace place = {0x100 + i, 0, 0};
    ASSERT_TRUE(insert_embryo(env, place, pack({place.fingerprint, 1, 10 + i, PinState::embryonic, false}), 20));
  }
  EXPECT_EQ(env.notes[u32(Note::pin_embryo_evicted)], 0u);
  const PinPlace late = {0xe0000099, 0, 0};
  ASSERT_TRUE(insert_embryo(env, late, pack({late.fingerprint, 1, 20, PinState::embryonic, false}), 20));
  EXPECT_EQ(env.notes[u32(Note::pin_embryo_evicted)], 1u);
  EXPECT_FALSE(find_embryo(env, {0x100, 0, 0}).word);
  for (u32 i = 1; i < kEmbryoWays; ++i) EXPECT_TRUE(find_embryo(env, {0x100 + i, 0, 0}).word);
  EXPECT_TRUE(find_embryo(env, late).word);
}

}  // namespace
}  // namespace waymark
