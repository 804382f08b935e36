// [path]: a POP of a WAN, and what all of its POPs know.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/values.h"

namespace waymark {

struct PathPopConfig {
  u32 id = 0;
  std::vector<Address> address;  // at most one per family
  Tunnel tunnel = Tunnel::ip;    // how others send to it
  u16 port = 6080;               // GUE's
};

struct PathServerConfig {
  u32 id = 0;
  u32 pop = 0;        // where it is
  Address address{};  // where the tunnel to it ends
  Tunnel tunnel = Tunnel::ip;
  u16 port = 6080;  // GUE's
};

struct PathPolicyConfig {
  std::string name;
  u32 index = 0;
  std::vector<PortRange> to_server, to_client;  // to what connections are begun
  std::vector<u8> protocols;                    // IANA numbers, of those without ports
  std::optional<u8> dscp = {};
  std::vector<u32> mandatory;  // POPs
};

struct PathAccessConfig {
  std::string interface;
  std::vector<Prefix> prefix;  // clients' sources
};

struct PathConfig {
  u32 id = 0;                    // this POP's
  std::string clients, servers;  // plans
  std::string zone = "public";   // of other POPs and of servers
  std::string access_zone;       // of clients; empty: there are none
  std::vector<u32> plain;        // POPs on a link of this one
  std::vector<u32> down;         // POPs that are taken for dead
  u32 errors = 1'000;
  std::vector<PathPopConfig> pop;
  std::vector<PathServerConfig> server;
  std::vector<PathPolicyConfig> policy;
  std::vector<PathAccessConfig> access;
  std::string interface;
};

namespace path {
using Section = PathConfig;
}

}  // namespace waymark
