#include "daemon/agents/keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace waymark {
namespace {

// A director of two peers, and a host that registers with a director: three keys.
class AgentKeysTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(folder);
    for (const char* name : {"srv-1", "srv-2", "d1"}) write(name, std::string(name) + std::string(20, '\n'));
    config.agents.emplace().peer = {{"srv-1", 256, path("srv-1")}, {"srv-2", 257, path("srv-2")}};
    config.host.emplace().director.resize(1);
    config.host->director[0].name = "d1";
    config.host->director[0].key = path("d1");
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string path(const std::string& name) const { return folder + "/" + name; }
  void write(const std::string& name, const std::string& bytes, mode_t mode = 0600) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    ASSERT_EQ(chmod(path(name).c_str(), mode), 0);
  }
  std::string sentence() const {
    const Result<AgentKeys> keys = agent_keys(config);
    return keys ? "" : keys.error().sentence;
  }

  const std::string folder = testing::TempDir() + "/wm-agent-keys-" + std::to_string(getpid());
  Config config;
};

TEST_F(AgentKeysTest, AreTheFilesBytesInTheOrderOfTheConfiguration) {
  write("srv-2", std::string(16, '\0'));
  write("d1", std::string(4'096, 'k'), 0400);
  const Result<AgentKeys> keys = agent_keys(config);
  ASSERT_TRUE(keys) << keys.error().sentence;
  ASSERT_EQ(keys->peers.size(), 2u);
  EXPECT_EQ(keys->peers[0].size(), 25u) << "what ends the line is of the key";
  EXPECT_EQ(keys->peers[0][0], 's');
  EXPECT_EQ(keys->peers[1], std::vector<u8>(16, 0));
  ASSERT_EQ(keys->directors.size(), 1u);
  EXPECT_EQ(keys->directors[0].size(), 4'096u);
}

TEST_F(AgentKeysTest, NobodyNeedsAKeyWhereNobodyRegisters) {
  const Result<AgentKeys> keys = agent_keys(Config{});
  ASSERT_TRUE(keys);
  EXPECT_EQ(*keys, AgentKeys{});
}

TEST_F(AgentKeysTest, WhatIsNoKeyIsRefusedByASentenceThatNamesIt) {
  std::filesystem::remove(path("srv-1"));
  EXPECT_TRUE(sentence().starts_with("key of agents peer \"srv-1\": " + path("srv-1"))) << sentence();
  write("srv-1", std::string(16, 'k'));
  EXPECT_EQ(sentence(), "");
  write("srv-2", std::string(15, 'k'));
  EXPECT_EQ(sentence(), "key of agents peer \"srv-2\": " + path("srv-2") + " has 15 bytes; a key has 16 at least");
  write("srv-2", std::string(16, 'k'));
  write("d1", std::string(4'097, 'k'));
  EXPECT_TRUE(sentence().starts_with("key of host director \"d1\": " + path("d1"))) << sentence();
  std::filesystem::remove(path("d1"));
  EXPECT_TRUE(sentence().starts_with("key of host director \"d1\": " + path("d1"))) << sentence();
}

TEST_F(AgentKeysTest, OthersMayNotReadOrWriteThem) {
  for (const mode_t mode : {0640, 0604, 0620, 0602}) {
    write("srv-2", std::string(16, 'k'), mode);
    EXPECT_TRUE(sentence().starts_with("key of agents peer \"srv-2\": ")) << mode;
    write("srv-2", std::string(16, 'k'), 0600);
    write("d1", std::string(16, 'k'), mode);
    EXPECT_TRUE(sentence().starts_with("key of host director \"d1\": ")) << mode;
    write("d1", std::string(16, 'k'), 0600);
    EXPECT_EQ(sentence(), "");
  }
}

}  // namespace
}  // namespace waymark
