//   c1 ──┬ g1 ─┬─ e1 ── r1 ──1400── r2 ──┬── site 1: d1, s1
//   c3 ──┘     └─ e3 ───┘ │           │  └── site 2: d2, s2
//                         └──── r3 ───┘
//   c2 ────────── e2 ────────┘ └──────────── site 3: d3, s3
//
//   c1, c2  unmodified clients, 3fff:c1::2 and 3fff:c2::2; c3 has IPv4 alone, 10.3.0.2
//   g1      a router of c1's and c3's, with BIRD: it prefers e1 to e3
//   e1..e3  edges. Flows have addresses out of 3fff:e1::/64 and so on; those by IPv4 have ports of 203.0.113.0/30 and
//           so on. e1 and e3 are a group
//   r1..r3  the transit: BIRD, an AS each
//   d1..d3  directors, which announce the anycast address: d1 and d2 rewrite to their server's own address, from which
//           it answers; d3 sends to its server's MAC, which holds the anycast address and answers from that
//   s1..s3  unmodified servers, 3fff:1::5 and so on
//
//   Links: 3fff:fN::/64 and 198.18.1NN.0/24, N is 1 e1-r1, 2 e2-r3, 3 e3-r1, 7 g1-e1, 8 g1-e3, 12 r1-r2, 13 r1-r3,
//   23 r2-r3; a site N is the segment 3fff:N::/64 and 198.18.N.0/24, with its router at ::ff and .254, its director at
//   ::d and .13, its server at ::5 and .5.
#include "lab/edge/site.h"

#include <fmt/format.h>

#include "lab/edge/routing.h"
#include "lab/kit/netns.h"
#include "lab/kit/polling.h"
#include "lab/kit/process.h"

