// Prefixes as keys of the configuration.
#pragma once

#include <string>

#include "base/within.h"
#include "config/config.h"

namespace waymark {

// Which addresses a key may have. All others are those of hosts.
enum class Takes : u8 {
  hosts,   // that packets between hosts may carry
  some,    // likewise; a prefix may hold others, which are dropped one by one
  peers,   // where a socket may be reached: loopback addresses, too
  sockets  // where one may listen: the unspecified address, too
};

// Why a key cannot have an address or prefix, to complete a sentence: "224.0.0.1 lies in 224.0.0.0/3, multicast and
// reserved addresses"; empty where it can. The one list of what stands for no host (RFC 1122, 3.2.1.3; RFC 3927, 7;
// RFC 4291, 2.5 and 2.7) is behind it.
std::string why_not(const Prefix& prefix, Takes takes);

}  // namespace waymark
