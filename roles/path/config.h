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
  u32 cost = 0;                  // of passing by it, between a path's ends
};

// Between two POPs, for the choice of paths.
struct PathLinkConfig {
  std::vector<u32> between;  // two POPs
  bool one_way = false;      // from the first to the second alone
  std::optional<u32> cost = {};
  std::optional<Duration> latency = {};  // one way
};

// A POP that paths may not have, or a link: the POPs at its ends.
struct PathAvoidConfig {
  u32 pop = 0;  // 0: a link
  u32 first = 0, second = 0;
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
  std::vector<u32> through;    // POPs that each path has that is chosen
  std::vector<PathAvoidConfig> avoid;
  std::optional<u32> most_hops = {};
  u64 rate = 0;  // bits a second, each way; 0: none
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
  u32 hysteresis = 10;                             // percent
  Duration watch = std::chrono::milliseconds(50);  // how often other POPs are asked whether they are up; 0: never
  u32 watch_lost = 3;                              // questions without an answer until one is silent
  std::string provision;                           // file of clients, for the API; empty: it gives no addresses
  std::string revoked;                             // file of revoked ids; empty: none
  u32 revocations = 65'536;                        // ids that there is room for
  std::vector<PathPopConfig> pop;
  std::vector<PathLinkConfig> link;  // empty: each two POPs have one, all alike
  std::vector<PathServerConfig> server;
  std::vector<PathPolicyConfig> policy;
  std::vector<PathAccessConfig> access;
  std::string interface;
};

namespace path {
using Section = PathConfig;
}

}  // namespace waymark
