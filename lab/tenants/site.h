// Lab `tenants`: its wires, addresses and configuration files. See site.cpp for the picture.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/place.h"

namespace waymark::lab {

// Who is behind a tunnel, both with the same IPv4 address.
struct TenantPlan {
  std::string name;  // and its node's
  u32 number, vni;
  std::string far;   // where its tunnel begins
  std::string mac;   // of that end
  std::string seen;  // its address as servers see it, by gateway 1
};
inline const std::vector<TenantPlan> kTenants = {
    {"red", 1, 5001, "198.18.1.2", "02:00:00:00:50:01", "3fff:c00:1:0:1:0:a00:5"},
    {"blue", 2, 5002, "198.18.2.2", "02:00:00:00:50:02", "3fff:c00:1:0:2:0:a00:5"}};
// Red's other site, behind gateway 2: its own address there, and the router's.
inline const TenantPlan kFarSite = {"far", 1, 5001, "198.18.3.2", "02:00:00:00:52:01", "3fff:c00:2:0:1:0:a02:5"};
inline const std::string kFarAddress = "10.2.0.5";
inline const std::vector<std::string> kGateways = {"g1", "g2"};

inline const std::string kTenantAddress = "10.0.0.5";
inline const std::string kServer4 = "203.0.113.20", kServer6 = "3fff:64::203.0.113.20";  // as tenants know it, its own
constexpr u32 kWideLink = 1500, kNarrowLink = 1400;  // MTUs of links, the latter between the cloud's routers
constexpr u32 kNarrowToTenants = kNarrowLink - 20;   // as IPv4 is told of it (RFC 7915, 4.2)
constexpr u32 kOverlayLink = kWideLink - 50;         // what VXLAN over IPv4 leaves
constexpr u32 kBetweenSites = kWideLink - 40 - 20;   // what IPv6 in IPv6 between the gateways leaves of IPv4

// `ip` commands that make a VXLAN device whose tunnel ends at gateway 1 or 2, which is the neighbour `router` and
// fd00::1.
std::string tunnel_commands(const std::string& device, const std::string& mac, u32 vni, const std::string& from,
                            u32 gateway = 1, const std::string& router = "10.0.0.1");

class TenantsSite : public Place {
 public:
  using Place::Place;

  Status build() const;
  Status write_gateway(const std::string& gateway) const;  // g1.toml, g2.toml
  Status write_servers() const;                         // s.nginx, which takes uploads and says who asks: /who; far's
  Status replies_to(const std::string& gateway) const;  // where the cloud sends all of the plan's addresses
};

}  // namespace waymark::lab
