// Lab `path_mtu`: its wires, addresses and configuration files. See site.cpp for the picture.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/place.h"

namespace waymark::lab {

// The links' MTUs: towards one client, and between the director and its server.
constexpr u32 kClientLink = 1350, kServerLink = 1360, kWideLink = 1500;

// A service for each tunnel there is, all at the same two addresses and on one server.
struct TunnelKind {
  const char *name, *tunnel;  // for people; as configured, with what belongs to it
  bool ip6;
  u16 port;      // of the service
  u32 overhead;  // bytes that it adds
};
constexpr TunnelKind kTunnels[] = {
    {"IP in IP over IPv6", "tunnel = \"ip\"", true, 8001, 40},
    {"GUE over IPv6", "tunnel = \"gue\"", true, 8002, 52},
    {"IP in IP over IPv4", "tunnel = \"ip\"", false, 8003, 20},
    {"GUE over IPv4", "tunnel = \"gue\"", false, 8004, 32},
    {"GRE over IPv6", "tunnel = \"gre\"\nkey = 7", true, 8005, 48},
    {"GRE over IPv4", "tunnel = \"gre\"\nkey = 7", false, 8006, 28},
    {"VXLAN over IPv6", "tunnel = \"vxlan\"\nport = 4790\nkey = 7\nmac = \"02:57:00:00:00:07\"", true, 8007, 70},
    {"VXLAN over IPv4 to the kernel's", "tunnel = \"vxlan\"\nkey = 8\nmac = \"02:57:00:00:00:08\"", false, 8008, 50}};
constexpr u16 kClosedPort = 9;

class PathMtuSite : public Place {
 public:
  using Place::Place;

  Status build() const;
  Status silence(bool on) const;                              // r tells the service nothing
  Status write_director(bool tells, const char* echo) const;  // d.toml
  Status write_server() const;                                // s.toml and s.nginx, which takes uploads, too
  Status forget() const;                                      // the path MTUs that any end has learned

 private:
  // `ip` with these words in each; a batch has no place for the family.
  Status by_family(const std::vector<std::string>& nodes, std::vector<std::string> words,
                   const std::string& family) const;
};

}  // namespace waymark::lab
