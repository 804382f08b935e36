// Insertion beside others, moves, embryos and their promotion.
#include "core/exact_insert.h"

#include <gtest/gtest.h>

#include "tests/kit/exact_env.h"

namespace waymark {
namespace {

using namespace exact4;

// Two processors insert one flow. The second does it all between the first one's claim and its look for others.
TEST(Exact, OfTwoInsertersOneGivesUp) {
  Memory memory(64);
  Env4 env{memory}, other{memory};
  Inserted second{};
  env.when_a_record_is_looked_up = [&] { second = other.insert(key(1), 2, 2); };
  const Inserted first = env.insert(key(1), 1, 1);
  EXPECT_LE(is_in(first) + is_in(second), 1);
  EXPECT_EQ(live_ways(memory), u32(is_in(first) + is_in(second)));
}

// Both buckets of the newcomer are full, and so a neighbour moves.
struct Crowd {
  Memory memory{64};
  Env4 env{memory};
  PinPlace newcomer{0x9999, 5, 0};
  Crowd() {
    const u32 second = partner(5, newcomer.fingerprint, 64);
    for (u32 i = 0; i < 7; ++i) env.insert(key(i), {0x100 + i, 5, 0}, i, 100 + i);
    for (u32 i = 7; i < 14; ++i) env.insert(key(i), {0x100 + i, second, 0}, i, 100 + i);
  }
  PinPlace place(u32 i) const { return {0x100 + i, i < 7 ? 5 : partner(5, newcomer.fingerprint, 64), 0}; }
  void all_are_there() {
    for (u32 i = 0; i < 14; ++i) {
      const auto flow = env.find(key(i), place(i));
      ASSERT_TRUE(flow.word) << i;
      EXPECT_EQ(flow.user, 100 + i);
    }
  }
};

TEST(Exact, ANeighbourMovesWithItsRecord) {
  Crowd c;
  EXPECT_EQ(c.env.insert(key(99), c.newcomer, 1, 2), Inserted::moved);
  c.all_are_there();
  EXPECT_EQ(c.env.find(key(99), c.newcomer).user, 2u);
  EXPECT_EQ(live_ways(c.memory), 15u);
  for (u32 i = 0; i < 14; ++i) {
    auto flow = c.env.find(key(i), c.place(i));
    EXPECT_EQ(flow.owners_state(), i);
    EXPECT_TRUE(change_state(flow, 50 + i)) << "still frozen";
  }
}

// A change of the neighbour's state while it moves is either refused or moves along. Packets step in when the newcomer
// looks up its neighbour's record, and the look-ups of before are late.
TEST(Exact, AMoveLosesNoChange) {
  Crowd c;
  std::vector<Memory::Flow> found;
  for (u32 i = 0; i < 14; ++i) found.push_back(c.env.find(key(i), c.place(i)));
  ASSERT_EQ(c.env.insert(key(99), c.newcomer, 1, 2), Inserted::moved);
  u32 refused = 0;
  for (u32 i = 0; i < 14; ++i) {
    const bool changed = change_state(found[i], 1000 + i);
    EXPECT_EQ(c.env.find(key(i), c.place(i)).owners_state(), changed ? 1000 + i : i);
    refused += !changed;
  }
  EXPECT_EQ(refused, 1u);
}

TEST(Exact, WhatMovesIsFoundButLeftAlone) {
  Memory memory(64);
  Env4 env{memory};
  env.insert(key(1), 5, 50);
  auto flow = env.find(key(1));
  u64 state = 0;
  ASSERT_TRUE(lock_flow(flow.word, flow.value, flow.record, state));
  EXPECT_EQ(state & kStateMask, 5u);
  auto seen = env.find(key(1));
  ASSERT_TRUE(seen.word);
  EXPECT_EQ(seen.owners_state(), 5u);
  EXPECT_FALSE(change_state(seen, 6));
  EXPECT_FALSE(change_state(flow, 6));
  EXPECT_FALSE(erase_exact(seen));
  EXPECT_FALSE(erase_exact(flow));
  EXPECT_FALSE(lock_flow(seen.word, seen.value, seen.record, state));
  EXPECT_EQ(env.insert(key(1), 1, 1), Inserted::known);
  EXPECT_TRUE(touch(seen, 3));
  EXPECT_EQ(*flow.word, in_phase(flow.value, ExactPhase::moving));
}

TEST(Exact, NobodyTakesAWayThatIsClaimedOrMoves) {
  for (ExactPhase phase : {ExactPhase::claimed, ExactPhase::moving}) {
    Memory memory(1);
    Env4 env{memory};
    for (u32 i = 0; i < kExactWays; ++i) ASSERT_TRUE(is_in(env.insert(key(i), i, i, i == 3 ? 0 : 405)));
    u64& old = *env.find(key(3)).word;
    old = in_phase(old, phase);
    EXPECT_EQ(env.insert(key(9), 0, 0, 405), Inserted::full);
    old = in_phase(old, ExactPhase::live);
    EXPECT_EQ(env.insert(key(9), 0, 0, 405), Inserted::placed);
  }
}

TEST(ExactEmbryos, TheOldestGivesWayAndFlowsStay) {
  Memory memory(64, 1);
  Env4 env{memory};
  ASSERT_TRUE(is_in(env.insert(key(1000), 1, 1)));
  for (u32 i = 0; i < kExactEmbryoWays; ++i) ASSERT_EQ(env.insert_embryo(key(i), i, i, 10 + i), Inserted::placed);
  EXPECT_EQ(env.insert_embryo(key(3), 0, 0, 20), Inserted::known);
  EXPECT_FALSE(env.find_embryo(key(0)).word) << "who claims a way has it, though he gives it up again";
  EXPECT_EQ(env.insert_embryo(key(50), 0, 0, 20), Inserted::placed);
  EXPECT_EQ(env.insert_embryo(key(51), 0, 0, 20), Inserted::evicted);
  EXPECT_FALSE(env.find_embryo(key(1)).word);
  for (u32 i = 2; i < kExactEmbryoWays; ++i) EXPECT_EQ(env.find_embryo(key(i)).user, i);
  for (u32 i = 2000; i < 12'000; ++i) env.insert_embryo(key(i), 0, 0, 21);  // a flood
  EXPECT_EQ(env.find(key(1000)).user, 1u);
  EXPECT_EQ(live_ways(memory), 1u);
}

TEST(ExactEmbryos, TheIdleGoUncounted) {
  Memory memory(64, 1);
  Env4 env{memory};
  for (u32 i = 0; i < kExactEmbryoWays; ++i) env.insert_embryo(key(i), i, i, 10);
  EXPECT_EQ(env.insert_embryo(key(50), 0, 0, 51), Inserted::placed);
  EXPECT_EQ(env.insert_embryo(key(51), 0, 0, 50), Inserted::evicted);
}

TEST(ExactEmbryos, PromotionTakesStateAndWordAlong) {
  Memory memory(64);
  Env4 env{memory};
  env.insert_embryo(key(1), 5, 50);
  auto embryo = env.find_embryo(key(1));
  ASSERT_TRUE(change_state(embryo, 6));
  EXPECT_TRUE(is_in(env.promote(key(1), embryo, 9)));
  EXPECT_FALSE(env.find_embryo(key(1)).word);
  const auto flow = env.find(key(1));
  ASSERT_TRUE(flow.word);
  EXPECT_EQ(flow.owners_state(), 6u);
  EXPECT_EQ(flow.user, 50u);
  EXPECT_EQ(pin_age(flow.value, 9), 0u);
  EXPECT_EQ(env.promote(key(1), embryo, 9), Inserted::contended) << "it is promoted already";
}

TEST(ExactEmbryos, WithoutRoomItStaysAnEmbryo) {
  Memory memory(1);
  Env4 env{memory};
  for (u32 i = 0; i < 7; ++i) ASSERT_TRUE(is_in(env.insert(key(i), i, i)));
  env.insert_embryo(key(9), 5, 50);
  EXPECT_EQ(env.promote(key(9), env.find_embryo(key(9))), Inserted::full);
  auto embryo = env.find_embryo(key(9));
  ASSERT_TRUE(embryo.word);
  EXPECT_TRUE(change_state(embryo, 6)) << "and may be changed as before";
  ASSERT_TRUE(erase_exact(env.find(key(2))));
  EXPECT_TRUE(is_in(env.promote(key(9), embryo)));
  EXPECT_EQ(env.find(key(9)).owners_state(), 6u);
}

// The packet looks at the flows, then the embryo is promoted, then the packet looks at the embryos.
TEST(ExactEmbryos, APromotedFlowIsNotMissed) {
  using New = ExactMemory<ExactRecord4>::New;
  Memory memory(64);
  Env4 env{memory}, other{memory};
  env.insert_embryo(key(1), 5, 50);
  const PinPlace place = env.place(key(1));
  const ExactKey<2> wanted = key(1);
  env.when_a_record_is_looked_up = [&] { ASSERT_TRUE(is_in(other.promote(wanted, other.find_embryo(wanted)))); };
  bool embryonic = true;
  const auto flow = find_flow<Memory::Flows, New>(env, memory.limits, place, wanted, embryonic);
  ASSERT_TRUE(flow.word);
  EXPECT_FALSE(embryonic);
  EXPECT_EQ(flow.user, 50u);
}

}  // namespace
}  // namespace waymark
