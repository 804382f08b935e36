// What a node is to serve, as plain values, whoever says so: the configuration does, by services_of()
// (node/services.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "core/outer.h"

namespace waymark {

struct TargetSpec {
  std::string name;
  Address source, address;  // where its tunnel begins and ends, of one family
  Tunnel tunnel = Tunnel::ip;
  u16 port = 0;  // UDP's, host order
  u32 weight = 0;
  std::optional<u32> key = {};  // GRE's, or VXLAN's VNI
  std::optional<Mac> mac = {};  // whom VXLAN's frames are for
};

// What does not belong to the tunnel's kind is left out.
inline Encapsulation encapsulation_of(const TargetSpec& t) {
  const bool has_key = (t.tunnel == Tunnel::gre || t.tunnel == Tunnel::vxlan) && t.key;
  const bool has_mac = t.tunnel == Tunnel::vxlan && t.mac;
  return {u8(t.tunnel), t.port, has_key, has_key ? *t.key : 0, has_mac ? *t.mac : Mac{}};
}

struct ServiceSpec {
  std::string name, zone;
  std::vector<Prefix> address;
  std::vector<PortRange> ports;  // sorted, disjoint
  Affinity affinity = Affinity::flow;
  Duration tcp_idle{}, udp_idle{};        // see ServiceConfig
  std::optional<CheckConfig> check = {};  // of its targets; see ServiceConfig
  u32 fail_static = 100;                  // percent
  std::vector<TargetSpec> target = {};
  u32 realm = 0;  // below 256, by set_realms()
};

struct Services {
  std::vector<ServiceSpec> service;  // names differ, and no two take the same packets
  // Who is sent to and is no service's target: other hosts, to whom this one passes strays on, as in fellows_of();
  // behind these what a POP sends to, as in destinations().
  std::vector<TargetSpec> fellow;
  std::vector<Address> source;  // where a director's tunnels begin, and checks through them are answered
};

}  // namespace waymark
