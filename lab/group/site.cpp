//   c1 ──────────── r ═══════╤═══════ d1           c1, c2  clients          r  router: BIRD, ECMP by ports
//   2001:db8:c1::2  │   dir  │        │ eth0 eth1  d1, d2  directors: BIRD; eth0 public, eth1 servers, eth2 the group
//   203.0.113.2     │        │ d2 ────┼─── eth2    dir     a bridge in r: 2001:db8:d::1, 198.51.100.1;
//   c2 ─────────────┤        │ │      │                    d1 is ::2 and .2 on it, d2 ::3 and .3
//   2001:db8:c2::2  │          │      │            lan     two bridges: br0 the servers' segment, br1 the group's own
//   203.0.113.66    │          │      │            on br0  d1 is 2001:db8:5::d, 192.0.2.1; d2 2001:db8:5::e, 192.0.2.2;
//                   └── lan ───┴──────┘                    r  2001:db8:5::ff, 192.0.2.254; s1 2001:db8:5::1, 192.0.2.11
//                       │ │ │ │                    on br1  d1 is 2001:db8:6::1, d2 2001:db8:6::2
//                      s1 s2 s3 s4                 service 2001:db8:80::1, 198.51.100.80, as in lab site
//
// A client's packet goes c - r - d1 or d2, through a tunnel d - lan - s, maybe another one s - lan - s, and the reply
// straight back s - lan - r - c. Tunnels are GUE, over IPv6 to s1 and s2, over IPv4 to s3 and s4.
#include "lab/group/site.h"

#include <fmt/format.h>

#include "lab/kit/bird.h"
#include "lab/kit/netns.h"

