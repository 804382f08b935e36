#include "node/wan.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace waymark {
namespace {

using namespace std::chrono_literals;
using paths::Sight, paths::Sights;

Config config_of(const std::vector<u32>& ids, u32 own = 1) {
  Config config;
  PathConfig& path = config.path.emplace();
  path.id = own;
  for (const u32 id : ids) path.pop.push_back({.id = id, .address = {}});
  return config;
}

Watch::View view(u32 pop, Watch::State state, std::optional<Duration> trip = {}, u32 lost = 0) {
  Watch::View v;
  v.pop = pop;
  v.state = state;
  v.round_trip = trip;
  v.lost = lost;
  return v;
}

constexpr auto kUp = Watch::State::up, kSilent = Watch::State::silent;

struct KnownWan : ::testing::Test {
  Wan wan;
  std::set<group::PopPair> heard;
  // As of members that say this, and nothing else.
  void hear(const std::vector<group::PopView>& views) {
    std::map<group::PopPair, std::vector<group::PopView>> by_pair;
    for (const group::PopPair& pair : std::exchange(heard, {})) by_pair[pair];
    for (const group::PopView& view : views) by_pair[{view.from, view.to}].push_back(view);
    for (const auto& [pair, said] : by_pair) {
      wan.hear(pair, said);
      if (!said.empty()) heard.insert(pair);
    }
  }
  Time now = 100s;
  void SetUp() override { wan.configure(config_of({1, 2, 3})); }
};

TEST_F(KnownWan, ASilentPopIsNewsAtOnceAndMeasurementsNowAndThen) {
  wan.look({view(2, kUp, 10ms)}, now);
  EXPECT_EQ(wan.told(), (std::vector<group::PopView>{{1, 2, 1, 10'000, 0}}));
  EXPECT_EQ(wan.deadline(), now + 5s);
  wan.look({view(2, kUp, 20ms)}, now + 1s);
  EXPECT_EQ(wan.told()[0].round_trip, 10'000u) << "not yet";
  wan.look({view(2, kSilent, 20ms)}, now + 2s);
  EXPECT_EQ(wan.told(), (std::vector<group::PopView>{{1, 2, 2, 20'000, 0}}));
  wan.look({view(2, kUp, 20ms)}, now + 6s);
  const u64 changes = wan.changes();
  wan.look({view(2, kUp, 22ms, 20)}, now + 20s);
  EXPECT_EQ(wan.changes(), changes) << "no eighth more";
  wan.look({view(2, kUp, 22ms, 30)}, now + 30s);
  EXPECT_EQ(wan.told(), (std::vector<group::PopView>{{1, 2, 1, 22'000, 30}})) << "more is lost";
  wan.look({}, now + 31s);
  EXPECT_TRUE(wan.told().empty()) << "it is watched no more";
}

TEST_F(KnownWan, OthersViewsCountWhileTheyAreConnected) {
  hear({{2, 3, 2, 8'000, 5}, {3, 2, 1, 9'000, 0}});
  EXPECT_EQ(wan.sights(), (Sights{{{2, 3}, {Sight::silent, 8ms, 5}}, {{3, 2}, {Sight::up, 9ms, 0}}}));
  hear({{3, 2, 1, 9'000, 0}});
  EXPECT_EQ(wan.sights().at({2, 3}), (paths::Seen{Sight::unknown, 8ms, 5})) << "how far it is stays known";
  const u64 changes = wan.changes();
  hear({{3, 2, 1, 9'000, 0}});
  EXPECT_EQ(wan.changes(), changes);
  wan.configure(config_of({1, 3}));
  EXPECT_TRUE(wan.sights().empty()) << "POP 2 is no more";
}

TEST_F(KnownWan, OfTwoNodesOfAPopWhoHearsIsRight) {
  hear({{2, 3, 2, 8'000, 5}, {2, 3, 1, 9'000, 0}, {2, 3, 0, 0, 0}});
  EXPECT_EQ(wan.sights(), (Sights{{{2, 3}, {Sight::up, 8ms, 5}}}));
  hear({{2, 3, 1, 9'000, 0}, {2, 3, 2, 8'000, 5}});
  EXPECT_EQ(wan.sights(), (Sights{{{2, 3}, {Sight::up, 8ms, 5}}}));
  wan.look({view(3, kSilent)}, now);
  hear({{1, 3, 1, 0, 0}});
  EXPECT_EQ(wan.sights(), (Sights{{{1, 3}, {Sight::up, {}, 0}}, {{2, 3}, {Sight::unknown, 8ms, 5}}}));
}

TEST_F(KnownWan, PopsThatNoFileHasAreNotSeen) {
  hear({{2, 9, 2, 0, 0}, {9, 2, 1, 5, 0}});
  EXPECT_TRUE(wan.sights().empty());
}

TEST_F(KnownWan, ANodeWithoutPathTellsNothing) {
  wan.configure(Config());
  wan.look({view(2, kUp, 10ms)}, now);
  EXPECT_TRUE(wan.told().empty());
  EXPECT_EQ(wan.deadline(), Time::max());
}

}  // namespace
}  // namespace waymark
