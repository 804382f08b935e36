#include "daemon/event_ring.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace waymark {

namespace {

void fill(EventRing& ring, u64 count) {
  for (u64 i = 0; i < count; ++i) ring.add({Severity::info, "target.up", "web/s1", "web/s1 is up"}, WallTime());
}

}  // namespace

TEST(EventRing, KeepsTheLastAndNumbersThem) {
  EventRing ring;
  EXPECT_TRUE(ring.last(10).events.empty());
  fill(ring, 1500);
  EXPECT_EQ(ring.last(10'000).events.size(), EventRing::kMost);
  EXPECT_EQ(ring.last(2).events.front().number, 1499u);
  EXPECT_EQ(ring.last(2).missed, 0u);
  const EventRing::Page page = ring.after(1490, 3);
  ASSERT_EQ(page.events.size(), 3u);
  EXPECT_EQ(page.events.front().number, 1491u);
  EXPECT_TRUE(ring.after(1500, 3).events.empty());
}

TEST(EventRing, WhoIsSlowIsToldHowManyItMissed) {
  EventRing ring;
  fill(ring, 1500);
  const EventRing::Page page = ring.after(200, 5);
  EXPECT_EQ(page.missed, 300u);
  EXPECT_EQ(page.events.front().number, 501u);
  EXPECT_EQ(ring.after(500, 1).missed, 0u);
}

TEST(EventRing, ANumberOfAnotherLifeIsNone) {
  EventRing ring;
  fill(ring, 3);
  EXPECT_EQ(ring.after(4711, 10).events.size(), 3u);
}

TEST(EventRing, ALineIsAnObjectOfJson) {
  const WallTime time{std::chrono::milliseconds(1'795'847'125'042)};
  const std::string line =
      to_line({7, time, {Severity::warning, "target.down", "web/s1", "a \"quote\",\na line, \xff"}});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const nlohmann::json json = nlohmann::json::parse(line);
  EXPECT_EQ(json["time"], "2026-11-28T06:25:25.042Z");
  EXPECT_EQ(json["number"], 7);
  EXPECT_EQ(json["severity"], "warning");
  EXPECT_EQ(json["kind"], "target.down");
  EXPECT_EQ(json["subject"], "web/s1");
  EXPECT_EQ(json["text"], "a \"quote\",\na line, \xef\xbf\xbd");
}

}  // namespace waymark
