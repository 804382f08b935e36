#include "cli/paths.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace waymark::cli {
namespace {

// The example's POPs in a row: 1-2 and 2-3 for 10 each, 1-3 for 25; and a policy that leads through POP 2.
class Paths : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/wm-paths.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
    std::ostringstream example;
    example << std::ifstream(WM_SOURCE_DIR "/packaging/examples/pop.toml").rdbuf();
    std::ofstream(directory + "/pop.toml") << example.str() << R"(
[[path.policy]]
name = "by-2"
index = 3
through = 2
[[path.policy]]
name = "short"
index = 4
most_hops = 2
[[path.link]]
between = [1, 2]
latency = "1ms"
[[path.link]]
between = [2, 3]
latency = "1ms"
[[path.link]]
between = [1, 3]
cost = 25
)";
  }
  void TearDown() override { std::filesystem::remove_all(directory); }
  std::string says(const PathsOptions& options, int status = 0) const {
    PathsOptions all = options;
    all.config = directory + "/pop.toml";
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    EXPECT_EQ(paths_command(all), status);
    const std::string out = testing::internal::GetCapturedStdout();
    return out + testing::internal::GetCapturedStderr();
  }
  std::string directory;
};

TEST_F(Paths, ShowsTheChoiceAndWhatLost) {
  EXPECT_EQ(says({.from = "1", .to = "7"}),
            "1,2,3 is the path from POP 1 to POP 3: it costs 20, and takes 2 ms\n\n"
            "other  cost  hops  why not\n"
            "1,3      25     2  costs 5 more\n");
  EXPECT_EQ(says({.from = "1", .to = "7", .policy = "short"}),
            "1,3 is the path from POP 1 to POP 3: it costs 25\n\n"
            "other  cost  hops  why not\n"
            "1,2,3    20     3  it has 3 hops, and the policy allows 2\n");
  EXPECT_EQ(says({.from = "3fff:c00:1:100:0:100::", .to = "pop=3", .down = {"1-2"}}),
            "1,3 is the path from POP 1 to POP 3: it costs 25\n\n"
            "other  cost  hops  why not\n"
            "1,2,3    20     3  link 1-2 is down\n");
  EXPECT_EQ(says({.from = "3", .to = "pop=3"}), "3 is the path from POP 3 to POP 3: it costs 0\n");
}

TEST_F(Paths, SaysWhyThereIsNone) {
  EXPECT_EQ(says({.from = "1", .to = "7", .policy = "by-2", .down = {"2"}}, 1),
            "other  cost  hops  why not\n"
            "1,2,3    20     3  POP 2 is down\n"
            "1,3      25     2  the policy leads through POP 2\n"
            "waymark: the policy, and what is down, leave no path from POP 1 to POP 3\n");
}

TEST_F(Paths, WritesJsonAndDot) {
  const std::string json = says({.from = "1", .to = "7", .policy = "2", .json = true});
  EXPECT_NE(json.find("\"latency_ms\": 2"), std::string::npos) << json;
  EXPECT_NE(json.find("\"why_not\": \"costs 5 more\""), std::string::npos) << json;
  const std::string dot = says({.from = "1", .to = "7", .dot = true});
  EXPECT_NE(dot.find("1 -> 2 [label=10, dir=forward, penwidth=3];"), std::string::npos) << dot;
}

TEST_F(Paths, SaysWhatIsWrong) {
  EXPECT_EQ(says({.from = "9", .to = "7"}, 1), "waymark: there is no POP 9 in [path]\n");
  EXPECT_EQ(says({.from = "1", .to = "8"}, 1), "waymark: there is no server 8 in [path]\n");
  EXPECT_EQ(says({.from = "1", .to = "pop=x"}, 1), "waymark: there is no POP x in [path]\n");
  EXPECT_EQ(says({.from = "2001:db8::1", .to = "7"}, 1),
            "waymark: 2001:db8::1 is neither a POP's id nor an address in plan \"clients\"\n");
  EXPECT_EQ(says({.from = "1", .to = "7", .down = {"1-9"}}, 1), "waymark: --down 1-9: there is no POP 9 in [path]\n");
  EXPECT_NE(says({.from = "1", .to = "7", .policy = "gold"}, 1).find("there is no policy gold in [path]"),
            std::string::npos);
}

TEST(Live, LinksAreReadFromTheDaemonsAnswer) {
  const auto links = read_links(
      R"({"columns": [], "rows": [
        {"from": 1, "to": 2, "state": "up", "round_trip_us": 24000, "lost_per_10000": 12, "cost": 7, "by": "file"},
        {"from": 3, "to": 1, "state": "down", "round_trip_us": "-", "lost_per_10000": "-", "cost": 7, "by": "file"}]})");
  ASSERT_TRUE(links) << links.error().sentence;
  EXPECT_EQ(links->down, (paths::Down{{}, {{1, 3}}}));
  EXPECT_EQ(links->sights, (paths::Sights{{{1, 2}, {paths::Sight::up, std::chrono::milliseconds(24), 12}}}));
}

TEST(Live, WhatIsNoAnswerIsAnError) {
  for (const char* said : {"", "{}", "[]", R"({"rows": 3})", R"({"rows": [3]})",
                           R"({"rows": [{"from": "1", "to": 2}]})", R"({"rows": [{"from": 1}]})"})
    EXPECT_FALSE(read_links(said)) << said;
}

}  // namespace
}  // namespace waymark::cli
