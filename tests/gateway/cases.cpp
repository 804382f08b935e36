#include "tests/gateway/cases.h"

namespace waymark::gateway_cases {

namespace {

const std::string kByRouter = R"(route = [{ prefix = "10.6.0.0/16", via = "10.4.0.254" }])";

std::string overlay_of_red(const std::string& far) {
  return R"({ tunnel = "vxlan", key = 5002, ip4 = "10.4.0.0/24", gateway = "10.4.0.1", neighbours = 8, remote = ")" +
         far + "\", " + kByRouter + " }";
}

}  // namespace

std::string site(const std::string& keys, const std::string& layout, const std::string& destinations) {
  return R"([engine]
pins = 10000
interfaces = { eth0 = "public", eth1 = "public" }
[plan.cloud]
prefix = "3fff:c00::/32"
layout = ")" +
         layout + R"("
[gateway]
plan = "cloud"
holds = [1, 4]
)" + destinations +
         "\n" + keys + R"(
[[gateway.id]]
id = 1
address = ["192.0.2.1", "2001:db8:ffff::1"]
[[gateway.id]]
id = 2
address = ["192.0.2.2", "2001:db8:ffff::2"]
[[gateway.id]]
id = 3
address = "192.0.2.3"
[[gateway.id]]
id = 4
address = ["192.0.2.4", "2001:db8:ffff::4"]
mac = "02:57:00:00:00:04"
[[gateway.tenant]]
name = "red"
number = 1
firewall = false
map = [{ ip4 = "203.0.113.99/32", ip6 = "3fff:5::99/128" }]
tunnel = [{ remote = "198.51.100.71", ip4 = ["10.0.0.0/24", "10.1.0.0/16"] },
          { tunnel = "gre", key = 7, remote = "2001:db8:fffe::7", ip4 = "10.2.0.0/24" },
          )" +
         overlay_of_red("198.51.100.74") + ",\n          " + overlay_of_red("2001:db8:fffe::74") + R"(]
site = [{ prefix = "10.4.0.0/16", gateway = 4 }, { prefix = "10.0.0.0/24", gateway = 1 }, { prefix = "10.1.0.0/16", gateway = 4 },
        { prefix = "10.2.0.0/16", gateway = 4 },
        { prefix = "10.5.0.0/16", gateway = 2 }, { prefix = "10.5.7.0/24", gateway = 3 }]
[[gateway.tenant]]
name = "blue"
number = 2
firewall = false
tunnel = [{ tunnel = "gre", remote = "198.51.100.72", ip4 = "10.0.0.0/24" },
          { tunnel = "vxlan", key = 5001, mac = "02:00:00:00:50:01", remote = "198.51.100.73", gateway = "10.3.0.1", )" +
         R"(ip4 = "10.3.0.0/24" },
          { tunnel = "vxlan", key = 5003, remote = "198.51.100.76", ip4 = ["10.4.0.0/24", "10.7.0.0/24"], )" +
         R"(gateway = ["10.4.0.1", "10.7.0.1"], neighbours = 8, )" + kByRouter + R"( }]
site = [{ prefix = "10.4.0.0/16", gateway = 4 }, { prefix = "10.5.0.0/16", gateway = 2 }]
)";
}

Bytes four(const Payload& p, const Hop& h, const std::string& from, const std::string& to) {
  return ip4({.source = from, .destination = to, .ttl = h.hops, .tos = h.tos, .id = h.id, .fragment = h.fragment}, p);
}
Bytes six(const Payload& p, const Hop& h, const std::string& from, const std::string& to) {
  return ip6({.source = from, .destination = to, .hops = h.hops, .traffic_class = h.tos}, p);
}
Bytes to_six(const Payload& p, const std::string& from, const std::string& to) {
  return six(p, {.hops = 63}, from, to);
}
Bytes to_four(const Payload& p, const std::string& from, const std::string& to) {
  return four(p, {.hops = 63, .id = 0, .fragment = uint16_t(p.bytes.size() > 1240 ? 0x4000 : 0)}, from, to);
}

Bytes from_red(const Bytes& ip, const std::string& end, uint8_t tos) {
  return ip4({.source = kRedFar, .destination = end, .tos = tos}, inside(ip));
}
Bytes to_red(const Bytes& ip, const std::string& end, uint8_t tos) {
  return ip4({.source = end, .destination = kRedFar, .tos = tos, .id = 0}, inside(ip));
}

Bytes told_red(uint8_t type, uint8_t code, uint32_t second, const Bytes& about) {
  const Bytes error = ip4({.source = kErrors4, .destination = kClient, .tos = 0xc0, .id = 0, .fragment = 0},
                          icmp_error(false, type, code, cut(about, std::min<size_t>(about.size(), 548)), second));
  return to_red(error, kEnd1, 0xc0);
}

Payload vxlan(const Bytes& ip, uint32_t vni, const std::string& to, const std::string& from, uint16_t source_port) {
  return vxlan_frame(frame(ip, {.destination = to, .source = from}), vni, source_port);
}
Payload vxlan_frame(const Bytes& frame, uint32_t vni, uint16_t source_port) {
  const Bytes header = {8, 0, 0, 0, uint8_t(vni >> 16), uint8_t(vni >> 8), uint8_t(vni), 0};
  return udp_unchecked(source_port, 4789, header + frame);
}

Payload gre(const Bytes& ip, uint16_t flags, const Bytes& fields) {
  const bool six = ip.at(0) >> 4 == 6;
  const Bytes header = {uint8_t(flags >> 8), uint8_t(flags), uint8_t(six ? 0x86 : 0x08), uint8_t(six ? 0xdd : 0x00)};
  return raw(47, header + fields + ip);
}
Bytes gre_key(uint32_t key) { return {uint8_t(key >> 24), uint8_t(key >> 16), uint8_t(key >> 8), uint8_t(key)}; }

namespace {

// Where the packet inside a tunnel begins; 0: it is none.
size_t inner_at(const Bytes& packet, size_t behind, uint8_t protocol) {
  if (protocol == 4 || protocol == 41) return behind;
  if (protocol == 47) return behind + (packet.at(behind) & 0x20 ? 8 : 4);
  if (protocol != 17 || packet.size() <= behind + 4) return 0;
  const int port = packet[behind + 2] << 8 | packet[behind + 3];
  if (port == kFarGuePort) return behind + 12;
  return port == 4789 || port == kFarVxlanPort ? behind + 30 : 0;
}

}  // namespace

Bytes foreseen(Bytes packet) {
  const bool is6 = packet.at(0) >> 4 == 6;
  const uint8_t protocol = packet.at(is6 ? 6 : 9);
  const size_t behind = is6 ? 40 : 20, inner = inner_at(packet, behind, protocol);
  if (!inner) return packet;
  if (is6) packet = with_word(with_byte(packet, 1, packet[1] & 0xf0), 2, 0);
  if (protocol == 17) packet = with_word(packet, behind, 0);
  const bool chosen =
      packet.at(inner) >> 4 == 4 && !(packet.at(inner + 6) & 0x40) && (packet[inner + 4] || packet[inner + 5]);
  if (!chosen) return packet;
  packet = with_word(with_word(packet, inner + 4, 0), inner + 10, 0);
  return with_word(packet, inner + 10, internet_checksum(part(packet, inner, inner + 20)));
}

const Cases& all_gateway_cases() {
  static const Cases all = [] {
    Cases c;
    add_out(c);
    add_back(c);
    add_between(c);
    add_errors(c);
    add_sites(c);
    add_across(c);
    add_ports(c);
    add_of_routers(c);
    return c;
  }();
  return all;
}

}  // namespace waymark::gateway_cases
