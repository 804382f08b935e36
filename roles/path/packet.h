// A POP: sends packets on by the list of POPs in their addresses, and keeps no table of flows, connections or clients.
#pragma once

#include "roles/path/packet_ask.h"
#include "roles/path/packet_enter.h"
#include "roles/path/packet_watch.h"

namespace waymark::path {

WM_INLINE TunnelEnds own_ends(const OwnSettings& s) {
  return {s.gue_port, 0, 0, 0, {}, 1u << kTunnelIp | 1u << kTunnelGue, 0, 0};
}

// Opens a tunnel from another POP. `p` becomes the packet inside.
template <Env E>
WM_INLINE Verdict open(E& env, Packet& p, const Port* port, Arrived& arrived) {
  const OwnSettings& s = env.settings().role.path;
  const u8 kind = kind_of(env, p, own_ends(s));
  if (space_of(port->zone) != s.network) return why::local;
  if (kind == kNoTunnel) {
    if (WM_LIKELY(!is_watch(env, p))) return why::local;
    return answer_watch(env, p);
  }
  const Front* from = find_front(env, space_of(0, SpaceKind::pop), p.source);
  if (!from) return why::untrusted_source;
  if (const Verdict end = validate(env.view(), p, env.length()); WM_UNLIKELY(ended(end))) return end;
  const Inner found = find_inner(env, p, kind);
  if (kind == kTunnelGue) {
    const auto* udp = env.view().template at<Udp>(p.l4);
    if (!udp || udp->checksum.raw || found.has_candidate) return why::tunnel_header;
  }
  if (found.type != kEtherIp6) return why::tunnel_header;
  env.step(Step::tunnel_accepted, kind, found.offset, 0);
  arrived = {from->index, p.end, p.hops, p.tos, 1};
  p.l3 = found.offset;
  p.outer_vlan = p.inner_vlan = 0;
  if (ended(parse_ip(env.view(), p, kEtherIp6))) return why::tunnel_header;
  return kGoOn;
}

template <Env E>
WM_INLINE Verdict receive(E& env, Packet& p, const Port* port, const Steered& to) {
  const OwnSettings& s = env.settings().role.path;
  const Space zone = space_of(port->zone);
  Arrived arrived = {kByLink, 0, 0, 0, 0};
  if (p.ip6 && (is_client(s, p.destination) || is_server(s, p.destination))) {
    if (zone != s.access && zone != s.network) return steer::why::not_ours;
    if (zone == s.access) arrived.came = kByAccess;
    arrived.limit = env.length();  // no earlier: clang spills the frame's end as 32 bits, which the verifier refuses
  } else {
    // Without a front it is to whoever else: steer leaves the search among prefixes to this role.
    if (!to.front || is_ip4(to.front->address) == bool(p.ip6)) return steer::why::not_ours;
    if (to.front->index & kAnswersHere && is_question(env, p)) return ask(env, p);
    if (to.front->index & kAnswersAlone) return why::local;
    if (const Verdict end = open(env, p, port, arrived); ended(end)) return end;
  }
  Work* w = env.template scratch<Work>();
  if (!w) return why::no_room;
  w->p = p;
  w->arrived = arrived;
  return env.template go_on<leg_program>();
}

}  // namespace waymark::path
