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

// IPv4 addresses that no packet of a translator may carry as a source, and IPv6 addresses that stand for no host
// elsewhere (RFC 7915, 4.1 and 5.1; RFC 4291, 2.5 and 2.7). Null where there is none.
struct Range {
  Prefix prefix;
  const char* what;  // "loopback addresses"
};
const Range* martian_around(const Prefix& prefix);  // which holds all of it
const Range* martian_within(const Prefix& prefix);  // which has any address in common with it

}  // namespace waymark
