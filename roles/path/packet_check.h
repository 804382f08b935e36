// Either end of a path: what hops in between do not look at.
#pragma once

#include "roles/path/packet_told.h"

namespace waymark::path {

// Whether this POP is where a packet enters or leaves its path.
WM_INLINE bool is_end(const OwnSettings& s, const Leg& leg, u32 came) {
  if (came == kByAccess || !leg.on || !leg.before) return true;
  return !leg.after && (leg.to_server || leg.last == s.pop);
}

// ICMPv6 codes of RFC 4443, 3.1.
WM_INLINE u32 code_for(Verdict end) {
  return complaint(true, kIcmp6Unreachable,
                   end.reason == why::refused.reason || end.reason == why::revoked.reason ? 1 : 5);
}

// From a hop of the path that is none of its ends, or where what an end looks at is found right.
struct on_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    const Work* w = env.template scratch<Work>();
    if (!w) return why::no_room;
    Packet p = w->p;
    const Leg leg = w->leg;
    const Arrived arrived = w->arrived;
    Verdict end = kGoOn;
    if (WM_UNLIKELY(p.hops <= 1))
      end = tell(env, p, leg, arrived, hop_limit_complaint(true), 0, why::hop_limit);
    else
      end = go_on(env, p, leg, arrived);
    if (WM_UNLIKELY(end.reason == kTell.reason)) return env.template go_on<told_program>();
    return end;
  }
};

struct check_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    const Verdict end = check(env);
    if (WM_UNLIKELY(end.reason == kTell.reason)) return env.template go_on<told_program>();
    return end;
  }

 private:
  template <Env E>
  static WM_INLINE Verdict check(E& env) {
    Work* w = env.template scratch<Work>();
    if (!w) return why::no_room;
    const OwnSettings& s = env.settings().role.path;
    Packet p = w->p;
    if (const Verdict end = look(env, p, w->part); ended(end)) return end;
    w->p.l4 = p.l4;
    w->p.protocol = p.protocol;
    w->p.source_port = p.source_port;
    w->p.destination_port = p.destination_port;
    w->p.tcp_flags = p.tcp_flags;
    w->named = named_policies(s, w->p, w->leg);
    if (const Verdict end = check_tags(env); ended(end))
      return tell(env, w->p, w->leg, w->arrived, code_for(end), 0, end);
    if (WM_UNLIKELY(names_revoked(env, w->p, w->leg)))
      return tell(env, w->p, w->leg, w->arrived, code_for(why::revoked), 0, why::revoked);
    if (w->p.hops <= 1) return tell(env, w->p, w->leg, w->arrived, hop_limit_complaint(true), 0, why::hop_limit);
    const Verdict end = check_policies(env);
    if (end.reason == why::refused.reason) return tell(env, w->p, w->leg, w->arrived, code_for(end), 0, end);
    if (ended(end)) return end;
    if (!w->leg.before) w->p.tos = class_by(env, w->named, w->p.tos);
    return env.template go_on<on_program>();  // both in one would be beyond the verifier's stack
  }
};

}  // namespace waymark::path