namespace waymark::lab {
namespace {

std::string up(const std::string& interface, const std::vector<std::string>& addresses, u32 mtu = 1500) {
  std::string out = fmt::format("link set dev {} mtu {} up\n", interface, mtu);
  for (const std::string& a : addresses)
    out += fmt::format("addr add {} dev {}{}\n", a, interface, a.find(':') == std::string::npos ? "" : " nodad");
  return out;
}
// A router's or an edge's end of a link between them.
std::string link_end(const std::string& interface, const std::string& link, const std::string& host, u32 mtu = 1500) {
  return up(interface, {fmt::format("3fff:f{}::{}/64", link, host), fmt::format("198.18.1{:0>2}.{}/24", link, host)},
            mtu);
}
std::string defaults(const std::string& by6, const std::string& by4, const std::string& more = "") {
  return fmt::format("route add default via {0}{2}\nroute add default via {1}{2}\n", by6, by4, more);
}

std::string segment(u32 n) {
  return up(fmt::format("lan{}", n), {fmt::format("3fff:{}::ff/64", n), fmt::format("198.18.{}.254/24", n)});
}

std::string ports() { return fmt::format("\"tcp/80\", \"tcp/53\", \"udp/53\", \"tcp/{0}\", \"udp/{0}\"", kEchoPort); }

std::string commands_for(const std::string& node) {
  const char n = node.back();
  const std::string own = "link set dev lo up\n", router6 = fmt::format("3fff:{}::ff", n),
                    router4 = fmt::format("198.18.{}.254", n);
  switch (node[0]) {
    case 'c':
      if (node == "c3") return own + up("eth0", {client_address(node) + "/24"}) + "route add default via 10.3.0.1\n";
      return own + up("eth0", {client_address(node) + "/64"}) + fmt::format("route add default via 3fff:c{}::1\n", n);
    case 'e':
      return own + (node == "e2" ? up("eth0", {"3fff:c2::1/64"}) : link_end("eth0", node == "e1" ? "7" : "8", "2")) +
             link_end("eth1", std::string(1, n), "2") +
             defaults(fmt::format("3fff:f{}::1", n), fmt::format("198.18.10{}.1", n));
    case 'g':
      return own + up("c1", {"3fff:c1::1/64"}) + up("c3", {"10.3.0.1/24"}) + link_end("e1", "7", "1") +
             link_end("e3", "8", "1");
    case 'l':
      return own + segment_commands("br0", {"r", "d", "s"});
    case 'd':
      return own + up("eth0", {fmt::format("3fff:{}::d/64", n), fmt::format("198.18.{}.13/24", n)}) +
             defaults(router6, router4);
    case 's':  // where packets for the anycast address itself are delivered, whatever the site
      return own + up("eth0", {server_address(node) + "/64", server_address4(node) + "/24"}) +
             up("lo", {kAnycast + "/128", kAnycast4 + "/32"}, 65536) + defaults(router6, router4);
    default:
      break;
  }
  if (node == "r1")
    return own + link_end("e1", "1", "1") + link_end("e3", "3", "1") + link_end("r2", "12", "1", kTransitMtu) +
           link_end("r3", "13", "1");
  if (node == "r2")
    return own + link_end("r1", "12", "2", kTransitMtu) + link_end("r3", "23", "2") + segment(1) + segment(2) +
           defaults("3fff:1::d", "198.18.1.13", " table 101") + defaults("3fff:2::d", "198.18.2.13", " table 102");
  return own + link_end("e2", "2", "1") + link_end("r1", "13", "3") + link_end("r2", "23", "3") + segment(3);
}

}  // namespace

std::string client_address(const std::string& client) {
  return client == "c3" ? "10.3.0.2" : fmt::format("3fff:c{}::2", client.back());
}
const std::string& asks(const std::string& client) { return client == "c3" ? kAnycast4 : kAnycast; }
std::string pool_of(u32 edge) { return fmt::format("203.0.113.{}/30", 4 * (edge - 1)); }
std::string server_address(const std::string& server) { return fmt::format("3fff:{}::5", server.back()); }
std::string server_address4(const std::string& server) { return fmt::format("198.18.{}.5", server.back()); }
std::vector<std::string> answers_at(const std::string& server, Anycast how) {
  if (how == Anycast::plain || server == "s3") return {kAnycast, kAnycast4};
  return {server_address(server), server_address4(server)};
}

Status EdgeSite::build() const {
  Wires wires;
  wires.nodes = {"c1", "c2", "c3", "g1", "e1", "e2", "e3", "r1", "r2", "r3"};
  std::vector<std::vector<std::string>> ends = {
      {"c1", "eth0", "g1", "c1"}, {"g1", "e1", "e1", "eth0"}, {"g1", "e3", "e3", "eth0"}, {"c2", "eth0", "e2", "eth0"},
      {"c3", "eth0", "g1", "c3"}, {"e1", "eth1", "r1", "e1"}, {"e3", "eth1", "r1", "e3"}, {"e2", "eth1", "r3", "e2"},
      {"r1", "r2", "r2", "r1"},   {"r1", "r3", "r3", "r1"},   {"r2", "r3", "r3", "r2"}};
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
    Settings out = {{"net/ipv6/icmp/ratelimit", "0"}, {"net/ipv4/icmp_ratelimit", "0"}};  // every error counts here
    for (const char* version : {"ipv4", "ipv6"})
      for (const char* which : {"all", "default"})
        out.push_back(
            {fmt::format("net/{}/conf/{}/forwarding", version, which), node[0] == 'c' || node[0] == 's' ? "0" : "1"});
    return out;
  };
  WM_TRY(raise(wires));
  // Where a program of the other end's sends by itself.
  const std::vector<std::pair<std::string, std::string>> sent_to = {{"g1", "e1"}, {"g1", "e3"}, {"c2", "eth0"},
                                                                    {"r1", "e1"}, {"r1", "e3"}, {"r3", "e2"},
                                                                    {"l1", "d"},  {"l2", "d"},  {"l3", "d"}};
  for (const auto& [node, interface] : sent_to) WM_TRY(poll_without_merging(netns(node), interface));
  return Done{};
}

std::string EdgeSite::edge(const std::string& name) const {
  const char n = name.back();
  const bool grouped = name != "e2";
  std::string out = fmt::format(
      "[node]\nname = \"{0}\"\n\n[engine]\npins = 0\ninterfaces = {{ eth0 = \"clients\", eth1 = \"transit\" }}\n\n"
      "[api]\nsocket = \"{1}\"\n\n[announce]\n{4}\n"
      "[edge]\nzone = \"clients\"\noutside = \"transit\"\nprefix = \"3fff:e{2}::/64\"\naddress = \"3fff:f{2}::2\"\n"
      "pool = \"{3}\"\naddress4 = \"198.18.10{2}.2\"\n",
      instance(name), socket(name), n, pool_of(u32(n - '0')),
      grouped ? fmt::format("standby_metric = {}\n", kStandby) : "");
  out += fmt::format(
      "\n[[edge.service]]\nname = \"web\"\nanycast = [\"{0}\", \"{1}\"]\nports = [{2}]\n"
      "servers = [\"3fff:1::/64\", \"3fff:2::/64\", \"3fff:3::/64\", \"198.18.1.0/24\", \"198.18.2.0/24\", "
      "\"198.18.3.0/24\"]\n",
      kAnycast, kAnycast4, ports());
  if (!grouped) return out;
  const char other = n == '1' ? '3' : '1';
  return out + fmt::format(
                   "\n[[edge.member]]\nmember = \"{0}\"\nprefix = \"3fff:e{1}::/64\"\npool = \"{4}\"\n\n"
                   "[group]\nname = \"edges\"\nkey = \"{2}\"\nlisten = \"[3fff:f{3}::2]:6090\"\n\n"
                   "[[group.member]]\nname = \"{0}\"\naddress = \"[3fff:f{1}::2]:6090\"\n",
                   instance(std::string("e") + other), other, file("group.key"), n, pool_of(u32(other - '0')));
}

