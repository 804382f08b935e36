#include "cli/trace.h"

#include <gtest/gtest.h>

#include "base/address_text.h"
#include "cli/packet_text.h"
#include "config/parse.h"
#include "tests/kit/packets.h"

namespace waymark::cli {

namespace {

constexpr const char* kSmall = R"(
[engine]
interfaces = { eth0 = "public", eth1 = "servers" }
pins = 1000
[director]
address = "192.0.2.1"
[[service]]
name = "web"
address = "198.51.100.80"
ports = "tcp/80"
target = [{ name = "s1", address = "192.0.2.11" }]
)";

constexpr const char* kHost = R"(
[engine]
interfaces = { eth0 = "servers" }
[host]
address = "192.0.2.11"
directors = "192.0.2.1"
[[host.service]]
name = "web"
address = "198.51.100.80"
ports = "tcp/80"
)";

constexpr const char* kEdge = R"(
[engine]
interfaces = { eth0 = "clients", eth1 = "network" }
[edge]
zone = "clients"
outside = "network"
prefix = "2001:db8:f:1::/64"
address = "2001:db8:f:2::1"
[[edge.service]]
name = "dns"
anycast = ["2001:db8:a::53"]
ports = ["udp/53"]
servers = ["2001:db8:51::/48"]
[[edge.service]]
name = "web"
anycast = ["2001:db8:a::80"]
ports = ["tcp/443"]
servers = ["2001:db8:51::/48"]
)";

class Trace : public testing::Test {
 protected:
  void begin(const std::string& toml) {
    Parsed parsed = parse_config(toml, "test.toml");
    ASSERT_TRUE(parsed.config) << render(parsed.problems.at(0));
    config_ = *parsed.config;
    auto scene = Scene::make(config_);
    ASSERT_TRUE(scene) << scene.error().sentence;
    scene_ = std::move(*scene);
    tracer_ = std::make_unique<Tracer>(*scene_, config_, *Feed::make(*scene_, config_, ""));
  }
  std::string trace(const std::string& written) {
    const auto packet = parse_packet(written);
    return packet ? tracer_->trace(packet->bytes, packet->link) : packet.error().sentence;
  }

  Config config_;
  std::unique_ptr<Scene> scene_;
  std::unique_ptr<Tracer> tracer_;
};

}  // namespace

TEST_F(Trace, NamesAnEdgesService) {
  begin(kEdge);
  const std::string said = trace("tcp [2001:db8:c::5]:4000 [2001:db8:a::80]:443 syn");
  EXPECT_NE(said.find("  its destination is an address of an anycast service, in zone clients\n"
                      "  TCP port 443 is edge service web\n"
                      "  its addresses are the flow's; onward by eth0, MTU "),
            std::string::npos)
      << said;
  EXPECT_NE(said.find("sent, edge.out"), std::string::npos) << said;
}

TEST_F(Trace, EachKindOfTunnelHasItsWords) {
  const std::string small = kSmall, target = "address = \"192.0.2.11\"";
  const std::string between = "tunnel from 192.0.2.1 to 192.0.2.11: an IP packet of ";
  struct Kind {
    std::string keys, says, leaves;
  };
  for (const Kind& k :
       {Kind{"tunnel = \"gue\"", "  GUE " + between + "72 bytes", ", GUE "},
        Kind{"tunnel = \"gre\"", "  GRE " + between + "64 bytes", ", GRE | IPv4 203.0.113.7"},
        Kind{"tunnel = \"gre\", key = 0", "  GRE key 0 " + between + "68 bytes", ", GRE key 0 | IPv4 203.0.113.7"},
        Kind{"tunnel = \"vxlan\", port = 8472, key = 7, mac = \"02:57:00:00:00:1a\"",
             "  VXLAN VNI 7 " + between + "90 bytes", " > 8472 VNI 7 | IPv4 203.0.113.7"},
        Kind{"tunnel = \"mac\"", "  no tunnel: to the MAC address of 192.0.2.11, an IP packet of 40 bytes",
             ", IPv4 203.0.113.7 > 198.51.100.80, TCP 4000 > 80 syn"},
        Kind{"tunnel = \"rewrite\"", "  no tunnel: its destination becomes 192.0.2.11, an IP packet of 40 bytes",
             ", IPv4 203.0.113.7 > 192.0.2.11, TCP 4000 > 80 syn"}}) {
    std::string toml = small;
    toml.replace(toml.find(target), target.size(), target + ", " + k.keys);
    begin(toml);
    const std::string told = trace("tcp 203.0.113.7:4000 198.51.100.80:80 syn");
    EXPECT_NE(told.find(k.says), std::string::npos) << told;
    EXPECT_NE(told.find(k.leaves, told.find("leaves by")), std::string::npos) << told;
    EXPECT_NE(told.find("sent, forward.sent"), std::string::npos) << told;
  }
}

