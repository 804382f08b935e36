//             IPv4                            |                            IPv6
//                                             |
//   h4 ──────── q4 ═══ w15 ═══ r4 ──── eth4 ── t ── eth6 ──── r6 ═══ w15 ═══ q6 ──────── h6
//   203.0.113.4    ═══ w14 ═══    ──── low4 ──   ── low6 ────    ═══ w14 ═══    2001:db8:6::6
//     .17 .18 .19  ═══ w12 ═══                                   ═══ w12 ═══      ::11 ::12 ::13
//
//   h4, h6  ends: nginx, knotd, iperf3         w15 w14 w12  links with MTUs of 1500, 1400 and 1280 bytes
//   q4, r4, q6, r6  routers                    low4 low6    t's own, of 1400 and 1280 bytes
//   t  the box: Waymark by XDP, or TAYGA by TUN; 192.0.2.1 and 2001:db8:1::1 are its own, 192.0.2.128/28 stands for r6,
//   q6
//
//   IPv6 sees IPv4 addresses in 2001:db8:64::/96; IPv4 sees 2001:db8:6::6 as 198.51.100.6, and 2001:db8:6::10/124 as
//   198.51.100.16/28. To .17 and ::11 packets go by w14, to .18 and ::12 by w12, to .19 and ::13 by low4 and low6.
//   Ways back are all wide. Links: 198.18.N.0/30 and 2001:db8:fN::/64; N is 1 w15, 2 w14, 3 w12, 4 eth, 5 low.
#include "lab/translator/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lab/kit/netns.h"

