// Which addresses and prefixes lie in a prefix.
#pragma once

#include "base/prefix.h"
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

}  // namespace waymark
