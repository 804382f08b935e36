// A link with a delay between two veths, and this test at both of its ends.
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <sstream>
#include <string>

#include "lab/kit/loop.h"
#include "lab/kit/process.h"
#include "lab/traffic/tool_test.h"
#include "lab/traffic/traffic.h"
#include "tests/kit/need.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;

constexpr u16 kOwn = 0x88b5;  // an EtherType for experiments: nothing else in the namespace sends it

int at(const char* interface) {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(kOwn);
  to.sll_ifindex = int(if_nametoindex(interface));
  const timeval patience{10, 0};
  EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
  EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0)
      << interface << ": " << std::strerror(errno);
  return fd;
}

std::string frame(size_t length, char text) {
  std::string out(length, text);
  out.replace(0, 12, 12, '\2');
  out[12] = char(kOwn >> 8);
  out[13] = char(kOwn & 0xff);
  return out;
}

std::string received(int fd) {
  std::string out(4000, '\0');
  const ssize_t n = recv(fd, out.data(), out.size(), 0);
  out.resize(n < 0 ? 0 : size_t(n));
  return out;
}

TEST(Delay, AMistakeIsASentence) {
  std::string words[] = {"delay", "--from", "nothing", "--to", "nowhere"};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), words[4].data()};
  EXPECT_EQ(traffic_delay(5, argv), 1);
  EXPECT_EQ(traffic_delay(2, argv), 2);
}

TEST(Delay, FramesComeOutAtTheOtherEndAfterIt) {
  WM_NEED(Cap::netns);
  ASSERT_EQ(unshare(CLONE_NEWNET), 0) << std::strerror(errno);
  for (const std::string end : {"west", "east"}) {
    ASSERT_TRUE(run({.argv = {"ip", "link", "add", end, "type", "veth", "peer", "name", end + "-far"}}));
    for (const std::string& one : {end, end + "-far"})
      ASSERT_TRUE(run({.argv = {"ip", "link", "set", "dev", one, "up"}}));
  }
  Tool tool(traffic_delay, {"delay", "--from", "west-far", "--to", "east-far", "--us", "30000"});
  ASSERT_EQ(tool.hear(), "ready\n");
  const int a = at("west"), b = at("east");
  const auto passes = [](int from, int to, const std::string& what, Duration least) {
    const Time sent = now();
    ASSERT_EQ(send(from, what.data(), what.size(), 0), ssize_t(what.size()));
    EXPECT_EQ(received(to), what);
    EXPECT_GE(now() - sent, least);
  };
  passes(a, b, frame(60, 'x'), milliseconds(30));
  passes(b, a, frame(1514, 'y'), milliseconds(30));

  ASSERT_FALSE(tool.ask("delay 80000").empty());
  passes(a, b, frame(60, 'z'), milliseconds(80));
  const std::string report = tool.ask("report");
  std::istringstream numbers(report);
  u64 carried = 0, lost = 1;
  EXPECT_TRUE(numbers >> carried >> lost) << report;
  EXPECT_GE(carried, 3u) << "and what the kernel itself sends there";
  EXPECT_EQ(lost, 0u);
  close(a);
  close(b);
}

}  // namespace
}  // namespace waymark::lab
