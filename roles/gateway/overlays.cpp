#include "roles/gateway/overlays.h"

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>

#include "base/prefix.h"
#include "config/kinds.h"
#include "core/hash.h"
#include "core/records.h"

namespace waymark::gateway {

namespace {

constexpr u32 kNeighboursABucket = 4;  // of kNeighbourWays: with two buckets for each, none ever finds both full

// The far ends belong to it: a neighbour is known behind one by its number.
u64 owner_of(const Overlay& overlay) {
  const TenantTunnelConfig& one = *overlay.tunnels[0];
  u64 owner = mix(overlay.tenant->number ^ mix(one.key.value_or(0)));
  owner = mix(owner ^ mix(one.ip4.at(0).address.low ^ one.ip4[0].length));
  for (const TenantTunnelConfig* tunnel : overlay.tunnels)
    owner = mix(owner ^ mix(tunnel->remote.low ^ mix(tunnel->remote.high)) ^
                zone_of(tunnel->interface.data(), u32(tunnel->interface.size())));
  return owner ? owner : 1;
}

// The largest first, each at a multiple of its size: so what is left always holds the next one, whatever was before.
bool place(std::vector<Overlay>& all) {
  std::vector<u32> order(all.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](u32 a, u32 b) {
    return all[a].buckets != all[b].buckets ? all[a].buckets > all[b].buckets : all[a].owner < all[b].owner;
  });
  std::vector<bool> taken(kNeighbourBuckets);
  u64 sum = 0;
  for (const Overlay& overlay : all) sum += overlay.buckets;
  if (sum > kNeighbourBuckets) return false;
  for (const u32 i : order) {
    Overlay& overlay = all[i];
    const u32 places = kNeighbourBuckets / overlay.buckets;
    u32 at = u32(overlay.owner >> 32) % places;
    while (taken[at * overlay.buckets]) at = (at + 1) % places;
    overlay.first_bucket = at * overlay.buckets;
    std::fill_n(taken.begin() + overlay.first_bucket, overlay.buckets, true);
  }
  return true;
}

}  // namespace

bool is_overlay(const TenantTunnelConfig& tunnel) {
  return tunnel.tunnel == Tunnel::vxlan || tunnel.tunnel == Tunnel::ethernet;
}
bool is_link(const TenantTunnelConfig& tunnel) {
  return tunnel.tunnel == Tunnel::ethernet || tunnel.tunnel == Tunnel::mpls;
}

bool is_on(const TenantTunnelConfig& link, const InterfaceConfig& interface) {
  const auto own = config::InterfaceName{}.parse(link.interface);
  return own && config::text(*own) == config::text(interface);
}

bool learns(const TenantTunnelConfig& tunnel) { return is_overlay(tunnel) && !tunnel.mac && !tunnel.gateway.empty(); }

bool share_overlay(const TenantTunnelConfig& a, const TenantTunnelConfig& b) {
  return learns(a) && learns(b) && a.tunnel == b.tunnel && a.key == b.key && a.id == b.id && a.ip4 == b.ip4;
}

OverlayKey first_of(const TenantTunnelConfig& tunnel) {
  const Prefix& first = tunnel.ip4.at(0);
  return {tunnel.tunnel, is_link(tunnel) ? tunnel.id : tunnel.key.value_or(0), first.address.low, first.length};
}

u32 buckets_for(u32 neighbours) {
  return std::bit_ceil(std::max(1u, (neighbours + kNeighboursABucket - 1) / kNeighboursABucket));
}

std::vector<Overlay> overlays_of(const GatewayConfig& config, bool* room) {
  std::vector<Overlay> all;
  for (const TenantConfig& tenant : config.tenant) {
    std::map<OverlayKey, std::size_t> seen;  // of its own
    for (const TenantTunnelConfig& tunnel : tenant.tunnel) {
      if (!is_overlay(tunnel) || tunnel.gateway.empty() || tunnel.ip4.empty()) continue;
      const auto [at, is_new] = seen.emplace(first_of(tunnel), all.size());
      if (!is_new && share_overlay(*all[at->second].tunnels[0], tunnel))
        all[at->second].tunnels.push_back(&tunnel);
      else
        all.push_back({&tenant, {&tunnel}, 0, learns(tunnel) ? buckets_for(tunnel.neighbours) : 1});
    }
  }
  for (Overlay& overlay : all) overlay.owner = owner_of(overlay);
  const bool fits = place(all);
  if (room) *room = fits;
  return all;
}

}  // namespace waymark::gateway
