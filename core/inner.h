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

// Takes away what stands between the link header with its tags, which ends at `l3`, and the packet at `inner_l3`.
// False, before any write, where that cannot be.
template <class E>
WM_INLINE bool take_out(E& env, u32 l3, u32 inner_l3, bool ip6) {
  const View before = env.view();
  const auto* old = before.template at<Ethernet>(0);
  if (!old) return false;
  const LinkAddresses link = load_link(old);
  be16 first_type = old->type;
  Vlan tag[2] = {};
  const u32 tags = (l3 - u32(sizeof(Ethernet))) / u32(sizeof(Vlan));
  if (WM_UNLIKELY(tags)) {
    const auto* first = before.template at<Vlan>(sizeof(Ethernet));
    const auto* second = before.template at<Vlan>(sizeof(Ethernet) + sizeof(Vlan));
    if (!first || !second) return false;
    tag[0] = *first;
    tag[1] = *second;
  }
  const be16 type = wire16(ip6 ? kEtherIp6 : kEtherIp4);
  if (!env.resize(-int(inner_l3 - l3))) return false;
  const View after = env.view();
  auto* ethernet = after.template at<Ethernet>(0);
  if (!ethernet) return false;
  if (WM_LIKELY(!tags)) {
    first_type = type;
  } else {
    auto* first = after.template at<Vlan>(sizeof(Ethernet));
    auto* second = after.template at<Vlan>(sizeof(Ethernet) + sizeof(Vlan));
    if (!first || !second) return false;
    if (tags == 1) {
      tag[0].type = type;
    } else {
      tag[1].type = type;
      *second = tag[1];
    }
    *first = tag[0];
  }
  store_link(ethernet, link, first_type);
  return true;
}

}  // namespace waymark
