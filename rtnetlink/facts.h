// What the kernel says about links, routes and neighbours, free of netlink's shapes; and what Waymark makes of it.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/prefix.h"
#include "core/address.h"
#include "core/wire.h"

namespace waymark {

struct LinkInfo {
  u32 index = 0;
  std::string name = {};
  Mac mac{};
  u32 mtu = 0;                         // bytes of IP packet
  u32 mtu6 = 0;                        // IPv6's own, from a router advertisement or a sysctl; 0 where IPv6 is off
  bool up = false;                     // by the administrator
  bool carrier = false;                // the other end is there
  bool ethernet = false;               // its frames begin with an Ethernet header
  std::string kind = {};               // driver kind: "veth", "vlan", "bond"; empty for hardware
  u32 parent = 0;                      // of a VLAN: the interface that carries it
  u16 vlan = 0;                        // of a VLAN: its id
  u32 peer = 0;                        // of a veth: the other end's index,
  std::optional<int> peer_space = {};  // in the network namespace of that number; none: in this one
  u32 xdp_program = 0;                 // the id of the XDP program on it; 0: none
  bool xdp_generic = false;

  bool operator==(
      const LinkInfo& other) const;  // of what packets' ways depend on: XDP programs do not count, nor do peers
};

// What the kernel is asked for: the route of packets to a destination.
struct RouteQuestion {
  Address destination;
  std::optional<Address> source = {};  // where they are from, as rules may choose by it; an IPv4 one must be local here

  bool operator==(const RouteQuestion&) const = default;
};

// The kernel's answer for one destination.
struct RouteFact {
  enum class Kind : u8 { none, unicast, local, other };  // other: broadcast, multicast, anycast
  Kind kind = Kind::none;
  int error = 0;  // the errno that says why there is none
  u32 interface = 0;
  std::optional<Address> gateway = {};  // of either family; none where the destination is on the link
  u32 mtu = 0;                          // the route's own, path MTU discovery included; 0 for none
  u32 advmss = 0;                       // RTAX_ADVMSS; 0 for none
  bool encapsulated = false;            // the route adds headers (MPLS, seg6, IP tunnels)

  bool operator==(const RouteFact&) const = default;
};

// Whose MAC must be known: an address on an interface.
struct Hop {
  u32 interface = 0;
  Address address{};

  bool operator==(const Hop&) const = default;
};

struct NeighbourFact {
  enum class State : u8 { unknown, resolving, failed, usable };
  Hop hop;
  State state = State::unknown;
  Mac mac{};
  bool kept = false;  // permanent, or maintained by somebody else: a probe would take its MAC or its flags away

  bool operator==(const NeighbourFact& other) const;
};

struct WayOut {
  u32 interface;  // index of the way out
  Mac source, destination;
  u16 mtu;               // bytes of IP packet that the route and the interface carry
  bool gateway = false;  // the MAC is a router's
  bool operator==(const WayOut& other) const;
};

struct Resolution {
  // Of one without adjacency: the kernel forwards there, its MAC is being asked for, or neither.
  enum class Reach : u8 { none, pending, kernel };
  Address target;
  std::optional<WayOut> adjacency;
  std::string why;            // a sentence where there is no adjacency, else empty
  Reach reach = Reach::none;  // likewise
  bool operator==(const Resolution&) const = default;
};

// The order of the 128 bits as a number, so that a prefix is a range.
inline std::pair<u64, u64> number(const Address& a) { return {__builtin_bswap64(a.high), __builtin_bswap64(a.low)}; }

inline u64 hash_of(const Hop& hop) {
  u64 x = hop.address.high * 0x9e3779b97f4a7c15ull ^ hop.address.low;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ull + hop.interface;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ull;
  return x ^ (x >> 32);
}

}  // namespace waymark
