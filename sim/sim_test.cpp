// Worlds: the same seed is the same story, what must hold does hold, and what is planted is found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/report.h"

namespace waymark::sim {

namespace {

using testing::HasSubstr;

// Chosen before any of them was run with a bug planted.
constexpr u64 kFirst = 1, kLast = 24;

}  // namespace

TEST(Sim, TheSameSeedIsTheSameStory) {
  for (u64 seed : {1, 2, 7}) {
    const Report once = run_seed(seed), again = run_seed(seed);
    EXPECT_EQ(once.digest, again.digest) << seed;
    EXPECT_EQ(once.events, again.events) << seed;
    EXPECT_EQ(once.ends, again.ends) << seed;
  }
  EXPECT_NE(run_seed(1).digest, run_seed(3).digest);
}

TEST(Sim, WhoeverIsFollowedAndOnWhicheverThreadItIsTheSameStory) {
  const Report once = run_seed(3);
  const Report followed = run_seed(3, Plant::none, 100);
  EXPECT_EQ(once.digest, followed.digest);
  EXPECT_FALSE(followed.story.empty());
  const Summary one = run_seeds(1, 4, 1), two = run_seeds(1, 4, 2);
  EXPECT_EQ(one.ends, two.ends);
  EXPECT_EQ(one.connections, two.connections);
}

TEST(Sim, WithoutABugAllHolds) {
  const Summary all = run_seeds(kFirst, kLast - kFirst + 1, 2);
  EXPECT_EQ(all.failed, 0u) << to_text(all);
  EXPECT_GE(all.least_connections, 200u);
  EXPECT_GE(all.least_faults, 20u);
  for (u32 fault = 0; fault < kFaults; ++fault) EXPECT_GT(all.seeds_with[fault], 2u) << text(Fault(fault));
  EXPECT_GT(all.ends[u32(End::finished)], 9 * all.connections / 10);
}

class Planted : public testing::TestWithParam<Plant> {};

TEST_P(Planted, IsFound) {
  for (u64 seed = kFirst; seed <= kLast; ++seed)
    if (const Report report = run_seed(seed, GetParam()); report.failed()) {
      const std::string story = story_of(report, GetParam());
      EXPECT_THAT(story, HasSubstr(std::string("again: waymark sim --seed ") + std::to_string(seed) + " --plant " +
                                   text(GetParam())));
      return;
    }
  ADD_FAILURE() << text(GetParam()) << " is not found by seeds " << kFirst << " to " << kLast;
}

INSTANTIATE_TEST_SUITE_P(Bugs, Planted,
                         testing::Values(Plant::slot_reuse, Plant::lost_flip, Plant::stale_adjacency, Plant::mirror_gap,
                                         Plant::candidate_loop, Plant::unknown_is_down, Plant::late_is_down,
                                         Plant::unable_is_absent, Plant::refused_is_absent, Plant::lost_heirs,
                                         Plant::shared_places),
                         [](const auto& plant) {
                           std::string name = text(plant.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// From the opening of the connection to its end: each hop with its reason and pin, and each fault in between.
TEST(Sim, AStoryTellsWhyAConnectionBroke) {
  for (u64 seed = kFirst; seed <= kLast; ++seed) {
    const Report report = run_seed(seed, Plant::mirror_gap);
    if (!report.failed()) continue;
    const std::string story = story_of(report, Plant::mirror_gap);
    for (const char* part : {"a connection of a living server broke: ", "the way of connection ", "  client sends ",
                             ": forward.sent; pin: slot ", "  open: its server is ", "  *** ", "  the end: moved to"})
      EXPECT_THAT(story, HasSubstr(part));
    return;
  }
  ADD_FAILURE() << "nothing broke";
}

TEST(Sim, PlantsHaveNames) {
  for (u32 plant = 0; plant < u32(Plant::count); ++plant) EXPECT_EQ(plant_called(text(Plant(plant))), Plant(plant));
  EXPECT_EQ(plant_called("weeds"), Plant::count);
}

}  // namespace waymark::sim
