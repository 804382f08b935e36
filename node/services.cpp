#include "node/services.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/address_text.h"
#include "config/prefixes.h"
#include "core/hash.h"
#include "roles/host/role.h"
#include "roles/path/role.h"

namespace waymark {

namespace {

constexpr u32 kRealms = 256;  // Front::realm

}  // namespace

Address source_for(const std::vector<Address>& own, const Address& target) {
  for (const Address& source : own)
    if (is_ip4(source) == is_ip4(target)) return source;
  return {};
}

Services services_of(const Config& config) {
  Services all;
  all.service.reserve(config.service.size());
  for (const ServiceConfig& from : config.service) {
    ServiceSpec service{from.name,     from.zone,     from.address, from.ports,      from.affinity,
                        from.tcp_idle, from.udp_idle, from.check,   from.fail_static};
    service.target.reserve(from.target.size());
    for (const TargetConfig& target : from.target)
      service.target.push_back({target.name, source_for(config.director->address, target.address), target.address,
                                target.tunnel, port_of(target), target.weight, target.key, target.mac});
    all.service.push_back(std::move(service));
  }
  if (config.director) all.source = config.director->address;
  if (config.host)
    for (const Address& fellow : host::fellows_of(*config.host))
      all.fellow.push_back(
          {text(fellow), source_for(config.host->address, fellow), fellow, Tunnel::gue, host::gue_port(*config.host)});
  if (config.path)
    for (path::Destination& d : path::destinations(*config.path)) all.fellow.push_back(std::move(d.target));
  return all;
}

u64 scope_of(const ServiceSpec& service) {
  std::vector<Prefix> addresses = service.address;
  std::sort(addresses.begin(), addresses.end(), InOrder());
  u64 h = 0;
  for (const Prefix& p : addresses) h = mix(h ^ mix(p.address.high ^ mix(p.address.low ^ p.length)));
  for (const PortRange& r : service.ports) h = mix(h ^ (u64(r.protocol) << 32 | u32(r.first) << 16 | r.last));
  return h;
}

Status set_realms(Services& services, const std::vector<KnownService>& known) {
  std::map<Prefix, std::set<std::string_view>, InOrder> zones_at;
  for (const ServiceSpec& service : services.service)
    for (const Prefix& p : service.address) zones_at[p].insert(service.zone);
  std::map<std::string_view, std::set<std::string_view>> rivals;  // zones that serve an address of this one
  std::vector<const std::pair<const Prefix, std::set<std::string_view>>*> around;  // prefixes that hold this one
  for (const auto& one : zones_at) {
    while (!around.empty() && !contains(around.back()->first, one.first)) around.pop_back();
    around.push_back(&one);
    for (std::string_view zone : one.second)
      for (const auto* outer : around)
        for (std::string_view other : outer->second) rivals[zone].insert(other), rivals[other].insert(zone);
  }
  // What is known of a zone's services speaks for a realm, twice if the name is the same.
  std::unordered_multimap<u64, const KnownService*> by_scope;
  for (const KnownService& k : known) by_scope.emplace(k.scope, &k);
  std::map<std::string_view, std::map<u32, u32>> votes;
  for (const ServiceSpec& service : services.service) {
    const auto [first, last] = by_scope.equal_range(scope_of(service));
    for (auto at = first; at != last; ++at)
      votes[service.zone][at->second->realm] += at->second->name == service.name ? 2 : 1;
  }
  struct Claim {
    u32 votes;
    std::string_view zone;
    u32 realm;
  };
  std::vector<Claim> claims;
  for (const auto& [zone, by_realm] : votes)
    for (const auto& [realm, count] : by_realm) claims.push_back({count, zone, realm});
  std::stable_sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) { return a.votes > b.votes; });
  std::map<std::string_view, u32> realms;
  const auto is_free = [&](std::string_view zone, u32 realm) {
    return std::none_of(rivals[zone].begin(), rivals[zone].end(), [&](std::string_view rival) {
      const auto at = realms.find(rival);
      return at != realms.end() && at->second == realm;
    });
  };
  for (const Claim& claim : claims)
    if (!realms.contains(claim.zone) && is_free(claim.zone, claim.realm)) realms[claim.zone] = claim.realm;
  for (const auto& [zone, others] : rivals) {
    if (realms.contains(zone)) continue;
    u32 realm = 0;
    while (realm < kRealms && !is_free(zone, realm)) ++realm;
    if (realm == kRealms)
      return Error{fmt::format("more than {} zones serve the addresses of zone \"{}\"", kRealms, zone)};
    realms[zone] = realm;
  }
  for (ServiceSpec& service : services.service)
    if (!service.address.empty()) service.realm = realms.at(service.zone);
  return Done{};
}

}  // namespace waymark
