// Prefixes as sets of addresses.
#pragma once

#include <string>

#include "config/config.h"
#include "core/plan.h"

namespace waymark {

// The bits that a prefix fixes, of the 128 that an Address of its family has.
constexpr Address mask_of(const Prefix& p) { return leading_ones(is_ip4(p.address) ? 96u + p.length : p.length); }

constexpr bool contains(const Prefix& p, const Address& a) {
  return is_ip4(p.address) == is_ip4(a) && !any((a ^ p.address) & mask_of(p));
}
constexpr bool contains(const Prefix& outer, const Prefix& inner) {
  return outer.length <= inner.length && contains(outer, inner.address);
}
constexpr bool overlap(const Prefix& a, const Prefix& b) { return contains(a, b) || contains(b, a); }

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
