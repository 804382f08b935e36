// [edge]: clients whose anycast services this node hides from them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/values.h"

namespace waymark {

struct EdgeServiceConfig {
  std::string name;
  std::vector<Prefix> anycast;   // addresses, or prefixes; IPv6: of at least 64 bits
  std::vector<PortRange> ports;  // sorted; they neither overlap nor touch
  std::vector<Prefix> servers;   // what genuine replies come from
};

// Another member of the group, whose flows this node knows as well.
struct EdgeMemberConfig {
  std::string member;
  Prefix prefix{};           // as in EdgeConfig, and so may be none
  std::vector<Prefix> pool;  //
  bool stand_in = true;      // it takes the prefix where the member is lost
};

struct EdgeConfig {
  std::string zone = "public";  // the clients'
  std::string outside;          // the network's; empty: the same
  Prefix prefix{};              // a /64: IPv6 flows' own addresses; of no length: there are none
  Address address{};            // where its ICMP errors come from
  std::vector<Prefix> pool;     // the addresses that IPv4 flows share; empty: there are none
  Address address4{};
  u32 flows = 250'000;                              // of each family
  u32 quota = 10'000;                               // flows of a client at once; 0: any number
  u32 new_flows = 1'000;                            // of a client, a second; 0: any number
  Duration tcp_idle = std::chrono::seconds(7'440);  // RFC 5382, REQ-5
  Duration udp_idle = std::chrono::minutes(5);      // RFC 4787, REQ-5
  u32 errors = 1'000;
  std::vector<EdgeServiceConfig> service;
  std::vector<EdgeMemberConfig> member;
  // In a [group], whose members hold prefixes in turn: what this node announces now. None: `prefix` and `pool`.
  std::optional<std::vector<Prefix>> held = {};
  std::vector<Prefix> standby = {};  // likewise: what others hold, and this node would carry
  std::string interface;
};

namespace edge {
using Section = EdgeConfig;
}

inline const std::string& outside_of(const EdgeConfig& edge) { return edge.outside.empty() ? edge.zone : edge.outside; }

inline bool has_ip6(const EdgeConfig& edge) { return edge.prefix.length != 0; }
inline bool has_ip4(const EdgeConfig& edge) { return !edge.pool.empty(); }
inline u64 pool_size(const std::vector<Prefix>& pool) {
  u64 addresses = 0;
  for (const Prefix& p : pool) addresses += u64(1) << (32 - p.length);
  return addresses;
}

}  // namespace waymark
