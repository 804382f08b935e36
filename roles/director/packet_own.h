// To the director's own address: what routers say of its tunnels is told on to whoever sent the packet in the tunnel.
#pragma once

#include "core/inner.h"
#include "core/quoted.h"
#include "core/way.h"
#include "roles/director/packet_told.h"

namespace waymark::director {

WM_INLINE constexpr bool is_too_big(bool ip6, const Icmp* icmp) {
  return ip6 ? icmp->type == kIcmp6TooBig && !icmp->code : icmp->type == kIcmp4Unreachable && icmp->code == 4;
}

// What a router names that cannot pass on the packet of `length` bytes with so many bytes of tunnel; 0: nothing useful.
// An old one names nothing (RFC 1191, 5): then what every host takes.
WM_INLINE constexpr u32 mtu_within(bool outer_ip6, bool ip6, u32 rest, u32 overhead, u32 length) {
  const u32 named = outer_ip6 ? rest : rest & 0xffff;
  const u32 mtu = !named ? kLongestError4 : named > overhead ? named - overhead : 0;
  const u32 least = ip6 ? kLeastMtu6 : 68;  // RFC 8201, 4; RFC 791
  const u32 told = mtu < least ? least : mtu;
  return told < length ? told : 0;
}

// Which kind of tunnel a quoted packet of ours is. UDP is told apart by the first byte behind it: GUE's is no VXLAN's.
WM_INLINE u8 quoted_kind(const View& v, const Packet& outer) {
  if (type_of(outer.protocol)) return kTunnelIp;
  if (outer.protocol == kProtoGre) return kTunnelGre;
  const auto* first = v.at<u8>(outer.l4 + u32(sizeof(Udp)));
  if (outer.protocol != kProtoUdp || !first) return kNoTunnel;
  return *first == kVxlanHasVni >> 24 ? kTunnelVxlan : kTunnelGue;
}

// Packet Too Big and Fragmentation Needed about a tunnel of ours (RFC 2473, 8; RFC 2003, 5.1): nothing is kept of it,
// so each sender is told by its own packet. It goes by the kernel's routes; while they have to be asked, and with tags,
// back to the router that said so, which has a way there or passes it on.
template <Env E>
WM_INLINE Verdict tell_on(E& env, const Packet& p, u32 rest) {
  const Quoted q = quoted_in(env, p);
  if (!q.l4) return why::local;
  Packet outer = answered_by(env.view(), p, q);
  if (!(outer.destination == p.destination)) return why::local;
  const u8 kind = quoted_kind(env.view(), outer);
  if (kind == kNoTunnel) return why::local;
  const Inner inner = find_inner(env, outer, kind);
  if (!inner.type) return why::local;
  Packet in{};  // as if an ICMP error quoted it
  in.l3 = inner.offset;
  in.l4 = inner.offset - u32(sizeof(Icmp));
  in.end = p.end;
  in.ip6 = inner.type == kEtherIp6;
  const Quoted within = quoted_in(env, in);
  const View v = env.view();
  if (!within.l4 || ended(parse_ip(v, in, inner.type))) return why::error_short;
  const u32 length = in.end - in.l3;
  in.l4 = within.l4;
  in.protocol = within.protocol;
  const Address voice = voice_of(env.settings(), kModule, in.ip6);
  const bool is_ours = in.source == voice;  // a health check's
  if (is_ours || !may_complain(v, in, 0)) return why::local;
  const u32 mtu = mtu_within(p.ip6, in.ip6, rest, inner.offset - outer.l3, length);
  if (!mtu) return why::local;
  if (!may_answer(env, AnswerKind::told)) return why::limited;
  Onward way = {WayKind::kernel, 0, 0, {}};
  if (p.l3 == sizeof(Ethernet)) way = find_way(env, voice, in.source);
  const u32 ends = p.end - (inner.offset - p.l3);
  if (!take_out(env, p.l3, inner.offset, in.ip6)) return forward::why::no_room;
  in.l3 = p.l3;
  in.end = ends;
  const Verdict end = tell(env, in, too_big_complaint(in.ip6), mtu, why::told_on, forward::why::no_room, kAsked);
  if (end.reason != why::told_on.reason || way.kind != WayKind::direct) return end;
  auto* ethernet = env.view().template at<Ethernet>(0);
  if (!ethernet) return forward::why::no_room;
  store_link(ethernet, way.link, ethernet->type);
  env.leave(way.interface);
  return end;
}

template <Env E>
WM_INLINE Verdict receive_own(E& env, const Packet& p) {
  if (p.protocol != (p.ip6 ? kProtoIcmp6 : kProtoIcmp4)) return why::local;
  const auto* icmp = env.view().template at<Icmp>(p.l4);
  if (!icmp || !is_too_big(p.ip6, icmp) || !env.settings().answer_interval[u32(AnswerKind::told)]) return why::local;
  return tell_on(env, p, number(icmp->rest));
}

}  // namespace waymark::director
