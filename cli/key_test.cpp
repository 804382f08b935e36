#include "cli/key.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "config/parse.h"
#include "config/rotation.h"

namespace waymark::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

struct Said {
  int status;
  std::string text;  // of both outputs
};

class Key : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/wm-key-cli.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
    file = directory + "/pop.toml";
    std::filesystem::copy_file(WM_SOURCE_DIR "/packaging/examples/pop.toml", file);
    ASSERT_EQ(chmod(file.c_str(), 0640), 0);
  }
  void TearDown() override { std::filesystem::remove_all(directory); }
  Said waymark(const std::string& words) const {
    FILE* out = popen((WM_BUILD_DIR "/waymark key " + words + " -c " + file + " 2>&1").c_str(), "r");
    std::string text;
    char part[512];
    while (size_t n = fread(part, 1, sizeof part, out)) text.append(part, n);
    return {WEXITSTATUS(pclose(out)), text};
  }
  std::string text() const { return *read_file(file, {.most_bytes = 1 << 20}); }
  PlanConfig servers() const {
    const Parsed parsed = parse_config(text(), file);
    for (const PlanConfig& plan : parsed.config.value().plan)
      if (plan.name == "servers") return plan;
    return {};
  }
  std::string directory, file;
};

TEST_F(Key, IsAddedUsedAndRetired) {
  const std::string before = text();
  const SipKey old = servers().keys.at(0).key;
  const Said rotated = waymark("rotate servers");
  EXPECT_EQ(rotated.status, 0) << rotated.text;
  EXPECT_THAT(rotated.text, HasSubstr("has a new key, of epoch 2; epoch 1 goes on making new addresses"));
  ASSERT_EQ(servers().keys.size(), 2u);
  EXPECT_EQ(servers().keys[0].key, old);
  EXPECT_NE(servers().keys[1].key, old);
  EXPECT_EQ(making_epoch(servers()), 1u);
  const SipKey first = servers().keys[1].key;
  char digits[33];
  snprintf(digits, sizeof digits, "%016lx", (unsigned long)(__builtin_bswap64(first.k0)));
  EXPECT_THAT(text(), HasSubstr(digits));
  EXPECT_EQ(rotated.text.find(digits), std::string::npos) << "a key is printed";
  EXPECT_EQ(waymark("use servers 2").status, 0);
  EXPECT_EQ(making_epoch(servers()), 2u);
  EXPECT_EQ(waymark("retire servers 1").status, 0);
  ASSERT_EQ(servers().keys.size(), 1u);
  EXPECT_EQ(servers().keys[0].epoch, 2u);
  struct stat facts {};
  ASSERT_EQ(stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0640u);
  EXPECT_EQ(waymark("rotate servers --epoch 0").status, 0);
  EXPECT_NE(servers().keys.back().key, first) << "each is drawn anew";
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory), {}), 1) << "something stayed behind";
}

TEST_F(Key, IsPrintedWithoutAChangeOfTheFile) {
  const std::string before = text();
  const Said printed = waymark("rotate servers --print");
  EXPECT_EQ(printed.status, 0);
  EXPECT_EQ(text(), before);
  const Parsed parsed = parse_config(printed.text, "f");
  ASSERT_TRUE(parsed.config);
  EXPECT_EQ(printed.text.size(), before.size() + std::string("2 = \"\"").size() + 34 + std::string("use = 1\n").size());
}

TEST_F(Key, WhatIsWrongIsSaidAndTheFileStays) {
  const std::string before = text();
  for (const auto& [words, why] : {std::pair("rotate server", "there is no [plan.server] in the configuration"),
                                   {"rotate servers --epoch 4", "cannot name epoch 4"},
                                   {"rotate clients", "has no epoch in its layout"},
                                   {"use servers 3", "has no key of epoch 3"},
                                   {"retire servers 1", "makes new addresses of plan \"servers\"; use another"}}) {
    const Said said = waymark(words);
    EXPECT_EQ(said.status, 1) << words;
    EXPECT_THAT(said.text, HasSubstr(why)) << words;
    EXPECT_THAT(said.text, EndsWith("\n"));
  }
  EXPECT_EQ(waymark("use servers").status, 2);
  EXPECT_EQ(waymark("rotate").status, 2);
  EXPECT_EQ(text(), before);
  std::ofstream(file, std::ios::app) << "[oops]\n";
  EXPECT_THAT(waymark("rotate servers").text, HasSubstr("oops"));
  std::filesystem::remove(file);
  EXPECT_THAT(waymark("rotate servers").text, HasSubstr("cannot be opened"));
}

}  // namespace
}  // namespace waymark::cli
