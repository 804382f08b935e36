// Types of ICMP messages: which are errors is asked by steering, translation and complaints alike.
#pragma once

#include "core/wire.h"

namespace waymark {

constexpr u8 kIcmp4EchoReply = 0, kIcmp4Unreachable = 3, kIcmp4SourceQuench = 4, kIcmp4Redirect = 5, kIcmp4Echo = 8,
             kIcmp4TimeExceeded = 11, kIcmp4Parameter = 12;
constexpr u8 kIcmp6Unreachable = 1, kIcmp6TooBig = 2, kIcmp6TimeExceeded = 3, kIcmp6Parameter = 4, kIcmp6Echo = 128,
             kIcmp6EchoReply = 129, kIcmp6Redirect = 137;

constexpr u32 kLeastMtu6 = 1280;      // RFC 8200, 5
constexpr u32 kLongestError4 = 576;   // RFC 1812, 4.3.2.3
constexpr u32 kLongestError6 = 1280;  // RFC 4443, 2.4 c

// RFC 1122, 3.2.2: those that quote a packet.
WM_INLINE constexpr bool is_icmp4_error(u8 type) {
  return type == kIcmp4Unreachable || type == kIcmp4SourceQuench || type == kIcmp4Redirect ||
         type == kIcmp4TimeExceeded || type == kIcmp4Parameter;
}
// RFC 4443, 2.1: unknown ones too. A redirect is none, although it may quote a packet.
WM_INLINE constexpr bool is_icmp6_error(u8 type) { return type < 128; }

WM_INLINE constexpr bool is_icmp_error(bool ip6, u8 type) { return ip6 ? is_icmp6_error(type) : is_icmp4_error(type); }

}  // namespace waymark
