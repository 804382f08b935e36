#include "base/event.h"

#include <gtest/gtest.h>

namespace waymark {

TEST(EventKinds, AreNamedOnceAndEachWhole) {
  for (const EventKind& kind : event_kinds()) {
    EXPECT_EQ(find_event_kind(kind.name), &kind) << kind.name;
    EXPECT_NE(kind.name.find('.'), kind.name.npos) << kind.name;
    EXPECT_GT(kind.many.size(), 3u) << kind.name;
    EXPECT_GT(kind.meaning.size(), 10u) << kind.name;
  }
}

}  // namespace waymark
