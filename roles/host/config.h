// [host]: which tunnels end here, and what is served behind them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/values.h"

namespace waymark {

struct HostServiceConfig {
  std::string name;
  std::vector<Prefix> address;
  std::vector<PortRange> ports;
  std::optional<CheckConfig> check = {};
  std::vector<Address> hosts = {};  // tunnel ends of the other hosts of this service: strays go between them
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
};

namespace host {
using Section = HostConfig;
}

}  // namespace waymark
