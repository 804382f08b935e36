#include "sim/story.h"

#include <gtest/gtest.h>

namespace waymark::sim {

TEST(Story, NothingBreaksAndTheControlDoes) {
  const std::vector<Told> all = tell(400);
  ASSERT_EQ(all.size(), 5u);
  for (const Told& t : all) {
    EXPECT_EQ(t.real.spanning, 400u) << t.title;
    EXPECT_EQ(t.real.broken, 0u) << t.title;
    EXPECT_EQ(t.real.wrong, "") << t.title;
    EXPECT_EQ(t.control.spanning, 400u) << t.title;
    EXPECT_GT(t.control.broken, 20u) << t.title;
    EXPECT_EQ(t.real.fresh_at_drained == 0, t.drains) << t.title;
    EXPECT_TRUE(t.passed()) << t.title;
  }
}

}  // namespace waymark::sim
