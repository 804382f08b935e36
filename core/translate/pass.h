// A translation from steer to the end: what a router says first, in which direction it goes, and what its sender is
// told. A role calls pass(). What that sent is whole; where it says kErrorsTurn, pass_error() goes on, where it says
// kHairpinsTurn, the role does; then finish() ends it. own() makes the verdict the role's.
#pragma once

#include "core/translate/open.h"
#include "core/translate/role.h"
#include "core/translate/to_ip4.h"
#include "core/translate/to_ip6.h"

namespace waymark::translate {

// What a router says before it forwards: source routes, routing headers and hop limits (RFC 7915, 4.1, 5.1); and that
// nobody is there, where the translated packet would only come back.
template <class E>
WM_INLINE Verdict judge_way(E& env, bool ip6, const Opened& o) {
  if (WM_UNLIKELY(o.in.routing)) return why::routing_header;
  if (WM_UNLIKELY(!ip6 && o.in.l4 - o.in.l3 > sizeof(Ip4)) && has_source_route(env, o.in.l3, o.in.l4))
    return why::source_route;
  if (WM_UNLIKELY(o.p.hops <= 1)) return why::hop_limit;
  if (WM_UNLIKELY(!ip6 && o.returns)) return why::would_return;
  return kGoOn;
}

// What the packet's sender is told; kNothing for a reason that tells nothing.
constexpr u32 kNothing = ~0u;
WM_INLINE constexpr u32 complaint_of(Verdict verdict, bool ip6) {
  if (verdict.reason == why::hop_limit.reason) return hop_limit_complaint(ip6);
  if (verdict.reason == why::too_big.reason) return too_big_complaint(ip6);
  if (verdict.reason == why::source_route.reason) return complaint(false, 3, 5);
  if (verdict.reason == why::routing_header.reason) return complaint(true, 4, 0);
  if (verdict.reason == why::unreachable.reason) return complaint(ip6, ip6 ? 1 : 3, 0);
  if (verdict.reason == why::would_return.reason) return complaint(false, 3, 1);
  // Prohibited: of all that is discarded and has no other code (RFC 7915, 4.4, 5.4), what its sender or an operator can
  // mend.
  if (verdict.reason == why::source_unknown_told.reason || verdict.reason == why::nonglobal_told.reason)
    return ip6 ? complaint(true, 1, 1) : complaint(false, 3, 13);
  if (verdict.reason == why::udp_checksum.reason) return complaint(false, 3, 13);
  if (verdict.reason == why::fragment_header.reason) return complaint(true, 1, 1);
  return kNothing;
}

WM_INLINE constexpr bool is_sent(Verdict verdict) {
  return verdict.reason == why::to_ip6.reason || verdict.reason == why::to_ip4.reason;
}

// The first half: whether the packet in Scratch can be translated, which it is told of there. No byte is written.
template <class T, class E>
WM_INLINE Verdict look(E& env, Scratch<T>* s, bool ip6, const Mapping* target) {
  const Verdict end = open(env, s->role, ip6, s->o, target);
  reread();  // to the verifier, states that differ in what has been found so far are one from here on
  return ended(end) ? end : judge_way(env, ip6, s->o);
}

template <class E, class T>
WM_INLINE Passed pass_opened(E& env, T& role, bool ip6, const Opened& o, Onward& way) {
  if (!ip6) return pass_to_ip6(env, role, o.p, o.in, o.to, way);
  if (WM_UNLIKELY(role.is_hairpin(env, o))) return {kToHairpin, 0};
  return pass_to_ip4(env, role, o.p, o.in, o.to, way);
}

// The second: the passage, if `end`, how the first one ended, lets it through.
template <class T, class E>
WM_INLINE Passed pass_looked(E& env, Scratch<T>* s, bool ip6, Verdict end) {
  Passed passed = {end, 0};
  if (WM_LIKELY(!ended(end)))
    passed = pass_opened(env, s->role, ip6, s->o, s->way);
  else if (end.reason == why::routing_header.reason)
    passed.value = s->o.in.routing - s->o.in.l3;
  if (WM_LIKELY(is_sent(passed.verdict))) return passed;
  if (WM_UNLIKELY(complaint_of(passed.verdict, ip6) != kNothing))
    return {told(env.view(), s->o, passed.verdict), passed.value};
  return passed;
}

template <class T, class E>
WM_INLINE Passed pass_version(E& env, bool ip6, const Packet& p, const Mapping* target) {
  auto* s = env.template scratch<Scratch<T>>();
  if (!s) return {why::no_room, 0};
  s->o.p = p;
  const Verdict end = look(env, s, ip6, target);
  return pass_looked(env, s, ip6, end);
}

// The common way. `p` is what parse_ip() found, `target` its destination's mapping where steer found it, else null. All
// of it is there twice, so that the version is a constant to both.
template <class T, Env E>
WM_INLINE Passed pass(E& env, const Packet& p, const Mapping* target) {
  static_assert(RoleOf<T, E>);
  return p.ip6 ? pass_version<T>(env, true, p, target) : pass_version<T>(env, false, p, target);
}

// An ICMP error's steps of their own, of each role that translates. The packet is as pass() found it; `mtu`: of the
// interface that it came in by.
#define TRANSLATION_STEPS(S, ROLE) \
  S(ROLE, look_at_error, writes)   \
  S(ROLE, prepare_error6, writes)  \
  S(ROLE, write_error6, writes)    \
  S(ROLE, error_to_ip4, writes)
// In the role's namespace: its steps, by its type.
#define WM_TRANSLATION_STEPS(T)                                           \
  using look_at_error_step = waymark::translate::look_at_error_step<T>;   \
  using prepare_error6_step = waymark::translate::prepare_error6_step<T>; \
  using write_error6_step = waymark::translate::write_error6_step<T>;     \
  using error_to_ip4_step = waymark::translate::error_to_ip4_step<T>;

template <class T>
struct look_at_error_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    auto* s = env.template scratch<Scratch<T>>();
    if (!s) return pack_verdict(why::no_room);
    return pack_verdict(translate::look_at_error(env, s->role, s->o.p.ip6, s->o.in, s->o.to, s->q, s->way));
  }
};
template <class T>
struct prepare_error6_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 mtu, u64, u64, u64) {
    auto* s = env.template scratch<Scratch<T>>();
    if (!s) return pack_verdict(why::no_room);
    return pack_verdict(translate::prepare_error6(env, s->role, s->o.in, s->o.to, s->q, s->way, u32(mtu)));
  }
};
template <class T>
struct write_error6_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    auto* s = env.template scratch<Scratch<T>>();
    if (!s) return pack_verdict(why::no_room);
    return pack_passed(translate::write_error6(env, s->role, s->o.in, s->o.to, s->q, s->way));
  }
};
template <class T>
struct error_to_ip4_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 mtu, u64, u64, u64) {
    auto* s = env.template scratch<Scratch<T>>();
    if (!s) return pack_verdict(why::no_room);
    return pack_passed(translate::error_to_ip4(env, s->role, s->o.p, s->o.in, s->o.to, s->q, s->way, u32(mtu)));
  }
};

