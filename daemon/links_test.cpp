// A tenant's own link, with a Linux host at its other end: found by ARP, announced to, and sent what the daemon cuts.
#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/translating_test.h"
#include "rtnetlink/raw.h"
#include "tests/kit/packets.h"

namespace waymark {
namespace {

class LinksTest : public Routing {
 protected:
  void SetUp() override {
    Routing::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    here("ip link add wm-link address 02:00:00:00:00:11 type veth peer name wm-tenant; ip link set wm-link up");
    const Inhabitant there = inhabit_peer();
    here("ip link set wm-tenant address 02:00:00:00:50:05 netns " + std::to_string(there.pid));
    peer(
        "ethtool -K wm-tenant tx off >/dev/null; ip addr add 10.0.0.5/24 dev wm-tenant; ip link set wm-tenant up; "
        "ip route add 203.0.113.0/24 via 10.0.0.1; ip -6 route add 2001:db8:4000::/36 via 2001:db8:77::1; "
        "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.wm-tenant.rp_filter=0; "
        "ip neigh replace 10.0.0.1 lladdr 02:00:00:00:00:99 dev wm-tenant nud reachable");
    in_peer([] {
      const Status put = put_pass(if_nametoindex("wm-tenant"), "wm-tenant");
      ASSERT_TRUE(put) << put.error().sentence;
    });
    write_gateway(
        R"({ tunnel = "ethernet", interface = "wm-link", id = 1, gateway = "10.0.0.1", ip4 = "10.0.0.0/24" })",
        "firewall = false\n", "interfaces = { wm-here = \"public\", wm-link = \"links\" }\n");
    daemon_ = spawn();
    ASSERT_TRUE(runs(daemon_)) << log();
  }
  bool knows(const std::string& address) { return Routing::knows(address, "wm-link"); }
  pid_t daemon_ = -1;
};

// Whoever has another one's MAC address for the gateway learns the new one, as after a take-over.
TEST_F(LinksTest, IsAnnouncedToWhoKnewAnother) {
  EXPECT_TRUE(soon([&] {
    peer("ip neigh show 10.0.0.1 dev wm-tenant > " + config_file() + ".neigh");
    std::stringstream all;
    all << std::ifstream(config_file() + ".neigh").rdbuf();
    return all.str().find("02:00:00:00:00:11") != std::string::npos;
  })) << log();
  EXPECT_NE(log().find("announcing 1 address by ARP on tenants' links"), std::string::npos) << log();
}

TEST_F(LinksTest, ALinuxHostNeedsNoTunnel) {
  EXPECT_TRUE(soon([&] {
    peer("ip neigh flush dev wm-tenant; ping -c 1 -W 1 -I 10.0.0.5 10.0.0.1 >/dev/null 2>&1 || true");
    return counted("overlay.pinged") > 0 && counted("overlay.arp_answered") > 0;
  })) << log()
      << get("/v1/counters");
  EXPECT_TRUE(soon([&] { return knows("10.0.0.5"); })) << get("/v1/neighbours");
}

TEST_F(LinksTest, GetsWhatTheDaemonCuts) {
  int server = -1;
  in_peer([&] { server = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 99); });
  ASSERT_GE(server, 0);
  const auto large = packets::ip6({.source = "2001:db8:64::203.0.113.20", .destination = "2001:db8:4010:10::a00:5"},
                                  packets::fragment6(0, false, packets::raw(99, packets::repeat(1, 1'440)), 7));
  here("ip link set wm-link mtu 1400");
  peer("ip link set wm-tenant mtu 1400");
  char bytes[2048];
  ssize_t got = -1;
  EXPECT_TRUE(soon([&] {
    in_peer([&] {
      auto sender = RawSender::open();
      if (sender) (void)sender->send(large);
    });
    got = recv(server, bytes, sizeof bytes, 0);
    return got > 0;
  })) << log()
      << get("/v1/counters");
  EXPECT_EQ(got, 20 + 1'440);
  EXPECT_TRUE(soon([&] { return knows("10.0.0.5"); })) << get("/v1/neighbours");
  EXPECT_TRUE(soon([&] { return counted("gateway.fragmented") >= 2u; })) << "the first became a question";
  EXPECT_EQ(status("punted_failed"), 0) << log();
  close(server);
}

}  // namespace
}  // namespace waymark
