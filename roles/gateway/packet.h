// The gateway: whose packet it is, out of which tunnel and into which.
#pragma once

#include "core/congestion.h"
#include "roles/gateway/packet_link.h"
#include "roles/gateway/packet_onward.h"
#include "roles/gateway/packet_sites.h"
#include "roles/gateway/packet_told.h"

namespace waymark::gateway {

WM_TRANSLATION_STEPS(Translating)

// Tunnels of any key may end here: whose they are is said by table::tenant_tunnels.
WM_INLINE TunnelEnds ends_for(const Inner& found, const Gateway* here, const Address& end) {
  const Mac mac = here->has_mac ? here->mac : frame_source(end);
  return {0, 0, found.key, found.key, mac, 0xff, found.has_key, 0};
}

// The packet in a tenant's tunnel to `here`, at one of its addresses.
template <class E>
WM_INLINE Verdict enter(E& env, const Packet& outer, const Inner& found, const Gateway* here, Packet& p,
                        Translating& role) {
  if (WM_UNLIKELY(found.type && found.type != kEtherIp4)) return why::inner_ip6;
  const Front* far = find_front(env, tunnel_space(found.kind, found.has_key, found.key), outer.source);
  const TenantTunnel* tunnel = far ? env.at(table::tenant_tunnels, far->index) : nullptr;
  if (WM_UNLIKELY(!tunnel)) return why::unknown_tunnel;
  const bool arp = found.kind == kTunnelVxlan && !found.type && carries_arp(env.view(), found.offset);
  p.l3 = found.offset;
  role.frame = found.offset - u32(sizeof(Ethernet));
  role.came_by = far->index;
  return enter_by(env, tunnel, here->turn, outer.end, arp, p, role);
}

// Not a way out, but whose turn it is: another gateway's.
constexpr Verdict kToAnother = {0xfffc, Action::pass};

// A packet to an address of the plan, which may have come from another gateway.
template <class E>
WM_INLINE Verdict name(E& env, const Packet& p, Translating& role) {
  const OwnSettings& s = env.settings().role.gateway;
  if (WM_UNLIKELY(!plan_bits_hold(s, p.destination))) return why::plan_bits;
  const Gateway* gateway = named_gateway(env, p.destination);
  if (WM_UNLIKELY(!gateway)) return why::unknown_gateway;
  // Another gateway's own address: who tunnels there is not passed on in one more tunnel.
  if (WM_UNLIKELY(!any(p.destination & s.tenant_mask))) return steer::why::not_ours;
  if (gateway->turn == kNotHeld) {
    if (role.between) return why::passed_twice;
    role.end = gateway->end;
    return kToAnother;
  }
  const u32 tenant = named_tenant(env, p.destination, gateway->turn);
  if (WM_UNLIKELY(!tenant)) return why::unknown_tenant;
  role.tenant = tenant - 1;
  role.turn = gateway->turn;
  role.entropy = entropy_of(env.view(), p, p.l4);
  return kGoOn;
}

// Likewise: told_program's.
constexpr Verdict kToTold = {0xfff9, Action::pass};

// What came to an address of the gateway's own, from parse_ip() on: a tenant's tunnel or another gateway's, or the
// kernel's.
template <class E>
WM_INLINE Verdict open_tunnel(E& env, Packet& outer, const Front* front, Packet& p, Translating& role) {
  if (is_ip4(front->address) == bool(outer.ip6)) return steer::why::not_ours;
  const Gateway* here = env.at(table::gateways, front->index);
  if (!here) return steer::why::not_ours;
  const u8 kind = kind_of(env, outer, all_ends(env.settings().role.gateway));
  if (kind == kNoTunnel) {
    if (outer.protocol != (outer.ip6 ? kProtoIcmp6 : kProtoIcmp4) || front->address == here->own) return why::local;
    role.turn = here->turn;
    return kToTold;
  }
  const Inner found = find_inner(env, outer, kind);
  if (const Verdict end = validate(env.view(), outer, env.length()); WM_UNLIKELY(ended(end))) return end;
  if (WM_UNLIKELY(front->address == here->own)) {
    role.between = 1;
    if (found.kind != kTunnelIp || found.type != kEtherIp6 || !gateway_at(env, outer.source))
      return why::untrusted_gateway;
    p.l3 = found.offset;
    p.outer_vlan = p.inner_vlan = 0;
    if (ended(parse_ip(env.view(), p, kEtherIp6)) || p.end > outer.end) return why::inner_header;
    if (!in_plan(env, p.destination)) return why::unknown_gateway;
    if (!carry_congestion(env, p, outer.tos)) return why::congestion;
    return kGoOn;
  }
  const Verdict end = enter(env, outer, found, here, p, role);
  if (WM_UNLIKELY(ended(end))) return end;
  if (WM_UNLIKELY(found.kind != kTunnelIp)) {
    const TunnelEnds ends = ends_for(found, here, front->address);
    if (const Verdict end2 = admit(env, outer, found, ends, {}); ended(end2)) return end2;
    if (found.kind == kTunnelVxlan)
      if (const Verdict end3 = hear_frame(env, p, word_of(ends.mac), role); ended(end3)) return end3;
  }
  if (!carry_congestion(env, p, outer.tos)) return why::congestion;
  if (WM_UNLIKELY(role.for_us)) return kToOverlay;
  return kGoOn;
}

WM_INLINE constexpr bool is_ip4_out(Verdict verdict) {
  return verdict.reason == translate::why::to_ip4.reason || verdict.reason == translate::why::to_ip4_by_kernel.reason;
}
WM_INLINE constexpr bool is_ip6_out(Verdict verdict) {
  return verdict.reason == translate::why::to_ip6.reason || verdict.reason == translate::why::to_ip6_by_kernel.reason;
}

// What could not go on: its sender is told, a tenant's in its tunnel. `mtu`: of the interface that it came in by.
template <class E>
WM_INLINE Verdict give_up(E& env, const Passed& passed, bool ip6, u32 mtu) {
  const bool tells = translate::complaint_of(passed.verdict, ip6) != translate::kNothing;
  if (!ip6 && passed.verdict.reason == translate::why::source_unknown_told.reason) return why::foreign_source;
  if (tells && !env.template call<bare_step>()) return why::no_room;
  const Verdict told = translate::finish<Translating>(env, passed, ip6, mtu);
  if (tells && !ip6 && told.reason == passed.verdict.reason && !env.template call<answer_step>()) return why::no_room;
  return translate::own<kModule>(told);
}

// A tenant's packet whose destination nothing maps: nothing else of it was looked at.
template <class E>
WM_INLINE Verdict no_destination(E& env, u32 mtu) {
  auto* s = env.template scratch<Scratch>();
  if (!s) return why::no_room;
  const Packet& p = s->o.p;
  if (!s->role.source(env, bits4(p.source), false)) return why::foreign_source;
  const auto* ip = env.view().template at<Ip4>(p.l3);
  if (!ip || p.l4 < p.l3 + sizeof(Ip4)) return why::inner_ip4;
  if (!may_complain(env.view(), p, number(ip->fragment) & 0x1fff)) return why::error_withheld;
  const u32 kind = complaint(false, 3, 1);
  if (!env.template call<bare_step>()) return why::no_room;
  const Verdict told = translate::complain_about<Translating>(env, translate::why::would_return, kind, 0, mtu);
  if (told.reason != translate::why::would_return.reason) return translate::own<kModule>(told);
  if (!env.template call<answer_step>()) return why::no_room;
  return why::no_destination;
}

// A tenant's packet that goes nowhere, or whose next hop is asked for.
struct refused_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    auto* s = env.template scratch<Scratch>();
    if (!s) return why::no_room;
    const u32 here = s->role.mtu;
    const Passed passed = {unpack_verdict(s->role.verdict), s->role.value};
    if (passed.verdict.reason == steer::why::not_ours.reason) return no_destination(env, here);
    if (passed.verdict.reason == kToAsk.reason) return ask_for_neighbour(env);
    return give_up(env, passed, false, here);
  }
};

