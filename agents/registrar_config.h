// What a registrar is configured with: who it is, whose registrations it takes, for which services.
#pragma once

#include <string>
#include <vector>

#include "base/prefix.h"
#include "base/time.h"

namespace waymark::agents {

// A server that may register, and the security association it shares with this director (RFC 4285).
struct RegistrarPeer {
  // Network access identifier (RFC 4282), as in Mobile Node Identifier, subtype 1: 1 to 54 letters, digits, `.`, `_`,
  // `-`, and one `@` at most, so that targets are named by it. No two are the same, nor one "X.2" beside an "X".
  std::string identity;
  u32 spi = 256;        // from 256 on; no two peers have the same
  std::vector<u8> key;  // 16 bytes or more
  bool operator==(const RegistrarPeer&) const = default;
};

// Permits what all of its lists match. A list is never empty; in patterns `*` stands for any characters.
struct RegistrarRule {
  std::string identity;               // pattern
  std::vector<std::string> services;  // patterns
  std::vector<Prefix> care_of;        // prefixes of either IP version that hold the care-of address
  u32 share = 100;                    // percent, 1 to 100: the most that one identity's weights are of a service's
  bool operator==(const RegistrarRule&) const = default;
};

struct RegistrarService {
  std::string name;               // a name of the configuration; no two services have the same
  std::vector<Prefix> addresses;  // how an Update names the service: each exactly. In one service alone
  bool registered = true;         // whether it takes members that register
  // Percent, 1 to 100: bindings that may expire within a quarter of a lifetime. Where more would, all stay (stale).
  u32 fail_static = 50;
  bool operator==(const RegistrarService&) const = default;
};

struct RegistrarConfig {
  std::string identity;  // this director's, as servers know it: in every MAC that it verifies. 1 to 254 bytes
  std::vector<RegistrarPeer> peers;
  std::vector<RegistrarRule> rules;  // the first that matches identity, service and care-of address decides
  std::vector<RegistrarService> services;
  Duration lifetime = std::chrono::minutes(5);  // the most granted, 16 s to 65,535 * 4 s
  Duration drain = std::chrono::minutes(10);    // how long a binding that has ended keeps its flows
  Duration heartbeat{0};                        // between Heartbeats to a bound peer; 0: none (RFC 5847)
  u32 most_bindings = 10'240;
  u32 most_bindings_of_identity = 64;
  u32 replies_per_second = 100;  // to messages that are not authentic; as many at once
  bool operator==(const RegistrarConfig&) const = default;
};

}  // namespace waymark::agents
