// Parts of the gateway's check.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/checks.h"
#include "config/plans.h"
#include "roles/checks_mappings.h"
#include "roles/gateway/overlays.h"

namespace waymark::gateway {

// Whose gateway has each site of a tenant's, and that nothing else is said of its addresses. `whose`: "tenant \"red\"".
void check_sites(config::Checking& in, const GatewayConfig& gateway, const TenantConfig& tenant,
                 const std::string& whose);

// What is behind a tunnel of a tenant's, and who is in its VXLAN. `so_far`: what the tenant's tunnels before it have.
struct Behind {
  config::Seen prefixes;
  std::map<OverlayKey, const TenantTunnelConfig*> overlays;
};
void check_overlay(config::Checking& in, const TenantConfig& tenant, const TenantTunnelConfig& tunnel, Behind& so_far);
void check_overlays_fit(config::Checking& in, const GatewayConfig& gateway);

// Links: each interface, VLAN and stack of labels is one tenant's and one id's.
class LinkChecks {
 public:
  LinkChecks(config::Checking& in, const GatewayConfig& gateway) : in_(in), gateway_(gateway) {}
  void check(const TenantConfig& tenant, const TenantTunnelConfig& link);

 private:
  void check_place(const TenantTunnelConfig& link, const std::string& whose);
  void check_labels(const TenantTunnelConfig& link, const std::string& whose);

  config::Checking& in_;
  const GatewayConfig& gateway_;
  std::map<std::pair<std::string, std::vector<u32>>, const TenantTunnelConfig*> taken_;
};
// That a tunnel has an end, and nothing that only links have.
void check_no_link(config::Checking& in, const TenantTunnelConfig& tunnel, const std::string& whose);

// That what is to be announced is a prefix, is not too much, and that somebody announces it. No plan: its error is
// told.
void check_routes(config::Checking& in, const GatewayConfig& gateway, const std::optional<AddressPlan>& plan);

}  // namespace waymark::gateway
