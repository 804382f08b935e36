// Prefixes of either IP version.
#pragma once

#include <string>

#include "core/address.h"

namespace waymark {

// The first `length` bits of an address; the others are zero. IPv4: 0 to 32 bits of the address itself.
struct Prefix {
  Address address{};
  u8 length = 0;
  constexpr Prefix() = default;
  constexpr Prefix(const Address& a, u8 bits) : address(a), length(bits) {}
  constexpr Prefix(const Address& a) : Prefix(a, is_ip4(a) ? 32 : 128) {}  // one address alone
  bool operator==(const Prefix&) const = default;
};

constexpr bool is_one(const Prefix& p) { return p == Prefix(p.address); }

// The order of the 128 bits as a number, so that a prefix is a range; a shorter one before those within it.
constexpr bool before(const Address& a, const Address& b) {
  const u64 high_a = __builtin_bswap64(a.high), high_b = __builtin_bswap64(b.high);
  return high_a != high_b ? high_a < high_b : __builtin_bswap64(a.low) < __builtin_bswap64(b.low);
}
constexpr bool before(const Prefix& a, const Prefix& b) {
  return a.address == b.address ? a.length < b.length : before(a.address, b.address);
}
struct InOrder {
  template <class T>
  constexpr bool operator()(const T& a, const T& b) const {
    return before(a, b);
  }
};

// One to which a route leads. Of two routes to it the one with the lower metric is taken.
struct RoutedPrefix : Prefix {
  u32 metric = 0;
  bool operator==(const RoutedPrefix&) const = default;
};

std::string text(const Prefix& prefix);  // "192.0.2.0/24"; a single address without its length

}  // namespace waymark
