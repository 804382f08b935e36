// Packets that leave through the kernel, as the other end of a link gets them.
#include "rtnetlink/raw.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/address_text.h"
#include "rtnetlink/namespaces_test.h"
#include "tests/kit/packets.h"

namespace waymark {

namespace {

using namespace packets;

struct RawTest : public Namespaces {
  void SetUp() override {
    Namespaces::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    here("ip route add 198.51.100.0/24 via 10.77.0.2; ip -6 route add 2001:db8:1::/48 via 2001:db8:77::2");
    auto opened = RawSender::open();
    ASSERT_TRUE(opened) << opened.error().sentence;
    sender.emplace(std::move(*opened));
    in_peer([&] {
      tap = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL));
      sockaddr_ll name{};
      name.sll_family = AF_PACKET;
      name.sll_protocol = htons(ETH_P_ALL);
      name.sll_ifindex = int(if_nametoindex("wm-peer"));
      ASSERT_EQ(bind(tap, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    });
  }
  void TearDown() override {
    if (tap >= 0) close(tap);
    sender.reset();
    Namespaces::TearDown();
  }

  std::string send(const Bytes& packet) {  // what went wrong
    const Status done = sender->send(packet);
    return done ? "" : done.error().sentence;
  }
  // The next packet from one of the addresses that only this test has; empty after five seconds without.
  Bytes received() {
    for (pollfd wait = {tap, POLLIN, 0}; poll(&wait, 1, 5000) == 1;) {
      Bytes packet(65536);
      const ssize_t size = recv(tap, packet.data(), packet.size(), 0);
      packet.resize(size_t(size));
      const Bytes ours = address_bytes(packet[0] >> 4 == 4 ? "192.0.2.1" : "2001:db8:f::1");
      if (size >= 40 && std::equal(ours.begin(), ours.end(), packet.begin() + (packet[0] >> 4 == 4 ? 12 : 8)))
        return packet;
    }
    return {};
  }

  std::optional<RawSender> sender;
  int tap = -1;
};

Bytes four(size_t size, uint16_t id = 0x4242, uint16_t fragment = 0x4000) {
  return ip4(
      {.source = "192.0.2.1", .destination = "198.51.100.2", .ttl = 7, .tos = 0x2e, .id = id, .fragment = fragment},
      raw(253, Bytes(size - 20, 0x5a)));
}
Bytes six(size_t size) {
  return ip6(
      {.source = "2001:db8:f::1", .destination = "2001:db8:1::2", .hops = 7, .traffic_class = 0x2e, .label = 0x12345},
      raw(253, Bytes(size - 40, 0x5a)));
}

}  // namespace

TEST_F(RawTest, PacketsLeaveAsTheyAre) {
  for (const Bytes& packet :
       {four(40), four(1500), four(1500, 0x4242, 0), four(100, 1, 0x2000), four(100, 1, 0x10b9), four(100, 0, 0x4000),
        six(60), six(1500),
        ip6({.source = "2001:db8:f::1", .destination = "2001:db8:1::2"}, fragment6(0, true, raw(17, Bytes(1232, 1)))),
        ip4({.source = "192.0.2.1", .destination = "10.77.0.2"}, icmp_error(false, 11, 0, four(40)))}) {
    EXPECT_EQ(send(packet), "");
    EXPECT_EQ(difference(packet, received()), "");
  }
}

TEST_F(RawTest, LargerThanTheirRouteTheyDoNot) {
  EXPECT_EQ(send(four(1501)), "a packet to 198.51.100.2 has 1501 bytes, and its route takes 1500");
  EXPECT_EQ(send(six(1501)), "a packet to 2001:db8:1::2 has 1501 bytes, and its route takes 1500");
  here(
      "ip route change 198.51.100.0/24 via 10.77.0.2 mtu 1400; "
      "ip -6 route change 2001:db8:1::/48 via 2001:db8:77::2 mtu 1300");
  EXPECT_EQ(send(four(1401, 0x4242, 0)), "a packet to 198.51.100.2 has 1401 bytes, and its route takes 1400");
  EXPECT_EQ(send(six(1301)), "a packet to 2001:db8:1::2 has 1301 bytes, and its route takes 1300");
  EXPECT_EQ(send(four(1400)), "");
  EXPECT_EQ(difference(four(1400), received()), "") << "and nothing went before it";
}

TEST_F(RawTest, SayWhyNot) {
  EXPECT_EQ(send(ip4({.source = "192.0.2.1", .destination = "203.0.113.1"}, raw(253, {}))),
            "a packet to 203.0.113.1 cannot be sent: Network is unreachable");
  EXPECT_EQ(send(ip6({.source = "2001:db8:f::1", .destination = "2001:db8:2::2"}, raw(253, {}))),
            "a packet to 2001:db8:2::2 cannot be sent: Network is unreachable");
  EXPECT_EQ(send(four(100, 0, 0x2000)),
            "a fragment to 198.51.100.2 has the identification 0, which the kernel would change");
  const std::string no_packet = "what should be sent is no whole IP packet";
  EXPECT_EQ(send({}), no_packet);
  EXPECT_EQ(send(cut(four(100), 99)), no_packet);
  EXPECT_EQ(send(cut(six(100), 99)), no_packet);
  EXPECT_EQ(send(four(40)), "") << "and go on";
  EXPECT_EQ(difference(four(40), received()), "");
}

// Rules by source choose the route, whose MTU holds: the packets' source is no address of this machine.
TEST_F(RawTest, GoesByRulesOfItsSource) {
  here(
      "ip route add 198.51.100.0/24 via 10.77.0.2 mtu 1000 table 100; ip rule add from 192.0.2.1 lookup 100; "
      "ip -6 route add 2001:db8:1::/48 via 2001:db8:77::2 mtu 1300 table 100; ip -6 rule add from 2001:db8:f::1 lookup "
      "100");
  const auto mtu = [&](const char* from, const char* to) {
    return sender->mtu(*parse_address(from), *parse_address(to));
  };
  EXPECT_EQ(*mtu("192.0.2.1", "198.51.100.9"), 1000u);
  EXPECT_EQ(*mtu("192.0.2.2", "198.51.100.9"), 1500u);
  EXPECT_EQ(*mtu("2001:db8:f::1", "2001:db8:1::9"), 1300u);
  EXPECT_EQ(*mtu("2001:db8:f::2", "2001:db8:1::9"), 1500u);
  here("ip rule add pref 10 from 192.0.2.1 prohibit");
  EXPECT_FALSE(mtu("192.0.2.1", "198.51.100.9"));
  EXPECT_TRUE(mtu("192.0.2.2", "198.51.100.9"));
}

}  // namespace waymark