std::string EdgeSite::director(const std::string& name, Anycast how) const {
  const char n = name.back();
  const std::string server = std::string("s") + n;
  std::string out = fmt::format(
      "[node]\nname = \"{0}\"\n\n[engine]\npins = 65536\ninterfaces = {{ eth0 = \"site\" }}\n\n"
      "[api]\nsocket = \"{1}\"\n\n[announce]\n\n[director]\naddress = [\"3fff:{2}::d\", \"198.18.{2}.13\"]\n",
      instance(name), socket(name), n);
  const bool as_it_comes = answers_at(server, how)[0] == kAnycast;
  for (const bool six : {true, false})
    out += fmt::format(
        "\n[[service]]\nname = \"{0}\"\nzone = \"site\"\naddress = \"{1}\"\nports = [{2}]\n"
        "check = {{ http = \"/alive\", port = 80, every = \"200ms\", timeout = \"200ms\", fall = 2, rise = 1 }}\n\n"
        "[[service.target]]\nname = \"{3}\"\naddress = \"{4}\"\ntunnel = \"{5}\"\n",
        six ? "web" : "web4", six ? kAnycast : kAnycast4, ports(), server,
        six ? server_address(server) : server_address4(server), as_it_comes ? "mac" : "rewrite");
  return out;
}

Status EdgeSite::write_files(Anycast how) const {
  WM_TRY(write_secret(file("group.key")));
  for (const char n : {'1', '2', '3'}) {
    const std::string at(1, n);
    WM_TRY(write_file(file("d" + at + ".toml"), director("d" + at, how)));
    WM_TRY(write_nginx("s" + at,
                       " client_max_body_size 0; dav_methods PUT; location = /who { return 200 $remote_addr; }"));
    WM_TRY(write_knot("s" + at, "lab.test", "server TXT s" + at + "\n", answers_at("s" + at, how)));
    WM_TRY(write_file(file("d" + at + ".bird.conf"), bird_of_director_at(u32(n - '0'))));
  }
  for (const std::string& name : kEdges) {
    WM_TRY(write_file(file(name + ".toml"), edge(name)));
    WM_TRY(write_file(file(name + ".bird.conf"), bird_of_edge(u32(name.back() - '0'))));
  }
  for (const bool other : {false, true})
    WM_TRY(write_file(file(other ? "g1.other.bird.conf" : "g1.bird.conf"), bird_of_clients_router(other)));
  for (const u32 n : {1u, 3u}) WM_TRY(write_file(file(fmt::format("r{}.bird.conf", n)), bird_of_transit(n)));
  for (const Preferred site : {Preferred::first, Preferred::second})
    WM_TRY(write_file(file(fmt::format("r2.{}.bird.conf", u32(site))), bird_of_transit(2, site)));
  return write_file(file("r2.bird.conf"), bird_of_transit(2, Preferred::first));
}

Status EdgeSite::spread(bool on) const {
  std::string rules;
  for (const auto& [table, service] : {std::pair{"ip6", kAnycast}, {"ip", kAnycast4}})
    rules += on ? fmt::format(
                      "table {0} spread {{\n  chain in {{\n    type filter hook prerouting priority mangle;\n"
                      "    {0} daddr {1} meta mark set numgen random mod 2 offset 1\n  }}\n}}\n",
                      table, service)
                : fmt::format("delete table {} spread\n", table);
  WM_TRY(write_file(file("spread.nft"), rules));
  for (const char* version : {"-6", "-4"})
    for (const char* site : {"1", "2"}) {
      auto rule = run(
          {.netns = netns("r2"),
           .argv = {"ip", version, "rule", on ? "add" : "del", "fwmark", site, "lookup", std::string("10") + site}});
      if (!rule) return rule.error();
    }
  auto done = run({.netns = netns("r2"), .argv = {"nft", "-f", file("spread.nft")}});
  return done ? Status(Done{}) : Status(done.error());
}

// The links vanish without a carrier's loss: frames are dropped at the other ends.
Status EdgeSite::lose(const std::string& edge) const {
  for (const char* router : {"g1", "r1"}) WM_TRY(ip(netns(router), fmt::format("link set dev {} down\n", edge)));
  return Done{};
}

}  // namespace waymark::lab
