// The whole configuration of one node, as parsed and checked: plain data, defaults filled in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/address.h"

namespace waymark {

enum class Tunnel : u8 { ip = 0, gue = 1 };      // IP-in-IP (RFC 2003, 2473, 4213); GUE variant 0 over UDP
enum class Protocol : u8 { tcp = 6, udp = 17 };  // IANA numbers
enum class Affinity : u8 { flow = 0, client = 1 };
enum class XdpMode : u8 { automatic, native, generic };

// "tcp/80", "udp/1000-2000", "tcp/*": first <= last, host order; all ports are 0 to 65535.
struct PortRange {
  Protocol protocol;
  u16 first, last;
};

// "eth0" is the untagged traffic of eth0; "eth0:100" what carries VLAN 100; "eth0:100:7" 7 within 100 (802.1ad).
struct InterfaceConfig {
  std::string name;
  u16 outer_vlan = 0, inner_vlan = 0;  // 0: no tag
  std::string zone;
};

struct TargetConfig {
  std::string name;
  Address address{};  // where the tunnel ends
  u32 weight = 10;    // 0 to 1000; 0 drains
  Tunnel tunnel = Tunnel::ip;
  u16 port = 6080;  // GUE's destination port
};

struct ServiceConfig {
  std::string name;
  std::string zone = "public";
  std::vector<Address> address;
  std::vector<PortRange> ports;  // sorted; they neither overlap nor touch
  Affinity affinity = Affinity::flow;
  Duration tcp_idle = std::chrono::hours(1);  // a proven pin is kept this long after its last packet
  Duration udp_idle = std::chrono::seconds(120);
  std::vector<TargetConfig> target;
};

struct HostServiceConfig {
  std::string name;
  std::vector<Address> address;
  std::vector<PortRange> ports;
};

struct HostConfig {
  std::vector<Address> address;    // tunnels to these end here
  std::vector<Address> directors;  // outer sources that are believed
  std::vector<std::string>
      interfaces;   // where tunnels may come in: names as in [engine] interfaces; empty: all of them
  u16 port = 6080;  // GUE's
  std::vector<HostServiceConfig> service;
};

struct EngineConfig {
  std::vector<InterfaceConfig> interfaces;
  XdpMode mode = XdpMode::automatic;
  u32 pins = 1'000'000;  // proven flows the table holds; 0: no pins, every packet by the consistent choice
  bool persist = true;   // pin the links in bpffs: forwarding outlives the daemon
  Duration adjacency_lifetime = std::chrono::seconds(60);  // after this without the daemon the kernel routes
};

struct DirectorConfig {
  std::vector<Address> address;  // outer sources, at most one per family
};

struct ApiConfig {
  std::string socket;                  // empty: /run/waymark/<node name>.sock
  std::optional<std::string> metrics;  // "127.0.0.1:9100" or "[::1]:9100"
};

struct Config {
  std::string name = "waymark";  // [node] name: also the instance's name on this machine
  EngineConfig engine;
  std::optional<DirectorConfig> director;
  std::vector<ServiceConfig> service;
  std::optional<HostConfig> host;
  ApiConfig api;
  std::string log_level = "info";
};

}  // namespace waymark
