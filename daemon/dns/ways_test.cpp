#include "daemon/dns/ways.h"

#include <gtest/gtest.h>

#include "config/parse.h"

namespace waymark {
namespace {

// Four POPs: from 1 to 4 by 2 for 20, by 3 for 22.
Config wan(const std::string& keys = "", const std::string& policy = "") {
  std::string toml =
      "[node]\nname = \"pop-1\"\n[engine]\npins = 0\ninterfaces = { eth0 = \"wan\" }\n"
      "[plan.clients]\nprefix = \"3fff:c00::/40\"\nlayout = \"pop:8 policy:8 id:32 zero:40\"\n"
      "[plan.servers]\nprefix = \"3fff:a00::/40\"\nlayout = \"id:16 path:5x8 policy:4 epoch:2 tag:26\"\n"
      "keys = { 1 = \"000102030405060708090a0b0c0d0e0f\" }\n"
      "[path]\nid = 1\nclients = \"clients\"\nservers = \"servers\"\nzone = \"wan\"\n" +
      keys;
  for (const char* id : {"1", "2", "3", "4"})
    toml += std::string("[[path.pop]]\nid = ") + id + "\naddress = \"2001:db8:0:" + id + "::1\"\n";
  for (const char* link : {"[1, 2]\ncost = 10", "[2, 4]\ncost = 10", "[1, 3]\ncost = 11", "[3, 4]\ncost = 11"})
    toml += std::string("[[path.link]]\nbetween = ") + link + "\n";
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
  const auto made = ChosenWays::choose(config, lost, before);
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

}  // namespace
}  // namespace waymark
