// What stands for what between IPv4 and IPv6, as several roles are told.
#pragma once

#include <vector>

#include "config/values.h"

namespace waymark {

// An IPv6 prefix under which IPv4 addresses stand embedded (RFC 6052).
struct EmbeddingConfig {
  Prefix prefix;            // of 32, 40, 48, 56, 64 or 96 bits
  std::vector<Prefix> ip4;  // for these IPv4 addresses; empty: all
};

// IPv4 and IPv6 addresses that stand for each other (RFC 7757): what follows ip6's bits begins with what follows ip4's.
struct AddressMapConfig {
  Prefix ip4, ip6;
};

enum class ZeroChecksum : u8 { compute = 0, drop = 1 };

}  // namespace waymark
