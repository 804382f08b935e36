// What a registrant is configured with: who the server is, with whom it registers, and what it serves.
#pragma once

#include <string>
#include <vector>

#include "base/prefix.h"
#include "base/time.h"

namespace waymark::agents {

// A director that this server registers with.
struct RegistrantDirector {
  std::string name;      // the configuration's name, for events and views; no two directors have the same
  Address address{};     // where it takes registrations
  u16 port = 5436;       // RFC 5844, 4
  std::string identity;  // its own, which every MAC to it covers: 1 to 254 bytes
  u32 spi = 256;         // of the association with it, from 256 on
  std::vector<u8> key;   // 16 bytes or more
  bool operator==(const RegistrantDirector&) const = default;
};

struct RegistrantCareOf {
  u16 id = 0;         // Binding Identifier (RFC 5648), not 0 where a service has several; each once
  Address address{};  // unicast, of either IP version: where tunnels end
  bool operator==(const RegistrantCareOf&) const = default;
};

struct RegistrantService {
  std::string name;                       // for events and views; no two services have the same
  std::vector<Prefix> addresses;          // its name in Updates: up to 16 of IPv6, one IPv4 address, one IPv4 prefix
  std::vector<RegistrantCareOf> care_of;  // 1 to 8, the preferred one first. One with id 0 stands alone
  Duration lifetime = std::chrono::minutes(5);  // asked for, 16 s to 65,535 * 4 s
  u16 priority = 0;                             // RFC 6463: a lower one is preferred, 65,535: no new flows
  bool operator==(const RegistrantService&) const = default;
};

struct RegistrantConfig {
  std::string identity;  // this server's network access identifier, 1 to 254 bytes
  std::vector<RegistrantDirector> directors;
  std::vector<RegistrantService> services;
  bool operator==(const RegistrantConfig&) const = default;
};

}  // namespace waymark::agents
