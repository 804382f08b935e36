#include "cli/provision.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "roles/path/revoked.h"

namespace waymark::cli {
namespace {

struct Said {
  int status;
  std::string text;  // of both outputs
};

class Provision : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/wm-provision-cli.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory); }
  Said waymark(const std::string& words) const {
    const std::string command = WM_BUILD_DIR "/waymark provision " + words +
                                " -c " WM_SOURCE_DIR "/packaging/examples/pop.toml --store " + directory +
                                "/new/clients.db 2>&1";
    FILE* out = popen(command.c_str(), "r");
    std::string text;
    char part[512];
    while (size_t n = fread(part, 1, sizeof part, out)) text.append(part, n);
    return {WEXITSTATUS(pclose(out)), text};
  }
  std::string directory;
};

TEST_F(Provision, GivesMovesAndRevokes) {
  const std::string ann = "client ann --pop 1 --policy client";
  EXPECT_EQ(waymark(ann).text, "3fff:c00:1:100:0:100::\n");
  EXPECT_EQ(waymark(ann).text, "3fff:c00:1:100:0:100::\n");
  EXPECT_EQ(waymark("client bob --pop 1 --policy 1").text, "3fff:c00:1:100:0:200::\n");
  EXPECT_EQ(waymark("client ann --pop 2 --policy client").status, 1);
  EXPECT_EQ(waymark("move ann --pop 2").text, "3fff:c00:2:100:0:100::\n");
  EXPECT_NE(waymark("show ann --networkd --interface eth7").text.find("Name=eth7"), std::string::npos);
  EXPECT_NE(waymark("list").text.find("until "), std::string::npos);
  const Said server = waymark("server-address ann 7 --path 2,3 --policy web");
  EXPECT_EQ(server.status, 0);
  EXPECT_TRUE(server.text.starts_with("3fff:a00:0:702:")) << server.text;
  const Said chosen = waymark("server-address bob 7 --policy web");
  EXPECT_EQ(chosen.text, waymark("server-address bob 7 --path 1,3 --policy web").text) << "what `waymark paths` shows";
  EXPECT_EQ(waymark("revoke bob").text, "client bob is revoked; its id, 2, is not given again\n");
  EXPECT_EQ(waymark("client bob --pop 1 --policy client").text, "3fff:c00:1:100:0:300::\n");
  EXPECT_NE(waymark("list --all").text.find("revoked "), std::string::npos);
}

TEST_F(Provision, WhoIsRevokedStandsInTheFileOfPops) {
  for (const char* name : {"ann", "bob", "cat"}) waymark("client " + std::string(name) + " --pop 1 --policy client");
  const std::string file = directory + "/revoked";
  EXPECT_EQ(waymark("revoke ann").status, 0);
  const Said said = waymark("revoke cat --write " + file);
  EXPECT_NE(said.text.find(file + " has it"), std::string::npos) << said.text;
  const Result<std::string> text = read_file(file, {.most_bytes = 4'096});
  ASSERT_TRUE(text);
  const auto words = path::read_revoked(*text);
  ASSERT_TRUE(words) << words.error().sentence;
  EXPECT_EQ(*words, (std::vector<u64>{*path::read_revoked_id("client 1"), *path::read_revoked_id("client 3")}));
  EXPECT_EQ(waymark("list --revoked").text, *text);
  EXPECT_EQ(waymark("list --revoked --json").text.find("bob"), std::string::npos);
  EXPECT_EQ(waymark("revoke bob --write /nowhere/revoked").status, 1);
  EXPECT_EQ(waymark("list --all --revoked").status, 2);
}

TEST_F(Provision, WhatIsWrongIsSaidAndNothingKept) {
  for (const auto& [words, why] : {std::pair("client 'a b' --pop 1 --policy client", "a client's name has"),
                                   {"client a --pop 9 --policy client", "there is no POP 9"},
                                   {"client a --pop 1 --policy gold", "there is no policy gold"},
                                   {"move nobody --pop 2", "there is no client nobody"},
                                   {"move nobody --keep 5x", "--keep "}}) {
    const Said said = waymark(words);
    EXPECT_EQ(said.status, 1) << words;
    EXPECT_NE(said.text.find(why), std::string::npos) << said.text;
  }
  EXPECT_EQ(waymark("client a --pop 1").status, 2);
  EXPECT_EQ(waymark("show a --json --networkd").status, 2);
  EXPECT_EQ(waymark("list").text, "client  id  pop  policy  address  state\n");
}

}  // namespace
}  // namespace waymark::cli
