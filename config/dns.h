// [dns]: names of services, whose addresses are made for each client.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/values.h"

namespace waymark {

struct DnsZoneConfig {
  std::string name;
  std::vector<std::string> ns;
  std::string mailbox;  // of who is responsible, as a name; empty: hostmaster in the zone
  u32 serial = 1;
  Duration ttl = std::chrono::hours(1);              // of SOA and NS
  Duration negative_ttl = std::chrono::seconds(30);  // how long it is believed that something is not there
  bool operator==(const DnsZoneConfig&) const = default;
};

struct DnsServerConfig {
  u32 id = 0;  // of a [[path.server]]
  u32 weight = 10;
  bool operator==(const DnsServerConfig&) const = default;
};

// An HTTPS record (RFC 9460).
struct DnsHttpsConfig {
  u32 priority = 1;    // 0: an alias
  std::string target;  // empty: the name itself
  std::vector<std::string> alpn;
  u16 port = 0;  // 0: the usual one
  bool operator==(const DnsHttpsConfig&) const = default;
};

struct DnsNameConfig {
  std::string name;
  std::vector<DnsServerConfig> server;
  std::string policy;            // of the servers' addresses
  std::vector<Address> address;  // A and AAAA records; with `server` the AAAA ones are for unknown clients
  std::optional<DnsHttpsConfig> https;
  Duration ttl = std::chrono::minutes(5);  // of what is the same for all
  bool operator==(const DnsNameConfig&) const = default;
};

struct DnsConfig {
  std::vector<Address> listen;
  u16 port = 53;
  std::vector<Prefix> resolvers;            // whose Client Subnet is believed
  Duration ttl = std::chrono::seconds(30);  // of an answer for one client
  std::optional<u32> scope;                 // none: what such an answer depends on
  u32 rate = 200, resolver_rate = 50'000;   // answers a second by UDP without a cookie
  u32 connections = 128;                    // by TCP
  bool xdp = true;                          // questions are answered in XDP where they can be
  std::vector<DnsZoneConfig> zone;
  std::vector<DnsNameConfig> name;
  bool operator==(const DnsConfig&) const = default;
};

}  // namespace waymark
