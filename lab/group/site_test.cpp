#include "lab/group/site.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "config/parse.h"

namespace waymark::lab {
namespace {

class GroupFiles : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/wm-group-files.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  Config read(const GroupSite& site, const std::string& file) {
    const auto text = read_config_file(site.file(file));
    EXPECT_TRUE(text);
    const Parsed parsed = parse_config(text ? *text : "", file);
    EXPECT_TRUE(parsed.problems.empty()) << file << ": "
                                         << (parsed.problems.empty() ? "" : parsed.problems[0].sentence);
    return parsed.config.value_or(Config{});
  }
  std::string directory;
};

TEST_F(GroupFiles, EveryNodesConfigurationIsGood) {
  const GroupSite site("wm-group-", directory);
  ASSERT_TRUE(site.write_hosts());
  ASSERT_TRUE(site.write_directors({}));
  const Config d1 = read(site, "d1.toml"), d2 = read(site, "d2.toml");
  ASSERT_TRUE(d1.group && d2.group && d1.announce && d2.announce);
  ASSERT_EQ(d1.group->member.size(), 1u);
  EXPECT_EQ(d1.group->member[0].name, d2.name);
  EXPECT_EQ(d1.group->member[0].address, d2.group->listen);
  EXPECT_EQ(d2.group->member[0].address, d1.group->listen);
  EXPECT_TRUE(d1.group->mirror && d1.director->second_candidate);
  for (const auto& s : kServers) {
    const Config host = read(site, s + ".toml");
    ASSERT_TRUE(host.host) << s;
    EXPECT_EQ(host.host->directors.size(), 4u);
    ASSERT_EQ(host.host->service.size(), 1u);
    EXPECT_EQ(host.host->service[0].hosts.size(), kServers.size() - 1);
  }
}

TEST_F(GroupFiles, TheControlHasNeitherCandidatesNorMirrorAndMayKeepSilent) {
  const GroupSite site("wm-group-", directory);
  GroupPlan plan;
  plan.second_candidate = plan.mirror = plan.tell = false;
  ASSERT_TRUE(site.write_directors(plan));
  const Config d2 = read(site, "d2.toml");
  EXPECT_FALSE(d2.director->second_candidate || d2.group->mirror);
  EXPECT_EQ(d2.director->resets + d2.director->unreachables, 0u);
}

TEST_F(GroupFiles, TheSecretIsItsOwnersAloneAndAnotherEachTime) {
  const GroupSite site("wm-group-", directory);
  ASSERT_TRUE(site.write_key("group.key"));
  struct stat info;
  ASSERT_EQ(stat(site.file("group.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_GE(info.st_size, 32);
  const auto first = read_config_file(site.file("group.key"));
  ASSERT_TRUE(site.write_key("group.key"));
  EXPECT_NE(*first, *read_config_file(site.file("group.key")));
}

}  // namespace
}  // namespace waymark::lab
