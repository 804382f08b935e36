#include "lab/paths/site.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "config/parse.h"
#include "config/rotation.h"
#include "lab/paths/events.h"

namespace waymark::lab {
namespace {

class PathsFiles : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/wm-paths-files.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  Config read(const std::string& node) {
    const auto text = read_config_file(PathsSite("wm-paths-", directory).file(node + ".toml"));
    const Parsed parsed = parse_config(text ? *text : "", node);
    EXPECT_TRUE(parsed.problems.empty()) << node << ": "
                                         << (parsed.problems.empty() ? "" : parsed.problems[0].sentence);
    return parsed.config.value_or(Config{});
  }
  std::string directory;
};

TEST_F(PathsFiles, EachConfigurationIsGood) {
  const PathsSite site("wm-paths-", directory);
  ASSERT_TRUE(site.write_files(Passing::allowed));
  std::set<u32> ids;
  for (u32 id = 1; id <= kPopCount; ++id) {
    const Config pop = read(pop_name(id));
    ASSERT_TRUE(pop.path);
    ids.insert(pop.path->id);
    EXPECT_TRUE(pop.path->policy.at(1).mandatory.empty());
  }
  EXPECT_EQ(ids.size(), kPopCount);
  EXPECT_TRUE(read("s1").host);
}

TEST_F(PathsFiles, TheControlForbidsToPassByTheMiddlePopThatOthersTakeForDead) {
  const PathsSite site("wm-paths-", directory);
  ASSERT_TRUE(site.write_pops(Passing::forbidden, std::to_string(kMiddlePop)));
  const Config first = read(pop_name(1)), middle = read(pop_name(kMiddlePop));
  ASSERT_TRUE(first.path && middle.path);
  EXPECT_EQ(first.path->policy.at(1).mandatory, std::vector<u32>{kMiddlePop});
  EXPECT_EQ(first.path->down, std::vector<u32>{kMiddlePop});
  EXPECT_TRUE(middle.path->down.empty()) << "none takes itself for dead";
}

TEST_F(PathsFiles, AllPopsGetTheKeysOfTheFirst) {
  const PathsSite site("wm-paths-", directory);
  ASSERT_TRUE(site.write_files(Passing::allowed));
  const std::string first = site.file("p1.toml");
  const auto text = read_config_file(first);
  ASSERT_TRUE(text);
  const auto change = add_key(read("p1"), "servers", 2, "0f0e0d0c0b0a09080706050403020100");
  ASSERT_TRUE(change);
  ASSERT_TRUE(write_file(first, *change_keys(*text, *change, first)));
  ASSERT_TRUE(site.share_keys());
  for (u32 id = 1; id <= kPopCount; ++id) {
    const PlanConfig servers = read(pop_name(id)).plan.at(1);
    ASSERT_EQ(servers.keys.size(), 2u);
    EXPECT_EQ(servers.keys[1].key, read("p1").plan.at(1).keys[1].key);
    EXPECT_EQ(making_epoch(servers), 1u);
  }
}

TEST(PathsEvents, FitTheirTableAndBreakTheControl) {
  const auto events = paths_events();
  EXPECT_GE(std::count_if(events.begin(), events.end(), [](auto& e) { return e.control_breaks; }), 2);
  for (const PathsEvent& e : events) {
    EXPECT_FALSE(e.steps.empty()) << e.name;
    EXPECT_LE(e.title.size(), 47u) << e.name << ": the table has no more room";
  }
}

}  // namespace
}  // namespace waymark::lab
