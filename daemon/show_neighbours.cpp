// Who is known in tenants' overlays.
#include <map>

#include "base/address_text.h"
#include "daemon/snapshot.h"
#include "roles/gateway/overlays.h"

namespace waymark {

namespace {

using gateway::Overlay;

std::vector<Overlay> overlays(const Snapshot& s) {
  return s.config->gateway ? gateway::overlays_of(*s.config->gateway) : std::vector<Overlay>{};
}

}  // namespace

std::vector<OverlayNeighbours> overlay_neighbours(const Snapshot& s) {
  std::vector<OverlayNeighbours> all;
  if (!s.neighbours) return all;
  std::map<u64, u64> known;
  for (const NeighboursSwept::Owned& owned : s.neighbours->owned) known[owned.owner] = owned.known;
  for (const Overlay& overlay : overlays(s)) {
    const TenantTunnelConfig& first = *overlay.tunnels[0];
    if (gateway::learns(first))
      all.push_back(
          {overlay.tenant->name, first.key.value_or(0), first.interface, known[overlay.owner], first.neighbours});
  }
  return all;
}

Result<Rows> show_neighbours(const Snapshot& s, const Show& show) {
  Rows rows{{"tenant", "vni", "address", "mac", "remote", "idle_seconds"}, {}};
  if (!show.tenant.empty()) WM_TRY(find_tenant(s, show.tenant));
  NeighbourFilter filter;
  filter.most = show.count;
  if (show.address) filter.address = number(ip4_of(*show.address));
  std::map<u64, Overlay> by_owner;
  for (Overlay& overlay : overlays(s))
    if (show.tenant.empty() || overlay.tenant->name == show.tenant) by_owner.emplace(overlay.owner, std::move(overlay));
  if (!show.tenant.empty()) {
    filter.owners.emplace();
    for (const auto& [owner, overlay] : by_owner) filter.owners->push_back(owner);
  }
  if (!s.list_neighbours) return rows;
  for (const NeighbourSeen& n : s.list_neighbours(filter)) {
    const auto found = by_owner.find(n.owner);
    if (found == by_owner.end()) continue;  // a configuration that is just coming in force
    const Overlay& overlay = found->second;
    std::string remote;
    if (n.member < overlay.tunnels.size()) {
      const TenantTunnelConfig& tunnel = *overlay.tunnels[n.member];
      remote = gateway::is_link(tunnel) ? tunnel.interface : text(tunnel.remote);
    }
    rows.rows.push_back({overlay.tenant->name, u64(overlay.tunnels[0]->key.value_or(0)),
                         text(address_of(wire32(n.ip4))), text(n.mac), remote, u64(n.idle_seconds)});
  }
  return rows;
}

}  // namespace waymark
