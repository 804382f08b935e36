#include "tests/edge/site.h"

#include <algorithm>

#include "base/address_text.h"
#include "tests/kit/scene.h"

namespace waymark::edge_cases {

std::string site(const std::string& keys) {
  return R"([node]
name = "e1"
[engine]
pins = 0
interfaces = { eth0 = "inside", eth1 = "outside" }
[edge]
zone = "inside"
outside = "outside"
prefix = "2001:db8:f:1::/64"
address = "2001:db8:e::e"
pool = ["203.0.113.0/30", "203.0.113.8"]
address4 = "198.18.14.14"
flows = 1000
)" + keys +
         R"(
[[edge.service]]
name = "web"
anycast = ["2001:db8:a::80", "2001:db8:b::/64"]
ports = ["tcp/80", "udp/53", "udp/443"]
servers = ["2001:db8:51::/48", "2001:db8:52::/48"]
[[edge.service]]
name = "web4"
anycast = ["192.0.2.80", "198.51.100.0/24"]
ports = ["tcp/80", "udp/53", "udp/443"]
servers = ["198.18.51.0/24", "198.18.52.0/24"]
)";
}

EdgeSite::EdgeSite(const std::string& toml) {
  scene_ = scene_of(toml);
  set_ways(WayKind::direct);
}

void EdgeSite::set_ways(WayKind kind, u16 mtu) {
  std::ranges::fill(scene_->engine().live().ways, CachedRoute{});
  scene_->engine().set_routes([this, kind, mtu](const Address&, const Address& to) {
    const bool inside = text(to).starts_with("2001:db8:c:") || text(to).starts_with("10.");
    const InterfaceFacts& out = *scene_->interface_called(inside ? "eth0" : "eth1");
    return Routed{kind, kind == WayKind::direct ? out.index : 0, Scene::mac_of(to), out.mac, mtu};
  });
}

Bytes EdgeSite::frame(const Bytes& packet, const std::string& interface) const {
  return packets::frame(packet, {.destination = "02:57:00:00:00:0" + std::to_string(index(interface))});
}

Left EdgeSite::receive(const Bytes& packet, const std::string& interface) {
  const Outcome o = scene_->receive(frame(packet, interface), index(interface));
  Left left = {reason_text(o.verdict.reason)->name, {}};
  if (o.action == Action::forward) left.packet.assign(o.frame.begin() + 14, o.frame.end());
  return left;
}

Bytes packet(const std::string& from, const std::string& to, const Payload& payload, uint8_t hops) {
  return ip6({.source = from, .destination = to, .hops = hops}, payload);
}
Bytes sent_on(const std::string& from, const std::string& to, const Payload& payload) {
  return packet(from, to, payload, 63);
}

Bytes packet4(const std::string& from, const std::string& to, const Payload& payload, uint16_t fragment, uint8_t hops) {
  return ip4({.source = from, .destination = to, .ttl = hops, .fragment = fragment}, payload);
}
Bytes sent_on4(const std::string& from, const std::string& to, const Payload& payload, uint16_t fragment) {
  return packet4(from, to, payload, fragment, 63);
}

static std::string address_at(const Bytes& packet, size_t at4, size_t at6) {
  const bool six = !packet.empty() && packet[0] >> 4 == 6;
  if (packet.size() < (six ? 40u : 20u)) return "";
  if (six) return text(load_address(packet.data() + at6));
  return text(address_of(be32{load32(packet.data() + at4)}));
}
std::string source_of(const Bytes& packet) { return address_at(packet, 12, 8); }
std::string destination_of(const Bytes& packet) { return address_at(packet, 16, 24); }
Own own_of(const Bytes& packet) {
  if (packet.size() < 26) return {};
  const size_t at = packet[9] == 1 ? 24 : 20;
  return {source_of(packet), u16(packet[at] << 8 | packet[at + 1])};
}

Payload syn(uint16_t port, uint32_t number) { return tcp_segment(port, 80, number, 0, "S", 5000); }
Payload syn_ack(uint16_t port, uint32_t acknowledges) { return tcp_segment(80, port, 9000, acknowledges, "SA", 5000); }
Payload segment(uint16_t port, const std::string& flags) {
  return tcp_segment(port, 80, 1001, 9001, flags, 5000, text("question"));
}
Payload answer(uint16_t port, const std::string& flags) {
  return tcp_segment(80, port, 9001, 1009, flags, 5000, text("answers"));
}
Payload echo(bool request, uint16_t id, const Bytes& data) {
  return icmp_error(true, request ? 128 : 129, 0, data, uint32_t(id) << 16 | 1);
}

std::string begin_flow(EdgeSite& s, const Payload& first, const std::string& client, const std::string& to) {
  return source_of(s.from_client(packet(client, to, first)).packet);
}
std::string open_flow(EdgeSite& s, uint16_t port, const std::string& server, const std::string& client) {
  const std::string own = begin_flow(s, syn(port), client);
  s.from_network(packet(server, own, syn_ack(port)));
  return own;
}

