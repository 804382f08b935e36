// The overlays that tenants' VXLANs lead into, and where each has its neighbours. Pure and deterministic.
#pragma once

#include <span>
#include <tuple>
#include <vector>

#include "roles/gateway/config.h"

namespace waymark::gateway {

// An Ethernet of the tenant's; and a link, which is one or leads there, by no tunnel.
bool is_overlay(const TenantTunnelConfig& tunnel);
bool is_link(const TenantTunnelConfig& tunnel);

bool is_on(const TenantTunnelConfig& link, const InterfaceConfig& interface);

// Whether neighbours in the tunnel's overlay say whom frames are for.
bool learns(const TenantTunnelConfig& tunnel);

// Whether two tunnels of one tenant lead into the same overlay, to several far ends.
bool share_overlay(const TenantTunnelConfig& a, const TenantTunnelConfig& b);

// What such two have in common: kind, VNI or id, address and length of the first prefix.
using OverlayKey = std::tuple<Tunnel, u64, u64, u8>;
OverlayKey first_of(const TenantTunnelConfig& tunnel);

// One in which the gateway has addresses of its own.
struct Overlay {
  const TenantConfig* tenant;
  std::vector<const TenantTunnelConfig*> tunnels;  // in the file's order
  u64 owner;                                       // Neighbour::owner: the same in each load that has the same far ends
  u32 buckets = 0, first_bucket = 0;               // in table::neighbours
};

// In the order of their first tunnels. Each has a place that follows from whose it is, so that a reload moves those
// alone whose place another one takes. `room`: whether all of them fit into the table; they are given no place if not.
std::vector<Overlay> overlays_of(const GatewayConfig& config, bool* room = nullptr);

// So many buckets hold so many neighbours, as good as certainly.
u32 buckets_for(u32 neighbours);

}  // namespace waymark::gateway
