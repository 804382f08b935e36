// Whether a packet is on a way that this POP has a part in, and came from where that leads from.
#pragma once

#include "roles/path/packet_check.h"

namespace waymark::path {

// Whether a client of this source is where the packet came in.
template <class E>
WM_INLINE bool is_bound(E& env, const Packet& p) {
  const Space access = space_of(env.interface(), SpaceKind::access, u32(p.outer_vlan) << 12 | p.inner_vlan);
  if (find_front(env, access, p.source)) return true;
  return find_by_prefix(env, access, p.source, true).mapping != nullptr;
}

// The packet, wherever it stands by now: a program of its own, which the verifier begins with one state for all ways of
// arriving.
struct leg_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    const Verdict end = look_at_leg(env);
    if (end.reason == kOn.reason) return env.template go_on<on_program>();
    if (end.reason == kCheck.reason) return env.template go_on<check_program>();
    return end;
  }

 private:
  template <Env E>
  static WM_INLINE Verdict look_at_leg(E& env) {
    Work* w = env.template scratch<Work>();
    if (!w) return why::no_room;
    const OwnSettings& s = env.settings().role.path;
    const Packet p = w->p;
    const Arrived arrived = w->arrived;
    if (WM_UNLIKELY(p.end > arrived.limit || p.end < p.l4)) return parse::why::ip_length;
    if (WM_UNLIKELY(p.source == p.destination)) return parse::why::land;
    // No router forwards for link-local addresses either (RFC 4291, 2.5.6).
    if (WM_UNLIKELY((p.source.high & 0xc0ff) == 0x80fe || is_martian_source6(p.source)))
      return parse::why::martian_source;
    Leg leg;
    if (const Verdict end = read_leg(s, p, leg); WM_UNLIKELY(ended(end))) return end;
    blur(leg);
    if (arrived.came == kByAccess) {
      const bool here = leg.from_client && read_field(s.clients, FieldKind::pop, p.source) == s.pop;
      if (!here || !is_bound(env, p)) return why::foreign_source;
    }
    if (WM_UNLIKELY(!may_have_come(env, p, leg, arrived.came))) return why::not_predecessor;
    if (arrived.tunnelled && arrived.hops < p.hops) w->p.hops = arrived.hops;
    w->leg = leg;
    if (is_end(s, leg, arrived.came)) return kCheck;
    return kOn;
  }
};

}  // namespace waymark::path
