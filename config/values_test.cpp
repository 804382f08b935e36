// What good files become.
#include <gtest/gtest.h>

#include "base/address_text.h"
#include "config/text_test.h"

namespace waymark {
namespace {

using namespace std::chrono_literals;

Config good(const std::string& toml) {
  const Parsed parsed = parse_config(toml, "f");
  EXPECT_EQ(problems_of(toml), "");
  return parsed.config.value_or(Config{});
}

TEST(Values, TheLeastFileHasDefaults) {
  const Config c = good(kSite);
  EXPECT_EQ(c.name, "waymark");
  EXPECT_EQ(c.log_level, "info");
  EXPECT_EQ(c.engine.mode, XdpMode::automatic);
  EXPECT_EQ(c.engine.pins, 1'000'000u);
  EXPECT_TRUE(c.engine.persist);
  EXPECT_EQ(c.engine.adjacency_lifetime, 60s);
  ASSERT_EQ(c.engine.interfaces.size(), 1u);
  EXPECT_EQ(c.engine.interfaces[0].name, "eth0");
  EXPECT_EQ(c.engine.interfaces[0].zone, "public");
  ASSERT_EQ(c.service.size(), 1u);
  EXPECT_EQ(c.service[0].zone, "public");
  EXPECT_EQ(c.service[0].affinity, Affinity::flow);
  EXPECT_EQ(c.service[0].tcp_idle, 1h);
  EXPECT_EQ(c.service[0].udp_idle, 120s);
  ASSERT_EQ(c.service[0].target.size(), 1u);
  EXPECT_EQ(c.service[0].target[0].weight, 10u);
  EXPECT_EQ(c.service[0].target[0].tunnel, Tunnel::ip);
  EXPECT_EQ(port_of(c.service[0].target[0]), 6080);
  EXPECT_FALSE(c.host);
  EXPECT_EQ(c.api.socket, "");
  EXPECT_FALSE(c.api.metrics);
}

TEST(Values, EveryKeyIsRead) {
  const Config c = good(R"(
[node]
name = "paris-1"
log_level = "debug"
[engine]
interfaces = { eth1 = "public", "eth0:100" = "tenants", "eth0:100:7" = "public" }
mode = "native"
pins = 2000
persist = false
adjacency_lifetime = "90s"
[director]
address = ["10.0.0.1", "2001:db8::d"]
[[service]]
name = "web"
zone = "tenants"
address = ["198.51.100.80", "2001:db8:80::1"]
ports = ["tcp/80", "udp/1000-2000", "tcp/443"]
affinity = "client"
tcp_idle = "30m"
udp_idle = "2s"
target = [{ name = "s1", address = "2001:db8::1", weight = 1000, tunnel = "gue", port = 6081 },
          { name = "s2", address = "10.0.0.2", weight = 0 }]
[api]
socket = "/run/w.sock"
metrics = "[::1]:9100"
)");
  EXPECT_EQ(c.name, "paris-1");
  EXPECT_EQ(c.log_level, "debug");
  ASSERT_EQ(c.engine.interfaces.size(), 3u);
  EXPECT_EQ(c.engine.interfaces[0].name, "eth1") << "the order is the file's";
  EXPECT_EQ(c.engine.interfaces[1].outer_vlan, 100);
  EXPECT_EQ(c.engine.interfaces[1].inner_vlan, 0);
  EXPECT_EQ(c.engine.interfaces[1].zone, "tenants");
  EXPECT_EQ(c.engine.interfaces[2].inner_vlan, 7);
  EXPECT_EQ(c.engine.mode, XdpMode::native);
  EXPECT_EQ(c.engine.pins, 2000u);
  EXPECT_FALSE(c.engine.persist);
  EXPECT_EQ(c.engine.adjacency_lifetime, 90s);
  ASSERT_EQ(c.director.value().address.size(), 2u);
  const ServiceConfig& web = c.service.at(0);
  EXPECT_EQ(web.zone, "tenants");
  EXPECT_EQ(text(web.address.at(1)), "2001:db8:80::1");
  ASSERT_EQ(web.ports.size(), 3u);
  EXPECT_EQ(web.ports[1].first, 443) << "ports are sorted";
  EXPECT_EQ(web.ports[2].protocol, Protocol::udp);
  EXPECT_EQ(web.ports[2].first, 1000);
  EXPECT_EQ(web.ports[2].last, 2000);
  EXPECT_EQ(web.affinity, Affinity::client);
  EXPECT_EQ(web.tcp_idle, 30min);
  EXPECT_EQ(web.udp_idle, 2s);
  ASSERT_EQ(web.target.size(), 2u);
  EXPECT_EQ(text(web.target[0].address), "2001:db8::1");
  EXPECT_EQ(web.target[0].weight, 1000u);
  EXPECT_EQ(web.target[0].tunnel, Tunnel::gue);
  EXPECT_EQ(web.target[0].port, 6081);
  EXPECT_EQ(web.target[1].weight, 0u);
  EXPECT_EQ(c.api.socket, "/run/w.sock");
  EXPECT_EQ(c.api.metrics, "[::1]:9100");
}

TEST(Values, HostIsRead) {
  const Config c = good(with(kServer, "[[host", "interfaces = [\"eth1:100\"]\nport = 7000\n[[host"));
  const HostConfig& host = c.host.value();
  EXPECT_EQ(text(host.address.at(0)), "10.0.0.11");
  EXPECT_EQ(text(host.directors.at(0)), "10.0.0.1");
  EXPECT_EQ(host.interfaces, std::vector<std::string>{"eth1:100"});
  EXPECT_EQ(host.port, 7000);
  ASSERT_EQ(host.service.size(), 1u);
  EXPECT_EQ(host.service[0].name, "web");
  EXPECT_EQ(text(host.service[0].address.at(0)), "198.51.100.80");
  EXPECT_EQ(host.service[0].ports.at(0).last, 80);
}

TEST(Values, AStarIsAllPorts) {
  const auto ports = good(with(kSite, "\"tcp/80\"", "[\"tcp/*\", \"udp/*\"]")).service.at(0).ports;
  ASSERT_EQ(ports.size(), 2u);
  EXPECT_EQ(ports[0].first, 0);
  EXPECT_EQ(ports[0].last, 65535);
  EXPECT_EQ(ports[1].protocol, Protocol::udp);
}

TEST(Values, PortsThatTouchAreMerged) {
  for (const auto& [toml, of] : {std::pair(kSite, "service"), std::pair(kServer, "host")}) {
    const Config c =
        good(with(toml, "\"tcp/80\"", "[\"udp/1-5\", \"tcp/90-65535\", \"tcp/80\", \"tcp/81-89\", \"udp/7\"]"));
    const auto& ports = c.host ? c.host->service.at(0).ports : c.service.at(0).ports;
    ASSERT_EQ(ports.size(), 3u) << of;
    EXPECT_EQ(ports[0].first, 80);
    EXPECT_EQ(ports[0].last, 65535);
    EXPECT_EQ(ports[1].protocol, Protocol::udp);
    EXPECT_EQ(ports[1].last, 5);
    EXPECT_EQ(ports[2].first, 7);
  }
}

TEST(Values, DurationsHaveFourUnits) {
  const auto idle = [](const std::string& text) {
    return good(with(kSite, "ports", "tcp_idle = \"" + text + "\"\nports")).service.at(0).tcp_idle;
  };
  EXPECT_EQ(idle("1500ms"), 1500ms);
  EXPECT_EQ(idle("1s"), 1s);
  EXPECT_EQ(idle("120m"), 2h);
  EXPECT_EQ(idle("2h"), 2h);
}

TEST(Values, WarningsLeaveTheConfig) {
  const Parsed parsed = parse_config(kSite + "weight = 0\n", "f");
  EXPECT_TRUE(parsed.config);
  ASSERT_EQ(parsed.problems.size(), 1u);
  EXPECT_TRUE(parsed.problems[0].warning);
}

TEST(Values, ErrorsTakeTheConfig) {
  const Parsed parsed = parse_config(kSite + "weight = -1\n", "f");
  EXPECT_FALSE(parsed.config);
  ASSERT_EQ(parsed.problems.size(), 1u);
  EXPECT_FALSE(parsed.problems[0].warning);
}

TEST(Values, OneAddressMayBeServedInTwoZones) {
  good("[engine]\ninterfaces = { eth0 = \"public\", eth1 = \"lab\" }\n[director]\naddress = \"10.0.0.1\"\n" + kWeb +
       kS1 + "[[service]]\nname = \"lab\"\nzone = \"lab\"\naddress = \"198.51.100.80\"\nports = \"tcp/80\"\n" + kS1);
}

TEST(Values, OneAddressMayBeSharedByPortsAndProtocols) {
  const auto also = [](const std::string& name, const std::string& ports) {
    return "[[service]]\nname = \"" + name + "\"\naddress = \"198.51.100.80\"\nports = " + ports + "\n" + kS1;
  };
  good(kSite + also("dns", "[\"udp/*\", \"tcp/53\"]") + also("rest", "[\"tcp/54-79\", \"tcp/81-65535\"]"));
}

TEST(Values, ANodeMayBeDirectorAndHost) {
  good(kSite + "[host]\naddress = \"10.0.0.12\"\ndirectors = \"10.0.0.1\"\n" + kHostWeb);
}

}  // namespace
}  // namespace waymark
