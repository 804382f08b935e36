#include "node/chosen_ways.h"

#include <gtest/gtest.h>

#include "config/parse.h"

namespace waymark {
namespace {

// Four POPs: from 1 to 4 by 2 for 20, by 3 for 22.
Config wan(const std::string& keys = "", const std::string& policy = "", bool costs = true) {
  std::string toml =
      "[node]\nname = \"pop-1\"\n[engine]\npins = 0\ninterfaces = { eth0 = \"wan\" }\n"
      "[plan.clients]\nprefix = \"3fff:c00::/40\"\nlayout = \"pop:8 policy:8 id:32 zero:40\"\n"
      "[plan.servers]\nprefix = \"3fff:a00::/40\"\nlayout = \"id:16 path:5x8 policy:4 epoch:2 tag:26\"\n"
      "keys = { 1 = \"000102030405060708090a0b0c0d0e0f\" }\n"
      "[path]\nid = 1\nclients = \"clients\"\nservers = \"servers\"\nzone = \"wan\"\n" +
      keys;
  for (const char* id : {"1", "2", "3", "4"})
    toml += std::string("[[path.pop]]\nid = ") + id + "\naddress = \"2001:db8:0:" + id + "::1\"\n";
  for (const auto& [link, cost] : {std::pair("[1, 2]", 10), {"[2, 4]", 10}, {"[1, 3]", 11}, {"[3, 4]", 11}})
    toml += std::string("[[path.link]]\nbetween = ") + link + (costs ? "\ncost = " + std::to_string(cost) : "") + "\n";
  toml +=
      "[[path.server]]\nid = 7\npop = 4\naddress = \"2001:db8:0:47::7\"\n"
      "[[path.policy]]\nname = \"web\"\nindex = 2\nto_server = [\"tcp/80\"]\n" +
      policy;
  const Parsed parsed = parse_config(toml, "f");
  EXPECT_TRUE(parsed.config) << (parsed.problems.empty() ? "" : parsed.problems[0].sentence);
  return parsed.config.value_or(Config{});
}

using Path = std::optional<std::vector<u32>>;
Path by(u32 second) { return std::vector<u32>{1, second, 4}; }

std::shared_ptr<const ChosenWays> ways(const Config& config, const std::set<u32>& lost = {},
                                       const ChosenWays* before = nullptr) {
  const auto made = ChosenWays::choose(config, {{lost, {}}, {}}, before);
  EXPECT_TRUE(made) << made.error().sentence;
  return *made;
}

TEST(ChosenWays, AreTheCheapestPathsByAPolicysRules) {
  EXPECT_EQ(ways(wan())->path(1, 4, 2), by(2));
  EXPECT_EQ(ways(wan("", "avoid = 2\n"))->path(1, 4, 2), by(3));
  EXPECT_EQ(ways(wan())->path(4, 4, 2), (std::vector<u32>{4}));
  EXPECT_EQ(ways(wan())->path(1, 4, 3), Path()) << "no such policy";
  EXPECT_EQ(ways(wan())->path(9, 4, 2), Path()) << "no such POP";
  EXPECT_EQ(ways(wan("down = 2\n"))->path(1, 4, 2), by(3));
}

TEST(ChosenWays, DoWithoutWhatIsLostWhereTheyCan) {
  const Config config = wan();
  EXPECT_EQ(ways(config, {2})->path(1, 4, 2), by(3));
  EXPECT_EQ(ways(config, {2, 3})->path(1, 4, 2), by(2)) << "no other leads there, and POPs may see it otherwise";
  EXPECT_EQ(ways(config, {4})->path(1, 4, 2), by(2));
  EXPECT_EQ(ways(wan("", "avoid = 3\n"), {2})->path(1, 4, 2), by(2)) << "rules hold, whatever is lost";
}

TEST(ChosenWays, AreKeptUntilAnotherIsBetterByTheMargin) {
  const Config config = wan();
  const auto lost = ways(config, {2});
  EXPECT_EQ(ways(config, {}, lost.get())->path(1, 4, 2), by(2)) << "what was never lost is as it was";
  const auto back = ways(config, {9}, lost.get());
  EXPECT_EQ(back->path(1, 4, 2), by(3)) << "20 is no tenth less than 22";
  EXPECT_EQ(ways(wan("hysteresis = 5\n"), {9}, lost.get())->path(1, 4, 2), by(2));
}

TEST(ChosenWays, DoWithoutLinksThatAreDown) {
  const auto made = ChosenWays::choose(wan(), {{{}, {{2, 4}}}, {}}, nullptr);
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)->path(1, 4, 2), by(3));
  EXPECT_EQ((*made)->path(1, 2, 2), Path()) << "no server is there";
  EXPECT_EQ((*made)->others_than(*ways(wan())), 2u) << "from 1 and from 2";
}

TEST(ChosenWays, AreThoseThatMeasurementsMakeCheaper) {
  const auto trip = [](u32 from, u32 to, u32 ms) {
    return std::pair(std::pair(from, to), paths::Seen{paths::Sight::up, std::chrono::milliseconds(ms), 0});
  };
  const Config config = wan("", "", false);
  const auto measured = [&](u32 by_2, u32 by_3, const ChosenWays* before) {
    const auto made = ChosenWays::choose(
        config, {{}, {trip(1, 2, by_2), trip(2, 4, by_2), trip(1, 3, by_3), trip(3, 4, by_3)}}, before);
    EXPECT_TRUE(made);
    return *made;
  };
  const auto first = measured(10, 12, nullptr);
  EXPECT_EQ(first->path(1, 4, 2), by(2));
  EXPECT_EQ(measured(10, 8, nullptr)->path(1, 4, 2), by(3));
  EXPECT_EQ(measured(100, 95, first.get())->path(1, 4, 2), by(2)) << "no tenth less";
  EXPECT_EQ(measured(100, 80, first.get())->path(1, 4, 2), by(3));
}

}  // namespace
}  // namespace waymark
