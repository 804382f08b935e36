//   red  ══ VXLAN ══╗          ┌── g1 ──┐
//   blue ══ GRE ════╬═════ u ──┼── g3 ──┴── r1 ═══ p1 ─ ─ ┐
//   far  ══ VXLAN ══╝          │            │             s
//                              └── g2 ───── r2 ═══ p2 ─ ─ ┘
//
//   red, blue  tenants, 10.0.0.5/24 each: red in VXLAN (VNI 5001) from 198.18.1.2, blue in GRE (key 5002) from
//              198.18.2.2, both to 192.0.2.1
//   far        red's other site, 10.2.0.5/24, in VXLAN (VNI 5001) from 198.18.3.2 to 192.0.2.2
//   u          the underlay's router, IPv4 alone
//   g1, g2     gateways that hold the ids 1 and 2: tunnels to them end at 192.0.2.1 and 192.0.2.2; g3 is a spare one
//   r1, r2     the data centres' routers, IPv6 alone. These, u and the gateways have BIRD: gateways announce by eBGP
//   the
//              plan's prefix and what they hold, r1 and r2 which of them has the server
//   p1, p2     routers between these and the server; their links to r1 and r2 are of 1400 and 1280 bytes
//   s          3fff:64::203.0.113.20, IPv6 alone, at p1 or p2: it moves and keeps its address
//
//   Links: 198.18.N.0/30, N is 1 red, 2 blue, 3 far, 11 g1, 12 g2, 13 g3; 3fff:fN::/64, N is 1 r1-g1, 2 r2-g2, 3 r1-g3,
//   4 r1-r2, 5 r1-p1, 6 r2-p2. The server's links have fe80::1 and nothing else.
#include "lab/tenants/site.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/address_text.h"
#include "core/outer.h"
#include "lab/kit/netns.h"
#include "lab/kit/polling.h"
#include "lab/kit/process.h"
#include "lab/tenants/routing.h"

