// From a frame to offsets and a few words: never pointers, so that a parsed packet survives resizing.
#pragma once

#include "core/tables.h"

namespace waymark {

// Everything here is host order unless its type says otherwise. Offsets are bytes from the frame's first.
struct Packet {
  u32 l3;   // where the IP header begins
  u32 l4;   // where the transport header begins
  u32 end;  // where the IP packet ends (the frame may be padded)
  u16 outer_vlan, inner_vlan;
  Address source, destination;
  u8 ip6;       // 1 for IPv6
  u8 protocol;  // of the transport header
  u8 hops;      // hop limit or TTL
  u8 tos;       // traffic class: DSCP:6 ECN:2
  u16 source_port, destination_port;
  u8 tcp_flags;
};

// As much of a packet as crosses to a step of its own (core/step.h).
WM_INLINE Packet packet_at(u64 l3, u64 l4, u64 end, bool ip6) {
  Packet p{};
  p.l3 = u32(l3);
  p.l4 = u32(l4);
  p.end = u32(end);
  p.ip6 = ip6;
  return p;
}

#define PARSE_REASONS(X, M)                                                                                          \
  X(M, pass, ethernet_short, "the frame is too short for its Ethernet header and tags")                              \
  X(M, pass, not_ip, "the frame carries neither IPv4 nor IPv6")                                                      \
  X(M, pass, vlan_deep, "the frame carries more than two VLAN tags")                                                 \
  X(M, pass, ip_short, "the frame is too short for its IP header")                                                   \
  X(M, pass, ip_version, "the IP version is not the one that the EtherType says")                                    \
  X(M, drop, ip4_header, "the IPv4 header says that it is shorter than 20 bytes")                                    \
  X(M, drop, ip_length, "the IP header says a length that the frame does not have, or less than its header")         \
  X(M, drop, extension_short, "an IPv6 extension header reaches beyond the packet")                                  \
  X(M, drop, extension_chain, "the IPv6 packet has more than six extension headers, or more than 511 bytes of them") \
  X(M, pass, fragment, "a fragment that is no service's TCP or UDP: the kernel's")                                   \
  X(M, drop, tcp_header, "the TCP header is cut short, or its length is below 20 bytes or beyond the packet")        \
  X(M, drop, udp_header, "the UDP header is cut short, or its length field lies")                                    \
  X(M, drop, icmp_header, "the ICMP header is cut short")                                                            \
  X(M, drop, martian_source, "the source is multicast, loopback, unspecified or reserved")                           \
  X(M, drop, land, "source and destination are the same address")
WM_REASONS(parse, 0, PARSE_REASONS)

// No verdict yet: the packet goes on. (Reason ids are below kReasons; this one is none.)
constexpr Verdict kGoOn = {0xffff, Action::pass};
constexpr bool ended(Verdict v) { return v.reason != kGoOn.reason; }

constexpr u32 kMaxExtensions = 6;

// All ways of parsing become one to the verifier.
WM_INLINE void forget(Packet& p) {
  const u32 unknown = forget(0);
  p.l3 ^= unknown;
  p.l4 ^= unknown;
  p.protocol ^= u8(unknown);
  p.ip6 = (p.ip6 ^ unknown) & 1;
}

// Ethernet and up to two tags. The result is the EtherType of what follows at p.l3, or the way out in `verdict`.
WM_INLINE u16 parse_ethernet(const View& v, Packet& p, Verdict& verdict) {
  verdict = parse::why::ethernet_short;
  const auto* ethernet = v.at<Ethernet>(0);
  if (!ethernet) return 0;
  u16 type = number(ethernet->type);
  p.l3 = sizeof(Ethernet);
  p.outer_vlan = p.inner_vlan = 0;
  if (WM_UNLIKELY(type == kEtherVlan || type == kEtherVlanService)) {
    const auto* outer = v.at<Vlan>(sizeof(Ethernet));
    if (!outer) return 0;
    p.outer_vlan = number(outer->tag) & 0xfff;
    type = number(outer->type);
    p.l3 = sizeof(Ethernet) + sizeof(Vlan);
    if (type == kEtherVlan || type == kEtherVlanService) {
      const auto* inner = v.at<Vlan>(sizeof(Ethernet) + sizeof(Vlan));
      if (!inner) return 0;
      p.inner_vlan = number(inner->tag) & 0xfff;
      type = number(inner->type);
      p.l3 = sizeof(Ethernet) + 2 * sizeof(Vlan);
      if (type == kEtherVlan || type == kEtherVlanService) {
        verdict = parse::why::vlan_deep;
        return 0;
      }
    }
  }
  verdict = kGoOn;
  return type;
}

// The fixed IP header at p.l3: as much as steering needs. Nothing is judged here about packets that are not ours
// beyond what stops us from reading them, so every way out is `pass`.
WM_INLINE Verdict parse_ip(const View& v, Packet& p, u16 type) {
  if (type == kEtherIp6) {
    const auto* ip = v.at<Ip6>(p.l3);
    if (!ip) return parse::why::ip_short;
    const u32 word = number(ip->version_class_label);
    if (word >> 28 != 6) return parse::why::ip_version;
    p.ip6 = 1;
    p.l4 = p.l3 + sizeof(Ip6);
    p.end = p.l4 + number(ip->length);
    p.source = load_address(ip->source);
    p.destination = load_address(ip->destination);
    p.protocol = ip->next;
    p.hops = ip->hops;
    p.tos = u8(word >> 20);
    return kGoOn;
  }
  if (type == kEtherIp4) {
    const auto* ip = v.at<Ip4>(p.l3);
    if (!ip) return parse::why::ip_short;
    if (ip->version_ihl >> 4 != 4) return parse::why::ip_version;
    p.ip6 = 0;
    p.l4 = p.l3 + (ip->version_ihl & 15) * 4u;
    p.end = p.l3 + number(ip->length);
    p.source = address_of(ip->source);
    p.destination = address_of(ip->destination);
    p.protocol = ip->protocol;
    p.hops = ip->ttl;
    p.tos = ip->tos;
    return kGoOn;
  }
  return parse::why::not_ip;
}

// The addresses in the IP header at p.l3, of version p.ip6. False where the packet has none there.
WM_INLINE bool load_addresses(const View& v, Packet& p) {
  if (p.ip6) {
    const auto* ip = v.at<Ip6>(p.l3);
    if (!ip) return false;
    p.source = load_address(ip->source);
    p.destination = load_address(ip->destination);
    return true;
  }
  const auto* ip = v.at<Ip4>(p.l3);
  if (!ip) return false;
  p.source = address_of(ip->source);
  p.destination = address_of(ip->destination);
  return true;
}

// A loop with many ways out is unrolled for the kernel: the compiler may lay it out so that its last block falls into
// its first, which the verifier refuses before Linux 6.7 (engine/xdp/back_edges_test.cpp).
#if defined(__bpf__)
#define WM_UNROLL _Pragma("clang loop unroll(full)")
#else
#define WM_UNROLL
#endif

// Walks the extension headers from p.l4 on; p.protocol and p.l4 then name the transport header.
WM_INLINE Verdict skip_extensions(const View& v, Packet& p) {
  if (WM_LIKELY(p.protocol == kProtoTcp || p.protocol == kProtoUdp)) return kGoOn;  // nearly always there are none
  WM_UNROLL for (u32 i = 0; i <= kMaxExtensions; ++i) {
    const u8 next = p.protocol;
    if (next == kProtoFragment) return parse::why::fragment;
    if (next != kProtoHopByHop && next != kProtoRouting && next != kProtoDestination) return kGoOn;
    const auto* extension = v.at<Ip6Extension>(p.l4);
    if (i == kMaxExtensions) return parse::why::extension_chain;
    if (!extension || p.l4 + 8 > p.end) return parse::why::extension_short;
    p.protocol = extension->next;
    p.l4 += (extension->length + 1u) * 8;
    if (p.l4 > p.end) return parse::why::extension_short;
    if (p.l4 > kMaxOffset) return parse::why::extension_chain;
  }
  return parse::why::extension_chain;
}

// TCP, UDP and ICMP headers at p.l4. A header beyond kMaxOffset counts as cut short.
WM_INLINE Verdict parse_transport(const View& v, Packet& p) {
  p.source_port = p.destination_port = 0;
  p.tcp_flags = 0;
  if (WM_LIKELY(p.protocol == kProtoTcp)) {
    const auto* tcp = v.at<Tcp>(p.l4);
    if (!tcp || p.l4 + sizeof(Tcp) > p.end) return parse::why::tcp_header;
    const u32 length = (tcp->offset >> 4) * 4u;
    if (length < sizeof(Tcp) || p.l4 + length > p.end) return parse::why::tcp_header;
    p.source_port = number(tcp->source);
    p.destination_port = number(tcp->destination);
    p.tcp_flags = tcp->flags;
  } else if (p.protocol == kProtoUdp) {
    const auto* udp = v.at<Udp>(p.l4);
    if (!udp || p.l4 + sizeof(Udp) > p.end) return parse::why::udp_header;
    const u32 length = number(udp->length);
    if (length < sizeof(Udp) || p.l4 + length > p.end) return parse::why::udp_header;
    p.source_port = number(udp->source);
    p.destination_port = number(udp->destination);
  } else if (p.protocol == (p.ip6 ? kProtoIcmp6 : kProtoIcmp4)) {
    if (!v.at<Icmp>(p.l4) || p.l4 + sizeof(Icmp) > p.end) return parse::why::icmp_header;
  }
  return kGoOn;
}

// Judges a packet that is ours: lengths, addresses, extension headers, transport header. `length` is the frame's, or
// for a packet in a tunnel where the outer one ends.
WM_INLINE Verdict validate(const View& v, Packet& p, u32 length) {
  if (p.end > length || p.end < p.l4) return parse::why::ip_length;
  if (p.ip6) {
    if (p.source == p.destination) return parse::why::land;
    if (is_martian_source6(p.source)) return parse::why::martian_source;
    if (Verdict end = skip_extensions(v, p); WM_UNLIKELY(ended(end))) return end;
  } else {
    if (p.l4 < p.l3 + sizeof(Ip4)) return parse::why::ip4_header;
    if (p.source == p.destination) return parse::why::land;
    if (is_martian_source4(ip4_of(p.source))) return parse::why::martian_source;
    const auto* ip = v.at<Ip4>(p.l3);
    if (!ip) return parse::why::ip_short;
    if (number(ip->fragment) & 0x3fff) return parse::why::fragment;
  }
  p.l4 = forget(p.l4);
  p.protocol = u8(forget(p.protocol));
  return parse_transport(v, p);
}

}  // namespace waymark
