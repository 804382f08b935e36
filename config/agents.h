// [agents]: servers that register with this director, and what each may register.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/values.h"

namespace waymark {

constexpr u16 kSignalPort = 5436;  // of Mobility Headers over UDP (RFC 5844)

struct AgentsConfig {
  struct Peer {
    std::string name;  // what it calls itself: its [node] name
    u32 spi = 0;       // from 256 on
    std::string key;   // file
  };
  std::vector<Address> listen;
  u16 port = kSignalPort;
  Duration lifetime = std::chrono::seconds(60);  // of a binding, at most
  Duration heartbeat{};                          // 0: none is asked
  Duration drain = std::chrono::minutes(10);     // how long a target that went keeps its flows
  std::vector<Peer> peer;
};

// Whose registrations are believed.
struct AuthoriseConfig {
  std::vector<std::string> peer, service;  // names, in which "*" stands for anything
  std::vector<Prefix> care_of;             // where its servers are
  u32 share = 100;                         // percent of the service at most
};

// Targets of a service that registered: how they are reached.
struct RegisteredConfig {
  Tunnel tunnel = Tunnel::ip;
  u16 port = 0;  // GUE's; 0: the usual one
  std::optional<u32> key = {};
  u32 weight = 1000;  // 1 to 1000: of one that is idle, and as large as the largest
};

}  // namespace waymark
