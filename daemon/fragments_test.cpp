// Fragments that come before the first of their datagram, on their whole way: XDP, the daemon that holds them, the
// kernel, a server.
#include "daemon/translating_test.h"
#include "rtnetlink/raw.h"
#include "tests/kit/packets.h"

namespace waymark {

namespace {

using packets::Bytes;

// A datagram from `source`, port 4000, to `destination`, port 53, in two parts.
struct Parts {
  std::string source, destination;
  Bytes payload = packets::part(
      packets::ip4({.source = source, .destination = destination}, packets::udp(4000, 53, packets::repeat(7, 56))), 20,
      84);
  uint16_t id = 9;
  Bytes of(bool first) const {
    const size_t from = first ? 0 : 32, to = first ? 32 : payload.size();
    return packets::ip4(
        {.source = source, .destination = destination, .id = id, .fragment = uint16_t(first ? 0x2000 : 4)},
        packets::raw(17, packets::part(payload, from, to)));
  }
};

class FragmentsTest : public Translating {
 protected:
  void SetUp() override {
    Routing::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    peer("sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.wm-peer.rp_filter=0");
  }
  void start() { ASSERT_TRUE(runs(spawn())) << log(); }
  void send_by_peer(const Bytes& packet) {
    in_peer([&] {
      auto sender = RawSender::open();
      ASSERT_TRUE(sender);
      const Status sent = sender->send(packet);
      ASSERT_TRUE(sent) << sent.error().sentence;
    });
  }
  // So that the daemon mostly has the one before the other comes; where it has not, it need not hold it.
  static void wait_a_little() {
    const timespec pause{0, 20'000'000};
    nanosleep(&pause, nullptr);
  }
};

}  // namespace

TEST_F(FragmentsTest, AGatewaysWaitForTheFirst) {
  here("ip -6 route add 2001:db8:64::/96 via 2001:db8:77::2");
  peer("ip -6 addr add 2001:db8:64::203.0.113.20/128 dev lo");
  write_gateway(R"({ remote = "10.77.0.2", ip4 = "10.0.0.0/24" })", "",
                "flows = 1000\ninterfaces = { wm-here = \"public\" }\n");
  start();
  const int server = socket_in_peer(AF_INET6, "2001:db8:64::203.0.113.20", 53);
  Parts parts{"10.0.0.5", "203.0.113.20"};
  const auto tunnelled = [&](bool first) {
    return packets::ip4({.source = "10.77.0.2", .destination = "10.77.0.1", .fragment = 0},
                        packets::inside(parts.of(first)));
  };
  // The packets' way to the next hop is learnt by the first.
  send_by_peer(tunnelled(true));
  send_by_peer(tunnelled(false));
  EXPECT_EQ(received(server), std::string(56, 7)) << log() << get("/v1/counters");
  for (int tries = 0; tries < 20; ++tries) {
    ++parts.id;
    send_by_peer(tunnelled(false));
    wait_a_little();
    send_by_peer(tunnelled(true));
    ASSERT_EQ(received(server), std::string(56, 7)) << tries << log() << get("/v1/counters");
  }
  EXPECT_TRUE(soon([&] { return status("punted_sent") == 20; })) << get("/v1/status");
  EXPECT_GT(status("fragments_released"), 0) << get("/v1/status");
  EXPECT_EQ(status("punted_failed"), 0) << log();
  ++parts.id;
  send_by_peer(tunnelled(false));
  EXPECT_TRUE(soon([&] { return status("fragments_expired") == 1; })) << get("/v1/status");
  EXPECT_TRUE(soon([&] { return counted("firewall.early") == 21; })) << get("/v1/counters");
  close(server);
}

TEST_F(FragmentsTest, ADirectorsWaitForTheFirst) {
  configure({target("s1", "10.77.0.2")});
  start();
  int server = -1;
  in_peer([&] { server = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 4); });
  ASSERT_GE(server, 0);
  Parts parts{"10.77.0.2", "198.51.100.80"};
  // What came in the tunnel: the IP packets in it, of which the second is the later fragment.
  const auto next = [&] {
    const std::string packet = received(server);
    return packet.size() > 40 ? packet.substr(40) : "";
  };
  const std::string head(parts.payload.begin(), parts.payload.begin() + 32),
      rest(parts.payload.begin() + 32, parts.payload.end());
  send_by_peer(parts.of(true));
  EXPECT_EQ(next(), head) << log() << get("/v1/counters");
  send_by_peer(parts.of(false));
  EXPECT_EQ(next(), rest) << log() << get("/v1/counters");
  for (int tries = 0; tries < 20; ++tries) {
    ++parts.id;
    send_by_peer(parts.of(false));
    wait_a_little();
    send_by_peer(parts.of(true));
    ASSERT_EQ(next(), head) << tries << log() << get("/v1/counters");
    ASSERT_EQ(next(), rest) << tries << log() << get("/v1/counters");
  }
  EXPECT_TRUE(soon([&] { return status("punted_sent") == 20; })) << get("/v1/status");
  EXPECT_GT(status("fragments_released"), 0) << get("/v1/status");
  EXPECT_EQ(status("punted_failed"), 0) << log();
  close(server);
}

}  // namespace waymark
