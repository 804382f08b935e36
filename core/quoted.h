// The packet that an ICMP error quotes: whose flow it is of, from as little as a router may have left of it.
#pragma once

#include "core/parse.h"

namespace waymark {

WM_INLINE constexpr u64 pack_quoted(const Quoted& q) {
  return q.l4 | u64(q.protocol) << 16 | u64(q.source_port) << 32 | u64(q.destination_port) << 48;
}
WM_INLINE constexpr Quoted unpack_quoted(u64 w) { return {u16(w), u8(w >> 16), u16(w >> 32), u16(w >> 48)}; }

// Where the quoted IP header begins, behind the ICMP header.
WM_INLINE constexpr u32 quoted_l3(const Packet& error) { return error.l4 + u32(sizeof(Icmp)); }

// What the ICMP error at error.l4 quotes, of the error's own IP version; error.end and error.ip6 are right, too. Eight
// bytes behind the quoted IP header are enough (RFC 792; RFC 4443 has more). A quoted fragment that is not the first
// tells nothing.
WM_INLINE Quoted read_quoted(const View& v, const Packet& error) {
  constexpr Quoted nothing = {0, 0, 0, 0};
  Packet p{};
  p.l3 = quoted_l3(error);
  p.end = error.end;
  if (error.ip6) {
    const auto* ip = v.at<Ip6>(p.l3);
    if (!ip || number(ip->version_class_label) >> 28 != 6) return nothing;
    p.protocol = ip->next;
    p.l4 = p.l3 + u32(sizeof(Ip6));
    if (ended(skip_extensions(v, p))) {
      const auto* fragment = v.at<Ip6Fragment>(p.l4);
      if (p.protocol != kProtoFragment || !fragment || number(fragment->offset) & 0xfff8) return nothing;
      p.protocol = fragment->next;
      p.l4 += u32(sizeof(Ip6Fragment));
    }
  } else {
    const auto* ip = v.at<Ip4>(p.l3);
    if (!ip || ip->version_ihl >> 4 != 4 || number(ip->fragment) & 0x1fff) return nothing;
    p.protocol = ip->protocol;
    p.l4 = p.l3 + (ip->version_ihl & 15) * 4u;
    if (p.l4 < p.l3 + sizeof(Ip4)) return nothing;
  }
  const auto* ports = v.at<Ports>(p.l4);
  if (!ports || p.l4 + sizeof(Udp) > p.end) return nothing;
  if (p.protocol != kProtoTcp && p.protocol != kProtoUdp) return {p.l4, p.protocol, 0, 0};
  return {p.l4, p.protocol, number(ports->source), number(ports->destination)};
}

namespace core {
struct quoted_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 l4, u64 end, u64 ip6, u64) {
    return pack_quoted(read_quoted(env.view(), packet_at(0, l4, end, ip6)));
  }
};
}  // namespace core
// The same as a step of its own.
template <class E>
WM_INLINE Quoted quoted_in(E& env, const Packet& error) {
  return unpack_quoted(env.template call<core::quoted_step>(error.l4, error.end, error.ip6));
}

// The quoted packet seen from its other end: one that could have been answered by it.
WM_INLINE Packet answered_by(const View& v, const Packet& error, const Quoted& q) {
  Packet p{};
  p.l3 = quoted_l3(error);
  p.l4 = q.l4;
  p.end = error.end;
  p.ip6 = error.ip6;
  p.protocol = q.protocol;
  p.source_port = q.destination_port;
  p.destination_port = q.source_port;
  if (!load_addresses(v, p)) return p;
  const Address source = p.source;
  p.source = p.destination;
  p.destination = source;
  return p;
}

}  // namespace waymark
