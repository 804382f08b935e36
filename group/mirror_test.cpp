#include "group/mirror.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "group/tables_test.h"

namespace waymark::group {
namespace {

constexpr u32 kPins = 4'000, kStamp = 100;

// Two directors with the same targets in different slots, and what the first tells the second.
struct Two {
  Tables a, b;
  SlotIdentities a_slots, b_slots;
  Scanner scanner{idle};
  Applier applier{b.live, b_slots, idle, kStale};
  u64 told = 0;

  explicit Two(u32 pins = kPins) : a(pins), b(pins) {
    for (u32 n = 1; n <= 8; ++n) a.target(n, "web", n), b.target(20 - n, "web", n);
    b_slots.refresh(b.live);
    applier.set_slots(a_slots.refresh(a.live));
    scanner.prime(a.live);
  }
  void mirror(u32 stamp = kStamp, u32 slices = 1) {
    for (u32 i = 0; i < slices; ++i) {
      PinChanges changes;
      scanner.scan(a.live, stamp, u32(a.live.pins.size() / slices + 1), changes);
      carry(changes, stamp);
    }
  }
  void carry(const PinChanges& changes, u32 stamp) {
    told += changes.pins.size();
    applier.apply(changes.pins, stamp);
    applier.erase(changes.gone, stamp);
  }
  void pull(u32 stamp = kStamp, bool lent_too = true) {
    std::vector<PinRecord> pins;
    u32 next = 0;
    while (!read_pins(a.live, stamp, next, 77, lent_too, pins)) {
    }
    applier.apply(pins, stamp);
  }
  void expect_mirrored(u64 flow, u32 stamp) {
    const auto here = a.pin(flow), there = b.pin(flow);
    ASSERT_TRUE(here && there) << "flow " << flow;
    ASSERT_EQ(there->slot, 20 - here->slot);
    ASSERT_EQ(there->state, here->state);
    ASSERT_EQ(there->adopted, here->adopted);
    ASSERT_TRUE(there->mirrored);
    ASSERT_LE((here->stamp - there->stamp) & kStampMask, idle(here->slot, here->state) / 4) << "at stamp " << stamp;
  }
};

TEST(Identity, IsTheTargetsOwn) {
  const u64 web = 0x1234'5678, mail = 0x8765'4321, end = end_hash(ip4(192 << 24 | 1), 6080);
  const u64 identity = identity_of_target(web, end);
  EXPECT_EQ(identity, identity_of_target(web, end));
  EXPECT_NE(identity, identity_of_target(mail, end));
  EXPECT_NE(identity, identity_of_target(web, end_hash(ip4(192 << 24 | 1), 6081)));
  EXPECT_NE(identity, identity_of_target(web, end_hash(ip4(192 << 24 | 2), 6080)));
}

TEST(Identity, FollowsSlotsAsTheyChange) {
  Tables t(100);
  SlotIdentities slots;
  t.target(3, "web", 1);
  EXPECT_EQ(slots.refresh(t.live).size(), 1u);
  EXPECT_TRUE(slots.refresh(t.live).empty());
  const u64 first = slots.all()[0].identity;
  t.target(5, "web", 1);  // a later incarnation
  EXPECT_EQ(slots.refresh(t.live), (std::vector<SlotIdentity>{{5, first}}));
  EXPECT_EQ(slots.slot_of(first), 5u);
  t.live.targets[5].in_use = 0;
  ++t.live.meta[0].next_incarnation;
  EXPECT_EQ(slots.refresh(t.live), (std::vector<SlotIdentity>{{5, 0}}));
  EXPECT_EQ(slots.slot_of(first), 3u);
  t.target(3, "mail", 1);
  EXPECT_EQ(slots.refresh(t.live).size(), 1u);
  EXPECT_EQ(slots.slot_of(first), 3u) << "another service's, and its tunnel ends in the same place";
  t.target(4, "web", 1);
  EXPECT_EQ(slots.refresh(t.live), (std::vector<SlotIdentity>{{4, first}}));
  EXPECT_EQ(slots.slot_of(first), 4u) << "rather its own service's";
  t.target(3, "mail", 2), t.target(4, "mail", 2);
  EXPECT_EQ(slots.refresh(t.live).size(), 2u);
  EXPECT_EQ(slots.slot_of(first), 0u);
}

TEST(Mirror, EveryPinOfOneIsFoundAtTheOther) {
  for (u64 seed = 0; seed < 20; ++seed) {
    Two two;
    std::mt19937_64 random(seed);
    std::map<u64, bool> flows;
    for (u32 stamp = kStamp; stamp < kStamp + 60; stamp += 7) {
      for (int i = 0; i < 300; ++i) {
        const u64 flow = random();
        const PinState state = PinState(1 + random() % 3);
        if (two.a.insert(flow, 1 + u32(random() % 8), stamp, state, random() % 4 == 0)) flows[flow] = true;
      }
      for (const auto& [flow, open] : flows) {
        if (random() % 3) continue;
        two.a.change(flow, [&](Pin& pin) {
          pin.stamp = stamp;
          if (random() % 4 == 0) pin.state = PinState::closing;
          if (random() % 4 == 0) pin.slot = 1 + u32(random() % 8);
          if (random() % 4 == 0) pin.adopted = false;
        });
      }
      two.mirror(stamp, 1 + u32(seed));
      two.mirror(stamp, 1 + u32(seed));
      for (const auto& [flow, open] : flows) ASSERT_NO_FATAL_FAILURE(two.expect_mirrored(flow, stamp));
    }
    const MirrorCounts& counts = two.applier.counts();
    EXPECT_EQ(counts.refused + counts.unknown_target + counts.full + counts.raced, 0u);
    EXPECT_EQ(counts.applied + counts.refreshed + counts.kept, two.told);
  }
}

// Neighbours that move aside in a full table are neither gone nor lost.
TEST(Mirror, PinsThatMoveBetweenSlicesAreNotTakenBack) {
  Two two(1'000);
  std::mt19937_64 random(3);
  std::vector<u64> flows;
  const u32 ways = u32(two.a.live.pins.size()) * kPinWays;
  while (flows.size() < ways * 19 / 20 && two.a.insert(flows.emplace_back(random()), 1, kStamp)) {
    if (flows.size() % 16 == 0) two.mirror(kStamp, 7);
  }
  EXPECT_GT(two.a.moved, 20u) << "no pin moved: nothing was put to the test";
  two.mirror(kStamp, 7);
  u32 missing = 0;
  for (size_t i = 0; i + 1 < flows.size(); ++i) missing += !two.b.pin(flows[i]);
  EXPECT_EQ(two.applier.counts().erased, 0u);
  EXPECT_EQ(missing, two.applier.counts().full) << "only what found no room";
  EXPECT_LE(missing, flows.size() / 50);
}

TEST(Mirror, TellsUseOnlyEachQuarterOfTheIdleTime) {
  Two two;
  two.a.insert(1, 1, kStamp);
  two.mirror();
  EXPECT_EQ(two.told, 1u);
  for (u32 stamp = kStamp + 1; stamp <= kStamp + 200; ++stamp) {
    two.a.change(1, [&](Pin& pin) { pin.stamp = stamp & kStampMask; });
    two.mirror(stamp);
  }
  EXPECT_EQ(two.told, 1 + 200 / (kIdle / 4));
  two.mirror(kStamp + 200);
  EXPECT_EQ(two.b.pin(1)->stamp, kStamp + 200 / (kIdle / 4) * (kIdle / 4));
}

TEST(Mirror, WhatHasGoneIsTakenBackUnlessItIsUsedElsewhere) {
  Two two;
  two.a.insert(1, 1, kStamp);
  two.a.insert(2, 2, kStamp);
  two.a.insert(3, 3, kStamp);
  two.mirror();
  const u32 later = kStamp + kIdle + 1;
  two.b.change(2, [&](Pin& pin) { pin.mirrored = false; });    // the flow came here
  two.b.change(3, [&](Pin& pin) { pin.stamp = later - 10; });  // a third director refreshed it
  for (u64 flow : {1, 2, 3}) two.a.erase(flow);
  two.mirror(later);
  EXPECT_FALSE(two.b.pin(1));
  EXPECT_TRUE(two.b.pin(2) && two.b.pin(3));
  EXPECT_EQ(two.applier.counts().erased, 1u);
}

// A pin may stand in its second bucket at one director and in its first at the other.
TEST(Mirror, WhatHasGoneFromASecondBucketIsTakenBackFromAFirst) {
  Two two(1'000);
  two.a.target(30, "not at the other", 1);
  std::mt19937_64 random(9);
  const u32 ways = u32(two.a.live.pins.size()) * kPinWays;
  for (u32 i = 0; i < ways * 8 / 10; ++i) two.a.insert(random(), 30, kStamp);
  std::vector<u64> spilled;
  for (int i = 0; i < 400; ++i)
    if (const u64 flow = random(); two.a.insert(flow, 1, kStamp) && two.a.pin(flow)->spilled) spilled.push_back(flow);
  ASSERT_GT(spilled.size(), 5u);
  two.mirror();
  for (u64 flow : spilled) {
    ASSERT_TRUE(two.b.pin(flow));
    ASSERT_FALSE(two.b.pin(flow)->spilled);
    two.a.erase(flow);
  }
  two.mirror(kStamp + kIdle + 1);
  for (u64 flow : spilled) EXPECT_FALSE(two.b.pin(flow));
}

TEST(Mirror, LentPinsAreNotToldOnButPulled) {
  Two two;
  two.a.insert(1, 1, kIdle / 8);
  two.a.change(1, [](Pin& pin) { pin.mirrored = true; });
  two.mirror(kIdle / 8);
  EXPECT_EQ(two.told, 0u);
  EXPECT_EQ(two.scanner.mirrored(), 1u);
  two.pull(kIdle / 8, false);
  EXPECT_FALSE(two.b.pin(1));
  two.pull(kIdle / 8);
  EXPECT_TRUE(two.b.pin(1));
  two.a.change(1, [](Pin& pin) { pin.mirrored = false; });  // a packet came
  two.mirror(kIdle / 8);
  EXPECT_EQ(two.told, 1u);
  EXPECT_EQ(two.scanner.mirrored(), 0u);
}

TEST(Mirror, OursStandsUnlessItIsAdopted) {
  struct Case {
    bool here_adopted, here_mirrored, told_adopted;
    bool taken;
  };
  for (const Case& c : {Case{false, false, false, false}, Case{false, false, true, false},
                        Case{true, false, false, true}, Case{true, false, true, false}, Case{false, true, false, true},
                        Case{false, true, true, false}, Case{true, true, false, true}}) {
    Two two;
    two.a.insert(1, 1, kStamp, PinState::proven, c.told_adopted);
    two.b.insert(1, 5, kStamp - 9, PinState::proven, c.here_adopted);
    two.b.change(1, [&](Pin& pin) { pin.mirrored = c.here_mirrored; });
    two.mirror();
    EXPECT_EQ(two.b.pin(1)->slot, c.taken ? 19u : 5u) << c.here_adopted << c.here_mirrored << c.told_adopted;
    EXPECT_EQ(two.b.pin(1)->mirrored, c.here_mirrored);
    EXPECT_EQ(two.b.pin(1)->stamp, c.here_mirrored && c.taken ? kStamp : kStamp - 9);
  }
}

// A client used its port again, and the router sent it to the other director.
TEST(Mirror, OursYieldsToANewFlowOnceItsOwnIsOver) {
  struct Case {
    const char* what;
    PinState here;
    bool dead, told_dead;
    u32 here_stamp;
    PinState told;
    bool taken;
  };
  for (const Case& c : {Case{"closing", PinState::closing, false, false, kStamp - 1, PinState::proven, true},
                        Case{"closing just now", PinState::closing, false, false, kStamp, PinState::proven, true},
                        Case{"closing after it", PinState::closing, false, false, kStamp + 2, PinState::proven, false},
                        Case{"its target died", PinState::proven, true, false, kStamp - 1, PinState::proven, true},
                        Case{"both died", PinState::proven, true, true, kStamp - 1, PinState::proven, false},
                        Case{"both close", PinState::closing, false, false, kStamp - 1, PinState::closing, false},
                        Case{"neither", PinState::proven, false, false, kStamp - 1, PinState::proven, false}}) {
    Two two;
    two.a.insert(1, 1, kStamp, c.told);
    two.b.insert(1, 5, c.here_stamp, c.here);
    if (c.dead) two.b.targets[5].route |= kTargetDown;
    if (c.told_dead) two.b.targets[19].route |= kTargetDown;
    two.mirror(kStamp + 2);
    EXPECT_EQ(two.b.pin(1)->slot, c.taken ? 19u : 5u) << c.what;
    EXPECT_EQ(two.b.pin(1)->mirrored, c.taken) << c.what;
    EXPECT_EQ(two.b.pin(1)->state, c.taken ? c.told : c.here) << c.what;
  }
}

TEST(Mirror, UnknownTargetsAndOldPinsAreNotTaken) {
  Two two;
  two.a.target(9, "web", 99);
  two.applier.set_slots(two.a_slots.refresh(two.a.live));
  two.a.insert(1, 9, kStamp);
  two.a.insert(2, 10, kStamp);  // no target at all
  two.a.insert(3, 1, kStamp - kStale - 1);
  two.mirror();
  EXPECT_EQ(two.applier.counts().unknown_target, 2u);
  EXPECT_EQ(two.applier.counts().kept, 1u);
  EXPECT_EQ(two.applier.counts().applied, 0u);
}

// Whatever words a peer sends, ours that are sure stay as they are, and no word comes into the table that is no pin.
TEST(Mirror, ALiarTouchesNothingThatIsOurs) {
  for (u64 seed = 0; seed < 10; ++seed) {
    Two two(1'000);
    std::mt19937_64 random(seed);
    std::map<u64, u64> ours;
    for (int i = 0; i < 600; ++i)
      if (const u64 flow = random(); two.b.insert(flow, 12, kStamp)) ours[flow] = *two.b.word(flow);
    std::vector<u64> flows;
    for (const auto& [flow, word] : ours) flows.push_back(flow);
    for (int round = 0; round < 200; ++round) {
      std::vector<PinRecord> pins;
      std::vector<GonePin> gone;
      for (int i = 0; i < 50; ++i) {
        const PinPlace place = two.b.place(flows[random() % flows.size()]);
        const bool aimed = random() % 2;
        const u64 word = aimed ? (random() & ~0xffffffffull) | place.fingerprint : random();
        pins.push_back({aimed ? place.bucket : u32(random() % (two.b.live.pins.size() + 9)), word});
        if (random() % 2) pins.back().word = (word & ~(0x3ffffull << 32)) | (1 + random() % 8) << 32;
        gone.push_back({pins.back().bucket, u32(word)});
      }
      two.applier.apply(pins, kStamp);
      two.applier.erase(gone, kStamp);
    }
    const MirrorCounts& counts = two.applier.counts();
    EXPECT_GT(counts.applied, 0u);
    EXPECT_GT(counts.kept, 0u);
    EXPECT_GT(counts.refused, 0u);
    EXPECT_EQ(counts.raced, 0u) << "what is ours is seen before anything is written";
    for (const auto& [flow, before] : ours) {
      ASSERT_TRUE(two.b.word(flow));
      ASSERT_EQ(*two.b.word(flow) << 1 >> 1, before << 1 >> 1) << "all but whether it moved aside";
    }
    for (const PinBucket& bucket : two.b.live.pins)
      for (u64 word : bucket.pin) {
        const Pin pin = unpack(word);
        ASSERT_TRUE(word == 0 || (pin.fingerprint != 0 && pin.slot >= 12 && pin.slot < 20));
        ASSERT_NE(word != 0 && pin.state == PinState::embryonic, true);
      }
  }
}

TEST(Mirror, AFullTableTakesNoMoreAndEvictsNothing) {
  Two two(1'000);
  std::mt19937_64 random(1);
  std::vector<u64> lent;
  for (u32 i = 0; i < 3'000; ++i) {
    const PinPlace place = two.b.place(lent.emplace_back(random()));
    two.applier.apply({{place.bucket, pack({place.fingerprint, 1, 0, PinState::proven, false})}}, kStamp);
  }
  u64 found = 0, standing = 0;
  for (u64 flow : lent) found += two.b.pin(flow).has_value();
  for (const PinBucket& bucket : two.b.live.pins)
    for (u64 word : bucket.pin) standing += word != 0;
  EXPECT_EQ(found, two.applier.counts().applied);
  EXPECT_EQ(found, standing);
  EXPECT_EQ(found + two.applier.counts().full, 3'000u);
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(two.b.insert(random(), 12, kStamp)) << "our own find room all the same";
}

}  // namespace
}  // namespace waymark::group
