// An IP address of either family as 128 bits: IPv4 stands as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
#pragma once

#include "core/types.h"

namespace waymark {

// The 16 bytes as they stand on the wire, read as two words of the machine (so `high` is not a number to count with).
struct Address {
  u64 high, low;
};
static_assert(sizeof(Address) == 16);

constexpr bool operator==(const Address& a, const Address& b) { return a.high == b.high && a.low == b.low; }

WM_INLINE Address load_address(const void* p) { return {load64(p), load64(static_cast<const u8*>(p) + 8)}; }
WM_INLINE void store_address(void* p, const Address& a) {
  word64(p)->value = a.high;
  word64(static_cast<u8*>(p) + 8)->value = a.low;
}

constexpr u64 kMappedPrefix = 0xffff0000ull;  // bytes 00 00 ff ff, then the IPv4 address, on a little-endian machine

constexpr Address address_of(be32 ip4) { return {0, kMappedPrefix | u64(ip4.raw) << 32}; }
constexpr bool is_ip4(const Address& a) { return a.high == 0 && u32(a.low) == kMappedPrefix; }
constexpr be32 ip4_of(const Address& a) { return {u32(a.low >> 32)}; }

// What it adds to an Internet checksum over it, unfolded (core/checksum.h).
WM_INLINE constexpr u64 sum_of(const Address& a) { return (a.high >> 32) + u32(a.high) + (a.low >> 32) + u32(a.low); }

// The n-th byte as on the wire, 0 the first.
constexpr u8 byte_of(const Address& a, u32 n) { return u8((n < 8 ? a.high : a.low) >> (n % 8 * 8)); }

// Sources that no packet may carry (RFC 1122 3.2.1.3; RFC 4291 2.5.2, 2.5.3, 2.5.5.2, 2.7), as seen by a router.
WM_INLINE constexpr bool is_martian_source4(be32 a) {
  const u32 first = a.raw & 0xff;
  return first == 0 || first == 127 || first >= 224;  // this network, loopback, multicast, reserved, broadcast
}
WM_INLINE constexpr bool is_martian_source6(const Address& a) {
  if ((a.high & 0xff) == 0xff) return true;  // multicast
  // Unspecified, loopback, and IPv4-mapped, which never stands on a wire (and here means IPv4).
  return a.high == 0 && (a.low == 0 || a.low == u64(1) << 56 || u32(a.low) == kMappedPrefix);
}
WM_INLINE constexpr bool is_martian_source(const Address& a) {
  return is_ip4(a) ? is_martian_source4(ip4_of(a)) : is_martian_source6(a);
}

}  // namespace waymark
