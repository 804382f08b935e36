#include "lab/edge/site.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "config/parse.h"
#include "lab/edge/events.h"
#include "lab/edge/routing.h"

namespace waymark::lab {
namespace {

class EdgeFiles : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/wm-edge-files.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  Config read(const std::string& node, Anycast how) {
    const EdgeSite site("wm-edge-", directory);
    EXPECT_TRUE(site.write_files(how));
    const auto text = read_config_file(site.file(node + ".toml"));
    const Parsed parsed = parse_config(text ? *text : "", node);
    EXPECT_TRUE(parsed.problems.empty()) << (parsed.problems.empty() ? "" : parsed.problems[0].sentence);
    return parsed.config.value_or(Config{});
  }
  std::string directory;
};

TEST_F(EdgeFiles, EachConfigurationIsGood) {
  const Config e1 = read("e1", Anycast::by_edges), e2 = read("e2", Anycast::by_edges);
  ASSERT_TRUE(e1.edge && e2.edge && e1.announce);
  EXPECT_FALSE(e1.edge->prefix == e2.edge->prefix);
  const auto way = [&](const std::string& node, Anycast how) {
    return read(node, how).service.at(0).target.at(0).tunnel;
  };
  EXPECT_EQ(way("d1", Anycast::by_edges), Tunnel::rewrite);
  EXPECT_EQ(way("d3", Anycast::by_edges), Tunnel::mac) << "it stands for a director whose server holds the address";
  EXPECT_EQ(way("d1", Anycast::plain), Tunnel::mac) << "clients without an edge know no other address";
}

TEST_F(EdgeFiles, TheSecondRouterPrefersOneSite) {
  EXPECT_NE(bird_of_transit(2, Preferred::first), bird_of_transit(2, Preferred::second));
}

TEST(EdgeEvents, FitTheirTableAndBreakTheControl) {
  const auto events = edge_events();
  ASSERT_FALSE(events.empty());
  EXPECT_GE(std::count_if(events.begin(), events.end(), [](auto& e) { return e.control_breaks; }), 3);
  EXPECT_FALSE(events.back().lost.empty()) << "others need the server";
  for (const EdgeEvent& e : events) {
    EXPECT_FALSE(e.steps.empty()) << e.name;
    EXPECT_LE(e.title.size(), 47u) << e.name << ": the table has no more room";
  }
}

}  // namespace
}  // namespace waymark::lab