namespace waymark::lab {
namespace {

// What a tunnel adds at most: IPv6, UDP and GUE headers, the latter with a second candidate.
constexpr int kTunnel = 40 + 8 + 4 + 20;

struct DirectorAddresses {
  std::string public6, public4, servers6, servers4, group;
};

DirectorAddresses addresses_of(const std::string& director) {
  if (director == "d1") return {"2001:db8:d::2", "198.51.100.2", "2001:db8:5::d", "192.0.2.1", "2001:db8:6::1"};
  return {"2001:db8:d::3", "198.51.100.3", "2001:db8:5::e", "192.0.2.2", "2001:db8:6::2"};
}

std::string tunnel_end(const std::string& server) { return over_ip4(server) ? address4(server) : address6(server); }

// A router discards what it has no better route to of the services' addresses: when a route is replaced, IPv6 has none
// for a moment, and a client's packet is better lost then than answered with an error.
constexpr const char* kDiscard = "route add blackhole 2001:db8:80::/64\nroute add blackhole 198.51.100.80/31\n";

std::string router() {
  return router_commands() + segment_commands("dir", kDirectors) +
         "addr add 2001:db8:d::1/64 dev dir nodad\naddr add 198.51.100.1/28 dev dir\n" + kDiscard;
}

std::string director(const std::string& name) {
  const DirectorAddresses a = addresses_of(name);
  return fmt::format(
      "link set dev lo up\nlink set dev eth0 up\nlink set dev eth1 up\nlink set dev eth2 up\n"
      "addr add {}/64 dev eth0 nodad\naddr add {}/28 dev eth0\n"
      "addr add {}/64 dev eth1 nodad\naddr add {}/24 dev eth1\naddr add {}/64 dev eth2 nodad\n"
      "route add default via 2001:db8:d::1\nroute add default via 198.51.100.1\n{}",
      a.public6, a.public4, a.servers6, a.servers4, a.group, kDiscard);
}

std::string commands_for(const std::string& node) {
  if (node == "r") return router();
  if (node == "lan")
    return "link set dev lo up\n" + segment_commands("br0", {"d1", "d2", "r", "s1", "s2", "s3", "s4"}) +
           segment_commands("br1", {"g1", "g2"});
  if (node[0] == 'd') return director(node);
  return node[0] == 'c' ? client_commands(node) : server_commands(node, kTunnel);
}

std::string group_port(const std::string& director) { return "g" + director.substr(1); }

}  // namespace

const std::string& other_director(const std::string& director) { return kDirectors[director == kDirectors[0]]; }
std::string metrics_of(const std::string& director) { return fmt::format("[{}]:9100", addresses_of(director).public6); }
std::string group_listen_of(const std::string& director) {
  return fmt::format("[{}]:6090", addresses_of(director).group);
}

Status GroupSite::build() const {
  Wires wires;
  wires.nodes = {"r", "lan"};
  wires.links = wire("r", "lan", "lan", "r");
  for (const auto& d : kDirectors) {
    wires.nodes.push_back(d);
    wires.links += wire(d, "eth0", "r", d) + wire(d, "eth1", "lan", d) + wire(d, "eth2", "lan", group_port(d));
    for (const char* interface : {"eth0", "eth1"}) wires.whole_sums.push_back({d, interface});
    wires.polled.insert(wires.polled.end(), {{"r", d}, {"lan", d}});
  }
  for (const auto& s : kServers) wires.polled.push_back({"lan", s});  // a host that passes on sends back where it came
  wires.whole_sums.push_back({"r", "dir"});
  wires.commands = commands_for;
  wires.more_settings = [](const std::string& node) {
    if (node != "r") return Settings();
    return Settings{{"net/ipv4/fib_multipath_hash_policy", "1"}, {"net/ipv6/fib_multipath_hash_policy", "1"}};
  };
  add_ends(wires);
  WM_TRY(raise(wires));
  return Done{};
}

Status GroupSite::write_key(const std::string& name) const { return write_secret(file(name)); }

Status GroupSite::write_directors(const GroupPlan& plan) const {
  for (const auto& name : kDirectors) {
    const DirectorAddresses ours = addresses_of(name);
    const auto key = plan.keys.find(name);
    std::string out = fmt::format(
        "[node]\nname = \"{}\"\n\n"
        "[engine]\ninterfaces = {{ eth0 = \"public\", eth1 = \"servers\" }}\npins = 65536\n\n"
        "[api]\nsocket = \"{}\"\n{}\n"
        "[director]\naddress = [\"{}\", \"{}\"]\nsecond_candidate = {}\n{}\n"
        "[group]\nname = \"lab\"\nkey = \"{}\"\nlisten = \"{}\"\nmirror = {}\n{}\n"
        "[[group.member]]\nname = \"{}\"\naddress = \"{}\"\n\n"
        "[announce]\n\n",
        instance(name), socket(name), plan.metrics ? fmt::format("metrics = \"{}\"\n", metrics_of(name)) : "",
        ours.servers6, ours.servers4, plan.second_candidate, plan.tell ? "" : "resets = 0\nunreachables = 0\n",
        file(key == plan.keys.end() ? "group.key" : key->second), group_listen_of(name), plan.mirror,
        plan.wait ? fmt::format("wait = \"{}s\"\n", *plan.wait) : "", instance(other_director(name)),
        group_listen_of(other_director(name)));
    out += fmt::format(
        "[[service]]\nname = \"web\"\naddress = [\"{}\", \"{}\"]\nports = [\"tcp/80\", \"tcp/{}\", \"udp/{}\"]\n"
        "check = {{ http = \"/alive\", every = \"200ms\", timeout = \"200ms\", fall = 2, rise = 1 }}\n",
        kService6, kService4, kEchoPort, kEchoPort);
    for (const auto& t : plan.targets)
      out += fmt::format("\n[[service.target]]\nname = \"{}\"\naddress = \"{}\"\nweight = {}\ntunnel = \"gue\"\n",
                         t.name, tunnel_end(t.name), t.weight);
    WM_TRY(write_file(file(name + ".toml"), out + plan.more));
  }
  return Done{};
}

Status GroupSite::write_hosts() const {
  std::vector<std::string> directors;
  for (const auto& d : kDirectors)
    directors.insert(directors.end(), {addresses_of(d).servers6, addresses_of(d).servers4});
  for (const auto& s : kServers) {
    std::vector<std::string> others;
    for (const auto& other : kServers)
      if (other != s) others.push_back(tunnel_end(other));
    WM_TRY(write_host(s, directors, others));
  }
  return Done{};
}

Status GroupSite::write_birds() const {
  std::vector<BirdPeer> directors;
  for (const auto& d : kDirectors) {
    directors.push_back({d, addresses_of(d).public6, addresses_of(d).public4});
    WM_TRY(write_file(file(d + ".bird.conf"),
                      bird_of_director(addresses_of(d).servers4, {"router", "2001:db8:d::1", "198.51.100.1"})));
  }
  return write_file(file("r.bird.conf"), bird_of_router("192.0.2.254", "dir", directors));
}

Status GroupSite::cut_off(const std::string& node) const {
  WM_TRY(ip(netns("lan"), fmt::format("link set dev {} nomaster\n", node)));
  if (node[0] == 's') return Done{};
  WM_TRY(ip(netns("lan"), fmt::format("link set dev {} nomaster\n", group_port(node))));
  return ip(netns("r"), fmt::format("link set dev {} nomaster\n", node));
}

Status GroupSite::join(const std::string& node) const {
  WM_TRY(ip(netns("lan"), fmt::format("link set dev {} master br0\n", node)));
  if (node[0] == 's') return Done{};
  WM_TRY(ip(netns("lan"), fmt::format("link set dev {} master br1\n", group_port(node))));
  return ip(netns("r"), fmt::format("link set dev {} master dir\n", node));
}

Status GroupSite::cut_group_link(bool cut) const {
  return ip(netns("lan"), cut ? "link set dev g2 nomaster\n" : "link set dev g2 master br1\n");
}

}  // namespace waymark::lab