template <class T, class E>
WM_INLINE Passed pass_error(E& env, bool ip6, u32 mtu) {
  const Passed seen = unpack_passed(env.template call<look_at_error_step<T>>());
  if (ended(seen.verdict)) return seen;
  auto* s = env.template scratch<Scratch<T>>();
  if (!s) return {why::no_room, 0};
  if (const Verdict end = s->role.admit_error(env, ip6, s->o.in, s->q); ended(end)) return {end, 0};
  if (ip6) return unpack_passed(env.template call<error_to_ip4_step<T>>(mtu));
  const Passed prepared = unpack_passed(env.template call<prepare_error6_step<T>>(mtu));
  return ended(prepared.verdict) ? prepared : unpack_passed(env.template call<write_error6_step<T>>());
}

// The packet is as pass() found it, and known from there: nothing else of it need be kept so long.
template <class T, class E>
WM_INLINE Verdict complain_about(E& env, Verdict verdict, u32 kind, u32 rest, u32 mtu) {
  const auto* s = env.template scratch<Scratch<T>>();
  if (!s) return why::no_room;
  const Packet& p = s->o.p;
  const u32 added = u32(sizeof(Icmp) + (p.ip6 ? sizeof(Ip6) : sizeof(Ip4)));
  const u32 end = least(p.end, p.l3 + (mtu > added ? mtu - added : 0));  // what goes back fits its way
  const Answered answered = complain(env, p.l3, end, said_by(T::kModule, T::kLimit, kind), rest);
  return end_of(env, answered, {verdict, untold(verdict), why::error_limited}, T::kLimit, kind, rest);
}

// The end of a packet that was not sent by pass(): its sender is told, or it leaves by what `passed` says.
template <class T, class E>
WM_INLINE Verdict finish(E& env, const Passed& passed, bool ip6, u32 mtu) {
  const u32 kind = complaint_of(passed.verdict, ip6);
  if (WM_UNLIKELY(kind != kNothing)) return complain_about<T>(env, passed.verdict, kind, passed.value, mtu);
  env.leave(passed.value);
  return passed.verdict;
}

}  // namespace waymark::translate
