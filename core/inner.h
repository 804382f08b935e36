// The packet inside a tunnel that ends here, for every role that opens one: where it begins, and what it says it is.
#pragma once

#include "core/outer.h"
#include "core/parse.h"

namespace waymark {

struct Inner {
  u32 offset;
  u16 type;                    // EtherType; 0: no packet was found
  bool has_candidate = false;  // a GueCandidate stands in front of it
  bool is_tunnel = false;      // though no packet was found: a header is cut short, or says what is not known here
};

WM_INLINE constexpr u16 type_of(u8 protocol) {
  return protocol == kProtoIp4 ? kEtherIp4 : protocol == kProtoIp6 ? kEtherIp6 : u16(0);
}

// Of the packet that parse_ip() read: IP-in-IP, or GUE to `gue_port` (host order; 0: none is taken for GUE).
template <class E>
WM_INLINE Inner find_inner(E& env, const Packet& p, u16 gue_port) {
  if (p.protocol != kProtoUdp) return {p.l4, type_of(p.protocol)};
  const View v = env.view();
  const auto* udp = v.template at<Udp>(p.l4);
  if (!udp || !gue_port || number(udp->destination) != gue_port) return {0, 0};
  constexpr Inner malformed = {0, 0, false, true};
  const auto* gue = v.template at<Gue>(p.l4 + sizeof(Udp));
  if (!gue || p.l4 + kGueLength > p.end) return malformed;
  const u32 inner = p.l4 + kGueLength;
  if (gue->flags.raw || !type_of(gue->protocol)) return malformed;
  if (WM_LIKELY(!gue->variant_control_hlen)) return {inner, type_of(gue->protocol)};
  const auto* candidate = v.template at<GueCandidate>(inner);
  if (gue->variant_control_hlen != kGueCandidateWords || !candidate || inner + sizeof(GueCandidate) > p.end ||
      candidate->kind != kGueSecondCandidate)
    return malformed;
  return {inner + u32(sizeof(GueCandidate)), type_of(gue->protocol), true};
}

}  // namespace waymark
