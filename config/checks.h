// What must hold between keys. Each check is a plain function that speaks sentences; what already has an error of its
// own is not blamed again.
#pragma once

#include <string_view>
#include <unordered_map>

#include "config/config.h"
#include "config/places.h"
#include "core/outer.h"

namespace waymark {
struct Descriptor;
}

namespace waymark::config {

struct Checking {
  const Config& config;
  const Places& places;
  Problems& problems;
};

void check(const Config& config, const Places& places, Problems& problems);

void check_owners(Checking&);  // whose is an address: no two of what roles own (roles/role.h) is the same
void check_group(Checking&);   // group, announcements, where this node listens
void check_plans(Checking&);
void check_dns(Checking&);
void check_agents(Checking&);  // servers that register

// A service, as far as it matters who serves a port: no two of one zone may serve the same one of an address.
struct Served {
  std::string title;
  std::string_view zone;
  const std::vector<Prefix>& addresses;
  const std::vector<PortRange>& ports;
  Mark at;
};
void check_served(Checking&, const std::vector<Served>& services);

// What several roles ask. `of` is whose it is: "[host]", "service \"web\"".
void check_health(Checking&, const CheckConfig& check, const std::vector<PortRange>& ports, const std::string& whose);
void check_one_per_family(Checking&, const std::vector<Address>& addresses, std::string_view of, std::string_view why);
void check_zone(Checking&, const std::string& zone, Mark at, const std::string& of);  // some interface is in it
void check_interface(Checking&, const std::string& name, std::string_view of);        // [engine] lists it

// Says of a value in the file that nothing follows from it. `because`: "without \"https\"".
template <class T, class Owner>
void warn_unused(Checking& in, const T& field, const Owner& owner, const std::string& whose, const std::string& key,
                 const std::string& because) {
  if (in.places.given(field) && in.places.good(field))
    in.problems.warn(in.places.at(field, owner), whose + " has \"" + key + "\", which has no effect " + because);
}

// What belongs to the kind of a tunnel, of a target or at a host's end (TargetConfig, HostTunnelConfig).
template <class T>
void check_tunnel(Checking& in, const T& t, const std::string& whose, bool needs_mac) {
  if (!in.places.good(t.tunnel)) return;
  const bool vxlan = t.tunnel == Tunnel::vxlan;
  if constexpr (requires { t.port; })
    if (t.tunnel != Tunnel::gue && !vxlan)
      warn_unused(in, t.port, t, whose, "port", "without tunnel = \"gue\" or \"vxlan\"");
  if (t.tunnel != Tunnel::gre && !vxlan)
    warn_unused(in, t.key, t, whose, "key", "without tunnel = \"gre\" or \"vxlan\"");
  if (!vxlan) return warn_unused(in, t.mac, t, whose, "mac", "without tunnel = \"vxlan\"");
  if (in.places.good(t.key) && t.key.value_or(~0u) > kMaxVni)
    in.problems.error(in.places.at(t.key, t), whose + (t.key ? " has a \"key\" above 16777215, and a VNI has 24 bits"
                                                             : " needs a \"key\": the VNI of its VXLAN"));
  if (needs_mac && in.places.good(t.mac) && !t.mac)
    in.problems.error(in.places.at(t.mac, t), whose + " needs a \"mac\": whom the frames in its VXLAN are for");
}

// Whether what the file says of roles was read without an error.
bool roles_are_good(const Checking&);

// "neither a [[service]] nor a [host]", "no [[service]]": what would give work to those roles that can do something.
using RolesThat = bool (*)(const Descriptor&);
std::string none_of(RolesThat can);

struct AddressHash {
  std::size_t operator()(const Address& a) const {
    return std::size_t((a.high ^ a.low * 3) * 0x9e3779b97f4a7c15ull >> 7);
  }
};

// Limits over several tables; the schema has those of one.
inline constexpr std::size_t kMaxAddresses = 65'000, kMaxRanges = 4'096;

// service "web", or what to call one that has no good name.
std::string title(std::string_view what, const std::string& name);

// Says once per name that comes again where it stood first. `what` names one: "service \"web\"".
template <class T, class What>
void check_unique_names(Checking& in, const std::vector<T>& things, What what) {
  std::unordered_map<std::string_view, const T*> seen;
  for (const T& thing : things) {
    if (thing.name.empty()) continue;  // it has none, and was told so
    const auto [first, is_new] = seen.emplace(thing.name, &thing);
    if (is_new) continue;
    in.problems.error(in.places.at(thing.name, thing),
                      what(thing) + " is defined twice; the first is in line " +
                          std::to_string(in.places.at(first->second->name, *first->second).line));
  }
}

}  // namespace waymark::config