namespace waymark::lab {
namespace {

constexpr u32 kGrowth = 20;  // bytes by which a packet grows towards IPv6
const std::pair<const char*, u32> kWays[] = {{"w15", kWideMtu}, {"w14", 1400}, {"w12", 1280}};

std::string up(const std::string& interface, u32 mtu, const std::string& address) {
  return fmt::format("link set dev {0} mtu {1} up\naddr add {2} dev {0}{3}\n", interface, mtu, address,
                     address.find(':') == std::string::npos ? "" : " nodad");
}

// The end of link `n` that is nearer to the translator is its second address.
std::string link4(u32 n, u32 side) { return fmt::format("198.18.{}.{}/30", n, side); }
std::string link6(u32 n, u32 side) { return fmt::format("2001:db8:f{}::{}/64", n, side); }

std::string end4() {
  std::string out = up("eth0", kWideMtu, own4(Path::wide) + "/24") + "route add default via 203.0.113.1\n";
  for (Path p : {Path::beyond1400, Path::beyond1280, Path::near})
    out += fmt::format("addr add {}/24 dev eth0\n", own4(p));
  return out;
}

std::string end6() {
  std::string out = up("eth0", kWideMtu, own6(Path::wide) + "/64") + "route add default via 2001:db8:6::1\n";
  // Deprecated: what h6 begins has its first address as source.
  for (Path p : {Path::beyond1400, Path::beyond1280, Path::near})
    out += fmt::format("addr add {}/64 dev eth0 nodad preferred_lft 0\n", own6(p));
  return out;
}

std::string ways(u32 side, std::string (&link)(u32, u32)) {
  std::string out;
  for (u32 n = 1; n <= 3; ++n) out += up(kWays[n - 1].first, kWays[n - 1].second, link(n, side));
  return out;
}

std::string commands_for(const std::string& node) {
  const std::string lo = "link set dev lo up\n";
  if (node == "h4") return lo + end4();
  if (node == "h6") return lo + end6();
  if (node == "q4")
    return lo + up("eth0", kWideMtu, "203.0.113.1/24") + ways(1, link4) + "route add default via 198.18.1.2\n";
  if (node == "q6")
    return lo + up("eth0", kWideMtu, "2001:db8:6::1/64") + ways(1, link6) + "route add default via 2001:db8:f1::2\n";
  if (node == "r4")
    return lo + ways(2, link4) + up("eth", kWideMtu, link4(4, 1)) + up("low", kLow4, link4(5, 1)) +
           "route add 203.0.113.0/24 via 198.18.1.1\nroute add 203.0.113.17/32 via 198.18.2.1\n"
           "route add 203.0.113.18/32 via 198.18.3.1\nroute add 198.51.100.0/24 via 198.18.4.2\n"
           "route add 192.0.2.0/24 via 198.18.4.2\n";
  if (node == "r6")
    return lo + ways(2, link6) + up("eth", kWideMtu, link6(4, 1)) + up("low", kLow6, link6(5, 1)) +
           "route add 2001:db8:6::/64 via 2001:db8:f1::1\nroute add 2001:db8:6::11/128 via 2001:db8:f2::1\n"
           "route add 2001:db8:6::12/128 via 2001:db8:f3::1\nroute add 2001:db8:64::/96 via 2001:db8:f4::2\n"
           "route add 2001:db8:1::/64 via 2001:db8:f4::2\n";
  return lo + up("eth4", kWideMtu, link4(4, 2)) + up("low4", kLow4, link4(5, 2)) + up("eth6", kWideMtu, link6(4, 2)) +
         up("low6", kLow6, link6(5, 2)) +
         "route add 203.0.113.0/24 via 198.18.4.1\nroute add 203.0.113.19/32 via 198.18.5.1\n"
         "route add 198.18.0.0/16 via 198.18.4.1\nroute add 2001:db8:6::/64 via 2001:db8:f4::1\n"
         "route add 2001:db8:6::13/128 via 2001:db8:f5::1\nroute add 2001:db8:f0::/44 via 2001:db8:f4::1\n";
}

u32 narrowest(Path to, u32 low) {
  constexpr u32 kMtu[] = {kWideMtu, 1400, 1280};
  return to == Path::near ? low : kMtu[u8(to)];
}

u32 number(Path to) { return to == Path::wide ? 0 : 16 + u8(to); }

}  // namespace

std::string own4(Path to) { return fmt::format("203.0.113.{}", to == Path::wide ? 4 : number(to)); }
std::string own6(Path to) { return fmt::format("2001:db8:6::{:x}", to == Path::wide ? 6 : number(to)); }
std::string seen4(Path to) { return fmt::format("198.51.100.{}", to == Path::wide ? 6 : number(to)); }
std::string seen6(Path to) { return embedded(own4(to)); }
std::string embedded(const std::string& address4) { return "2001:db8:64::" + address4; }
u32 mtu_towards6(Path to) { return narrowest(to, kLow6) - kGrowth; }
u32 mtu_towards4(Path to) { return std::min(kWideMtu, narrowest(to, kLow4) + kGrowth); }

Status TranslatorSite::build() const {
  Wires wires;
  wires.nodes = {"h4", "q4", "r4", "t", "r6", "q6", "h6"};
  for (const char* side : {"4", "6"}) {
    const std::string h = std::string("h") + side, q = std::string("q") + side, r = std::string("r") + side;
    wires.links += wire(h, "eth0", q, "eth0") + wire(r, "eth", "t", std::string("eth") + side) +
                   wire(r, "low", "t", std::string("low") + side);
    wires.whole_sums.insert(wires.whole_sums.end(), {{h, "eth0"}, {q, "eth0"}, {r, "eth"}, {r, "low"}});
    for (const auto& [way, mtu] : kWays) {
      wires.links += wire(q, way, r, way);
      wires.whole_sums.insert(wires.whole_sums.end(), {{q, way}, {r, way}});
    }
    for (const char* of_t : {"eth", "low"}) wires.whole_sums.push_back({"t", std::string(of_t) + side});
  }
  wires.commands = commands_for;
  wires.more_settings = [](const std::string& node) {
    Settings out = {{"net/ipv4/icmp_ratelimit", "0"}, {"net/ipv6/icmp/ratelimit", "0"}};  // every error counts here
    if (node[0] == 'h') return out;
    for (const char* which : {"all", "default"})
      out.insert(out.end(), {{fmt::format("net/ipv6/conf/{}/forwarding", which), "1"},
                             {fmt::format("net/ipv4/conf/{}/forwarding", which), "1"},
                             {fmt::format("net/ipv4/conf/{}/send_redirects", which), "0"}});
    return out;
  };
  return raise(wires);
}

Status TranslatorSite::write_waymark() const {
  return write_file(
      file("t.toml"),
      fmt::format("[node]\nname = \"{}\"\n\n"
                  "[engine]\ninterfaces = {{ eth4 = \"public\", low4 = \"public\", eth6 = \"public\", low6 = "
                  "\"public\" }}\n\n"
                  "[api]\nsocket = \"{}\"\n\n"
                  "[translator]\naddress = [\"{}\", \"{}\"]\npool = [\"192.0.2.128/28\"]\n\n"
                  "[[translator.prefix]]\nprefix = \"2001:db8:64::/96\"\n\n"
                  "[[translator.map]]\nip4 = \"198.51.100.6/32\"\nip6 = \"2001:db8:6::6/128\"\n\n"
                  "[[translator.map]]\nip4 = \"198.51.100.16/28\"\nip6 = \"2001:db8:6::10/124\"\n",
                  instance("t"), socket("t"), kTranslator4, kTranslator6));
}

Status TranslatorSite::write_tayga() const {
  return write_file(file("t.tayga"),
                    fmt::format("tun-device nat64\nipv4-addr {}\nipv6-addr {}\nprefix 2001:db8:64::/96\n"
                                "map 198.51.100.6 2001:db8:6::6\n"
                                "map 198.51.100.16/28 2001:db8:6::10/124\nstrict-frag-hdr on\n",
                                kTranslator4, kTranslator6));
}

Status TranslatorSite::write_big_zone(const std::string& end) const {
  std::string records;
  for (int strings : {8, 15}) {  // answers of some 2,000 and 3,800 bytes
    records += fmt::format("t{}", strings);
    for (int i = 0; i < strings; ++i) records += fmt::format(" TXT \"{:0>250}\"\n", i);
  }
  return write_knot(end, "big.test", records, {end == "h4" ? own4(Path::wide) : own6(Path::wide)},
                    "  udp-max-payload: 4096\n");
}

}  // namespace waymark::lab
