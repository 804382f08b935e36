// What must hold of a tenant's sites, and of the routes to gateways.
#include <fmt/format.h>

#include <algorithm>

#include "config/prefixes.h"
#include "roles/checks_mappings.h"
#include "roles/gateway/bits.h"
#include "roles/gateway/checks.h"
#include "roles/gateway/role.h"

namespace waymark::gateway {

using namespace config;

void check_sites(Checking& in, const GatewayConfig& gateway, const TenantConfig& tenant, const std::string& whose) {
  Seen sites, maps;
  for (const AddressMapConfig& map : tenant.map) maps.emplace(map.ip4, &map.ip4);
  for (const TenantSiteConfig& site : tenant.site) {
    if (in.problems.full() || !in.places.good(site)) continue;
    check_once(in, sites, site.prefix, fmt::format("is a site of {} twice", whose));
    if (const auto map = maps.find(site.prefix); map != maps.end())
      in.problems.error(in.places.at(site.prefix),
                        fmt::format("{} is a site of {} and mapped, too, in line {}", text(site.prefix), whose,
                                    in.places.at(*map->second).line));
    const auto is_its = [&](const GatewayIdConfig& id) { return id.id == site.gateway; };
    if (std::none_of(gateway.id.begin(), gateway.id.end(), is_its) && in.places.good(gateway.id))
      in.problems.error(in.places.at(site.gateway, site),
                        fmt::format("the site {} of {} is behind gateway {}, but there is no [[gateway.id]] with it",
                                    text(site.prefix), whose, site.gateway));
    const auto has_some = [&](const TenantTunnelConfig& tunnel) {
      return std::any_of(tunnel.ip4.begin(), tunnel.ip4.end(),
                         [&](const Prefix& ip4) { return overlap(ip4, site.prefix); });
    };
    if (holds(gateway, site.gateway) && std::none_of(tenant.tunnel.begin(), tenant.tunnel.end(), has_some))
      in.problems.warn(in.places.at(site.prefix),
                       fmt::format("the site {} of {} is behind gateway {}, held here, but no tunnel of the tenant's "
                                   "has an address of it in \"ip4\"",
                                   text(site.prefix), whose, site.gateway));
  }
}

void check_routes(Checking& in, const GatewayConfig& gateway, const std::optional<AddressPlan>& plan) {
  if (!in.places.good(gateway.announce)) return;
  const Mark at = in.places.at(gateway.announce, gateway);
  if (!in.config.announce && gateway.announce != GatewayConfig{}.announce)
    in.problems.warn(at, "\"announce\" in [gateway] says what [announce] announces, but the file has none");
  if (in.config.announce && gateway.onward == OnwardBy::route && !announces(gateway, GatewayRoutes::specific))
    in.problems.warn(at,
                     "with \"onward\" by route replies for another gateway need a route to it, but \"announce\" in "
                     "[gateway] lacks \"specific\"");
  if (!plan || !announces(gateway, GatewayRoutes::specific)) return;
  const auto offset = [&](FieldKind kind) { return field_of(plan->plan, kind).offset; };
  if (offset(FieldKind::ipv4) < offset(FieldKind::gateway))
    return in.problems.error(at, fmt::format("{} has \"ipv4\" before \"gateway\": no prefix stands for one gateway, so "
                                             "\"announce\" in [gateway] cannot have \"specific\"",
                                             title(*plan)));
  if (flow_fields_before(plan->plan, offset(FieldKind::gateway)))
    return in.problems.error(at,
                             fmt::format("{} has a field that flows fill in before \"gateway\": no prefix stands for "
                                         "one gateway, so \"announce\" in [gateway] cannot have \"specific\"",
                                         title(*plan)));
  const std::size_t each = offset(FieldKind::tenant) < offset(FieldKind::gateway) ? gateway.tenant.size() : 1;
  if (const std::size_t n = each * (in.config.group ? gateway.id.size() : gateway.holds.size()); n > kMaxAddresses)
    in.problems.error(at, fmt::format("\"specific\" in \"announce\" of [gateway] stands for {} routes, one for each id "
                                      "held and tenant; at most {} are supported",
                                      n, kMaxAddresses));
}

}  // namespace waymark::gateway
