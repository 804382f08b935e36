#include "lab/tenants/site.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "config/parse.h"
#include "lab/tenants/asking.h"
#include "lab/tenants/events.h"

namespace waymark::lab {
namespace {

class TenantsFiles : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/wm-tenants-files.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  Config read(const std::string& gateway, const Standing& standing) {
    const TenantsSite site("wm-tenants-", directory);
    EXPECT_TRUE(site.write_gateway(gateway, standing));
    const auto text = read_config_file(site.file(gateway + ".toml"));
    const Parsed parsed = parse_config(text ? *text : "", gateway);
    EXPECT_TRUE(parsed.problems.empty()) << (parsed.problems.empty() ? "" : parsed.problems[0].sentence);
    return parsed.config.value_or(Config{});
  }
  std::string directory;
};

TEST_F(TenantsFiles, EachGatewaysConfigurationIsGood) {
  const Config g1 = read("g1", {{1}}), g3 = read("g3", {{1}, true});
  ASSERT_TRUE(g1.gateway && g3.gateway && g1.announce && g3.announce);
  EXPECT_NE(g1.name, g3.name);
  EXPECT_EQ(g1.gateway->announce.size() + 1, g3.gateway->announce.size());
  ASSERT_EQ(g1.gateway->tenant.size(), kTenants.size());
  EXPECT_EQ(g1.gateway->tenant[0].tunnel.size(), 2u) << "red has another site";
  EXPECT_EQ(read("g2", {{2, 1}}).gateway->holds, (std::vector<u64>{2, 1}));
}

TEST(TenantsEvents, FitTheirTableAndBreakTheControl) {
  const auto events = tenants_events();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.front().name, "moved") << "the others are with the server there";
  EXPECT_GE(std::count_if(events.begin(), events.end(), [](auto& e) { return e.control_breaks; }), 2);
  for (const TenantsEvent& e : events) {
    EXPECT_FALSE(e.steps.empty()) << e.name;
    EXPECT_LE(e.title.size(), 47u) << e.name << ": the table has no more room";
  }
}

TEST(TenantsSite, RoutersBetween) {
  EXPECT_EQ(routers_between("g1", DataCentre::first), 3u);
  EXPECT_EQ(routers_between("g1", DataCentre::second), 4u);
  EXPECT_EQ(routers_between("g2", DataCentre::first), 4u);
  EXPECT_EQ(routers_between("g2", DataCentre::second), 3u);
  EXPECT_EQ(routers_between("g3", DataCentre::second), 4u);
}

}  // namespace
}  // namespace waymark::lab
