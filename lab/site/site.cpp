//   c1 ──────────── r ─────────────── d            c1, c2  clients          r  router
//   2001:db8:c1::2  │ 2001:db8:d::1   │ eth0       d       director: eth0 public, eth1 servers
//   203.0.113.2     │ 198.51.100.1    │ eth1       lan     a bridge: the servers' segment
//   c2 ─────────────┤                 │            s1..s4  servers, the service's addresses on lo
//   2001:db8:c2::2  │ 2001:db8:5::ff  │ 2001:db8:5::d
//   203.0.113.66    │ 192.0.2.254     │ 192.0.2.1
//                   └─────── lan ─────┤            service  2001:db8:80::1, 198.51.100.80: tcp/80 nginx, tcp/7000
//                             │ │ │ │ │                     and udp/7000 the lab's own checked traffic
//                            s1 s2 s3 s4           s1 is 2001:db8:5::1 and 192.0.2.11, s2 ...::2 and ...12, ...
//
// A client's packet goes c - r - d, through a tunnel d - lan - s, and the reply straight back s - lan - r - c.
// Tunnels: s1 GUE over IPv6, s2 IP-in-IP over IPv6, s3 IP-in-IP over IPv4, s4 GUE over IPv4.
#include "lab/site/site.h"

#include <fmt/format.h>

namespace waymark::lab {
namespace {

// What a tunnel adds at most: IPv6, UDP and GUE headers.
constexpr int kTunnel = 40 + 8 + 4;

std::string router() {
  return router_commands() + fmt::format(
                                 "link set dev d up\naddr add 2001:db8:d::1/64 dev d nodad\n"
                                 "addr add 198.51.100.1/28 dev d\n"
                                 "route add {}/128 via 2001:db8:d::2\nroute add {}/32 via 198.51.100.2\n",
                                 kService6, kService4);
}

// Without the engine the service is unreachable here: sent back to the router, its packets would circle.
std::string director() {
  return fmt::format(
      "link set dev lo up\nlink set dev eth0 up\nlink set dev eth1 up\n"
      "addr add 2001:db8:d::2/64 dev eth0 nodad\naddr add 198.51.100.2/28 dev eth0\n"
      "addr add {}/64 dev eth1 nodad\naddr add {}/24 dev eth1\n"
      "route add default via 2001:db8:d::1\nroute add default via 198.51.100.1\n"
      "route add unreachable {}/128\nroute add unreachable {}/32\n",
      kDirector6, kDirector4, kService6, kService4);
}

std::string commands_for(const std::string& node) {
  if (node == "r") return router();
  if (node == "d") return director();
  if (node == "lan") return "link set dev lo up\n" + segment_commands("br0", {"d", "r", "s1", "s2", "s3", "s4"});
  return node[0] == 'c' ? client_commands(node) : server_commands(node, kTunnel);
}

}  // namespace

Status Site::build() const {
  Wires wires;
  wires.nodes = {"r", "d", "lan"};
  wires.links = wire("d", "eth0", "r", "d") + wire("d", "eth1", "lan", "d") + wire("r", "lan", "lan", "r");
  wires.commands = commands_for;
  wires.whole_sums = {{"d", "eth0"}, {"d", "eth1"}};
  wires.polled = {{"r", "d"}, {"lan", "d"}};
  add_ends(wires);
  return raise(wires);
}

Status Site::write_host(const std::string& name) const { return Place::write_host(name, {kDirector6, kDirector4}, {}); }

Status Site::write_director(const DirectorPlan& plan) const {
  std::string out = fmt::format(
      "[node]\nname = \"{}\"\n\n"
      "[engine]\ninterfaces = {{ eth0 = \"public\", eth1 = \"servers\" }}\npins = {}\npersist = {}\n\n"
      "[api]\nsocket = \"{}\"\n\n"
      "[director]\naddress = [\"{}\", \"{}\"]\n\n"
      "[[service]]\nname = \"web\"\naddress = [\"{}\", \"{}\"]\nports = [\"tcp/80\", \"tcp/{}\", \"udp/{}\"]\n",
      instance("d"), plan.pins, plan.persist, socket("d"), kDirector6, kDirector4, kService6, kService4, kEchoPort,
      kEchoPort);
  for (const auto& t : plan.targets) {
    const bool over4 = over_ip4(t.name), gue = t.name == "s1" || t.name == "s4";
    out += fmt::format("\n[[service.target]]\nname = \"{}\"\naddress = \"{}\"\nweight = {}\ntunnel = \"{}\"\n", t.name,
                       over4 ? address4(t.name) : address6(t.name), t.weight, gue ? "gue" : "ip");
  }
  return write_file(file("d.toml"), out);
}

}  // namespace waymark::lab