struct admit_program;

// One that is not to be translated: from one of its sites to another, or to nowhere.
struct sites_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    auto* s = env.template scratch<Scratch>();
    if (!s) return why::no_room;
    const Passed passed = go_across(env, s);
    if (passed.verdict.reason == kToAdmit.reason) return env.template go_on<admit_program>();
    if (WM_LIKELY(passed.verdict.reason == why::across.reason)) {
      env.leave(passed.value);
      return why::across;
    }
    s->role.verdict = u32(pack_verdict(passed.verdict));
    s->role.value = passed.value;
    return env.template go_on<refused_program>();
  }
};

// Of a packet that goes out, or on to another gateway, all is known: it does.
struct send_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    auto* s = env.template scratch<Scratch>();
    if (!s) return why::no_room;
    const bool ip6 = s->o.p.ip6;
    const u32 here = s->role.mtu;
    const Verdict end = unpack_verdict(s->role.verdict);
    if (!s->role.onward) put_bits(env, s->o, ip6, s->role.asked.flow);
    Passed passed = s->role.onward ? pass_onward(env)
                    : ip6          ? translate::pass_looked(env, s, true, end)
                                   : translate::pass_looked(env, s, false, end);
    if (WM_UNLIKELY(passed.verdict.reason == translate::kErrorsTurn))
      passed = translate::pass_error<Translating>(env, ip6, here);
    if (WM_UNLIKELY(!ip6 && passed.verdict.reason == steer::why::not_ours.reason))
      return env.template go_on<sites_program>();
    if (is_ip4_out(passed.verdict) && WM_UNLIKELY(s->role.must_ask())) return ask_for_neighbour(env);
    if (is_ip4_out(passed.verdict)) {
      env.leave(s->way.interface);
      return deliver(env, translate::own<kModule>(passed.verdict), false);
    }
    if (WM_UNLIKELY(!ip6 && s->role.site) && is_ip6_out(passed.verdict)) {
      if (!env.template call<into_tunnel_step>()) return why::no_room;
      env.leave(passed.value);
      return translate::own<kModule>(passed.verdict);
    }
    if (WM_LIKELY(translate::is_sent(passed.verdict))) {
      env.leave(passed.value);
      return translate::own<kModule>(passed.verdict);
    }
    return give_up(env, passed, ip6, here);
  }
};