TEST_F(Trace, ADirectorsWayWithAPin) {
  begin(kSmall);
  const std::string mac = text(Scene::mac_of(config_.service[0].target[0].address));
  const std::string client = "02:57:02:00:00:01 > 02:57:00:00:00:01, IPv4 203.0.113.7 > 198.51.100.80, TCP 4000 > 80 ";
  const std::string way =
      "  IP-in-IP tunnel from 192.0.2.1 to 192.0.2.11: an IP packet of 60 bytes; next hop " + mac +
      " on eth1\n  sent, forward.sent: sent to the target's next hop\n  leaves by eth1: 02:57:00:00:00:02 > " + mac +
      ", IPv4 192.0.2.1 > 192.0.2.11 | IPv4 203.0.113.7 > 198.51.100.80, TCP 4000 > 80 ";
  EXPECT_EQ(trace("tcp 203.0.113.7:4000 198.51.100.80:80 syn"),
            "packet 1 on eth0: 54 bytes, " + client +
                "syn\n"
                "  received on eth0\n"
                "  its destination is a service's address, in zone public\n"
                "  TCP port 80 is service web\n"
                "  no pin knows the flow\n"
                "  the consistent choice (101 entries) gives target s1 of service web (slot 1)\n"
                "  pinned to target s1 of service web (slot 1); the pin is embryonic: one packet so far\n" +
                way + "syn\n");
  EXPECT_EQ(trace("tcp 203.0.113.7:4000 198.51.100.80:80 ack"),
            "packet 2 on eth0: 54 bytes, " + client +
                "ack\n"
                "  received on eth0\n"
                "  its destination is a service's address, in zone public\n"
                "  TCP port 80 is service web\n"
                "  the flow is pinned to target s1 of service web (slot 1); the pin is embryonic: one packet so far\n"
                "  pinned to target s1 of service web (slot 1); the pin is proven\n" +
                way + "ack\n");
  EXPECT_NE(trace("tcp 203.0.113.7:4000 198.51.100.80:80 ack")
                .find("the flow is pinned to target s1 of service web (slot 1); the pin is proven\n"),
            std::string::npos);
}

TEST_F(Trace, WaysThatEndEarlySayWhy) {
  begin(kSmall);
  EXPECT_NE(
      trace("tcp 203.0.113.7:4000 198.51.100.80:81 syn")
          .find("  sent, director.closed_reset: no service takes its port: a TCP reset was sent from the service's "
                "address\n"),
      std::string::npos);
  EXPECT_NE(trace("udp 203.0.113.7:4000 192.0.2.1:53").find("  its destination is the director's own address, in zone"),
            std::string::npos);
  EXPECT_NE(trace("udp 203.0.113.7:4000 203.0.113.8:80").find("  passed to the kernel, steer.not_ours: "),
            std::string::npos);
  EXPECT_NE(trace("tcp 198.51.100.80:4000 198.51.100.80:80 syn").find("  dropped, parse.land: "), std::string::npos);
  EXPECT_NE(
      trace("tcp 203.0.113.7:4001 198.51.100.80:80 ack").find("  note pin_adopted: a TCP flow arrived in its middle"),
      std::string::npos);
  EXPECT_NE(trace("icmp 203.0.113.7 198.51.100.80").find("  answered as a ping of the service's address\n"),
            std::string::npos);
  EXPECT_NE(trace("45").find("parse.ethernet_short"), std::string::npos) << "one byte of a frame";
}

TEST_F(Trace, AHostTellsWhatTheKernelGets) {
  begin(kHost);
  using namespace packets;
  const Bytes packet = ip4({.source = "192.0.2.1", .destination = "192.0.2.11"},
                           inside(ip4({.source = "203.0.113.7", .destination = "198.51.100.80"}, tcp(4000, 80, "S"))));
  EXPECT_EQ(tracer_->trace(packet, LinkType::raw),
            "packet 1 on eth0: 79 bytes, 02:57:02:00:00:01 > 02:57:00:00:00:01, IPv4 192.0.2.1 > 192.0.2.11 | "
            "IPv4 203.0.113.7 > 198.51.100.80, TCP 4000 > 80 syn\n"
            "  received on eth0\n"
            "  its destination is an address where tunnels end, in zone servers\n"
            "  IP-in-IP tunnel from a listed director\n"
            "  passed to the kernel, host.delivered: taken out of its tunnel and given to the local service\n"
            "  the kernel gets: 02:57:02:00:00:01 > 02:57:00:00:00:01, IPv4 203.0.113.7 > 198.51.100.80, TCP 4000 > 80 "
            "syn\n");
}

}  // namespace waymark::cli
