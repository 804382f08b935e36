// How a translation ends. A role that translates begins its own list of reasons with this one, and adds to it:
//
//   #define GATEWAY_REASONS(X, M) TRANSLATION_REASONS(X, M) X(M, drop, ...)
//   WM_REASONS(gateway, 6, GATEWAY_REASONS)
//   WM_TRANSLATION_REASONS(gateway)
//
// So its numbers differ from those here by its module alone, and own() makes one of the other. As roles' own numbers
// follow, nothing can be added here any more once two roles have been released.
#pragma once

#include "core/parse.h"

namespace waymark {

#define TRANSLATION_REASONS(X, M)                                                                                      \
  X(M, forward, to_ip6, "translated to IPv6 and sent to its next hop")                                                 \
  X(M, forward, to_ip4, "translated to IPv4 and sent to its next hop")                                                 \
  X(M, pass, to_ip6_by_kernel, "translated to IPv6 and left to the kernel's routes: no valid next hop is known")       \
  X(M, pass, to_ip4_by_kernel, "translated to IPv4 and left to the kernel's routes: no valid next hop is known")       \
  X(M, forward, hairpinned, "from one IPv6 host to another by their IPv4 addresses: translated there and back")        \
  X(M, punt, fragmented, "longer than its way allows, and may be cut: leaves in fragments")                            \
  X(M, punt, realigned, "an ICMP error whose extensions had to move")                                                  \
  X(M, pass, local, "to this node's own address, and no ping: the kernel's")                                           \
  X(M, forward, echoed, "a ping of this node's own address, answered")                                                 \
  X(M, forward, hop_limit, "the hop limit ended here, and its sender was told")                                        \
  X(M, forward, too_big, "too big for its way out and not to be cut, and its sender was told")                         \
  X(M, forward, source_route, "IPv4 source route not at its end: not translated, and its sender was told")             \
  X(M, forward, routing_header, "IPv6 routing header not at its end: not translated, and its sender was told")         \
  X(M, forward, unreachable, "the kernel's routes lead nowhere, and its sender was told")                              \
  X(M, drop, error_limited, "an ICMP error or echo was due, but enough were sent lately")                              \
  X(M, drop, error_withheld, "an ICMP error was due, but none may be sent about this packet, or from no address")      \
  X(M, drop, reserved_bits, "an address under an IPv4-embedding prefix with bits set that must be zero")               \
  X(M, drop, nonglobal, "a non-global IPv4 address under the well-known prefix (RFC 6052, 3.1)")                       \
  X(M, drop, martian, "would carry an IPv4 address that no packet may carry")                                          \
  X(M, drop, source_unknown, "the source has no translation")                                                          \
  X(M, drop, protocol, "the protocol would become an IPv6 extension header that nobody sent")                          \
  X(M, drop, icmp_type, "an ICMP type or code that is not translated (RFC 7915, 4.2, 5.2)")                            \
  X(M, drop, icmp_fragment, "a fragmented ICMP message: its checksum cannot be translated")                            \
  X(M, drop, icmp_length, "the ICMP error names a length of the packet inside that it does not have")                  \
  X(M, forward, udp_checksum, "UDP without a checksum, in fragments or refused by configuration: its sender was told") \
  X(M, drop, fragment, "a fragment that ends beyond 65535 bytes")                                                      \
  X(M, forward, fragment_header, "an extension header behind the fragment header, and its sender was told")            \
  X(M, drop, too_long, "would be longer than an IPv4 packet can be")                                                   \
  X(M, drop, inner_header, "the packet inside the ICMP error is cut short, or is none of this IP version")             \
  X(M, drop, inner_error, "the packet inside the ICMP error is one itself, or an ICMP message never translated")       \
  X(M, drop, inner_unknown, "an address of the packet inside the ICMP error has no translation")                       \
  X(M, drop, no_room, "the driver leaves no room in front of the packet for the longer header")                        \
  X(M, drop, header_checksum, "the IPv4 header's checksum is wrong (RFC 1812, 5.2.2)")                                 \
  X(M, forward, would_return, "no map has its destination, which would come back here, and its sender was told")       \
  X(M, forward, source_unknown_told, "the source has no translation, and its sender was told")                         \
  X(M, forward, nonglobal_told, "a non-global IPv4 address under the well-known prefix, and its sender was told")
// The module of the translator, which so has its own at no cost. It is no module by itself: nothing is counted as one
// of these.
WM_REASONS(translate, 5, TRANSLATION_REASONS)

#define WM_TRANSLATION_REASON(M, ACTION, NAME, TEXT) \
  static_assert(u32(M::why::Code::NAME) == u32(translate::why::Code::NAME));
#define WM_TRANSLATION_REASONS(M) TRANSLATION_REASONS(WM_TRANSLATION_REASON, M)

namespace translate {

// A verdict of a translation as the reason of `module`'s that it is there; others stay what they are.
template <u32 module>
WM_INLINE constexpr Verdict own(Verdict v) {
  if constexpr (module == kModule)
    return v;
  else
    return module_of(v) == kModule ? Verdict{u16(v.reason + (module - kModule) * kReasonsPerModule), v.action} : v;
}

}  // namespace translate
}  // namespace waymark
