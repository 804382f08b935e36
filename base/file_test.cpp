#include "base/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace waymark {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Files : public testing::Test {
 protected:
  Files() {
    std::string made = fs::temp_directory_path() / "waymark-file-XXXXXX";
    dir_ = mkdtemp(made.data());
  }
  ~Files() override { fs::remove_all(dir_); }
  std::string at(const std::string& name) const { return dir_ / name; }
  std::string put(const std::string& name, const std::string& text) const {
    std::ofstream(at(name), std::ios::binary) << text;
    return at(name);
  }
  std::string get(const std::string& name) const {
    std::ifstream in(at(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  int listener(const std::string& path) const {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    EXPECT_EQ(listen(fd, 1), 0);
    return fd;
  }

  fs::path dir_;
};

TEST_F(Files, ReadsWhatIsThereUpToTheLimit) {
  const std::string bytes("a\0b", 3);
  EXPECT_EQ(*read_file(put("f", bytes), {3}), bytes);
  EXPECT_EQ(*read_file(put("empty", ""), {0}), "");
  EXPECT_EQ(read_file(put("f", "1234"), {3}).error().sentence,
            at("f") + " is larger than 3 bytes, the most that is read");
  EXPECT_FALSE(read_file("/proc/self/status", {1 << 20})->empty()) << "it claims a size of 0";
}

// Each of these would hang, exhaust memory, or throw, read without care.
TEST_F(Files, WhatIsNoFileIsRefusedAtOnce) {
  fs::create_directory(at("folder"));
  ASSERT_EQ(mkfifo(at("fifo").c_str(), 0600), 0);
  const int socket = listener(at("socket"));
  fs::create_symlink("/dev/zero", at("link"));
  const std::pair<std::string, const char*> cases[] = {{at("folder"), " is a directory, not a regular file"},
                                                       {at("fifo"), " is a FIFO, not a regular file"},
                                                       {"/dev/zero", " is a character device, not a regular file"},
                                                       {at("link"), " is a character device, not a regular file"},
                                                       {at("none"), " cannot be opened: No such file or directory"}};
  // Whoever waits for a FIFO's writer gets one in the end.
  std::atomic<bool> waited = false;
  std::jthread writer([&](const std::stop_token& stop) {
    for (int i = 0; i < 1000 && !stop.stop_requested(); ++i) usleep(10'000);
    if (stop.stop_requested()) return;
    waited = true;
    close(open(at("fifo").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  });
  for (const auto& [path, end] : cases) {
    const auto got = read_file(path, {4096});
    ASSERT_FALSE(got) << path;
    EXPECT_EQ(got.error().sentence, path + end);
  }
  EXPECT_FALSE(read_file(at("socket"), {4096}));
  EXPECT_FALSE(waited);
  close(socket);
}

TEST_F(Files, APersonsPipeIsReadToItsEnd) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "text", 4), 4);
  close(ends[1]);
  const std::string path = "/dev/fd/" + std::to_string(ends[0]);
  EXPECT_EQ(*read_file(path, {.most_bytes = 10, .may_be_a_pipe = true}), "text");
  EXPECT_FALSE(read_file(path, {.most_bytes = 10}));
  close(ends[0]);
}

TEST_F(Files, ASecretThatOthersMayReadIsRefused) {
  put("key", "secret");
  for (const mode_t open : {0640, 0604, 0620, 0601}) {
    ASSERT_EQ(chmod(at("key").c_str(), open), 0);
    const auto got = read_file(at("key"), {.most_bytes = 100, .only_owners = true});
    ASSERT_FALSE(got) << open;
    EXPECT_THAT(got.error().sentence, HasSubstr("`chmod 600` it"));
  }
  ASSERT_EQ(chmod(at("key").c_str(), 0600), 0);
  EXPECT_EQ(*read_file(at("key"), {.most_bytes = 100, .only_owners = true}), "secret");
}

TEST_F(Files, AFileIsReplacedWhateverWasThere) {
  put("target", "kept");
  put("plain", "old");
  fs::create_symlink(at("target"), at("link"));
  ASSERT_EQ(mkfifo(at("fifo").c_str(), 0600), 0);
  for (const char* name : {"plain", "link", "fifo", "fresh"}) {
    ASSERT_TRUE(replace_file(at(name), "new", 0644)) << name;
    EXPECT_EQ(get(name), "new") << name;
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(at(name)))) << name;
  }
  EXPECT_EQ(get("target"), "kept") << "written through a link";
  fs::create_directory(at("folder"));
  EXPECT_THAT(replace_file(at("folder"), "new", 0644).error().sentence, HasSubstr("is a directory"));
  EXPECT_FALSE(replace_file(at("nowhere/file"), "new", 0644));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_), {}), 6) << "something stayed behind";
}

