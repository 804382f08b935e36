// What must hold of a tenant's overlays: who is there, and whom frames are for.
#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/prefixes.h"
#include "core/records.h"
#include "roles/checks_mappings.h"
#include "roles/gateway/checks.h"
#include "roles/gateway/overlays.h"
#include "roles/prefix_set.h"

namespace waymark::gateway {

using namespace config;

namespace {

void check_own(Checking& in, const TenantTunnelConfig& tunnel, const PrefixSet& link, const std::string& whose) {
  if (!in.places.good(tunnel.gateway)) return;
  if (tunnel.gateway.size() > kOverlayAddresses)
    in.problems.error(in.places.at(tunnel.gateway, tunnel),
                      fmt::format("{} has {} addresses in \"gateway\"; at most {} are supported", whose,
                                  tunnel.gateway.size(), kOverlayAddresses));
  for (const Address& a : tunnel.gateway)
    if (in.places.good(tunnel.ip4) && !link.covers(Prefix(a)))
      in.problems.error(in.places.at(a),
                        fmt::format("\"gateway\" of {} has {}, which is in no prefix of its \"ip4\"", whose, text(a)));
}

void check_hops(Checking& in, const TenantTunnelConfig& tunnel, const PrefixSet& link, const std::string& whose,
                Seen& behind, const std::string& twice) {
  if (!in.places.good(tunnel.route)) return;
  for (const TenantRouteConfig& route : tunnel.route) {
    if (in.problems.full() || !in.places.good(route)) continue;
    if (in.places.good(tunnel.ip4) && !link.covers(Prefix(route.via)))
      in.problems.error(in.places.at(route.via, route),
                        fmt::format("the route to {} of {} leads by {}, which is in no prefix of its \"ip4\"",
                                    text(route.prefix), whose, text(route.via)));
    if (std::find(tunnel.gateway.begin(), tunnel.gateway.end(), route.via) != tunnel.gateway.end())
      in.problems.error(in.places.at(route.via, route),
                        fmt::format("the route to {} of {} leads by {}, which is the gateway itself",
                                    text(route.prefix), whose, text(route.via)));
    check_once(in, behind, route.prefix, twice);
  }
}

bool same_routes(const TenantTunnelConfig& a, const TenantTunnelConfig& b) {
  return std::equal(
      a.route.begin(), a.route.end(), b.route.begin(), b.route.end(),
      [](const TenantRouteConfig& x, const TenantRouteConfig& y) { return x.prefix == y.prefix && x.via == y.via; });
}

}  // namespace

void check_overlay(Checking& in, const TenantConfig& tenant, const TenantTunnelConfig& tunnel, Behind& so_far) {
  if (!in.places.good(tunnel) || !in.places.good(tunnel.tunnel)) return;
  const std::string whose = "a tunnel of " + title("tenant", tenant.name);
  const std::string twice = fmt::format("is behind two tunnels of {}", title("tenant", tenant.name));
  const TenantTunnelConfig* first = nullptr;
  if (learns(tunnel) && !tunnel.ip4.empty())
    if (const auto [at, is_new] = so_far.overlays.emplace(first_of(tunnel), &tunnel); !is_new)
      if (share_overlay(*at->second, tunnel)) first = at->second;
  if (in.places.good(tunnel.ip4) && !first)
    for (const Prefix& ip4 : tunnel.ip4) check_once(in, so_far.prefixes, ip4, twice);
  if (!is_overlay(tunnel)) {
    const std::string without = "without tunnel = \"vxlan\" or \"ethernet\"";
    warn_unused(in, tunnel.gateway, tunnel, whose, "gateway", without);
    warn_unused(in, tunnel.route, tunnel, whose, "route", without + ": \"ip4\" has all that is behind it");
    return warn_unused(in, tunnel.neighbours, tunnel, whose, "neighbours", without);
  }
  const std::string_view overlay = tunnel.tunnel == Tunnel::vxlan ? "VXLAN" : "Ethernet";
  if (tunnel.gateway.empty() && !tunnel.mac && in.places.good(tunnel.mac) && in.places.good(tunnel.gateway))
    in.problems.error(in.places.at(tunnel),
                      fmt::format("{} needs \"gateway\", this gateway's address in its {}, by which neighbours are "
                                  "learnt, or a \"mac\": whom all frames are for",
                                  whose, overlay));
  const PrefixSet link(tunnel.ip4);
  check_own(in, tunnel, link, whose);
  if (tunnel.mac) {
    const char* because = "beside \"mac\", whom all frames are for";
    warn_unused(in, tunnel.neighbours, tunnel, whose, "neighbours", because);
    if (!tunnel.route.empty() && in.places.good(tunnel.route))
      in.problems.error(
          in.places.at(tunnel.route, tunnel),
          fmt::format("{} has \"route\" and \"mac\": with the latter all frames are for that, and \"ip4\" "
                      "has all that is behind it",
                      whose));
  }
  if (!first) return check_hops(in, tunnel, link, whose, so_far.prefixes, twice);
  if (first->gateway != tunnel.gateway || first->neighbours != tunnel.neighbours || !same_routes(*first, tunnel))
    in.problems.error(in.places.at(tunnel),
                      fmt::format("{} leads into the same {} as that in line {}, so both need the same \"gateway\", "
                                  "\"route\" and \"neighbours\"",
                                  whose, overlay, in.places.at(*first).line));
}

void check_overlays_fit(Checking& in, const GatewayConfig& gateway) {
  bool room = true;
  u64 buckets = 0;
  for (const Overlay& overlay : overlays_of(gateway, &room)) {
    buckets += overlay.buckets;
    if (overlay.tunnels.size() > kMostMembers)
      in.problems.error(in.places.at(*overlay.tunnels[0]),
                        fmt::format("{} has {} tunnels into one overlay; at most {} are supported",
                                    title("tenant", overlay.tenant->name), overlay.tunnels.size(), kMostMembers));
  }
  if (!room)
    in.problems.error(
        in.places.at(gateway),
        fmt::format("all overlays together want room for {} neighbours (\"neighbours\" of each, in powers of "
                    "two from 4 on); there is room for {}",
                    4 * buckets, 4 * kNeighbourBuckets));
}

}  // namespace waymark::gateway
