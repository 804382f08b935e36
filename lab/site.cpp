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
#include "lab/site.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <fstream>

#include "lab/netns.h"
#include "lab/process.h"

namespace waymark::lab {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

// What a tunnel adds at most: IPv6, UDP and GUE headers. The servers' routes lower the MSS by it (and by IP and TCP).
constexpr int kMtu = 1500, kTunnel = 40 + 8 + 4;
constexpr int kMss6 = kMtu - kTunnel - 60, kMss4 = kMtu - kTunnel - 40;

std::string address6(const std::string& server) { return "2001:db8:5::" + server.substr(1); }
std::string address4(const std::string& server) { return "192.0.2.1" + server.substr(1); }

Settings settings_of(const std::string& node) {
  Settings out;
  for (const char* which : {"all", "default"}) {
    const std::string v4 = fmt::format("net/ipv4/conf/{}/", which), v6 = fmt::format("net/ipv6/conf/{}/", which);
    out.insert(out.end(), {{v6 + "accept_dad", "0"}, {v6 + "accept_ra", "0"}, {v4 + "rp_filter", "0"}});
    if (node == "d") out.push_back({v4 + "accept_local", "1"});  // the kernel may have to forward what we tunnelled
    if (node == "r" || node == "d") {
      out.insert(out.end(), {{v6 + "forwarding", "1"}, {v4 + "forwarding", "1"}, {v4 + "send_redirects", "0"}});
    }
    if (node[0] == 's') {
      // All servers hold the service's addresses: none may answer ARP for them or ask with them.
      out.insert(out.end(), {{v4 + "arp_ignore", "1"}, {v4 + "arp_announce", "2"}});
    }
  }
  out.push_back({"net/ipv6/conf/default/router_solicitations", "0"});
  return out;
}

std::string wiring(const std::string& prefix) {
  std::string out;
  const auto wire = [&](const std::string& a, const std::string& at_a, const std::string& b, const std::string& at_b) {
    out += fmt::format("link add {} netns {}{} type veth peer name {} netns {}{}\n", at_a, prefix, a, at_b, prefix, b);
  };
  wire("c1", "eth0", "r", "c1");
  wire("c2", "eth0", "r", "c2");
  wire("d", "eth0", "r", "d");
  wire("d", "eth1", "lan", "d");
  wire("r", "lan", "lan", "r");
  for (const auto& s : kServers) wire(s, "eth0", "lan", s);
  return out;
}

std::string client(int n) {
  const int base = 64 * (n - 1);
  return fmt::format(
      "link set dev lo up\nlink set dev eth0 up\n"
      "addr add 2001:db8:c{0}::2/64 dev eth0 nodad\nroute add default via 2001:db8:c{0}::1\n"
      "addr add 203.0.113.{1}/26 dev eth0\nroute add default via 203.0.113.{2}\n",
      n, base + 2, base + 1);
}

std::string router() {
  return fmt::format(
      "link set dev lo up\nlink set dev c1 up\nlink set dev c2 up\nlink set dev d up\nlink set dev lan up\n"
      "addr add 2001:db8:c1::1/64 dev c1 nodad\naddr add 203.0.113.1/26 dev c1\n"
      "addr add 2001:db8:c2::1/64 dev c2 nodad\naddr add 203.0.113.65/26 dev c2\n"
      "addr add 2001:db8:d::1/64 dev d nodad\naddr add 198.51.100.1/28 dev d\n"
      "addr add 2001:db8:5::ff/64 dev lan nodad\naddr add 192.0.2.254/24 dev lan\n"
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

std::string segment() {
  std::string out = "link set dev lo up\nlink add br0 type bridge mcast_snooping 0 stp_state 0\nlink set dev br0 up\n";
  for (const std::string port : {"d", "r", "s1", "s2", "s3", "s4"}) {
    out += fmt::format("link set dev {0} master br0\nlink set dev {0} up\n", port);
  }
  return out;
}

std::string server(const std::string& name) {
  return fmt::format(
      "link set dev lo up\nlink set dev eth0 up\n"
      "addr add {}/64 dev eth0 nodad\naddr add {}/24 dev eth0\n"
      "addr add {}/128 dev lo nodad\naddr add {}/32 dev lo\n"
      "route add default via 2001:db8:5::ff advmss {}\nroute add default via 192.0.2.254 advmss {}\n",
      address6(name), address4(name), kService6, kService4, kMss6, kMss4);
}

// `ip -batch` takes the family from each line's addresses, except that "default via" is taken as IPv4's.
std::string commands_for(const std::string& node) {
  if (node == "r") return router();
  if (node == "d") return director();
  if (node == "lan") return segment();
  return node[0] == 'c' ? client(node[1] - '0') : server(node);
}

}  // namespace

Status write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path);
  if (!(out << text << std::flush)) return Error{fmt::format("{} cannot be written", path)};
  return Done{};
}

