// `show links`: the links of the WAN as names lead by them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "config/parse.h"
#include "daemon/snapshot.h"

namespace waymark {
namespace {

using namespace std::chrono_literals;
using paths::Sight;

std::shared_ptr<const Config> config_with(const std::string& links) {
  std::string toml =
      "[node]\nname = \"pop-1\"\n[engine]\npins = 0\ninterfaces = { eth0 = \"wan\" }\n"
      "[plan.clients]\nprefix = \"3fff:c00::/40\"\nlayout = \"pop:8 policy:8 id:32 zero:40\"\n"
      "[plan.servers]\nprefix = \"3fff:a00::/40\"\nlayout = \"id:16 path:5x8 policy:4 zero:28\"\n"
      "[path]\nid = 1\nclients = \"clients\"\nservers = \"servers\"\nzone = \"wan\"\n" +
      links;
  for (const char* id : {"1", "2", "3"})
    toml += std::string("[[path.pop]]\nid = ") + id + "\naddress = \"2001:db8:0:" + id + "::1\"\n";
  const Parsed parsed = parse_config(toml, "f");
  EXPECT_TRUE(parsed.config) << (parsed.problems.empty() ? "" : parsed.problems[0].sentence);
  return std::make_shared<Config>(parsed.config.value_or(Config{}));
}

nlohmann::json rows(const Snapshot& s) { return nlohmann::json::parse(to_json(show_links(s)))["rows"]; }

TEST(ShowLinks, SayWhatIsKnownAndWhatItCosts) {
  Snapshot s;
  s.config = config_with(
      "[[path.link]]\nbetween = [1, 2]\ncost = 7\n[[path.link]]\nbetween = [1, 3]\n"
      "[[path.link]]\nbetween = [2, 3]\none_way = true\n");
  s.wan.sights = {{{2, 1}, {Sight::up, 24ms, 12}}, {{1, 3}, {Sight::silent, 6ms, 0}}};
  s.wan.down = paths::down_of(s.wan.sights);
  const auto all = rows(s);
  ASSERT_EQ(all.size(), 5u) << all;
  using Json = nlohmann::json;
  EXPECT_EQ(all[0], (Json{{"from", 1},
                          {"to", 2},
                          {"state", "up"},
                          {"round_trip_us", 24000},
                          {"lost_per_10000", 12},
                          {"cost", 7},
                          {"by", "file"}}));
  EXPECT_EQ(all[1], (Json{{"from", 1},
                          {"to", 3},
                          {"state", "down"},
                          {"round_trip_us", 6000},
                          {"lost_per_10000", 0},
                          {"cost", 30},
                          {"by", "measured"}}));
  EXPECT_EQ(all[3], (Json{{"from", 2},
                          {"to", 3},
                          {"state", "down"},
                          {"round_trip_us", "-"},
                          {"lost_per_10000", "-"},
                          {"cost", 132},
                          {"by", "dearest measured"}}))
      << "nobody hears POP 3";
}

TEST(ShowLinks, WithoutAnyEachTwoPopsHaveOne) {
  Snapshot s;
  s.config = config_with("");
  const auto all = rows(s);
  ASSERT_EQ(all.size(), 6u);
  for (const auto& row : all) {
    EXPECT_EQ(row["state"], "unknown");
    EXPECT_EQ(row["cost"], 10);
    EXPECT_EQ(row["by"], "file");
  }
  s.config = std::make_shared<Config>();
  EXPECT_TRUE(rows(s).empty()) << "no POP";
}

}  // namespace
}  // namespace waymark
