// ICMPv4 and ICMPv6 messages in each other's terms (RFC 7915, 4.2 and 5.2): types, codes, pointers, MTUs.
#pragma once

#include "core/icmp.h"
#include "core/records.h"

namespace waymark::translate {

constexpr u32 kHeaders = 40 - 20;       // how much longer an IPv6 packet is
constexpr u32 kLeastDatagram = 128;     // that extensions follow (RFC 4884, 3)
constexpr u32 kAtomicMost = 1260;       // of IPv4 packets that may be fragmented on (RFC 7915, 5.1)
constexpr u32 kNoPointer = 0xffffffff;  // nothing in the other header corresponds to it

// Where an ICMP message carries its RFC 4884 length, in bytes of the datagram; 0 in types that have none.
WM_INLINE constexpr u32 datagram_length4(u8 type, u32 rest) {
  return type == 3 || type == 11 || type == 12 ? (rest >> 16 & 0xff) * 4 : 0;
}
WM_INLINE constexpr u32 datagram_length6(u8 type, u32 rest) { return type == 1 || type == 3 ? (rest >> 24) * 8 : 0; }

// An ICMP header but for its checksum; `rest` is its second word in host order.
struct Message {
  u8 type, code;
  u32 rest;
};
struct Translated {
  Message message;
  bool known;         // false: the message is not translated
  bool has_datagram;  // it may have a length and extensions
};

// RFC 7915, figure 3.
WM_INLINE constexpr u32 pointer_to_6(u32 p) {
  if (p <= 1) return p;
  if (p <= 3) return 4;
  if (p == 8) return 7;
  if (p == 9) return 6;
  if (p >= 12 && p <= 15) return 8;
  return p >= 16 && p <= 19 ? 24 : kNoPointer;
}
// RFC 7915, figure 6.
WM_INLINE constexpr u32 pointer_to_4(u32 p) {
  if (p <= 1) return p;
  if (p == 4 || p == 5) return 2;
  if (p == 6) return 9;
  if (p == 7) return 8;
  if (p >= 8 && p <= 23) return 12;
  return p >= 24 && p <= 39 ? 16 : kNoPointer;
}

WM_INLINE constexpr u32 least(u32 a, u32 b) { return a < b ? a : b; }

// The largest plateau below the length of the packet that was too big, for routers that name no MTU (RFC 1191, 7.1).
WM_INLINE u32 plateau_below(const Settings& s, u32 length) {
  for (u32 i = 0; i < kPlateaus; ++i) {
    if (!s.plateau[i]) break;
    if (s.plateau[i] < length) return s.plateau[i];
  }
  return 0;
}

// The MTUs of the next hops either way: a path MTU beyond them cannot be true.
struct NextMtus {
  u32 ip4, ip6;
};

// `inner_length` is what the IPv4 header in the error says. An MTU below 1280 is told as 1280, as hosts ignore less
// (RFC 8201, 4): they then send packets of 1280 at most, which leave here with DF clear (RFC 7915, 6).
WM_INLINE Translated error_to_6(const Settings& s, const Message& m, u32 inner_length, const NextMtus& mtus) {
  const u8 code = m.code;
  if (m.type == kIcmp4TimeExceeded) return {{kIcmp6TimeExceeded, code, 0}, code <= 1, true};
  if (m.type == kIcmp4Parameter) {
    const u32 pointer = pointer_to_6(m.rest >> 24);
    return {{kIcmp6Parameter, 0, pointer}, (code == 0 || code == 2) && pointer != kNoPointer, false};
  }
  if (m.type != kIcmp4Unreachable) return {{}, false, false};
  if (code == 2) return {{kIcmp6Parameter, 1, 6}, true, false};  // at the Next Header field
  if (code == 4) {
    const u32 told = m.rest & 0xffff, mtu = told ? told : plateau_below(s, inner_length);
    const u32 path = least(mtu + kHeaders, least(mtus.ip6, mtus.ip4 + kHeaders));
    return {{kIcmp6TooBig, 0, path < kLeastMtu6 ? kLeastMtu6 : path}, true, false};
  }
  if (code == 3) return {{kIcmp6Unreachable, 4, 0}, true, true};
  const bool prohibited = code == 9 || code == 10 || code == 13 || code == 15;
  return {{kIcmp6Unreachable, u8(prohibited), 0}, code <= 15 && code != 14, true};
}

WM_INLINE constexpr Translated error_to_4(const Message& m, bool inner_fragment, const NextMtus& mtus) {
  const u8 code = m.code;
  if (m.type == kIcmp6TimeExceeded) return {{kIcmp4TimeExceeded, code, 0}, code <= 1, true};
  if (m.type == kIcmp6Parameter) {
    if (code == 1) return {{kIcmp4Unreachable, 2, 0}, true, true};
    const u32 pointer = pointer_to_4(m.rest);
    return {{kIcmp4Parameter, 0, pointer << 24}, code == 0 && pointer != kNoPointer, true};
  }
  if (m.type == kIcmp6TooBig) {
    // The same packet without its Fragment Header is eight bytes shorter still.
    const u32 shorter = kHeaders + (inner_fragment ? 8 : 0);
    const u32 told = m.rest > shorter ? m.rest - shorter : 0;
    const u32 path = least(told, least(mtus.ip4, mtus.ip6 - kHeaders));
    return {{kIcmp4Unreachable, 4, path < 68 ? 68 : least(path, 0xffff)}, true, true};
  }
  if (m.type != kIcmp6Unreachable) return {{}, false, false};
  if (code == 1) return {{kIcmp4Unreachable, 10, 0}, true, true};
  return {{kIcmp4Unreachable, u8(code == 4 ? 3 : 1), 0}, code <= 4, true};
}

}  // namespace waymark::translate
