// What must hold between the keys of [dns].
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/address_text.h"
#include "config/checks.h"
#include "config/dns_scope.h"
#include "config/plans.h"
#include "config/suggest.h"

namespace waymark::config {

namespace {

constexpr std::size_t kMostListen = 16, kMostResolvers = 1'000, kMostRecords = 16, kMostServers = 13, kMostAlpn = 16;

std::string zone_title(const std::string& name) { return title("zone", name); }
std::string name_title(const std::string& name) { return title("DNS name", name); }

bool is_within(std::string_view name, std::string_view zone) {
  if (zone.empty() || !name.ends_with(zone)) return false;
  return name.size() == zone.size() || name[name.size() - zone.size() - 1] == '.';
}

using Set = std::unordered_set<std::string_view>;

// The nearest of these names at or above one; empty where there is none.
std::string_view nearest_above(const Set& names, std::string_view name) {
  while (!names.contains(name)) {
    const std::size_t dot = name.find('.');
    if (dot == name.npos) return {};
    name.remove_prefix(dot + 1);
  }
  return name;
}

void check_most(Checking& in, std::size_t count, std::size_t most, Mark at, const std::string& whose,
                const std::string& what) {
  if (count > most)
    in.problems.error(at, fmt::format("{} has {} {}; at most {} are supported", whose, count, what, most));
}

void check_listen(Checking& in, const DnsConfig& dns) {
  check_most(in, dns.listen.size(), kMostListen, in.places.at(dns.listen, dns), "[dns]", "addresses in \"listen\"");
  check_most(in, dns.resolvers.size(), kMostResolvers, in.places.at(dns.resolvers, dns), "[dns]",
             "prefixes in \"resolvers\"");
}

// Null where there is none that is good, which was told.
std::optional<AddressPlan> plan_called(Checking& in, const std::string& name) {
  if (!in.places.good(in.config.plan)) return {};
  for (const PlanConfig& p : in.config.plan)
    if (p.name == name)
      if (auto compiled = compile_plan(p)) return *compiled;
  return {};
}

void check_scope(Checking& in, const DnsConfig& dns, const Plan& clients, const Plan& servers) {
  if (!dns.scope || !in.places.good(dns.scope) || !has(clients, FieldKind::pop)) return;
  if (const u32 least = least_scope(clients, servers); *dns.scope < least)
    in.problems.error(in.places.at(dns.scope, dns),
                      fmt::format("\"scope\" in [dns] is {}, but answers depend on the first {} bits of a client's "
                                  "address: others would be given addresses that are not theirs",
                                  *dns.scope, least));
}

// What a name gives no value for cannot be part of its addresses.
void check_layout(Checking& in, const DnsConfig& dns, const AddressPlan& plan) {
  using enum FieldKind;
  constexpr FieldKind kGiven[] = {id, path, policy, epoch, tag, zero};
  for (const LayoutField& field : plan.layout)
    if (std::ranges::find(kGiven, field.kind) == std::end(kGiven))
      in.problems.error(in.places.at(dns),
                        fmt::format("{}, which \"servers\" in [path] names, has the field \"{}\", and [dns] has no "
                                    "value for it",
                                    title(plan), name_of(field.kind)));
}

void check_zones(Checking& in, const DnsConfig& dns, const Set& zones) {
  std::unordered_map<std::string_view, const DnsNameConfig*> names;
  for (const DnsNameConfig& name : dns.name) names.emplace(name.name, &name);
  check_unique_names(in, dns.zone, [](const DnsZoneConfig& z) { return zone_title(z.name); });
  for (const DnsZoneConfig& zone : dns.zone) {
    if (in.problems.full()) return;
    if (!in.places.good(zone) || !in.places.good(zone.name)) continue;
    const std::size_t dot = zone.name.find('.');
    const auto above =
        dot == zone.name.npos ? std::string_view() : nearest_above(zones, std::string_view(zone.name).substr(dot + 1));
    if (!above.empty())
      in.problems.error(in.places.at(zone.name, zone),
                        fmt::format("{} lies in {}: leave it out, as the zone above may have its names",
                                    zone_title(zone.name), zone_title(std::string(above))));
    check_most(in, zone.ns.size(), kMostServers, in.places.at(zone.ns, zone), zone_title(zone.name), "name servers");
    for (const std::string& ns : zone.ns) {
      if (!is_within(ns, zone.name) || !in.places.good(dns.name) || in.problems.full()) continue;
      const auto known = names.find(ns);
      const DnsNameConfig* found = known == names.end() ? nullptr : known->second;
      if (!found || (found->address.empty() && in.places.good(found->address)))
        in.problems.error(in.places.at(ns), fmt::format("{} has the name server {}, which has no [[dns.name]] with an "
                                                        "\"address\"",
                                                        zone_title(zone.name), ns));
      else if (!found->server.empty())
        in.problems.error(in.places.at(ns),
                          fmt::format("{} has the name server {}, which has a \"server\": its addresses must be the "
                                      "same for all",
                                      zone_title(zone.name), ns));
    }
  }
}

// What [path] has, by what names of servers' services refer to it.
struct Known {
  std::unordered_set<u32> servers;
  std::unordered_map<std::string_view, u32> policies;  // by name: their index
  u32 id_width = 16, policy_width = 16;                // of the servers' plan
};

bool fits(u32 value, u32 width) { return width >= 32 || value >> width == 0; }

void check_servers(Checking& in, const DnsNameConfig& name, const Known& known) {
  const std::string whose = name_title(name.name);
  std::unordered_set<u32> seen;
  u64 weights = 0;
  for (const DnsServerConfig& server : name.server) {
    if (!in.places.good(server) || !in.places.good(server.id) || in.problems.full()) return;
    weights += server.weight;
    if (!seen.insert(server.id).second)
      in.problems.error(in.places.at(server.id, server), fmt::format("{} has server {} twice", whose, server.id));
    else if (in.places.good(in.config.path->server) && !known.servers.contains(server.id))
      in.problems.error(in.places.at(server.id, server),
                        fmt::format("{} has server {}, and there is no [[path.server]] of that id", whose, server.id));
    else if (!fits(server.id, known.id_width))
      in.problems.error(in.places.at(server.id, server),
                        fmt::format("{} has server {}, and an id has {} bits in the servers' plan", whose, server.id,
                                    known.id_width));
  }
  if (!weights && in.places.good(name.server))
    in.problems.error(in.places.at(name.server, name),
                      fmt::format("{} has servers of weight 0 alone: no client would get one", whose));
  if (!in.places.good(name.policy)) return;
  if (name.policy.empty())
    in.problems.error(in.places.at(name.server, name),
                      fmt::format("{} has a \"server\" and no \"policy\", which is part of its addresses", whose));
  else if (in.places.good(in.config.path->policy) && !known.policies.contains(name.policy))
    in.problems.error(
        in.places.at(name.policy, name),
        fmt::format("{} has the policy \"{}\", and there is no [[path.policy]] of that name", whose, name.policy));
  else if (const auto policy = known.policies.find(name.policy);
           policy != known.policies.end() && !fits(policy->second, known.policy_width))
    in.problems.error(
        in.places.at(name.policy, name),
        fmt::format("{} has the policy \"{}\", whose index, {}, is more than the {} bits that a policy has "
                    "in the servers' plan",
                    whose, name.policy, policy->second, known.policy_width));
}

void check_https(Checking& in, const DnsNameConfig& name) {
  if (!name.https || !in.places.good(name.https)) return;
  const DnsHttpsConfig& https = *name.https;
  const std::string whose = fmt::format("the HTTPS record of {}", name.name);
  check_most(in, https.alpn.size(), kMostAlpn, in.places.at(https.alpn, https), whose, "protocols in \"alpn\"");
  if (https.priority || !in.places.good(https.priority)) return;
  if (https.target.empty() || https.target == name.name)
    in.problems.error(in.places.at(https.priority, https),
                      fmt::format("{} has priority 0 and no other \"target\": it would be an alias of itself", whose));
  warn_unused(in, https.alpn, https, whose, "alpn", "with priority 0");
  warn_unused(in, https.port, https, whose, "port", "with priority 0");
}

void check_names(Checking& in, const DnsConfig& dns, const Set& zones, const std::optional<AddressPlan>& servers) {
  check_unique_names(in, dns.name, [](const DnsNameConfig& n) { return name_title(n.name); });
  Known known;
  for (const PathServerConfig& server : in.config.path->server) known.servers.insert(server.id);
  for (const PathPolicyConfig& policy : in.config.path->policy) known.policies.emplace(policy.name, policy.index);
  if (servers) {
    known.id_width = field_of(servers->plan, FieldKind::id).width;
    known.policy_width = field_of(servers->plan, FieldKind::policy).width;
  }
  for (const DnsNameConfig& name : dns.name) {
    if (in.problems.full()) return;
    if (!in.places.good(name) || !in.places.good(name.name)) continue;
    const std::string whose = name_title(name.name);
    if (in.places.good(dns.zone) && nearest_above(zones, name.name).empty())
      in.problems.error(in.places.at(name.name, name), fmt::format("{} lies in no [[dns.zone]]", whose));
    check_most(in, name.address.size(), kMostRecords, in.places.at(name.address, name), whose,
               "addresses in \"address\"");
    for (auto one = name.address.begin(); one != name.address.end(); ++one)
      if (std::find(name.address.begin(), one, *one) != one && !in.problems.full())
        in.problems.error(in.places.at(*one), fmt::format("{} has {} in \"address\" twice", whose, text(*one)));
    check_https(in, name);
    if (name.server.empty()) {
      warn_unused(in, name.policy, name, whose, "policy", "without \"server\"");
      if (name.address.empty() && !name.https && in.places.good(name.server) && in.places.good(name.address))
        in.problems.error(
            in.places.at(name),
            fmt::format("{} has no record: neither a \"server\", an \"address\" nor an \"https\"", whose));
    } else {
      check_servers(in, name, known);
    }
  }
}

}  // namespace

void check_dns(Checking& in) {
  if (!in.config.dns || !in.places.good(in.config.dns)) return;
  const DnsConfig& dns = *in.config.dns;
  check_listen(in, dns);
  if (!in.config.path) {
    if (in.places.good(in.config.path))
      in.problems.error(in.places.at(dns),
                        "[dns] needs a [path]: its POPs, servers, policies and plans are what addresses are made of");
    return;
  }
  if (!in.places.good(*in.config.path)) return;
  if (dns.zone.empty() && in.places.good(dns.zone))
    in.problems.error(in.places.at(dns), "[dns] has no [[dns.zone]], so it would refuse every question");
  Set zones;
  for (const DnsZoneConfig& zone : dns.zone) zones.insert(zone.name);
  zones.erase("");
  const auto clients = plan_called(in, in.config.path->clients), servers = plan_called(in, in.config.path->servers);
  if (clients && servers) check_scope(in, dns, clients->plan, servers->plan);
  if (servers) check_layout(in, dns, *servers);
  check_zones(in, dns, zones);
  check_names(in, dns, zones, servers);
}

}  // namespace waymark::config