// What the firewall says to it.
struct admit_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    auto* s = env.template scratch<Scratch>();
    if (!s) return why::no_room;
    s->role.verdict = u32(pack_verdict(answer(env, s->o.in, s->role.asked)));
    if (WM_UNLIKELY(s->role.across)) return env.template go_on<sites_program>();
    return env.template go_on<send_program>();
  }
};

// A packet of which it is known whose it is: what it is translated to, and what its firewall is to be asked.
struct pass_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    auto* s = env.template scratch<Scratch>();
    if (!s) return why::no_room;
    const bool ip6 = s->o.p.ip6;
    s->role.asked.policy = kAsked;
    s->role.asked.flow = 0;
    s->role.across = 0;
    Verdict end = ip6 ? translate::look(env, s, true, nullptr) : translate::look(env, s, false, nullptr);
    reread();
    if (!ended(end)) end = s->role.ask_firewall(env, ip6, s->o);
    s->role.verdict = u32(pack_verdict(end));
    if (!ended(end) && s->role.asked.policy != kAsked) return env.template go_on<admit_program>();
    return env.template go_on<send_program>();
  }
};

// All that comes in by a tenant's link.
template <class E>
WM_INLINE Verdict receive_by_port(E& env, Packet& p, const Port* port) {
  auto* s = env.template scratch<Scratch>();
  if (!s) return why::no_room;
  s->o.p.l3 = p.l3;
  s->o.p.outer_vlan = p.outer_vlan;
  s->o.p.inner_vlan = p.inner_vlan;
  s->role.mtu = port->mtu ? port->mtu : 0xffffu;
  return env.template go_on<link_program>();
}

// A packet to one of the gateway's own addresses, or to one of the plan's.
template <Env E>
WM_INLINE Verdict receive(E& env, Packet& outer, const Port* port, const Steered& to) {
  if (space_of(port->zone) != env.settings().role.gateway.space) return steer::why::not_ours;
  auto* s = env.template scratch<Scratch>();
  if (!s) return why::no_room;
  Packet& p = s->o.p;
  p = outer;
  s->role.between = 0;
  s->role.mtu = port->mtu ? port->mtu : 0xffffu;
  if (to.front) {
    const Verdict end = open_tunnel(env, outer, to.front, p, s->role);
    if (WM_UNLIKELY(end.reason == kToTold.reason)) return env.template go_on<told_program>();
    if (WM_UNLIKELY(end.reason == kToOverlay.reason)) return env.template go_on<overlay_program>();
    if (ended(end)) return end;
  } else if (!p.ip6 || !in_plan(env, p.destination)) {
    return steer::why::not_ours;
  }
  // To the verifier, whatever it came in is one from here on: it is read out of memory again.
  reread();
  Verdict end = kGoOn;
  if (p.ip6) end = name(env, p, s->role);
  s->role.onward = end.reason == kToAnother.reason;
  if (ended(end) && !s->role.onward) return end;
  if (s->role.onward) return env.template go_on<send_program>();
  return env.template go_on<pass_program>();
}

}  // namespace waymark::gateway
