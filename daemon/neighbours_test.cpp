// Neighbours in tenants' overlays, as people see them, and with a Linux VXLAN device as the tenant's end.
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address_text.h"
#include "daemon/snapshot.h"
#include "daemon/translating_test.h"
#include "roles/gateway/overlays.h"
#include "rtnetlink/raw.h"
#include "tests/kit/packets.h"

namespace waymark {
namespace {

using Json = nlohmann::json;

Show question(Show::What what) { return Show{what, "", {}}; }

Json rows_of(const Result<Rows>& rows) { return Json::parse(to_json(*rows))["rows"]; }

// "red" has VXLAN 5001 to two far ends; "blue" none.
Snapshot known() {
  auto config = std::make_shared<Config>();
  GatewayConfig& g = config->gateway.emplace();
  TenantTunnelConfig tunnel;
  tunnel.tunnel = Tunnel::vxlan, tunnel.key = 5001, tunnel.neighbours = 8;
  tunnel.gateway = {*parse_address("10.0.0.1")};
  tunnel.ip4 = {Prefix(*parse_address("10.0.0.0"), 24)};
  TenantConfig red, blue;
  red.name = "red", red.number = 1, blue.name = "blue", blue.number = 2;
  for (const char* far : {"192.0.2.71", "2001:db8::71"}) {
    tunnel.remote = *parse_address(far);
    red.tunnel.push_back(tunnel);
  }
  g.tenant = {red, blue};
  Snapshot s;
  s.config = config;
  const u64 owner = gateway::overlays_of(*config->gateway).at(0).owner;
  s.neighbours = NeighboursSwept{.number = 3, .known = 5, .expired = 2, .owned = {{owner, 5}}};
  s.list_neighbours = [owner](const NeighbourFilter& f) {
    std::vector<NeighbourSeen> all = {{owner, 0x0a000005, Mac{{2, 0, 0, 0, 0, 5}}, 1, 12}};
    if ((f.owners && f.owners->empty()) || (f.address && *f.address != 0x0a000005) || !f.most) all.clear();
    all.push_back({owner + 1, 1, {}, 0, 0});  // of a configuration that is not yet in force
    return all;
  };
  return s;
}

TEST(NeighbourRows, SayWhoIsKnown) {
  const Snapshot s = known();
  Show what = question(Show::What::neighbours);
  EXPECT_EQ(rows_of(show(s, what)), Json::parse(R"([{"tenant": "red", "vni": 5001, "address": "10.0.0.5",
      "mac": "02:00:00:00:00:05", "remote": "2001:db8::71", "idle_seconds": 12}])"));
  what.address = *parse_address("10.0.0.6");
  EXPECT_TRUE(rows_of(show(s, what)).empty());
  what.address.reset();
  what.tenant = "blue";
  EXPECT_TRUE(rows_of(show(s, what)).empty());
  what.tenant = "green";
  EXPECT_EQ(show(s, what).error().sentence, "no tenant is called \"green\"");
  EXPECT_TRUE(rows_of(show(Snapshot(), question(Show::What::neighbours))).empty());
}

TEST(NeighbourRows, StatusAndMetrics) {
  Snapshot s = known();
  EXPECT_NE(to_json(*show(s, question(Show::What::status))).find(R"({"item":"neighbours","value":5})"),
            std::string::npos);
  s.punts.emplace().unknown = 4;
  const std::string text = metrics_text(s);
  for (const char* line :
       {"waymark_neighbours{tenant=\"red\",vni=\"5001\"} 5\n",
        "waymark_neighbours_limit{tenant=\"red\",vni=\"5001\"} 8\n", "waymark_neighbours_expired_total 2\n",
        "waymark_punted_packets_total{result=\"unknown\"} 4\n"})
    EXPECT_NE(text.find(line), text.npos) << line;
  s.neighbours.reset();
  EXPECT_EQ(metrics_text(s).find("waymark_neighbours"), text.npos);
}

class NeighboursTest : public Routing {
 protected:
  void SetUp() override {
    Routing::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    // The tenant's end, of which nobody is told anything.
    peer(
        "ip link add vx0 address 02:00:00:00:50:05 type vxlan id 5001 remote 10.77.0.1 local 10.77.0.2 dstport 4789; "
        "ip addr add 10.0.0.5/24 dev vx0; ip addr add 10.0.0.6/24 dev vx0; ip link set vx0 up; "
        "ip route add 203.0.113.0/24 via 10.0.0.1; ip -6 route add 2001:db8:4000::/36 via 2001:db8:77::1; "
        "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.vx0.rp_filter=0");
    write_gateway(
        R"({ tunnel = "vxlan", key = 5001, gateway = "10.0.0.1", remote = "10.77.0.2", ip4 = "10.0.0.0/24" })");
    daemon_ = spawn();
    ASSERT_TRUE(runs(daemon_)) << log();
  }
  bool knows(const std::string& address) { return Routing::knows(address, "10.77.0.2"); }
  pid_t daemon_ = -1;
};

// A tenant's host resolves and pings the gateway, and is known then; by a daemon after this one as well.
TEST_F(NeighboursTest, ALinuxVxlanNeedsNoNeighbourOfItsOwn) {
  EXPECT_TRUE(soon([&] {
    peer("ping -c 1 -W 1 -I 10.0.0.5 10.0.0.1 >/dev/null 2>&1 || true");
    return counted("overlay.pinged") > 0;
  })) << log()
      << get("/v1/counters");
  EXPECT_GT(counted("overlay.arp_answered"), 0u);
  EXPECT_TRUE(soon([&] { return knows("10.0.0.5"); })) << get("/v1/neighbours");
  EXPECT_FALSE(api_get(socket(), "/v1/neighbours?tenant=blue"));
  EXPECT_TRUE(soon([&] { return status("neighbours") == 1; })) << status("neighbours");
  ASSERT_TRUE(post("/v1/stop"));
  ASSERT_EQ(end_of(daemon_), 0);
  ASSERT_TRUE(runs(spawn())) << log();
  EXPECT_TRUE(soon([&] { return knows("10.0.0.5"); })) << "the table outlives the daemon";
}

// What the daemon cuts goes to a neighbour as what XDP sends: it asks for the host, and the pieces arrive once XDP has
// heard the answer.
TEST_F(NeighboursTest, WhatTheDaemonCutsAsksToo) {
  int server = -1;
  in_peer([&] { server = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 99); });
  ASSERT_GE(server, 0);
  const auto large = packets::ip6({.source = "2001:db8:64::203.0.113.20", .destination = "2001:db8:4010:10::a00:6"},
                                  packets::fragment6(0, false, packets::raw(99, packets::repeat(1, 1'440)), 7));
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
  EXPECT_TRUE(soon([&] { return knows("10.0.0.6"); })) << get("/v1/neighbours");
  EXPECT_TRUE(soon([&] { return counted("gateway.fragmented") >= 2u; })) << "the first became a question";
  EXPECT_EQ(status("punted_failed"), 0) << log();
  close(server);
}

}  // namespace
}  // namespace waymark
