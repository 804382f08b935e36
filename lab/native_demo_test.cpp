#include "lab/native_demo.h"

#include <gtest/gtest.h>

namespace waymark::lab {

TEST(NativeDemo, NothingBreaksAndTheControlDoes) {
  const auto events = play_native(500);
  ASSERT_EQ(events.size(), 5u);
  for (const NativeEvent& e : events) {
    EXPECT_EQ(e.real.spanning, 500u) << e.title;
    EXPECT_EQ(e.real.broken, 0u) << e.title;
    EXPECT_EQ(e.real.lost, 0u) << e.title;
    EXPECT_GE(e.real.messages, 5u * 500) << e.title;
    EXPECT_EQ(e.control.spanning, 500u) << e.title;
    EXPECT_GT(e.control.broken, 50u) << e.title;
    EXPECT_TRUE(e.passed()) << e.title;
  }
  EXPECT_GT(events[3].real.fresh_at_drained, 0u) << "new connections reach s1 before it drains";
  EXPECT_EQ(events[4].real.fresh_at_drained, 0u) << "and none afterwards";
}

}  // namespace waymark::lab
