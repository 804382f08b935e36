#include "group/states.h"

#include <gtest/gtest.h>

#include "core/records.h"

namespace waymark::group {
namespace {

TEST(States, AreAtMostAsManyAsANodeHasTargets) {
  States states;
  std::vector<StateRecord> records(kMaxTargets, {"web", "", true, std::nullopt, 1, 2});
  for (u32 i = 0; i < kMaxTargets; ++i) records[i].target = std::to_string(i);
  EXPECT_EQ(states.merge(records).size(), kMaxTargets);
  EXPECT_TRUE(states.merge({{"web", "one more", true, std::nullopt, 9, 2}}).empty()) << "whoever lies fills no memory";
  EXPECT_EQ(states.merge({{"web", "7", false, std::nullopt, 9, 2}}).size(), 1u) << "what is known still changes";
  EXPECT_EQ(states.all().size(), kMaxTargets);
}

}  // namespace
}  // namespace waymark::group
