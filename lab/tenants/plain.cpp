// The control. In each gateway, for each tenant whose tunnel ends there:
//
//   red ══ VXLAN ══ [red] ── TAYGA [nat-red] ── source NAT (nft) ── eth1
//
// 10.0.0.5 is fd00:0:0:1::10.0.0.5 between TAYGA and the source NAT, and 3fff:c00:N::1 to servers, where N is the
// gateway: its own pool. Rules by interface keep the tenants' equal addresses apart.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>

#include "lab/kit/netns.h"
#include "lab/tenants/far_end.h"
#include "lab/tenants/gateways.h"

namespace waymark::lab {
namespace {

constexpr Duration kPatience = std::chrono::seconds(60);  // the kernel takes its time for rules and devices

std::string pool(const std::string& gateway) { return fmt::format("3fff:c00:{}::", number_of(gateway)); }
std::string between(const TenantPlan& tenant) { return fmt::format("fd00:0:0:{}::", tenant.number); }
std::string translator(const TenantPlan& tenant) { return "nat-" + tenant.name; }

class PlainGateways : public Gateways {
 public:
  PlainGateways(const TenantsSite& site, const Tools& tools) : site_(site), tools_(tools) {}

  Status start(const std::string& gateway, const Standing& standing) override {
    One& one = all_[gateway];
    if (!one.has_rules) WM_TRY(load_rules(gateway));
    one.has_rules = true;
    return change(gateway, standing);
  }

  Status change(const std::string& gateway, const Standing& standing) override {
    One& one = all_[gateway];
    const bool shall = serves(standing);
    if (one.has_tunnels && !shall) clear(gateway);
    for (const TenantPlan& tenant : kTenants) {
      if (shall && !one.has_tunnels) WM_TRY(join(gateway, tenant));
      if (shall && !one.translators.contains(tenant.name)) WM_TRY(translate(gateway, tenant));
    }
    one.has_tunnels = shall;
    return announce(gateway, standing);
  }

  Status kill(const std::string& gateway) override { return end(gateway, SIGKILL); }

  Status stop(const std::string& gateway) override {
    WM_TRY(end(gateway, SIGTERM));
    return forget(gateway);
  }

  Status forget(const std::string& gateway) override {
    clear(gateway);
    return does(gateway, {"conntrack", "-F"});
  }

  void release() override {}  // a control is never left standing

 private:
  struct One {
    bool has_rules = false, has_tunnels = false;
    std::map<std::string, Process> translators;
    std::vector<FarEnd> tunnels;
  };

  // All tenants of the control are the id 1's.
  static bool serves(const Standing& standing) {
    return std::find(standing.holds.begin(), standing.holds.end(), 1) != standing.holds.end();
  }

  Status does(const std::string& gateway, std::vector<std::string> argv) const {
    auto said = run({.netns = site_.netns(gateway), .argv = std::move(argv)}, kPatience);
    return said ? Status(Done{}) : Status(said.error());
  }

  Status load_rules(const std::string& gateway) const {
    const std::string rules = site_.file(gateway + ".nft");
    WM_TRY(write_file(rules, fmt::format("table ip6 nat {{\n  chain out {{\n    type nat hook postrouting priority "
                                         "srcnat;\n    oifname \"eth1\" ip6 saddr fd00::/16 snat to {}1\n  }}\n}}\n",
                                         pool(gateway))));
    return does(gateway, {"nft", "-f", rules});
  }

  std::string file(const std::string& gateway, const TenantPlan& tenant) const {
    return site_.file(gateway + "." + translator(tenant));
  }

