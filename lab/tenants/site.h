// Lab `tenants`: its wires, addresses and configuration files. See site.cpp for the picture.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/place.h"

namespace waymark::lab {

// Who is behind a tunnel.
struct TenantPlan {
  std::string name;  // and its node's
  u32 number;
  std::string tunnel;  // "vxlan" or "gre"
  u32 key;             // its VNI, or its key
  std::string far;     // where its tunnel begins
  std::string mac;     // of that end, in VXLAN
  std::string seen;    // its address as servers see it, by gateway 1
  u32 mtu;             // of the tunnel's device
};
constexpr u32 kWideLink = 1500;
// Two with the same address.
inline const std::vector<TenantPlan> kTenants = {
    {"red", 1, "vxlan", 5001, "198.18.1.2", "02:00:00:00:50:01", "3fff:c00:1:0:1:0:a00:5", kWideLink - 50},
    {"blue", 2, "gre", 5002, "198.18.2.2", "", "3fff:c00:1:0:2:0:a00:5", kWideLink - 28}};
// Red's other site, behind gateway 2: its own address there, and the router's.
inline const TenantPlan kFarSite = {
    "far", 1, "vxlan", 5001, "198.18.3.2", "02:00:00:00:52:01", "3fff:c00:2:0:1:0:a02:5", kWideLink - 50};
inline const std::string kFarAddress = "10.2.0.5";
inline const std::string kOverlay = "overlay";  // the tunnel's device in each tenant

inline const std::vector<std::string> kGateways = {"g1", "g2"};
inline const std::string kSpare = "g3";
u32 number_of(const std::string& gateway);

inline const std::string kTenantAddress = "10.0.0.5", kTenantPrefix = "10.0.0.0/24";
inline const std::string kServer4 = "203.0.113.20", kServer6 = "3fff:64::203.0.113.20";  // as tenants know it, its own
inline const std::string kPlan = "3fff:c00::/32";
std::string end_of(u32 id);                                   // where tunnels to it end
std::string overlay_mac(u32 id);                              // its MAC address in VXLAN there
constexpr u32 kTranslation = 20;                              // bytes that an IPv6 packet has more
constexpr u32 kBetweenSites = kWideLink - 40 - kTranslation;  // what IPv6 in IPv6 between the gateways leaves of IPv4

enum class DataCentre : u8 { first = 1, second = 2 };
constexpr u32 narrow_link(DataCentre at) { return at == DataCentre::first ? 1400 : 1280; }  // towards the server there

constexpr u32 kGrace = 15;  // seconds: long enough for every connection, and over before the next event that needs it

// What a gateway is told to do.
struct Standing {
  std::vector<u32> holds;
  bool specific = false;  // it announces what names these ids, besides the whole plan
};

// `ip` commands that make a VXLAN device whose tunnel ends at gateway 1 or 2, which is the neighbour `router` and
// fd00::1.
std::string vxlan_commands(const std::string& device, const TenantPlan& tenant, u32 vni, u32 gateway = 1,
                           const std::string& router = "10.0.0.1");

class TenantsSite : public Place {
 public:
  using Place::Place;

  Status build() const;
  Status write_gateway(const std::string& gateway, const Standing& standing) const;  // g1.toml ...
  Status write_servers() const;  // s.nginx, which takes uploads and says who asks: /who; far's
  Status write_birds() const;    // g1.bird.conf ..., r1's, r2's and u's

  Status move_server(DataCentre to) const;
  Status switch_off(const std::string& gateway) const;  // all links to it, at their other ends
};

}  // namespace waymark::lab
