// What a node is to serve, as plain values, whoever says so: the configuration does, by services_of(). And what a
// service is, whatever it is called: a reload that renames services, targets and zones is recognised by it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace waymark {

struct TargetSpec {
  std::string name;
  Address source, address;  // where its tunnel begins and ends, of one family
  Tunnel tunnel = Tunnel::ip;
  u16 port = 0;  // GUE's, host order
  u32 weight = 0;
};

struct ServiceSpec {
  std::string name, zone;
  std::vector<Prefix> address;
  std::vector<PortRange> ports;  // sorted, disjoint
  Affinity affinity = Affinity::flow;
  Duration tcp_idle{}, udp_idle{};  // see ServiceConfig
  std::vector<TargetSpec> target;
  u32 realm = 0;  // below 256, by set_realms()
};

struct Services {
  std::vector<ServiceSpec> service;  // names differ, and no two take the same packets
  std::vector<TargetSpec> fellow;    // other hosts, to whom this one passes strays on: as in fellows_of()
};

// A slot in use whose tunnel ends where that of another service's slot does (Image::heirs).
struct SharedSlot {
  u32 slot, service;
  u64 end;
};

Services services_of(const Config& config);

// A hash of what packets see of a service: addresses and ports. The same on all directors.
u64 scope_of(const ServiceSpec& service);

// A service that the tables know, from this configuration or one before.
struct KnownService {
  std::string name;
  u64 scope = 0;
  u32 realm = 0;
};

// Tells zones apart that serve the same address, by the `realm` of their services: it goes into the flow hash, and no
// zone's name does. A zone keeps the realm of those of its services that are known, whatever it was called before; else
// it is 0, and of new zones with one address the first by name has the lower one, alike on all directors. Fails where
// 256 realms are not enough.
Status set_realms(Services& services, const std::vector<KnownService>& known);

}  // namespace waymark
