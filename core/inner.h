// The packet inside a tunnel that ends here, for every role that opens one: where it begins, and what it says it is.
#pragma once

#include "core/outer.h"
#include "core/parse.h"

namespace waymark {

#define TUNNEL_REASONS(X, M)                                                                                 \
  X(M, drop, gre_header, "the GRE header is cut short, or of a version, type or with fields not known here") \
  X(M, drop, gre_checksum, "the GRE tunnel's checksum is wrong")                                             \
  X(M, drop, wrong_key,                                                                                      \
    "the tunnel's key or VNI is not the configured one, or missing, or there where none is configured")      \
  X(M, drop, vxlan_header, "the VXLAN header is cut short, or has no VNI, as its I flag is not set")         \
  X(M, drop, vxlan_mac, "the frame in the VXLAN tunnel is for another MAC address than this end's")          \
  X(M, drop, vxlan_vlan, "the frame in the VXLAN tunnel has a VLAN tag")                                     \
  X(M, drop, vxlan_type, "the frame in the VXLAN tunnel carries neither IPv4 nor IPv6")
WM_REASONS(tunnel, 6, TUNNEL_REASONS)

constexpr u8 kNoTunnel = 0xff;
struct Inner {
  u32 offset;
  u16 type;  // EtherType; 0: no packet was found
  u8 kind;
  bool has_candidate = false;  // a GueCandidate stands in front of it
  bool has_key = false, has_checksum = false;
  u32 key = 0;
  Verdict flaw = kGoOn;  // why no packet was found in GRE or VXLAN
};

WM_INLINE constexpr u16 type_of(u8 protocol) {
  return protocol == kProtoIp4 ? kEtherIp4 : protocol == kProtoIp6 ? kEtherIp6 : u16(0);
}
WM_INLINE constexpr bool is_ip(u16 type) { return type == kEtherIp4 || type == kEtherIp6; }

template <class E>
WM_INLINE Inner find_in_gue(const E& env, const Packet& p) {
  const View v = env.view();
  constexpr Inner malformed = {0, 0, kTunnelGue};
  const auto* gue = v.template at<Gue>(p.l4 + sizeof(Udp));
  if (!gue || p.l4 + kGueLength > p.end) return malformed;
  const u32 inner = p.l4 + kGueLength;
  if (gue->flags.raw || !type_of(gue->protocol)) return malformed;
  if (WM_LIKELY(!gue->variant_control_hlen)) return {inner, type_of(gue->protocol), kTunnelGue};
  const auto* candidate = v.template at<GueCandidate>(inner);
  if (gue->variant_control_hlen != kGueCandidateWords || !candidate || inner + sizeof(GueCandidate) > p.end ||
      candidate->kind != kGueSecondCandidate)
    return malformed;
  return {inner + u32(sizeof(GueCandidate)), type_of(gue->protocol), kTunnelGue, true};
}

// A sequence number is refused: packets that come late would have to be dropped, and no end keeps count of them.
template <class E>
WM_INLINE Inner find_in_gre(const E& env, const Packet& p) {
  const View v = env.view();
  Inner found = {0, 0, kTunnelGre};
  found.flaw = tunnel::why::gre_header;
  const auto* gre = v.template at<Gre>(p.l4);
  if (!gre || p.l4 + sizeof(Gre) > p.end) return found;
  const u16 flags = number(gre->flags), type = number(gre->type);
  if (flags & kGreRefused || !is_ip(type)) return found;
  u32 inner = p.l4 + u32(sizeof(Gre));
  if (flags & kGreChecksum) inner += 4;
  if (flags & kGreKey) {
    const auto* key = v.template at<Word32>(inner);
    if (!key) return found;
    found.key = number(be32{key->value});
    inner += kGreKeyLength;
  }
  if (inner > p.end) return found;
  found.offset = inner;
  found.type = type;
  found.has_key = flags & kGreKey;
  found.has_checksum = flags & kGreChecksum;
  found.flaw = kGoOn;
  return found;
}

// Its UDP checksum is taken as it is, as RFC 7348, 5 allows: what is inside has its own.
template <class E>
WM_INLINE Inner find_in_vxlan(const E& env, const Packet& p) {
  const View v = env.view();
  Inner found = {p.l4 + kVxlanLength, 0, kTunnelVxlan};
  found.flaw = tunnel::why::vxlan_header;
  const auto* vxlan = v.template at<Vxlan>(p.l4 + sizeof(Udp));
  const auto* frame = v.template at<Ethernet>(p.l4 + sizeof(Udp) + sizeof(Vxlan));
  if (!vxlan || !frame || found.offset > p.end || !(number(vxlan->flags) & kVxlanHasVni)) return found;
  const u16 type = number(frame->type);
  found.has_key = true;
  found.key = number(vxlan->vni) >> 8;
  found.type = is_ip(type) ? type : u16(0);
  found.flaw = kGoOn;  // no choice of constants: clang 14 puts those into a section that the kernel does not take
  if (!found.type) found.flaw = tunnel::why::vxlan_type;
  if (type == kEtherVlan || type == kEtherVlanService) found.flaw = tunnel::why::vxlan_vlan;
  return found;
}

WM_INLINE constexpr bool takes(const TunnelEnds& ends, u8 kind) { return ends.kinds >> kind & 1; }

// Whether the packet that parse_ip() read is a tunnel of a kind that ends here: its kind, or kNoTunnel.
template <class E>
WM_INLINE u8 kind_of(const E& env, const Packet& p, const TunnelEnds& ends) {
  if (p.protocol == kProtoUdp) {
    const auto* udp = env.view().template at<Udp>(p.l4);
    if (!udp) return kNoTunnel;
    const u16 port = number(udp->destination);
    if (port == ends.gue_port && takes(ends, kTunnelGue)) return kTunnelGue;
    return port == ends.vxlan_port && takes(ends, kTunnelVxlan) ? kTunnelVxlan : kNoTunnel;
  }
  if (WM_LIKELY(type_of(p.protocol))) return takes(ends, kTunnelIp) ? kTunnelIp : kNoTunnel;
  return p.protocol == kProtoGre && takes(ends, kTunnelGre) ? kTunnelGre : kNoTunnel;
}

// What is in a tunnel of that kind. Keys and MAC addresses are for admit() to judge.
template <class E>
WM_INLINE Inner find_inner(const E& env, const Packet& p, u8 kind) {
  if (WM_LIKELY(kind == kTunnelIp)) return {p.l4, type_of(p.protocol), kind};
  if (WM_LIKELY(kind == kTunnelGue)) return find_in_gue(env, p);
  Inner found = kind == kTunnelGre ? find_in_gre(env, p) : find_in_vxlan(env, p);
  found.offset = forget(found.offset);  // from here on these are alike to the kernel's verifier
  found.type = u16(forget(found.type));
  return found;
}

// Whether an end takes what was found in the validated packet `p` in GRE or VXLAN; `own`: the MAC address of the
// interface that it came in by. kGoOn, or how the packet ends.
template <class E>
WM_INLINE Verdict admit(E& env, const Packet& p, const Inner& found, const TunnelEnds& ends, const Mac& own) {
  const bool vxlan = found.kind == kTunnelVxlan, keyed = vxlan || ends.gre_has_key;
  if (ended(found.flaw) && !found.has_key) return found.flaw;
  if (found.has_key != keyed) return tunnel::why::wrong_key;
  if (keyed && found.key != (vxlan ? ends.vxlan_key : ends.gre_key)) return tunnel::why::wrong_key;
  if (vxlan) {
    const auto* frame = env.view().template at<Ethernet>(found.offset - u32(sizeof(Ethernet)));
    if (!frame || !same(frame->destination, same(ends.mac, Mac{}) ? own : ends.mac)) return tunnel::why::vxlan_mac;
    return found.flaw;
  }
  if (!found.has_checksum) return kGoOn;  // RFC 2784, 2.1: what is there must be right
  const u64 sum = sum_of_bytes(env, p.l4, p.end);
  if (sum == kNoSum || fold(sum) != 0xffff) return tunnel::why::gre_checksum;
  return kGoOn;
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
