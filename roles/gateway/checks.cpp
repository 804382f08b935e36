// What must hold between the gateway's keys: every tunnel is one tenant's, every address one plan's.
#include "config/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

#include "base/address_text.h"
#include "config/prefixes.h"
#include "config/suggest.h"
#include "roles/checks_mappings.h"
#include "roles/gateway/bits.h"
#include "roles/gateway/checks.h"
#include "roles/gateway/firewall.h"
#include "roles/gateway/role.h"

namespace waymark::gateway {

using namespace config;

namespace {

constexpr std::string_view kWhose = "[gateway]";

const PlanConfig* find_plan(Checking& in, const GatewayConfig& gateway) {
  std::vector<std::string_view> names;
  for (const PlanConfig& plan : in.config.plan) {
    if (plan.name == gateway.plan) return &plan;
    names.push_back(plan.name);
  }
  const std::string near{nearest(gateway.plan, names)};
  if (in.places.good(gateway.plan) && in.places.good(in.config.plan))
    in.problems.error(in.places.at(gateway.plan, gateway),
                      fmt::format("there is no [plan.{}], which [gateway] names{}", gateway.plan,
                                  near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
  return nullptr;
}

// The fields that a gateway fills in and reads; null where the plan has others, or not these.
std::optional<AddressPlan> check_plan(Checking& in, const GatewayConfig& gateway) {
  const PlanConfig* named = find_plan(in, gateway);
  if (!named || !in.places.good(*named) || !in.places.good(named->layout)) return {};
  auto plan = compile_plan(*named);
  if (!plan) return {};  // told by the plan's own check
  const auto say = [&](std::string what) {
    in.problems.error(in.places.at(gateway.plan, gateway), fmt::format("{} {}", title(*plan), what));
    return std::nullopt;
  };
  for (const FieldKind kind : {FieldKind::tenant, FieldKind::gateway, FieldKind::ipv4})
    if (!has(plan->plan, kind)) return say(fmt::format("has no field \"{}\", which a gateway's needs", name_of(kind)));
  for (const LayoutField& f : plan->layout)
    if (f.kind != FieldKind::tenant && f.kind != FieldKind::gateway && f.kind != FieldKind::ipv4 &&
        f.kind != FieldKind::zero && !is_of_flow(f.kind))
      return say(fmt::format("has the field \"{}\", which a gateway does not fill in", name_of(f.kind)));
  return std::move(*plan);
}

// The most that a field of the plan holds.
u64 most_of(const AddressPlan& plan, FieldKind kind) { return ~u64(0) >> (64 - field_of(plan.plan, kind).width); }

void check_fits(Checking& in, const std::optional<AddressPlan>& plan, FieldKind kind, u64 value, Mark at,
                const std::string& what) {
  if (!plan || value <= most_of(*plan, kind)) return;
  in.problems.error(at, fmt::format("{} {} does not fit into the field \"{}\" of {}: {} is the most that it holds",
                                    what, value, name_of(kind), title(*plan), most_of(*plan, kind)));
}

// Whose work is whose, and what only members of a group can do.
void check_holds(Checking& in, const GatewayConfig& gateway) {
  if (!in.places.good(gateway.holds)) return;
  if (!in.config.group && gateway.holds.empty())
    in.problems.error(in.places.at(gateway.holds, gateway),
                      "\"holds\" in [gateway] is empty, and there is no [group] whose members' ids it could take");
  if (!in.config.group && !gateway.stand_in.empty())
    in.problems.error(in.places.at(gateway.stand_in, gateway),
                      "\"stand_in\" in [gateway] is for members of a group, and the file has no [group]");
  for (const u64& id : gateway.stand_in)
    if (std::find(gateway.holds.begin(), gateway.holds.end(), id) != gateway.holds.end())
      in.problems.error(in.places.at(id, gateway),
                        fmt::format("\"stand_in\" in [gateway] has {}, which \"holds\" has, too", id));
}

void check_ids(Checking& in, const GatewayConfig& gateway, const std::optional<AddressPlan>& plan) {
  std::map<u64, const GatewayIdConfig*> seen;
  std::map<std::pair<u64, u64>, const GatewayIdConfig*> ends;
  for (const GatewayIdConfig& id : gateway.id) {
    if (in.problems.full() || !in.places.good(id)) continue;
    const auto [first, is_new] = seen.emplace(id.id, &id);
    if (!is_new)
      in.problems.error(in.places.at(id.id, id), fmt::format("gateway {} is defined twice; the first is in line {}",
                                                             id.id, in.places.at(*first->second).line));
    check_fits(in, plan, FieldKind::gateway, id.id, in.places.at(id.id, id), "gateway");
    check_one_per_family(in, id.address, fmt::format("gateway {}", id.id), "tunnels to it end at one per family");
    for (const Address& a : id.address) {
      const auto [holder, is_free] = ends.emplace(std::pair(a.high, a.low), &id);
      if (!is_free && holder->second != &id)
        in.problems.error(in.places.at(a), fmt::format("{} is where tunnels to gateway {} end and those to gateway {}",
                                                       text(a), holder->second->id, id.id));
    }
  }
  for (const auto& [key, ids] : {std::pair("holds", &gateway.holds), std::pair("stand_in", &gateway.stand_in)})
    for (const u64& id : *ids)
      if (!seen.contains(id) && in.places.good(gateway.id))
        in.problems.error(in.places.at(id, gateway),
                          fmt::format("\"{}\" in [gateway] has {}, but there is no [[gateway.id]] with it", key, id));
  check_holds(in, gateway);
}

// What tells tunnels apart.
using TunnelKey = std::tuple<Tunnel, bool, u32, u64, u64>;
struct Taken {
  const TenantConfig* tenant;
  const TenantTunnelConfig* tunnel;
};

class Tunnels {
 public:
  Tunnels(Checking& in, const GatewayConfig& gateway) : in_(in), gateway_(gateway), links_(in, gateway) {}

  void check(const TenantConfig& tenant, const TenantTunnelConfig& tunnel) {
    if (!in_.places.good(tunnel)) return;
    const std::string whose = title("tenant", tenant.name);
    if (is_link(tunnel)) return links_.check(tenant, tunnel);
    check_no_link(in_, tunnel, "a tunnel of " + whose);
    check_tunnel(in_, tunnel, "a tunnel of " + whose, false);
    if (tunnel.remote == Address{}) return;
    const TunnelKey key = {tunnel.tunnel, tunnel.key.has_value(), tunnel.key.value_or(0), tunnel.remote.high,
                           tunnel.remote.low};
    const auto [first, is_new] = taken_.emplace(key, Taken{&tenant, &tunnel});
    if (!is_new)
      in_.problems.error(
          in_.places.at(tunnel.remote, tunnel),
          fmt::format("two tunnels from {} could not be told apart: one of {}, in line {}, and one of {}",
                      text(tunnel.remote), title("tenant", first->second.tenant->name),
                      in_.places.at(*first->second.tunnel).line, whose));
    for (const GatewayIdConfig& id : gateway_.id) {
      if (!holds(gateway_, id.id) || !in_.places.good(id)) continue;
      const auto alike = [&](const Address& a) { return is_ip4(a) == is_ip4(tunnel.remote); };
      if (std::none_of(id.address.begin(), id.address.end(), alike))
        in_.problems.warn(in_.places.at(tunnel.remote, tunnel),
                          fmt::format("nothing of {} goes to {} by gateway {}, which has no {} address", whose,
                                      text(tunnel.remote), id.id, is_ip4(tunnel.remote) ? "IPv4" : "IPv6"));
      if (std::find(id.address.begin(), id.address.end(), tunnel.remote) != id.address.end())
        in_.problems.error(in_.places.at(tunnel.remote, tunnel),
                           fmt::format("the far end {} of a tunnel of {} is an address of gateway {}, held here",
                                       text(tunnel.remote), whose, id.id));
    }
  }

 private:
  Checking& in_;
  const GatewayConfig& gateway_;
  std::map<TunnelKey, Taken> taken_;
  LinkChecks links_;
};

// What the tables have room for, and a flow's key.
void check_firewall(Checking& in, const TenantConfig& tenant, std::size_t& all) {
  if (!in.places.good(tenant.rule)) return;
  const std::string whose = title("tenant", tenant.name);
  std::size_t rules = 0;
  for (const FirewallRuleConfig& rule : tenant.rule) {
    if (!in.places.good(rule)) continue;
    rules += rules_in(rule);
    if (rule.protocol && !rule.ports.empty())
      in.problems.error(
          in.places.at(rule.ports, rule),
          fmt::format("a rule of {} has \"protocol\" and \"ports\", which name protocols themselves", whose));
  }
  all += rules;
  if (rules > kMostFirewallRules)
    in.problems.error(
        in.places.at(tenant.rule, tenant),
        fmt::format("{} has {} firewall rules, each taken apart by its ports and prefixes; at most {} are "
                    "supported",
                    whose, rules, kMostFirewallRules));
  if (!tenant.firewall && !tenant.rule.empty())
    in.problems.warn(in.places.at(tenant.rule, tenant),
                     fmt::format("{} has rules, and \"firewall\" is false: nobody asks them", whose));
  if (tenant.firewall && tenant.number > kMostGuarded)
    in.problems.error(
        in.places.at(tenant.number, tenant),
        fmt::format("{} has the number {}; with a firewall {} is the largest", whose, tenant.number, kMostGuarded));
}

void check_tenants(Checking& in, const GatewayConfig& gateway, const std::optional<AddressPlan>& plan) {
  check_unique_names(in, gateway.tenant, [](const TenantConfig& t) { return title("tenant", t.name); });
  std::map<u64, const TenantConfig*> numbers;
  Tunnels tunnels(in, gateway);
  std::size_t rules = 0;
  for (const TenantConfig& tenant : gateway.tenant) {
    if (in.problems.full()) return;
    if (!in.places.good(tenant)) continue;
    const std::string whose = title("tenant", tenant.name);
    const auto [first, is_new] = numbers.emplace(tenant.number, &tenant);
    if (!is_new)
      in.problems.error(
          in.places.at(tenant.number, tenant),
          fmt::format("{} and {} both have the number {}", title("tenant", first->second->name), whose, tenant.number));
    check_fits(in, plan, FieldKind::tenant, tenant.number, in.places.at(tenant.number, tenant), "the tenant's number");
    check_firewall(in, tenant, rules);
    Behind behind;
    for (const TenantTunnelConfig& tunnel : tenant.tunnel) {
      tunnels.check(tenant, tunnel);
      check_overlay(in, tenant, tunnel, behind);
    }
    if (tenant.tunnel.empty() && in.places.good(tenant.tunnel))
      in.problems.warn(in.places.at(tenant),
                       fmt::format("{} has no [[gateway.tenant.tunnel]]: nothing of it comes in", whose));
    check_prefixes(in, tenant.prefix, whose);
    check_maps(in, tenant.map);
    check_sites(in, gateway, tenant, whose);
    if (gateway.prefix.empty() && gateway.map.empty() && tenant.prefix.empty() && tenant.map.empty() &&
        tenant.site.empty())
      in.problems.error(in.places.at(tenant),
                        fmt::format("neither {} nor [gateway] has a \"prefix\" or a \"map\", nor has the tenant a "
                                    "\"site\": its packets would have no destination",
                                    whose));
  }
  if (rules > kMaxFirewallRules)
    in.problems.error(
        in.places.at(gateway.tenant, gateway),
        fmt::format("all tenants together have {} firewall rules; at most {} are supported", rules, kMaxFirewallRules));
}

// Tables have so much room, whatever is written how often.
void check_size(Checking& in, const GatewayConfig& gateway) {
  std::size_t fronts = 4 * gateway.id.size() + gateway.tenant.size(), mappings = 1;
  const auto size_of = [](const auto& has) {
    std::size_t n = has.map.size() + has.prefix.size();
    for (const EmbeddingConfig& e : has.prefix) n += std::max<std::size_t>(e.ip4.size(), 1);
    return n;
  };
  const std::size_t common = size_of(gateway);
  mappings += common;
  for (const TenantConfig& tenant : gateway.tenant) {
    fronts += tenant.tunnel.size();
    if (const std::size_t own = size_of(tenant) + tenant.site.size()) mappings += own + common;
    for (const TenantTunnelConfig& tunnel : tenant.tunnel) mappings += tunnel.ip4.size() + tunnel.route.size();
  }
  const auto say = [&](std::size_t n, const char* what) {
    if (n > kMaxAddresses)
      in.problems.error(in.places.at(gateway),
                        fmt::format("[gateway] needs {} {}; at most {} are supported", n, what, kMaxAddresses));
  };
  say(fronts, "entries for its ids, tenants and tunnels");
  say(mappings, "entries for sites, prefixes and maps (the gateway's count for each tenant that has some of its own)");
}

}  // namespace

void check(Checking& in) {
  if (!in.config.gateway || !in.places.good(in.config.gateway)) return;
  const GatewayConfig& gateway = *in.config.gateway;
  const std::optional<AddressPlan> plan = check_plan(in, gateway);
  check_zone(in, gateway.zone, in.places.at(gateway.zone, gateway), std::string(kWhose));
  if (!gateway.interface.empty()) check_interface(in, gateway.interface, kWhose);
  if (!is_ip4(gateway.address))
    in.problems.error(in.places.at(gateway.address),
                      fmt::format("\"address\" in [gateway] must be an IPv4 address: its errors to IPv6 come from its "
                                  "address by the plan"));
  if (gateway.gue_port == gateway.vxlan_port && in.places.good(gateway.gue_port) && in.places.good(gateway.vxlan_port))
    in.problems.error(in.places.at(gateway.vxlan_port, gateway),
                      fmt::format("\"gue_port\" and \"vxlan_port\" in [gateway] are both {}, so what comes in could be "
                                  "either",
                                  gateway.vxlan_port));
  check_ids(in, gateway, plan);
  check_prefixes(in, gateway.prefix, "the gateway");
  check_maps(in, gateway.map);
  check_tenants(in, gateway, plan);
  if (plan) check_bits(in, gateway, *plan);
  check_routes(in, gateway, plan);
  check_plateaus(in, gateway.plateaus, kWhose);
  check_size(in, gateway);
  check_overlays_fit(in, gateway);
}

}  // namespace waymark::gateway
