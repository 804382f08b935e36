#include "daemon/revoked_file.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "roles/path/packet_revoked.h"

namespace waymark {
namespace {

class RevokedFileTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/wm-revoked.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
    path = directory + "/revoked";
  }
  void TearDown() override { std::filesystem::remove_all(directory); }
  void write(const std::string& text) { std::ofstream(path, std::ios::trunc) << text; }
  void wait(int looks) {
    for (int i = 0; i < looks; ++i) file.look(now += RevokedFile::kEvery);
  }
  bool has(u64 id) const { return std::ranges::count(words, path::id_word(path::IdOf::client, id)); }

  std::string directory, path;
  std::vector<u64> words;
  int taken = 0;
  bool no_room = false;
  Time now{1'000'000'000};
  RevokedFile file{[this](const std::string&, const std::vector<u64>& all) -> Status {
    if (no_room) return Error{"no room"};
    words = all;
    ++taken;
    return Done{};
  }};
};

TEST_F(RevokedFileTest, IsFollowedWithinASecondHoweverItIsWritten) {
  write("1\n");
  file.follow(path, now);
  EXPECT_TRUE(has(1)) << "at once";
  const int looks = int(std::chrono::seconds(1) / RevokedFile::kEvery);
  write("1\n2\n");
  wait(looks);
  EXPECT_TRUE(has(2));
  ASSERT_TRUE(replace_file(path, "3\n", 0644));
  wait(looks);
  EXPECT_TRUE(has(3) && !has(1));
  const int before = taken;
  wait(10);
  EXPECT_EQ(taken, before) << "it is not read for nothing";
}

TEST_F(RevokedFileTest, WhileItIsWrittenItIsNotRead) {
  write("1\n2\n");
  file.follow(path, now);
  write("");
  wait(1);
  EXPECT_TRUE(has(1) && has(2));
  write("1\n2\n3\n");
  wait(1);
  EXPECT_TRUE(has(1) && has(2));
  wait(1);
  EXPECT_TRUE(has(3));
}

TEST_F(RevokedFileTest, ABadLineLosesNothing) {
  write("1\n2\n");
  file.follow(path, now);
  write("3\nbob\n");
  wait(3);
  EXPECT_TRUE(has(1) && has(2) && !has(3));
  EXPECT_NE(file.trouble().find("line 2"), std::string::npos) << file.trouble();
  std::filesystem::remove(path);
  wait(3);
  EXPECT_TRUE(has(1));
  EXPECT_NE(file.trouble().find(path), std::string::npos);
  no_room = true;
  write("4\n");
  wait(3);
  EXPECT_NE(file.trouble().find("no room"), std::string::npos);
  no_room = false;
  write("5\n");
  wait(3);
  EXPECT_TRUE(has(5));
  EXPECT_EQ(file.trouble(), "");
}

TEST_F(RevokedFileTest, AnotherFileOrNone) {
  write("1\n");
  file.follow(path, now);
  file.follow("", now);
  EXPECT_TRUE(words.empty());
  EXPECT_EQ(file.deadline(), Time::max());
  file.follow(directory + "/none", now);
  EXPECT_NE(file.trouble(), "");
}

}  // namespace
}  // namespace waymark
