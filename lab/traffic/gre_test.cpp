// The lab's end of a GRE tunnel, and this test as the other one.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "lab/kit/process.h"
#include "lab/traffic/traffic.h"
#include "tests/kit/need.h"

namespace waymark::lab {
namespace {

int gre(std::vector<std::string> words) {
  words.insert(words.begin(), "gre");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return traffic_gre(int(argv.size()), argv.data());
}

sockaddr_in at(const char* address, u16 port = 0) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  inet_pton(AF_INET, address, &out.sin_addr);
  return out;
}

int opened(int type, int protocol, const sockaddr_in& from, const sockaddr_in& to) {
  const int fd = socket(AF_INET, type, protocol);
  const timeval patience{10, 0};
  EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
  EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from), 0) << std::strerror(errno);
  EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0) << std::strerror(errno);
  return fd;
}

using Bytes = std::vector<u8>;
Bytes received(int fd) {
  Bytes out(2000);
  const ssize_t n = recv(fd, out.data(), out.size(), 0);
  out.resize(n < 0 ? 0 : size_t(n));
  return out;
}

constexpr size_t kIp = 20, kGre = 8, kUdp = 8;

TEST(Gre, AMistakeIsASentence) {
  EXPECT_EQ(gre({"--keys", "7"}), 2);
  EXPECT_EQ(gre({"--device", "x", "--from", "127.0.0.2", "--to", "::1"}), 1);
  EXPECT_EQ(gre({"--device", "x", "--from", "127.0.0.2", "--to", "nobody"}), 1);
}

TEST(Gre, PacketsComeAndGoWithTheKeyAlone) {
  WM_NEED(Cap::netns);
  ASSERT_EQ(unshare(CLONE_NEWNET), 0) << std::strerror(errno);
  ASSERT_TRUE(run({.argv = {"ip", "link", "set", "dev", "lo", "up"}}));
  const int wire = opened(SOCK_RAW, IPPROTO_GRE, at("127.0.0.3"), at("127.0.0.2"));
  const pid_t tool = fork();
  if (tool == 0)
    _exit(gre({"--device", "far", "--from", "127.0.0.2", "--to", "127.0.0.3", "--key", "7", "--for", "60"}));
  ASSERT_GT(tool, 0);
  const auto comes = [] { return bool(run({.argv = {"ip", "link", "set", "dev", "far", "up"}})); };
  for (int i = 0; i < 1000 && !comes(); ++i) usleep(10'000);
  ASSERT_TRUE(run({.argv = {"ip", "addr", "add", "10.9.0.1/24", "dev", "far"}}));
  const int inside = opened(SOCK_DGRAM, 0, at("10.9.0.1", 5000), at("10.9.0.2", 6000));
  ASSERT_EQ(send(inside, "asked", 5, 0), 5);

  Bytes packet = received(wire);
  const Bytes head = {0x20, 0, 8, 0, 0, 0, 0, 7};
  ASSERT_EQ(packet.size(), kIp + kGre + kIp + kUdp + 5);
  EXPECT_TRUE(std::equal(head.begin(), head.end(), packet.begin() + kIp)) << "key 7, IPv4 inside";
  packet.erase(packet.begin(), packet.begin() + kIp);  // a raw socket's packets come with their IP header

  // The answer: addresses and ports the other way around, and no UDP checksum.
  u8* ip = packet.data() + kGre;
  std::swap_ranges(ip + 12, ip + 16, ip + 16);
  std::swap_ranges(ip + kIp, ip + kIp + 2, ip + kIp + 2);
  ip[kIp + 6] = ip[kIp + 7] = 0;
  for (const u8 key : Bytes{8, 7}) {
    packet[7] = key;
    packet.back() = key;
    ASSERT_EQ(send(wire, packet.data(), packet.size(), 0), ssize_t(packet.size()));
  }
  EXPECT_EQ(received(inside), (Bytes{'a', 's', 'k', 'e', 7})) << "the other key's came before it";
  kill(tool, SIGTERM);
  int status = -1;
  EXPECT_EQ(waitpid(tool, &status, 0), tool);
  EXPECT_EQ(status, 0);
  close(inside);
  close(wire);
}

}  // namespace
}  // namespace waymark::lab