TEST_F(Files, AFileIsRewrittenBehindItsLinkWithItsModeAndOwner) {
  put("plain", "old");
  ASSERT_EQ(chmod(at("plain").c_str(), 0640), 0);
  if (geteuid() == 0) {
    ASSERT_EQ(chown(at("plain").c_str(), 4711, 4712), 0);
  }
  fs::create_symlink("plain", at("link"));
  ASSERT_TRUE(rewrite_file(at("link"), "old", "new"));
  EXPECT_TRUE(fs::is_symlink(at("link")));
  EXPECT_EQ(get("plain"), "new");
  struct stat facts {};
  ASSERT_EQ(stat(at("plain").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0640u);
  if (geteuid() == 0) {
    EXPECT_EQ(facts.st_uid, 4711u);
    EXPECT_EQ(facts.st_gid, 4712u);
  }
  for (const char* other : {"old", "new ", "ne", ""})
    EXPECT_THAT(rewrite_file(at("plain"), other, "lost").error().sentence, HasSubstr("changed by somebody else"));
  fs::create_hard_link(at("plain"), at("twin"));
  EXPECT_THAT(rewrite_file(at("plain"), "new", "lost").error().sentence, HasSubstr("has other names"));
  EXPECT_FALSE(rewrite_file(at("nowhere"), "", "lost"));
  EXPECT_FALSE(rewrite_file(dir_, "", "lost"));
  EXPECT_FALSE(rewrite_file("/proc/version", *read_file("/proc/version", {.most_bytes = 4'096}), "lost"));
  EXPECT_EQ(get("plain"), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_), {}), 3) << "something stayed behind";
}

TEST_F(Files, OnlyADeadSocketIsCleared) {
  EXPECT_TRUE(clear_socket(at("none")));
  put("plain", "precious");
  EXPECT_EQ(clear_socket(at("plain")).error().sentence,
            at("plain") + " is a regular file, not a socket: choose another path, or remove it");
  EXPECT_EQ(get("plain"), "precious");
  fs::create_directory(at("folder"));
  fs::create_symlink(at("plain"), at("link"));
  ASSERT_EQ(mkfifo(at("fifo").c_str(), 0600), 0);
  for (const char* name : {"folder", "link", "fifo"}) {
    EXPECT_FALSE(clear_socket(at(name))) << name;
    EXPECT_TRUE(fs::exists(fs::symlink_status(at(name)))) << name;
  }
  const int fd = listener(at("socket"));
  EXPECT_THAT(clear_socket(at("socket")).error().sentence, HasSubstr("somebody listens"));
  close(fd);
  EXPECT_TRUE(clear_socket(at("socket")));
  EXPECT_FALSE(fs::exists(at("socket")));
}

TEST(SizeText, IsForPeople) {
  EXPECT_EQ(size_text(1), "1 byte");
  EXPECT_EQ(size_text(4096), "4096 bytes");
  EXPECT_EQ(size_text(64 << 10), "64 KiB");
  EXPECT_EQ(size_text(16 << 20), "16 MiB");
  EXPECT_EQ(size_text((16 << 20) + 700'000), "16.7 MiB");
  EXPECT_EQ(size_text(std::size_t(3) << 30), "3 GiB");
}

}  // namespace
}  // namespace waymark
