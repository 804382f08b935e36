// For whom an answer is, and for whom else it may be kept.
#pragma once

#include <optional>

#include "dns/zones.h"

namespace waymark::dns {

// EDNS Client Subnet (RFC 7871). The address is of the family, with zeros behind `bits`.
struct Subnet {
  Address address{};
  u8 bits = 0;
  u8 most() const { return is_ip4(address) ? 32 : 128; }
};

struct Asker {
  // The client whose own answer this is; none: it is not known to be one.
  std::optional<Address> client = {};
  u32 pop = 0;   // the client's
  u8 scope = 0;  // the answer's, where the question has a subnet
  u32 ttl = 0;   // most seconds that it may be kept
};

// What a resolver that is not listed says of its client is not believed: the question is then of who sent it.
Asker asker_of(const Zones& zones, const Address& from, const std::optional<Subnet>& subnet);

}  // namespace waymark::dns
