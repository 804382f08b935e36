// Which translation an address has by its mapping, and which addresses have none.
#pragma once

#include "core/prefix.h"

namespace waymark::translate {

// RFC 6052, 2.2 and RFC 7757, 3.3.
WM_INLINE constexpr AddressBits to_ip6(const Mapping* m, u32 ip4) {
  const u64 bits = u64(ip4 & m->ip4_mask);
  return {m->high | ((bits << 32 >> m->high_shift) & m->high_mask), m->low | ((bits << m->low_shift) & m->low_mask)};
}
WM_INLINE constexpr u32 to_ip4(const Mapping* m, const AddressBits& ip6) {
  return m->ip4 | u32((ip6.high & m->high_mask) << m->high_shift >> 32) | u32((ip6.low & m->low_mask) >> m->low_shift);
}

// Addresses that are not global (RFC 6052, 3.1): those of RFC 5735, section 3, which IANA's registry of special-purpose
// addresses (RFC 6890) calls not globally reachable. Of 192.0.0.0/24 it excepts two anycast addresses (RFC 7723, 8155).
WM_INLINE constexpr bool is_nonglobal(u32 a) {
  const u32 first = a >> 24, two = a >> 16, three = a >> 8;
  return first == 0 || first == 10 || first == 127 || first >= 224 || two == 0xa9fe || a >> 20 == 0xac1 ||
         two == 0xc0a8 || a >> 22 == 0x6440 >> 6 || (three == 0xc00000 && a - 0xc0000009 > 1) ||
         a >> 17 == 0xc612 >> 1 || three == 0xc00002 || three == 0xc63364 || three == 0xcb0071;
}

// Why an address has no translation although a prefix holds it.
enum class Refused : u8 { no, reserved_bits, nonglobal, martian };

// Link-local ones too: no router may forward them (RFC 3927, 7; RFC 4291, 2.5.6).
WM_INLINE constexpr bool is_martian(u32 a) { return is_martian_source4(wire32(a)) || a >> 16 == 0xa9fe; }
WM_INLINE constexpr bool is_martian(const Address& ip6) {
  return is_martian_source6(ip6) || (ip6.high & 0xc0ff) == 0x80fe;
}

WM_INLINE Refused judge(const Mapping* m, const AddressBits& ip6, u32 ip4) {
  if (WM_UNLIKELY(m->flags)) {
    if ((m->flags & kMapZeroOctet) && ip6.low >> 56) return Refused::reserved_bits;
    if ((m->flags & kMapGlobalOnly) && is_nonglobal(ip4)) return Refused::nonglobal;
  }
  return is_martian(ip4) ? Refused::martian : Refused::no;
}

// An address in the other IP version by its mapping, IPv4 as mapped. False: there is no mapping, or it may not be used.
WM_INLINE bool map_to_ip6(const Mapping* m, const Address& ip4, Address& out) {
  const u32 n = number(ip4_of(ip4));
  if (!m || judge(m, {}, n) != Refused::no) return false;
  out = address6(to_ip6(m, n));
  return true;
}
WM_INLINE bool map_to_ip4(const Mapping* m, const Address& ip6, Address& out) {
  if (!m) return false;
  const AddressBits n = bits6(ip6);
  const u32 ip4 = to_ip4(m, n);
  if (judge(m, n, ip4) != Refused::no) return false;
  out = address4(ip4);
  return true;
}

}  // namespace waymark::translate
