//   red  ── u ─── g1 ─── c ═══ q ─── s        ═══ a link of 1400 bytes
//   blue ──┘└──── g2 ───┘
//   far  ───┘
//
//   red, blue  tenants, 10.0.0.5/24 each, in VXLAN (VNI 5001, 5002) from 198.18.1.2 and 198.18.2.2 to 192.0.2.1
//   far        red's other site, 10.2.0.5/24, in VXLAN (VNI 5001) from 198.18.3.2 to 192.0.2.2
//   u          the underlay's router, IPv4 alone
//   g1, g2     gateways that hold the ids 1 and 2: tunnels to them end at 192.0.2.1 and 192.0.2.2
//   c, q       the cloud's routers, IPv6 alone; c sends 3fff:c00::/32 to one of the gateways, whichever it names
//   s          3fff:64::203.0.113.20, IPv6 alone
//
//   Links: 198.18.N.0/30, N is 1 red, 2 blue, 3 far, 11 g1, 12 g2; 3fff:fN::/64, N is 1 g1-c, 2 g2-c, 3 c-q.
#include "lab/tenants/site.h"

#include <fmt/format.h>

#include "base/address_text.h"
#include "core/outer.h"
#include "lab/kit/netns.h"
#include "lab/kit/polling.h"

namespace waymark::lab {
namespace {

const std::string kPlan = "3fff:c00::/32";
// Where tunnels to g1 and g2 end: 192.0.2.1 and .2.
constexpr Address kEnds[] = {address_of(wire32(0xc0000201)), address_of(wire32(0xc0000202))};

std::string up(const std::string& interface, const std::string& address, u32 mtu = kWideLink) {
  return fmt::format("link set dev {0} mtu {1} up\naddr add {2} dev {0}{3}\n", interface, mtu, address,
                     address.find(':') == std::string::npos ? "" : " nodad");
}

// Its IPv6 address is there to show that the gateway takes none.
std::string tenant_commands(const TenantPlan& tenant) {
  return up("eth0", tenant.far + "/30") + fmt::format("route add 192.0.2.0/24 via 198.18.{}.1\n", tenant.number) +
         tunnel_commands("vx", tenant.mac, tenant.vni, tenant.far) +
         fmt::format("addr add {}/24 dev vx\nroute add default via 10.0.0.1\n", kTenantAddress) +
         fmt::format("addr add fd00::5/64 dev vx nodad\nroute add {} via fd00::1\n", kPlan);
}

std::string far_commands() {
  return up("eth0", kFarSite.far + "/30") + "route add 192.0.2.0/24 via 198.18.3.1\n" +
         tunnel_commands("vx", kFarSite.mac, kFarSite.vni, kFarSite.far, 2, "10.2.0.1") +
         fmt::format("addr add {}/24 dev vx\nroute add default via 10.2.0.1\n", kFarAddress);
}

std::string gateway_commands(u32 n) {
  return up("eth0", fmt::format("198.18.1{}.2/30", n)) + up("eth1", fmt::format("3fff:f{}::2/64", n)) +
         fmt::format("addr add {}/32 dev lo\nroute add 198.18.0.0/16 via 198.18.1{}.1\n", text(kEnds[n - 1]), n) +
         fmt::format("route add default via 3fff:f{}::1\n", n);
}

std::string commands_for(const std::string& node) {
  for (const TenantPlan& tenant : kTenants)
    if (tenant.name == node) return tenant_commands(tenant);
  if (node == kFarSite.name) return far_commands();
  if (node == "g1" || node == "g2") return gateway_commands(node == "g1" ? 1 : 2);
  if (node == "u")
    return up("red", "198.18.1.1/30") + up("blue", "198.18.2.1/30") + up("far", "198.18.3.1/30") +
           up("g1", "198.18.11.1/30") + up("g2", "198.18.12.1/30") +
           "route add 192.0.2.1/32 via 198.18.11.2\nroute add 192.0.2.2/32 via 198.18.12.2\n";
  if (node == "c")
    return up("g1", "3fff:f1::1/64") + up("g2", "3fff:f2::1/64") + up("q", "3fff:f3::1/64", kNarrowLink) +
           "route add 3fff:64::/96 via 3fff:f3::2\nroute add 3fff:c00:1::/128 via 3fff:f1::2\n"
           "route add 3fff:c00:2::/128 via 3fff:f2::2\n";
  if (node == "q")
    return up("c", "3fff:f3::2/64", kNarrowLink) + up("s", "3fff:64::203.0.113.1/96") +
           "route add default via 3fff:f3::1\n";
  return up("eth0", kServer6 + "/96") + "route add default via 3fff:64::203.0.113.1\n";
}

}  // namespace

std::string tunnel_commands(const std::string& device, const std::string& mac, u32 vni, const std::string& from,
                            u32 gateway, const std::string& router) {
  const Address& end = kEnds[gateway - 1];
  return fmt::format(
             "link add {0} address {1} mtu {2} type vxlan id {3} local {4} remote {5} dstport 4789 nolearning\n"
             "link set dev {0} addrgenmode none\nlink set dev {0} up\n",
             device, mac, kOverlayLink, vni, from, text(end)) +
         fmt::format(
             "neigh add {2} lladdr {0} dev {1} nud permanent\nneigh add fd00::1 lladdr {0} dev {1} nud "
             "permanent\n",
             text(frame_source(end)), device, router);
}

Status TenantsSite::build() const {
  Wires wires;
  wires.nodes = {"red", "blue", "far", "u", "g1", "g2", "c", "q", "s"};
  const std::vector<std::vector<std::string>> ends = {
      {"red", "eth0", "u", "red"}, {"blue", "eth0", "u", "blue"}, {"far", "eth0", "u", "far"},
      {"g1", "eth0", "u", "g1"},   {"g2", "eth0", "u", "g2"},     {"g1", "eth1", "c", "g1"},
      {"g2", "eth1", "c", "g2"},   {"c", "q", "q", "c"},          {"q", "s", "s", "eth0"}};
  for (const auto& e : ends) {
    wires.links += wire(e[0], e[1], e[2], e[3]);
    wires.whole_sums.insert(wires.whole_sums.end(), {{e[0], e[1]}, {e[2], e[3]}});
  }
  for (const std::string node : {"red", "blue", "far"}) wires.whole_sums.push_back({node, "vx"});
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
  for (const char* router : {"u", "c"})
    for (const std::string& gateway : kGateways) WM_TRY(poll_without_merging(netns(router), gateway));
  return replies_to("g1");
}

Status TenantsSite::replies_to(const std::string& gateway) const {
  return ip(netns("c"), fmt::format("route replace {} via 3fff:f{}::2\n", kPlan, gateway.substr(1)));
}

Status TenantsSite::write_gateway(const std::string& gateway) const {
  std::string out = fmt::format(
      "[node]\nname = \"{}\"\n\n"
      "[engine]\npins = 0\ninterfaces = {{ eth0 = \"public\", eth1 = \"public\" }}\n\n"
      "[api]\nsocket = \"{}\"\n\n"
      "[plan.cloud]\nprefix = \"{}\"\nlayout = \"gateway:16 tenant:32 zero:16 ipv4:32\"\n\n"
      "[gateway]\nplan = \"cloud\"\nholds = [{}]\nprefix = [{{ prefix = \"3fff:64::/96\" }}]\n",
      instance(gateway), socket(gateway), kPlan, gateway.substr(1));
  for (size_t i = 0; i < kGateways.size(); ++i)
    out += fmt::format("\n[[gateway.id]]\nid = {}\naddress = [\"{}\"]\n", i + 1, text(kEnds[i]));
  const auto add_tunnel = [&](const TenantPlan& at, const char* ip4) {
    out += fmt::format(
        "[[gateway.tenant.tunnel]]\ntunnel = \"vxlan\"\nkey = {}\nmac = \"{}\"\nremote = \"{}\"\nip4 = [\"{}\"]\n",
        at.vni, at.mac, at.far, ip4);
  };
  for (const TenantPlan& tenant : kTenants) {
    out += fmt::format("\n[[gateway.tenant]]\nname = \"{}\"\nnumber = {}\n", tenant.name, tenant.number);
    if (tenant.number == kFarSite.number)
      out += "site = [{ prefix = \"10.0.0.0/24\", gateway = 1 }, { prefix = \"10.2.0.0/24\", gateway = 2 }]\n";
    // Who may begin flows to it: pings, and its own sites.
    out +=
        "rule = [{ direction = \"in\", action = \"allow\", protocol = 1 },\n        { direction = \"in\", action = "
        "\"allow\", outside = [\"10.0.0.0/24\", \"10.2.0.0/24\"] }]\n";
    add_tunnel(tenant, "10.0.0.0/24");
    if (tenant.number == kFarSite.number) add_tunnel(kFarSite, "10.2.0.0/24");
  }
  return write_file(file(gateway + ".toml"), out);
}

Status TenantsSite::write_servers() const {
  WM_TRY(write_nginx(kFarSite.name, " client_max_body_size 0; dav_methods PUT;"));
  return write_nginx("s", " client_max_body_size 0; dav_methods PUT; location = /who { return 200 $remote_addr; }");
}

}  // namespace waymark::lab
