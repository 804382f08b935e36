//   c1 ── rc ═══ r ──── d ──── rm ═══ s        ═══ small links: 1350 bytes towards c1, 1360 towards s
//          c2 ───┘      │              │
//                └──────┼──────────────┘       replies go straight to the clients
//                       └─ the director, in line: r and rm know no other way to each other's side
//
//   c1  203.0.113.2   2001:db8:c1::2           d   tunnels begin at 198.18.3.1 and 2001:db8:f3::1
//   c2  203.0.113.66  2001:db8:c2::2           s   they end at 192.0.2.11 and 2001:db8:5::1
//   Links: 198.18.N.0/30 and 2001:db8:fN::/64; N is 1 rc-r, 2 r-d, 3 d-rm, 4 s-r.
//   Nobody offers a smaller MSS, and no TCP probes for it: all there is are routers' ICMP errors.
#include "lab/path_mtu/site.h"

#include <fmt/format.h>

#include "lab/kit/learned_mtu.h"
#include "lab/kit/netns.h"
#include "lab/kit/polling.h"
#include "lab/kit/process.h"

namespace waymark::lab {
namespace {

std::string up(const std::string& interface, u32 mtu, const std::string& ip4, const std::string& ip6) {
  return fmt::format("link set dev {0} mtu {1} up\naddr add {2} dev {0}\naddr add {3} dev {0} nodad\n", interface, mtu,
                     ip4, ip6);
}
std::string link(const std::string& interface, u32 mtu, u32 n, u32 side) {
  return up(interface, mtu, fmt::format("198.18.{}.{}/30", n, side), fmt::format("2001:db8:f{}::{}/64", n, side));
}
std::string to_service(const std::string& via4, const std::string& via6) {
  return fmt::format("route add {}/32 via {}\nroute add {}/128 via {}\n", kService4, via4, kService6, via6);
}
std::string by_default(const std::string& via4, const std::string& via6) {
  return fmt::format("route add default via {}\nroute add default via {}\n", via4, via6);
}

std::string commands_for(const std::string& node) {
  const std::string lo = "link set dev lo up\n";
  if (node == "c1")
    return lo + up("eth0", kWideLink, "203.0.113.2/26", "2001:db8:c1::2/64") +
           by_default("203.0.113.1", "2001:db8:c1::1");
  if (node == "c2")
    return lo + up("eth0", kWideLink, "203.0.113.66/26", "2001:db8:c2::2/64") +
           by_default("203.0.113.65", "2001:db8:c2::1");
  if (node == "rc")
    return lo + up("c1", kWideLink, "203.0.113.1/26", "2001:db8:c1::1/64") + link("core", kClientLink, 1, 1) +
           by_default("198.18.1.2", "2001:db8:f1::2");
  if (node == "r")
    return lo + up("c2", kWideLink, "203.0.113.65/26", "2001:db8:c2::1/64") + link("rc", kClientLink, 1, 2) +
           link("dir", kWideLink, 2, 1) + link("srv", kWideLink, 4, 2) +
           "route add 203.0.113.0/26 via 198.18.1.1\nroute add 2001:db8:c1::/64 via 2001:db8:f1::1\n" +
           to_service("198.18.2.2", "2001:db8:f2::2");
  if (node == "d")
    return lo + link("eth0", kWideLink, 2, 2) + link("eth1", kWideLink, 3, 1) +
           by_default("198.18.2.1", "2001:db8:f2::1") +
           "route add 192.0.2.0/24 via 198.18.3.2\nroute add 2001:db8:5::/64 via 2001:db8:f3::2\n" +
           fmt::format("route add unreachable {}/32\nroute add unreachable {}/128\n", kService4, kService6);
  if (node == "rm")
    return lo + link("dir", kWideLink, 3, 2) + up("srv", kServerLink, "192.0.2.254/24", "2001:db8:5::ff/64") +
           by_default("198.18.3.1", "2001:db8:f3::1");
  return lo + up("eth0", kServerLink, "192.0.2.11/24", "2001:db8:5::1/64") + link("eth1", kWideLink, 4, 1) +
         "link add vxlan8 type vxlan id 8 dstport 4789 local 192.0.2.11 nolearning\n"
         "link set dev vxlan8 address 02:57:00:00:00:08 up\n" +
         fmt::format("addr add {}/32 dev lo\naddr add {}/128 dev lo nodad\n", kService4, kService6) +
         by_default("198.18.4.2", "2001:db8:f4::2") +
         "route add 198.18.3.0/30 via 192.0.2.254\nroute add 2001:db8:f3::/64 via 2001:db8:5::ff\n";
}

// VXLAN that the host takes has a port of its own, as it leaves the usual one to the kernel's device.
constexpr const char* kEnds =
    "[[host.tunnel]]\ntunnel = \"ip\"\n[[host.tunnel]]\ntunnel = \"gue\"\n"
    "[[host.tunnel]]\ntunnel = \"gre\"\nkey = 7\n"
    "[[host.tunnel]]\ntunnel = \"vxlan\"\nport = 4790\nkey = 7\nmac = \"02:57:00:00:00:07\"\n";

}  // namespace

Status PathMtuSite::by_family(const std::vector<std::string>& nodes, std::vector<std::string> words,
                              const std::string& family) const {
  words.insert(words.begin(), {"ip", family});
  for (const std::string& node : nodes)
    if (auto ok = run({.netns = netns(node), .argv = words}); !ok) return ok.error();
  return Done{};
}

Status PathMtuSite::build() const {
  Wires wires;
  wires.nodes = {"c1", "c2", "rc", "r", "d", "rm", "s"};
  const std::vector<std::vector<std::string>> ends = {
      {"c1", "eth0", "rc", "c1"}, {"rc", "core", "r", "rc"},  {"c2", "eth0", "r", "c2"}, {"r", "dir", "d", "eth0"},
      {"d", "eth1", "rm", "dir"}, {"rm", "srv", "s", "eth0"}, {"s", "eth1", "r", "srv"}};
  for (const auto& e : ends) {
    wires.links += wire(e[0], e[1], e[2], e[3]);
    wires.whole_sums.insert(wires.whole_sums.end(), {{e[0], e[1]}, {e[2], e[3]}});
  }
  wires.commands = commands_for;
  wires.more_settings = [](const std::string& node) {
    Settings out = {
        {"net/ipv4/icmp_ratelimit", "0"}, {"net/ipv6/icmp/ratelimit", "0"}, {"net/ipv4/tcp_mtu_probing", "0"}};
    // As machines have it: a packet with the director's own address that comes back to it is not forwarded.
    if (node == "d")
      out.insert(out.end(), {{"net/ipv4/conf/all/accept_local", "0"}, {"net/ipv4/conf/default/accept_local", "0"}});
    return out;
  };
  WM_TRY(raise(wires));
  for (const char* router : {"r", "rm"}) WM_TRY(poll_without_merging(netns(router), "dir"));
  return Done{};
}

// What r itself has to say to the service goes nowhere; what it forwards there does.
Status PathMtuSite::silence(bool on) const {
  for (const std::string& to : {kService4, kService6})
    WM_TRY(by_family({"r"}, {"rule", on ? "add" : "del", "iif", "lo", "to", to, "blackhole"},
                     to == kService4 ? "-4" : "-6"));
  return Done{};
}

Status PathMtuSite::write_director(bool tells, const char* echo) const {
  std::string out = fmt::format(
      "[node]\nname = \"{}\"\n\n[engine]\ninterfaces = {{ eth0 = \"public\", eth1 = \"servers\" }}\n\n"
      "[api]\nsocket = \"{}\"\n\n"
      "[director]\naddress = [\"198.18.3.1\", \"2001:db8:f3::1\"]\necho = \"{}\"\n{}",
      instance("d"), socket("d"), echo, tells ? "" : "errors = 0\nclosed = 0\n");
  for (const TunnelKind& t : kTunnels)
    out += fmt::format(
        "\n[[service]]\nname = \"port-{1}\"\nzone = \"public\"\naddress = [\"{2}\", \"{3}\"]\n"
        "ports = \"tcp/{1}\"\ncheck = {{ tcp = true, every = \"500ms\", fall = 4 }}\n"
        "[[service.target]]\nname = \"s\"\naddress = \"{4}\"\n{0}\n",
        t.tunnel, t.port, kService4, kService6, t.ip6 ? "2001:db8:5::1" : "192.0.2.11");
  return write_file(file("d.toml"), out);
}

Status PathMtuSite::write_server() const {
  std::string ports, listen;
  for (const TunnelKind& t : kTunnels) {
    ports += fmt::format("{}\"tcp/{}\"", ports.empty() ? "" : ", ", t.port);
    listen += fmt::format("listen {0}; listen [::]:{0}; ", t.port);
  }
  WM_TRY(
      write_file(file("s.toml"),
                 fmt::format("[node]\nname = \"{}\"\n\n[engine]\ninterfaces = {{ eth0 = \"servers\" }}\n\n"
                             "[api]\nsocket = \"{}\"\n\n[host]\naddress = [\"192.0.2.11\", \"2001:db8:5::1\"]\n"
                             "directors = [\"198.18.3.1\", \"2001:db8:f3::1\"]\n{}\n[[host.service]]\nname = \"web\"\n"
                             "address = [\"{}\", \"{}\"]\nports = [{}]\n",
                             instance("s"), socket("s"), kEnds, kService4, kService6, ports)));
  std::string temporary;
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    temporary += fmt::format("  {}_temp_path {};\n", kind, file(fmt::format("s.{}", kind)));
  return write_file(file("s.nginx"),
                    fmt::format("daemon off;\nworker_processes 1;\nuser root;\npid {0};\nerror_log {1} warn;\n"
                                "events {{}}\nhttp {{\n{2}  access_log off;\n  client_max_body_size 0;\n"
                                "  server {{ {3}root {4}; dav_methods PUT; }}\n}}\n",
                                file("s.nginx.pid"), file("s.nginx.log"), temporary, listen, file("www")));
}

Status PathMtuSite::forget() const {
  for (const char* node : {"c1", "c2", "s"}) WM_TRY(forget_mtus(netns(node)));
  return Done{};
}

}  // namespace waymark::lab
