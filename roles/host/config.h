// [host]: which tunnels end here, and what is served behind them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/values.h"

namespace waymark {

// A service that the host registers with its directors.
struct RegisterConfig {
  Duration lifetime = std::chrono::seconds(60);  // of a registration, asked for
  u32 priority = 0;                              // 0 to 255 (RFC 6463)
  u32 sessions = 0;                              // at most; 0: not said
  u32 capacity = 0;                              // in units of whoever says it; 0: not said
};

// A director to register with.
struct HostDirectorConfig {
  std::string name;  // its [node] name
  Address address{};
  u16 port = 5436;
  u32 spi = 0;      // from 256 on
  std::string key;  // file
};

struct HostServiceConfig {
  std::string name;
  std::vector<Prefix> address;
  std::vector<PortRange> ports;
  std::optional<CheckConfig> check = {};
  std::vector<Address> hosts = {};  // tunnel ends of the other hosts of this service: strays go between them
  std::optional<RegisterConfig> registers = {};
};

struct HostTunnelConfig {  // tunnels of a kind that end here
  Tunnel tunnel = Tunnel::ip;
  u16 port = 0;  // 0: the usual one, for GUE HostConfig's
  std::optional<u32> key = {};
  std::optional<Mac> mac = {};  // none: of the interface that they come in by
};

struct HostConfig {
  std::vector<Address> address;    // tunnels to these end here
  std::vector<Address> directors;  // outer sources that are believed
  std::vector<std::string>
      interfaces;   // where tunnels may come in: names as in [engine] interfaces; empty: all of them
  u16 port = 6080;  // GUE's
  std::vector<HostServiceConfig> service;
  std::vector<HostTunnelConfig> tunnel = {{Tunnel::ip}, {Tunnel::gue}};
  std::vector<HostDirectorConfig> director = {};  // to register with
};

namespace host {
using Section = HostConfig;
}

}  // namespace waymark
