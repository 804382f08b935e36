// Packets that translation must cut or rearrange, on their whole way: a client's socket, XDP, the daemon, the kernel, a
// server's socket.
#include "daemon/translating_test.h"
#include "rtnetlink/raw.h"
#include "tests/kit/packets.h"

namespace waymark {

namespace {

// What packets did is told a moment later, where taking a snapshot is slow: counters are waited for.
using PuntsTest = Translating;

}  // namespace

TEST_F(PuntsTest, AnIp4PacketArrivesInFragments) {
  const int client = socket_in_peer(AF_INET, "10.77.0.2", 5000),
            server = socket_in_peer(AF_INET6, "2001:db8:77::2", 6000);
  const Name to = name_of(AF_INET, "198.51.100.6", 6000);
  std::string data(1400, 0);
  for (size_t i = 0; i < data.size(); ++i) data[i] = char(i * 7);
  const int on = 1;
  ASSERT_EQ(setsockopt(server, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof on), 0);
  for (int i = 0; i < 200; ++i) {  // more than one turn of the loop takes
    data[0] = char(i);
    int hops = 0;
    ASSERT_EQ(sendto(client, data.data(), data.size(), 0, reinterpret_cast<const sockaddr*>(&to.bytes), to.length),
              1400);
    ASSERT_EQ(received(server, &hops) == data, true) << i << log();
    ASSERT_EQ(hops, 63) << "a translator is a hop (RFC 7915, 4.1)";
  }
  EXPECT_TRUE(soon([&] { return status("punted_sent") == 200; })) << status("punted_sent") << log();
  EXPECT_EQ(status("punted_failed"), 0);
  EXPECT_EQ(status("punted_lost"), 0);
  const std::string small = "small";
  sendto(client, small.data(), small.size(), 0, reinterpret_cast<const sockaddr*>(&to.bytes), to.length);
  int hops = 0;
  EXPECT_EQ(received(server, &hops), small) << "XDP itself, or the kernel's forwarding, takes these";
  EXPECT_EQ(hops, 63);
  ASSERT_TRUE(post("/v1/reload")) << log();  // what is told after a command is fresh
  EXPECT_EQ(status("punted_sent"), 200);
  close(client);
  close(server);
}

TEST_F(PuntsTest, AReloadGoesOn) {
  const int client = socket_in_peer(AF_INET, "10.77.0.2", 5000),
            server = socket_in_peer(AF_INET6, "2001:db8:77::2", 6000);
  const Name to = name_of(AF_INET, "198.51.100.6", 6000);
  const std::string data(1400, 'x');
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(sendto(client, data.data(), data.size(), 0, reinterpret_cast<const sockaddr*>(&to.bytes), to.length),
              1400);
    EXPECT_EQ(received(server) == data, true) << log();
    ASSERT_TRUE(post("/v1/reload")) << log();
  }
  EXPECT_TRUE(soon([&] { return status("punted_sent") == 3; })) << status("punted_sent") << log();
  close(client);
  close(server);
}

// Pieces of a datagram without identification would get one from the kernel, each another.
TEST_F(PuntsTest, WhatCannotBeSentIsCounted) {
  // Forwarding heeds a route's MTU where it is locked.
  here("ip route change 10.77.0.0/24 dev wm-here mtu lock 600");
  peer("ip -6 route add 2001:db8:64::/96 via 2001:db8:77::1");
  const auto fragment = packets::ip6({.source = "2001:db8:77::2", .destination = "2001:db8:64::10.77.0.2"},
                                     packets::fragment6(0, true, packets::raw(17, packets::repeat(1, 800)), 0x10000));
  in_peer([&] {
    auto sender = RawSender::open();
    ASSERT_TRUE(sender);
    ASSERT_TRUE(sender->send(fragment));
  });
  EXPECT_TRUE(soon([&] { return status("punted_failed") == 1; })) << log();
  EXPECT_EQ(status("punted_sent"), 0);
  EXPECT_EQ(status("warning"),
            "a punted packet was not sent: a fragment to 10.77.0.2 has the identification 0, which the kernel would "
            "change");
}

}  // namespace waymark