  // The tunnel's end, and the ways to and from a translator.
  Status join(const std::string& gateway, const TenantPlan& tenant) {
    const std::string netns = site_.netns(gateway), device = translator(tenant);
    WM_TRY(ip(netns, fmt::format("addr replace {}/32 dev lo\n", end_of(1))));
    if (tenant.tunnel == "gre") {
      auto tunnel = FarEnd::start(site_, gateway, tools_, {tenant.name, end_of(1), tenant.far, tenant.key, tenant.mtu});
      if (!tunnel) return tunnel.error();
      all_[gateway].tunnels.push_back(std::move(*tunnel));
    } else {
      WM_TRY(
          ip(netns, fmt::format("link add {0} address {1} mtu {2} type vxlan id {3} local {4} remote {5} dstport 4789 "
                                "nolearning\nlink set dev {0} up\nneigh add {6} lladdr {7} dev {0} nud permanent\n",
                                tenant.name, overlay_mac(1), tenant.mtu, tenant.key, end_of(1), tenant.far,
                                kTenantAddress, tenant.mac)));
    }
    WM_TRY(write_file(file(gateway, tenant),
                      fmt::format("tun-device {0}\nipv4-addr 192.0.0.{1}\nipv6-addr fd00::{1}\nprefix {2}/96\nmap {3} "
                                  "{4}\n",
                                  device, 8 + tenant.number, between(tenant), kServer4, kServer6)));
    WM_TRY(does(gateway, {"tayga", "-c", file(gateway, tenant), "--mktun"}));
    return ip(netns, fmt::format("link set dev {0} up\nroute add {1}/96 dev {0}\n"
                                 "route add {2} dev {3} table 1{4}\nroute add default dev {0} table 2{4}\n"
                                 "rule add iif {0} lookup 1{4}\nrule add iif {3} lookup 2{4}\n",
                                 device, between(tenant), kTenantPrefix, tenant.name, tenant.number));
  }

  Status translate(const std::string& gateway, const TenantPlan& tenant) {
    const std::string settings = file(gateway, tenant);
    auto p = Process::start({site_.netns(gateway), {"tayga", "-c", settings, "--nodetach"}, settings + ".log"});
    if (!p) return p.error();
    all_[gateway].translators[tenant.name] = std::move(*p);
    return Done{};
  }

  // Routes as Waymark's, which the routing daemon knows by their protocol's number.
  Status announce(const std::string& gateway, const Standing& standing) const {
    std::string routes = fmt::format("route replace blackhole {} proto 200 metric 20\n", kPlan);
    for (const u32 id : standing.holds)
      routes += fmt::format("route replace blackhole {}/32 proto 200 metric 20\n", end_of(id));
    if (standing.specific) routes += fmt::format("route replace blackhole {}/48 proto 200 metric 20\n", pool(gateway));
    return ip(site_.netns(gateway), routes);
  }

  Status end(const std::string& gateway, int signal) {
    for (auto& [tenant, p] : all_[gateway].translators) {
      p.signal(signal);
      if (!p.wait(kPatience)) return Error{fmt::format("TAYGA of {} does not end", gateway)};
    }
    all_[gateway].translators.clear();
    return Done{};
  }

  // What is not there needs no clearing.
  void clear(const std::string& gateway) {
    One& one = all_[gateway];
    one.translators.clear();
    one.tunnels.clear();
    one.has_tunnels = false;
    for (const TenantPlan& tenant : kTenants) {
      for (const std::string& device : {translator(tenant), tenant.name})
        (void)does(gateway, {"ip", "link", "del", device});
      for (const char* way : {"1", "2"})
        (void)does(gateway, {"ip", "rule", "del", "lookup", way + std::to_string(tenant.number)});
    }
    (void)does(gateway, {"ip", "addr", "del", end_of(1) + "/32", "dev", "lo"});
    for (const char* family : {"-4", "-6"}) (void)does(gateway, {"ip", family, "route", "flush", "proto", "200"});
  }

  const TenantsSite& site_;
  const Tools& tools_;
  std::map<std::string, One> all_;
};

}  // namespace

std::unique_ptr<Gateways> plain_gateways(const TenantsSite& site, const Tools& tools) {
  return std::make_unique<PlainGateways>(site, tools);
}

}  // namespace waymark::lab
