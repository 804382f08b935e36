//   c1 ── e1 ── r1 ──1400── r2 ──┬── site 1: d1, s1
//                │           │   └── site 2: d2, s2
//                └──── r3 ───┘
//   c2 ── e2 ──────────┘ └────────── site 3: d3, s3
//
//   c1, c2  unmodified clients, 3fff:c1::2 and 3fff:c2::2
//   e1, e2  edges, whose flows have their own addresses out of 3fff:e1::/64 and 3fff:e2::/64
//   r1..r3  the transit: BIRD, an AS each
//   d1..d3  directors, which announce the anycast address: d1 and d2 rewrite to their server's own address, from which
//           it answers; d3 sends to its server's MAC, which holds the anycast address and answers from that
//   s1..s3  unmodified servers, 3fff:1::5 and so on
//
//   Links: 3fff:fN::/64, N is 1 e1-r1, 2 e2-r3, 12 r1-r2, 13 r1-r3, 23 r2-r3; a site N is the segment 3fff:N::/64, with
//   its router at ::ff and its director at ::d.
#include "lab/edge/site.h"

#include <fmt/format.h>

#include "lab/edge/routing.h"
#include "lab/kit/netns.h"
#include "lab/kit/polling.h"
#include "lab/kit/process.h"

namespace waymark::lab {
namespace {

std::string up(const std::string& interface, const std::string& address, u32 mtu = 1500) {
  return fmt::format("link set dev {0} mtu {1} up\naddr add {2} dev {0} nodad\n", interface, mtu, address);
}

std::string segment(u32 n) { return up(fmt::format("lan{}", n), fmt::format("3fff:{}::ff/64", n)); }

std::string commands_for(const std::string& node) {
  const char n = node.back();
  const std::string own = "link set dev lo up\n";
  switch (node[0]) {
    case 'c':
      return own + up("eth0", client_address(node) + "/64") + fmt::format("route add default via 3fff:c{}::1\n", n);
    case 'e':
      return own + up("eth0", fmt::format("3fff:c{}::1/64", n)) + up("eth1", fmt::format("3fff:f{}::2/64", n)) +
             fmt::format("route add default via 3fff:f{}::1\n", n);
    case 'l':
      return own + segment_commands("br0", {"r", "d", "s"});
    case 'd':
      return own + up("eth0", fmt::format("3fff:{}::d/64", n)) + fmt::format("route add default via 3fff:{}::ff\n", n);
    case 's':  // where packets for the anycast address itself are delivered, whatever the site
      return own + up("eth0", server_address(node) + "/64") +
             fmt::format("addr add {}/128 dev lo nodad\nroute add default via 3fff:{}::ff\n", kAnycast, n);
    default:
      break;
  }
  if (node == "r1")
    return own + up("e1", "3fff:f1::1/64") + up("r2", "3fff:f12::1/64", kTransitMtu) + up("r3", "3fff:f13::1/64");
  if (node == "r2")
    return own + up("r1", "3fff:f12::2/64", kTransitMtu) + up("r3", "3fff:f23::2/64") + segment(1) + segment(2) +
           "route add default via 3fff:1::d table 101\nroute add default via 3fff:2::d table 102\n";
  return own + up("e2", "3fff:f2::1/64") + up("r1", "3fff:f13::3/64") + up("r2", "3fff:f23::3/64") + segment(3);
}

}  // namespace

std::string client_address(const std::string& client) { return fmt::format("3fff:c{}::2", client.back()); }
std::string server_address(const std::string& server) { return fmt::format("3fff:{}::5", server.back()); }
std::string answers_at(const std::string& server, Anycast how) {
  return how == Anycast::plain || server == "s3" ? kAnycast : server_address(server);
}

Status EdgeSite::build() const {
  Wires wires;
  wires.nodes = {"c1", "c2", "e1", "e2", "r1", "r2", "r3"};
  std::vector<std::vector<std::string>> ends = {{"c1", "eth0", "e1", "eth0"}, {"c2", "eth0", "e2", "eth0"},
                                                {"e1", "eth1", "r1", "e1"},   {"e2", "eth1", "r3", "e2"},
                                                {"r1", "r2", "r2", "r1"},     {"r1", "r3", "r3", "r1"},
                                                {"r2", "r3", "r3", "r2"}};
  for (const char n : {'1', '2', '3'}) {
    const std::string lan = std::string("l") + n, d = std::string("d") + n, s = std::string("s") + n;
    wires.nodes.insert(wires.nodes.end(), {lan, d, s});
    ends.insert(
        ends.end(),
        {{n == '3' ? "r3" : "r2", std::string("lan") + n, lan, "r"}, {d, "eth0", lan, "d"}, {s, "eth0", lan, "s"}});
  }
  for (const auto& e : ends) {
    wires.links += wire(e[0], e[1], e[2], e[3]);
    wires.whole_sums.insert(wires.whole_sums.end(), {{e[0], e[1]}, {e[2], e[3]}});
  }
  wires.commands = commands_for;
  wires.more_settings = [](const std::string& node) {
    Settings out = {{"net/ipv6/icmp/ratelimit", "0"}};  // every error counts here
    for (const char* which : {"all", "default"})
      out.push_back({fmt::format("net/ipv6/conf/{}/forwarding", which), node[0] == 'c' || node[0] == 's' ? "0" : "1"});
    return out;
  };
  WM_TRY(raise(wires));
  for (const auto& [node, interface] : std::vector<std::pair<std::string, std::string>>{
           {"c1", "eth0"}, {"c2", "eth0"}, {"r1", "e1"}, {"r3", "e2"}, {"l1", "d"}, {"l2", "d"}, {"l3", "d"}})
    WM_TRY(poll_without_merging(netns(node), interface));
  return Done{};
}

std::string EdgeSite::edge(const std::string& name) const {
  const char n = name.back();
  return fmt::format(
      "[node]\nname = \"{0}\"\n\n[engine]\npins = 0\ninterfaces = {{ eth0 = \"clients\", eth1 = \"transit\" }}\n\n"
      "[api]\nsocket = \"{1}\"\n\n[announce]\n\n"
      "[edge]\nzone = \"clients\"\noutside = \"transit\"\nprefix = \"3fff:e{2}::/64\"\naddress = \"3fff:f{2}::2\"\n\n"
      "[[edge.service]]\nname = \"web\"\nanycast = \"{3}\"\nports = [\"tcp/80\", \"tcp/{4}\", \"udp/{4}\"]\n"
      "servers = [\"3fff:1::/64\", \"3fff:2::/64\", \"3fff:3::/64\"]\n",
      instance(name), socket(name), n, kAnycast, kEchoPort);
}

std::string EdgeSite::director(const std::string& name, Anycast how) const {
  const char n = name.back();
  const std::string server = std::string("s") + n;
  return fmt::format(
      "[node]\nname = \"{0}\"\n\n[engine]\npins = 65536\ninterfaces = {{ eth0 = \"site\" }}\n\n"
      "[api]\nsocket = \"{1}\"\n\n[announce]\n\n[director]\naddress = \"3fff:{2}::d\"\n\n"
      "[[service]]\nname = \"web\"\nzone = \"site\"\naddress = \"{3}\"\nports = [\"tcp/80\", \"tcp/{4}\", "
      "\"udp/{4}\"]\n"
      "check = {{ http = \"/alive\", every = \"200ms\", timeout = \"200ms\", fall = 2, rise = 1 }}\n\n"
      "[[service.target]]\nname = \"{5}\"\naddress = \"{6}\"\ntunnel = \"{7}\"\n",
      instance(name), socket(name), n, kAnycast, kEchoPort, server, server_address(server),
      answers_at(server, how) == kAnycast ? "mac" : "rewrite");
}

Status EdgeSite::write_files(Anycast how) const {
  for (const char n : {'1', '2', '3'}) {
    const std::string at(1, n);
    WM_TRY(write_file(file("d" + at + ".toml"), director("d" + at, how)));
    WM_TRY(write_nginx("s" + at,
                       " client_max_body_size 0; dav_methods PUT; location = /who { return 200 $remote_addr; }"));
    WM_TRY(write_file(file("d" + at + ".bird.conf"), bird_of_director_at(u32(n - '0'))));
  }
  for (const std::string& name : kEdges) {
    WM_TRY(write_file(file(name + ".toml"), edge(name)));
    WM_TRY(write_file(file(name + ".bird.conf"), bird_of_edge(u32(name.back() - '0'))));
  }
  for (const u32 n : {1u, 3u}) WM_TRY(write_file(file(fmt::format("r{}.bird.conf", n)), bird_of_transit(n)));
  for (const Preferred site : {Preferred::first, Preferred::second})
    WM_TRY(write_file(file(fmt::format("r2.{}.bird.conf", u32(site))), bird_of_transit(2, site)));
  return write_file(file("r2.bird.conf"), bird_of_transit(2, Preferred::first));
}

Status EdgeSite::spread(bool on) const {
  const std::string rules = fmt::format(
      "table ip6 spread {{\n  chain in {{\n    type filter hook prerouting priority mangle;\n"
      "    ip6 daddr {} meta mark set numgen random mod 2 offset 1\n  }}\n}}\n",
      kAnycast);
  WM_TRY(write_file(file("spread.nft"), on ? rules : "delete table ip6 spread\n"));
  for (const char* site : {"1", "2"}) {
    const std::string table = std::string("10") + site;
    auto rule =
        run({.netns = netns("r2"), .argv = {"ip", "-6", "rule", on ? "add" : "del", "fwmark", site, "lookup", table}});
    if (!rule) return rule.error();
  }
  auto done = run({.netns = netns("r2"), .argv = {"nft", "-f", file("spread.nft")}});
  return done ? Status(Done{}) : Status(done.error());
}

}  // namespace waymark::lab
