// Whose the IPv4 addresses under a prefix are. Where IPv6 hosts have their IPv4 addresses by maps, all others under a
// prefix are IPv4 hosts': what is sent to them in IPv4 and comes here would get an IPv6 destination that comes back
// here, to be translated back, until its hop limit ends. IPv6 hosts with addresses under the prefix itself are those
// that are native there (RFC 7915, 5.6): by configuration, or by a route of the machine.
#pragma once

#include <span>
#include <vector>

#include "config/config.h"

namespace waymark {

// IPv4 addresses that get embedded addresses of one prefix.
struct Under {
  Prefix ip4;
  const EmbeddingConfig* by;  // of the configuration
  bool returns;               // their embedded addresses are translated back here
};

// All `ip4` of prefixes, in the configuration's order; then what of these are hosts under a prefix and needs an entry
// of its own. `natives`: all of the machine's prefixes that win, of either family. Pure, and as long as both lists.
std::vector<Under> ip4_under_prefixes(const TranslatorConfig& config, std::span<const Prefix> natives);

}  // namespace waymark
