// A server's end of the tunnels: believed from listed directors only, opened for served packets only, and left to the
// kernel, whose reply goes straight to the client.
#pragma once

#include "core/congestion.h"
#include "core/inner.h"
#include "core/steer.h"
#include "roles/host/packet_icmp.h"

namespace waymark {

namespace host {

// Not what opens a flow: that is for whoever was chosen.
WM_INLINE constexpr bool in_middle(const Packet& p) {
  return p.protocol != kProtoTcp || (p.tcp_flags & (kTcpSyn | kTcpAck)) != kTcpSyn;
}

// The way to another host that shares `service` with this one: a target slot, or 0.
template <Env E>
WM_INLINE u32 way_to(E& env, const Front* front, u32 service) {
  if (!front || service == kAnyService) return 0;
  const Rule* rule = find_rule(env, front, u8(service >> 16), u16(service));
  const Fellow* fellow = rule ? env.at(table::fellows, rule->service) : nullptr;
  return fellow ? fellow->slot : 0;
}

// Sends a stray on to the second candidate: once, as what it sends names none, and a host takes no such tunnel from
// another. Null where the packet is to be delivered here after all.
template <Env E>
WM_INLINE bool pass_on(E& env, const Packet& outer, const Packet& inner, u32 zone, u32 service, Verdict& verdict) {
  const auto* named = env.view().template at<GueCandidate>(inner.l3 - u32(sizeof(GueCandidate)));
  const auto* udp = env.view().template at<Udp>(outer.l4);
  if (!named || !udp) return false;
  const u32 entropy = number(udp->source);
  const Front* fellow = find_front(env, space_of(zone, SpaceKind::fellow), load_address(named->address));
  const u32 slot = way_to(env, fellow, service);
  const Target* target = slot ? env.at(table::targets, slot) : nullptr;
  if (!target || !target->in_use || inner.hops <= 1) {
    env.note(Note::candidate_refused);
    return false;
  }
  env.note(Note::passed_on);
  env.step(Step::passed_on, slot, 0, 0);
  verdict = send_by_slot(env, inner, {slot, 0, entropy});
  return true;
}

// A packet to one of this host's tunnel ends, from parse_ip() on.
template <Env E>
WM_INLINE Verdict receive(E& env, Packet& p, const Port* port, const Steered& to) {
  const Front* end_of_tunnels = front_of(env, to, space_of(port->zone), p);
  if (!end_of_tunnels) return steer::why::not_ours;
  if (WM_UNLIKELY(is_ip4(end_of_tunnels->address) == bool(p.ip6))) return steer::why::not_ours;  // IPv4-mapped in IPv6
  const TunnelEnds& ends = env.settings().tunnel_ends;
  const u8 kind = kind_of(env, p, ends);
  if (kind == kNoTunnel) return why::local;
  if (WM_UNLIKELY(!port->accepts_tunnels)) return why::untrusted_interface;
  const bool from_director = find_front(env, space_of(port->zone, SpaceKind::director), p.source);
  const Front* fellow = nullptr;
  if (WM_UNLIKELY(!from_director)) {
    fellow = find_front(env, space_of(port->zone, SpaceKind::fellow), p.source);
    if (!fellow) return why::untrusted_source;
  }
  if (const Verdict end = validate(env.view(), p, env.length()); WM_UNLIKELY(ended(end))) return end;
  const Inner found = find_inner(env, p, kind);
  if (WM_UNLIKELY(!from_director && found.has_candidate)) return why::passed_twice;
  if (kind == kTunnelGue) {
    if (!found.type) return why::gue_header;
    const auto* udp = env.view().template at<Udp>(p.l4);
    if (!udp || udp->checksum.raw) return why::gue_checksum;
  } else if (WM_UNLIKELY(kind != kTunnelIp)) {
    if (const Verdict end = admit(env, p, found, ends, port->mac); ended(end)) return end;
  }
  env.step(Step::tunnel_accepted, kind, found.offset, 0);

  Packet inner;
  inner.l3 = found.offset;
  inner.outer_vlan = inner.inner_vlan = 0;
  if (WM_UNLIKELY(ended(parse_ip(env.view(), inner, found.type)))) return why::inner_header;
  if (inner.protocol == kProtoIp4 || inner.protocol == kProtoIp6) return why::nested_tunnel;
  const Front* front = find_front(env, kServed, inner.destination);
  if (WM_UNLIKELY(!front) && env.settings().serves_prefixes)
    front = find_by_prefix(env, kServed, inner.destination, inner.ip6).front;
  if (WM_UNLIKELY(!front)) return why::not_served;
  if (is_ip4(front->address) == bool(inner.ip6)) return why::not_served;
  if (const Verdict end = validate(env.view(), inner, p.end); WM_UNLIKELY(ended(end))) {
    if (end.reason != parse::why::fragment.reason) return end;
    // The director looked at its datagram's ports, and so does the kernel that puts it together: of these there is
    // nobody to pass it on to.
    if (!from_director || found.has_candidate) return why::inner_fragment;
    if (!carry_congestion(env, inner, p.tos)) return why::congestion;
    return take_out(env, p.l3, inner.l3, inner.ip6) ? Verdict(why::delivered) : Verdict(forward::why::no_room);
  }
  const Rule* rule = find_rule(env, front, inner.protocol, inner.destination_port);
  u32 service = kNotServed;
  Quoted quoted = {0, 0, 0, 0};
  if (WM_LIKELY(rule))
    service = rule->service;
  else
    service = served_by_icmp(env, inner, front, quoted);
  if (WM_UNLIKELY(service == kNotServed)) return why::not_served;
  if (WM_UNLIKELY(!from_director && !way_to(env, fellow, service))) return why::not_fellow;
  if (WM_UNLIKELY(!carry_congestion(env, inner, p.tos))) return why::congestion;
  if (WM_UNLIKELY(found.has_candidate) && (rule ? in_middle(inner) : quoted.l4 != 0) &&
      env.owner(inner, quoted) == Owner::nobody)
    if (Verdict passed = why::local; pass_on(env, p, inner, port->zone, service, passed)) return passed;
  return take_out(env, p.l3, inner.l3, inner.ip6) ? Verdict(why::delivered) : Verdict(forward::why::no_room);
}

}  // namespace host
}  // namespace waymark