namespace waymark::lab {
namespace {

constexpr Address end_address(u32 id) { return address_of(wire32(0xc0000200 + id)); }  // 192.0.2.1 ...

// Where a gateway listens for the others: on its link to its data centre's router.
std::string group_address(const std::string& gateway) { return fmt::format("[3fff:f{}::2]:6090", number_of(gateway)); }

std::string up(const std::string& interface, const std::string& address, u32 mtu = kWideLink) {
  return fmt::format("link set dev {0} mtu {1} up\naddr add {2} dev {0}{3}\n", interface, mtu, address,
                     address.find(':') == std::string::npos ? "" : " nodad");
}

std::string underlay(const TenantPlan& tenant) {
  const std::string link = tenant.far.substr(0, tenant.far.rfind('.'));
  return up("eth0", tenant.far + "/30") + fmt::format("route add 192.0.2.0/24 via {}.1\n", link);
}

// Its IPv6 address is there to show that the gateway takes none. Of GRE the lab's tool makes the device.
std::string tenant_commands(const TenantPlan& tenant) {
  if (tenant.tunnel != "vxlan") return underlay(tenant);
  return underlay(tenant) + vxlan_commands(kOverlay, tenant, tenant.key) +
         fmt::format(
             "addr add {0}/24 dev {1}\nroute add default via 10.0.0.1\naddr add fd00::5/64 dev {1} nodad\n"
             "route add {2} via fd00::1\n",
             kTenantAddress, kOverlay, kPlan);
}

std::string far_commands() {
  return underlay(kFarSite) + vxlan_commands(kOverlay, kFarSite, kFarSite.key, 2, "10.2.0.1") +
         fmt::format("addr add {}/24 dev {}\nroute add default via 10.2.0.1\n", kFarAddress, kOverlay);
}

// A router discards what it has no better route to: when a route is replaced there is none for a moment, and a packet
// is better lost then than answered with an error.
const std::string kDiscard = fmt::format("route add blackhole {}\nroute add blackhole 3fff:64::/96\n", kPlan);

std::string gateway_commands(u32 n) {
  return up("eth0", fmt::format("198.18.1{}.2/30", n)) + up("eth1", fmt::format("3fff:f{}::2/64", n)) +
         fmt::format("route add 198.18.0.0/16 via 198.18.1{0}.1\nroute add default via 3fff:f{0}::1\n", n);
}

// Between the router of a data centre and its server.
std::string last_router_commands(DataCentre at) {
  const u32 link = 4 + u32(at);
  return up("r", fmt::format("3fff:f{}::2/64", link), narrow_link(at)) + up("s", "fe80::1/64") +
         fmt::format("route add {}/128 dev s\nroute add default via 3fff:f{}::1\n", kServer6, link);
}

std::string commands_for(const std::string& node) {
  for (const TenantPlan& tenant : kTenants)
    if (tenant.name == node) return tenant_commands(tenant);
  if (node == kFarSite.name) return far_commands();
  if (node[0] == 'g') return gateway_commands(number_of(node));
  if (node == "u")
    return up("red", "198.18.1.1/30") + up("blue", "198.18.2.1/30") + up("far", "198.18.3.1/30") +
           up("g1", "198.18.11.1/30") + up("g2", "198.18.12.1/30") + up("g3", "198.18.13.1/30") +
           "route add blackhole 192.0.2.0/24\n";
  if (node == "r1")
    return up("g1", "3fff:f1::1/64") + up("g3", "3fff:f3::1/64") + up("r2", "3fff:f4::1/64") +
           up("p", "3fff:f5::1/64", narrow_link(DataCentre::first)) + "route add 3fff:f2::/64 via 3fff:f4::2\n" +
           kDiscard;
  if (node == "r2")
    return up("g2", "3fff:f2::1/64") + up("r1", "3fff:f4::2/64") +
           up("p", "3fff:f6::1/64", narrow_link(DataCentre::second)) +
           "route add 3fff:f1::/64 via 3fff:f4::1\nroute add 3fff:f3::/64 via 3fff:f4::1\n" + kDiscard;
  if (node == "p1" || node == "p2") return last_router_commands(node == "p1" ? DataCentre::first : DataCentre::second);
  return fmt::format("addr add {}/128 dev lo nodad\n", kServer6);  // where sockets find it wherever it is
}

std::string dc_name(DataCentre at) { return at == DataCentre::first ? "1" : "2"; }

}  // namespace

u32 number_of(const std::string& gateway) { return u32(gateway[1] - '0'); }
std::string end_of(u32 id) { return text(end_address(id)); }
std::string overlay_mac(u32 id) { return text(frame_source(end_address(id))); }

std::string vxlan_commands(const std::string& device, const TenantPlan& tenant, u32 vni, u32 gateway,
                           const std::string& router) {
  return fmt::format(
             "link add {0} address {1} mtu {2} type vxlan id {3} local {4} remote {5} dstport 4789 nolearning\n"
             "link set dev {0} addrgenmode none\nlink set dev {0} up\n",
             device, tenant.mac, tenant.mtu, vni, tenant.far, end_of(gateway)) +
         fmt::format(
             "neigh add {2} lladdr {0} dev {1} nud permanent\nneigh add fd00::1 lladdr {0} dev {1} nud "
             "permanent\n",
             overlay_mac(gateway), device, router);
}

Status TenantsSite::build() const {
  Wires wires;
  wires.nodes = {"red", "blue", "far", "u", "g1", "g2", "g3", "r1", "r2", "p1", "p2", "s"};
  const std::vector<std::vector<std::string>> ends = {
      {"red", "eth0", "u", "red"}, {"blue", "eth0", "u", "blue"}, {"far", "eth0", "u", "far"},
      {"g1", "eth0", "u", "g1"},   {"g2", "eth0", "u", "g2"},     {"g3", "eth0", "u", "g3"},
      {"g1", "eth1", "r1", "g1"},  {"g2", "eth1", "r2", "g2"},    {"g3", "eth1", "r1", "g3"},
      {"r1", "r2", "r2", "r1"},    {"r1", "p", "p1", "r"},        {"r2", "p", "p2", "r"},
      {"p1", "s", "s", "dc1"},     {"p2", "s", "s", "dc2"}};
  for (const auto& e : ends) {
    wires.links += wire(e[0], e[1], e[2], e[3]);
    wires.whole_sums.insert(wires.whole_sums.end(), {{e[0], e[1]}, {e[2], e[3]}});
  }
  for (const std::string node : {"red", "far"}) wires.whole_sums.push_back({node, kOverlay});
  wires.commands = [](const std::string& node) { return "link set dev lo up\n" + commands_for(node); };
  wires.more_settings = [](const std::string& node) {
    Settings out = {{"net/ipv4/icmp_ratelimit", "0"}, {"net/ipv6/icmp/ratelimit", "0"}};  // every error counts here
    const bool end = node == "red" || node == "blue" || node == "far" || node == "s";
    for (const char* which : {"all", "default"}) {
      const std::string ip4 = fmt::format("net/ipv4/conf/{}/", which), ip6 = fmt::format("net/ipv6/conf/{}/", which);
      out.insert(out.end(), {{ip6 + "forwarding", end ? "0" : "1"}, {ip4 + "forwarding", end ? "0" : "1"}});
      if (node[0] == 'g') out.push_back({ip4 + "accept_local", "1"});  // the kernel forwards what was tunnelled here
    }
    return out;
  };
  WM_TRY(raise(wires));
  const std::pair<const char*, const char*> beside_gateways[] = {{"u", "g1"},  {"u", "g2"},  {"u", "g3"},
                                                                 {"r1", "g1"}, {"r2", "g2"}, {"r1", "g3"}};
  for (const auto& [router, gateway] : beside_gateways) WM_TRY(poll_without_merging(netns(router), gateway));
  return move_server(DataCentre::first);
}

// As an orchestrator does who moves a machine: its new router knows it before the old one has forgotten it.
Status TenantsSite::move_server(DataCentre to) const {
  const std::string is = dc_name(to), was = dc_name(to == DataCentre::first ? DataCentre::second : DataCentre::first);
  WM_TRY(ip(netns("s"),
            fmt::format("link set dev dc{0} down\nlink set dev dc{1} up\naddr replace {2}/128 dev dc{1} nodad\n"
                        "route replace default via fe80::1 dev dc{1}\n",
                        was, is, kServer6)));
  WM_TRY(ip(netns("r" + is),
            fmt::format("route replace {}/128 via 3fff:f{}::2 proto {}\n", kServer6, 4 + u32(to), kOrchestrator)));
  auto gone =
      run({.netns = netns("r" + was), .argv = {"ip", "-6", "route", "flush", "proto", std::to_string(kOrchestrator)}});
  return gone ? Status(Done{}) : Status(gone.error());
}

Status TenantsSite::switch_off(const std::string& gateway) const {
  WM_TRY(ip(netns("u"), fmt::format("link set dev {} down\n", gateway)));
  return ip(netns(gateway == "g2" ? "r2" : "r1"), fmt::format("link set dev {} down\n", gateway));
}

Status TenantsSite::write_birds() const {
  for (const std::string gateway : {"g1", "g2", "g3"})
    WM_TRY(write_file(file(gateway + ".bird.conf"), bird_of_gateway(number_of(gateway))));
  WM_TRY(write_file(file("u.bird.conf"), bird_of_underlay()));
  for (const DataCentre at : {DataCentre::first, DataCentre::second})
    WM_TRY(write_file(file("r" + dc_name(at) + ".bird.conf"), bird_of_data_centre(at)));
  return Done{};
}

Status TenantsSite::write_gateway(const std::string& gateway, const Standing& standing) const {
  std::string out = fmt::format(
      "[node]\nname = \"{}\"\n\n"
      "[engine]\npins = 0\ninterfaces = {{ eth0 = \"public\", eth1 = \"public\" }}\n\n"
      "[api]\nsocket = \"{}\"\n\n[announce]\n\n"
      "[plan.cloud]\nprefix = \"{}\"\nlayout = \"gateway:16 tenant:32 zero:16 ipv4:32\"\n\n"
      "[gateway]\nplan = \"cloud\"\nholds = [{}]\nprefix = [{{ prefix = \"3fff:64::/96\" }}]\n"
      "announce = [\"plan\", \"own\", \"ends\"{}]\ngrace = \"{}s\"\n",
      instance(gateway), socket(gateway), kPlan, fmt::join(standing.holds, ", "),
      standing.specific ? ", \"specific\"" : "", kGrace);
  out += fmt::format("\n[group]\nname = \"gateways\"\nkey = \"{}\"\nlisten = \"{}\"\nwait = \"1s\"\n",
                     file("group.key"), group_address(gateway));
  for (const std::string other : {"g1", "g2", "g3"})
    if (other != gateway)
      out +=
          fmt::format("\n[[group.member]]\nname = \"{}\"\naddress = \"{}\"\n", instance(other), group_address(other));
  for (u32 id = 1; id <= kGateways.size(); ++id)
    out += fmt::format("\n[[gateway.id]]\nid = {}\naddress = [\"{}\"]\n", id, end_of(id));
  const auto add_tunnel = [&](const TenantPlan& at, const std::string& ip4) {
    out += fmt::format("[[gateway.tenant.tunnel]]\ntunnel = \"{}\"\nkey = {}\nremote = \"{}\"\nip4 = [\"{}\"]\n",
                       at.tunnel, at.key, at.far, ip4);
    if (!at.mac.empty()) out += fmt::format("mac = \"{}\"\n", at.mac);
  };
  for (const TenantPlan& tenant : kTenants) {
    out += fmt::format("\n[[gateway.tenant]]\nname = \"{}\"\nnumber = {}\n", tenant.name, tenant.number);
    if (tenant.number == kFarSite.number)
      out += "site = [{ prefix = \"10.0.0.0/24\", gateway = 1 }, { prefix = \"10.2.0.0/24\", gateway = 2 }]\n";
    // Who may begin flows to it: pings, and its own sites.
    out +=
        "rule = [{ direction = \"in\", action = \"allow\", protocol = 1 },\n        { direction = \"in\", action = "
        "\"allow\", outside = [\"10.0.0.0/24\", \"10.2.0.0/24\"] }]\n";
    add_tunnel(tenant, kTenantPrefix);
    if (tenant.number == kFarSite.number) add_tunnel(kFarSite, "10.2.0.0/24");
  }
  return write_file(file(gateway + ".toml"), out);
}

Status TenantsSite::write_servers() const {
  WM_TRY(write_nginx(kFarSite.name, " client_max_body_size 0; dav_methods PUT;"));
  return write_nginx("s", " client_max_body_size 0; dav_methods PUT; location = /who { return 200 $remote_addr; }");
}

}  // namespace waymark::lab