Payload echo4(bool request, uint16_t id, const Bytes& data) {
  return icmp_error(false, request ? 8 : 0, 0, data, uint32_t(id) << 16 | 1);
}

Own begin_flow4(EdgeSite& s, const Payload& first, const std::string& client, const std::string& to) {
  return own_of(s.from_client(packet4(client, to, first)).packet);
}
Own open_flow4(EdgeSite& s, uint16_t port, const std::string& server, const std::string& client) {
  const Own own = begin_flow4(s, syn(port), client);
  s.from_network(packet4(server, own.address, syn_ack(own.port)));
  return own;
}
std::string other_of(EdgeSite& s, const std::string& client) {
  const std::string pool = begin_flow4(s, udp(9, 53), client).address;
  for (int n = 1; n < 100; ++n) {
    const std::string other = "10.0.7." + std::to_string(n);
    if (begin_flow4(s, udp(9, 53), other).address == pool) return other;
  }
  return "";
}

std::vector<Said> conversation(EdgeSite& s) {
  std::vector<Said> all;
  const auto say = [&](bool from_client, const Bytes& ip) {
    all.push_back({s.frame(ip, from_client ? "eth0" : "eth1"), from_client});
    return s.receive(ip, from_client ? "eth0" : "eth1").packet;
  };
  for (u16 i = 0; i < 6; ++i) {
    const std::string client = kClient + std::to_string(i), server = i % 2 ? kServer : kServer2;
    const u16 port = u16(40'000 + i);
    const std::string own = source_of(say(true, packet(client, kAny, syn(port))));
    say(false, packet(server, own, syn_ack(port)));
    say(true, packet(client, kAny, segment(port)));
    say(false, packet(server, own, answer(port)));
    say(false, packet(server, own, echo(true, port)));
    say(true, packet(client, kAny, echo(false, port)));
    say(false, packet(kRouter, own, icmp_error(true, 2, 0, packet(own, server, segment(port)), 1400)));
    say(true, packet(client, kAny, icmp_error(true, 1, 4, packet(kAny, client, answer(port)))));
    const std::string asks = source_of(say(true, packet(client, kAnyInPrefix, udp(port, 53))));
    say(false, packet(server, asks, udp(53, port)));
    say(false, packet(server, asks, icmp_error(true, 1, 4, packet(asks, server, udp(port, 53)))));
    say(true, packet(client, kAny, fragment6(0, true, udp(port, 443), 77)));
    say(true, packet(client, kAny, fragment6(2, false, raw(17, text("the rest")), 77)));
    say(false, packet(server, own, fragment6(0, true, answer(port))));
    const std::string pings = source_of(say(true, packet(client, kAny, echo(true, port))));
    say(false, packet(server, pings, echo(false, port)));
    say(true, packet(client, kAny, segment(port, "FA")));
    say(false, packet(server, own, answer(port, "FA")));
    const std::string near = source_of(say(true, packet(client, kAny, syn(7000 + i))));
    say(true, packet(server, near, syn_ack(7000 + i)));  // by a server among the clients
  }
  for (u16 i = 0; i < 12; ++i) {
    const std::string client = "10.0.0." + std::to_string(i % 6), server = i % 2 ? kServer4 : kServer4b;
    const u16 port = u16(40'000 + i / 6);
    const Own own = own_of(say(true, packet4(client, kAny4, syn(port))));
    say(false, packet4(server, own.address, syn_ack(own.port)));
    say(true, packet4(client, kAny4, segment(port)));
    say(false, packet4(server, own.address, answer(own.port)));
    const Bytes too_big = packet4(own.address, server, segment(own.port));
    say(false, packet4(kRouter4, own.address, icmp_error(false, 3, 4, too_big, 1400)));
    say(true, packet4(client, kAny4, icmp_error(false, 3, 13, packet4(kAny4, client, answer(port)))));
    const Own asks = own_of(say(true, packet4(client, kAnyInPrefix4, udp(port, 53))));
    say(false, packet4(server, asks.address, udp(53, asks.port), 0x2000));
    say(false, packet4(server, asks.address, raw(17, text("the rest")), 2));
    say(true, packet4(client, kAnyInPrefix4, udp(port, 53), 0x2000));
    say(true, packet4(client, kAnyInPrefix4, raw(17, text("the rest")), 2));
    const Own pings = own_of(say(true, packet4(client, kAny4, echo4(true, port))));
    say(false, packet4(server, pings.address, echo4(false, pings.port)));
    say(true, packet4(client, kAny4, segment(port, "FA")));
    say(false, packet4(server, own.address, answer(own.port, "FA")));
    const Own near = own_of(say(true, packet4(client, kAny4, syn(7000 + i))));
    say(true, packet4(server, near.address, syn_ack(near.port)));
  }
  return all;
}

}  // namespace waymark::edge_cases
