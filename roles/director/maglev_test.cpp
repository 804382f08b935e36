#include "roles/director/maglev.h"

#include <gtest/gtest.h>

#include <map>

namespace waymark {

namespace {

std::vector<PoolMember> pool(u32 count, u32 weight = 10) {
  std::vector<PoolMember> members;
  for (u32 i = 0; i < count; ++i) members.push_back({0x1234567 * (i + 1), weight});
  return members;
}

std::map<u16, u32> shares(const std::vector<u16>& table) {
  std::map<u16, u32> count;
  for (u16 entry : table) ++count[entry];
  return count;
}

}  // namespace

TEST(Maglev, TableIsAHundredAndOneTimesTheTargetsRoundedUp) {
  EXPECT_EQ(table_size(0), 101u);
  EXPECT_EQ(table_size(1), 101u);
  EXPECT_EQ(table_size(3), 404u);
  EXPECT_EQ(table_size(100), 12928u);
}

TEST(Maglev, EqualWeightsShareEqually) {
  for (u32 n : {1u, 2u, 3u, 10u, 100u}) {
    const auto table = maglev_table(pool(n), table_size(n));
    for (auto [member, count] : shares(table)) EXPECT_NEAR(count, double(table.size()) / n, 1.01) << n << " " << member;
  }
}

TEST(Maglev, SharesFollowWeights) {
  std::vector<PoolMember> members = pool(4);
  members[1].weight = 30;
  members[2].weight = 0;
  const auto table = maglev_table(members, table_size(4));
  auto count = shares(table);
  EXPECT_EQ(count.count(2), 0u);
  EXPECT_NEAR(count[1], 0.6 * double(table.size()), 0.01 * double(table.size()));
  EXPECT_NEAR(count[0], 0.2 * double(table.size()), 0.01 * double(table.size()));
}

TEST(Maglev, WithoutWeightThereIsNoTable) {
  EXPECT_TRUE(maglev_table({}, 101).empty());
  EXPECT_TRUE(maglev_table(pool(3, 0), 404).empty());
}

// A member whose weight becomes 0 keeps its index and the table its size, so that only its own entries must move.
TEST(Maglev, DrainingOneMovesFewOthers) {
  std::vector<PoolMember> members = pool(10);
  const auto before = maglev_table(members, table_size(10));
  members[4].weight = 0;
  const auto after = maglev_table(members, table_size(10));
  u32 moved = 0;
  for (u32 i = 0; i < before.size(); ++i) moved += before[i] != 4 && before[i] != after[i];
  EXPECT_LT(moved, before.size() / 10);
}

TEST(Maglev, AddingOneMovesFewBeyondItsShare) {
  for (u32 n : {3u, 6u, 50u}) {
    const auto before = maglev_table(pool(n), table_size(n)), after = maglev_table(pool(n + 1), table_size(n + 1));
    ASSERT_EQ(before.size(), after.size());
    u32 moved = 0;
    for (u32 i = 0; i < before.size(); ++i) moved += before[i] != after[i];
    EXPECT_LT(moved, before.size() / (n + 1) + before.size() / 10) << n;
  }
}

}  // namespace waymark
