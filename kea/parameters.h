// What kea-dhcp6.conf tells the hook (docs/paths.md, "Addresses by DHCPv6"): the JSON object "parameters".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/prefix.h"
#include "base/result.h"
#include "core/types.h"

namespace waymark::kea {

// The clients of one of Kea's subnets.
struct SubnetRule {
  u32 subnet = 0;  // its "id" in kea-dhcp6.conf
  // At which POP and with which policy (a name or an index) a client is made that is in no store yet, as long as its
  // id is not above `new_up_to`; without `new_up_to` none is made.
  u32 pop = 0;
  std::string policy;
  std::optional<u64> new_up_to = {};
};

struct Parameters {
  std::string config;  // a Waymark configuration with [path]
  std::string store;   // "": the one that [path] provision names
  std::vector<SubnetRule> subnets;
};

// Refuses unknown keys, values of other types or out of range, and subnets that are there twice.
Result<Parameters> parse_parameters(const std::string& json);

// A subnet as kea-dhcp6.conf has it.
struct KeaSubnet {
  u32 id = 0;
  Prefix prefix;
  std::vector<Prefix> pools;  // those that are written as prefixes
  bool shared = false;        // in a shared network
};
// Those with an "id" in Kea's whole configuration, with or without its "Dhcp6" around it.
Result<std::vector<KeaSubnet>> parse_subnets(const std::string& json);

}  // namespace waymark::kea