Status Site::build() const {
  std::vector<std::string> nodes = {"r", "d", "lan"};
  nodes.insert(nodes.end(), kClients.begin(), kClients.end());
  nodes.insert(nodes.end(), kServers.begin(), kServers.end());
  std::error_code failed;
  std::filesystem::create_directories(directory_ + "/www", failed);
  if (failed) return Error{fmt::format("directory {} cannot be made: {}", directory_, failed.message())};

  std::string spaces;
  for (const auto& node : nodes) spaces += fmt::format("netns add {}\n", netns(node));
  WM_TRY(ip("", spaces));
  for (const auto& node : nodes) WM_TRY(sysctls(netns(node), settings_of(node)));  // before there are interfaces
  WM_TRY(ip("", wiring(prefix_)));
  for (const auto& node : nodes) WM_TRY(ip(netns(node), commands_for(node)));

  // A partial checksum does not survive a redirect, so senders sum in full; and a redirect into a veth is lost unless
  // the other end polls, which GRO makes it do.
  for (const auto& node : nodes) {
    if (node[0] == 'c' || node[0] == 's' || node == "d") {
      for (const char* interface : {"eth0", "eth1"}) {
        if (node != "d" && interface == std::string("eth1")) continue;
        auto ok = run({.netns = netns(node), .argv = {"ethtool", "-K", interface, "tx", "off"}});
        if (!ok) return ok.error();
      }
    }
  }
  for (const auto& [node, interface] : {std::pair{"r", "d"}, {"lan", "d"}}) {
    auto ok = run({.netns = netns(node), .argv = {"ethtool", "-K", interface, "gro", "on"}});
    if (!ok) return ok.error();
  }
  return Done{};
}

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
    const bool over4 = t.name == "s3" || t.name == "s4", gue = t.name == "s1" || t.name == "s4";
    out += fmt::format("\n[[service.target]]\nname = \"{}\"\naddress = \"{}\"\nweight = {}\ntunnel = \"{}\"\n", t.name,
                       over4 ? address4(t.name) : address6(t.name), t.weight, gue ? "gue" : "ip");
  }
  return write_file(file("d.toml"), out);
}

Status Site::write_host(const std::string& name) const {
  return write_file(
      file(name + ".toml"),
      fmt::format("[node]\nname = \"{}\"\n\n"
                  "[engine]\ninterfaces = {{ eth0 = \"servers\" }}\n\n"
                  "[api]\nsocket = \"{}\"\n\n"
                  "[host]\naddress = [\"{}\", \"{}\"]\ndirectors = [\"{}\", \"{}\"]\ninterfaces = [\"eth0\"]\n\n"
                  "[[host.service]]\nname = \"web\"\naddress = [\"{}\", \"{}\"]\nports = [\"tcp/80\", \"tcp/{}\", "
                  "\"udp/{}\"]\n",
                  instance(name), socket(name), address6(name), address4(name), kDirector6, kDirector4, kService6,
                  kService4, kEchoPort, kEchoPort));
}

Status Site::write_nginx(const std::string& name) const {
  std::string temporary;
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    temporary += fmt::format("  {}_temp_path {};\n", kind, file(fmt::format("{}.{}", name, kind)));
  return write_file(file(name + ".nginx"),
                    fmt::format("daemon off;\nworker_processes 1;\nuser root;\npid {0};\nerror_log {1} warn;\n"
                                "events {{ worker_connections 256; }}\n"
                                "http {{\n{2}  access_log {3};\n  sendfile on;\n"
                                "  server {{ listen 80; listen [::]:80; root {4}; }}\n}}\n",
                                file(name + ".nginx.pid"), file(name + ".nginx.log"), temporary,
                                file(name + ".access.log"), file("www")));
}

}  // namespace waymark::lab
