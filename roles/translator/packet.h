// The translator: what it takes, in which direction it goes, and what its senders are told.
#pragma once

#include "core/complain.h"
#include "core/echo.h"
#include "core/translate/errors.h"
#include "core/translate/to_ip4.h"
#include "core/translate/to_ip6.h"
#include "roles/translator/packet_hairpin.h"

namespace waymark::translator {

// What a router says before it forwards: source routes, routing headers and hop limits (RFC 7915, 4.1, 5.1); and that
// nobody is there, where the translated packet would only come back.
template <class E>
WM_INLINE Verdict judge_way(E& env, bool ip6, const Opened& o) {
  if (WM_UNLIKELY(o.in.routing)) return why::routing_header;
  if (WM_UNLIKELY(!ip6 && o.in.l4 - o.in.l3 > sizeof(Ip4)) && translate::has_source_route(env, o.in.l3, o.in.l4))
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

template <class E>
WM_INLINE Passed pass_opened(E& env, bool ip6, const Opened& o, Onward& way) {
  if (const Verdict end = judge_way(env, ip6, o); WM_UNLIKELY(ended(end)))
    return {end, end.reason == why::routing_header.reason ? o.in.routing - o.in.l3 : 0};
  if (!ip6) return translate::pass_to_ip6(env, o.p, o.in, o.to, way);
  if (WM_UNLIKELY(env.settings().translator.hairpins) && o.kind == kMapEmbedded && is_hairpin(env, o.to.destination))
    return {translate::kToHairpin, 0};
  return translate::pass_to_ip4(env, o.p, o.in, o.to, way);
}

// The common way. `p` is what parse_ip() found, `target` its destination's mapping where steer found it, `ip6` is
// p.ip6: a constant, as all this is there twice.
template <class E>
WM_INLINE Passed pass(E& env, bool ip6, const Packet& p, const Mapping* target) {
  auto* s = env.template scratch<Scratch>();
  if (!s) return {why::no_room, 0};
  s->o.p = p;
  const Verdict end = open(env, ip6, s->o, target);
  reread();  // to the verifier, states that differ in what has been found so far are one from here on
  const Passed passed = WM_UNLIKELY(ended(end)) ? Passed{end, 0} : pass_opened(env, ip6, s->o, s->way);
  if (WM_LIKELY(is_sent(passed.verdict))) return passed;
  if (WM_UNLIKELY(complaint_of(passed.verdict, ip6) != kNothing))
    return {told(env.view(), s->o, passed.verdict), passed.value};
  return passed;
}

// Steps of their own. The packet is as pass() found it; `mtu`: of the interface that it came in by.
struct look_at_error_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    auto* s = env.template scratch<Scratch>();
    if (!s) return pack_verdict(why::no_room);
    return pack_verdict(translate::look_at_error(env, s->o.p.ip6, s->o.in, s->o.to, s->q, s->way));
  }
};
struct prepare_error6_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 mtu, u64, u64, u64) {
    auto* s = env.template scratch<Scratch>();
    if (!s) return pack_verdict(why::no_room);
    return pack_verdict(translate::prepare_error6(env, s->o.in, s->o.to, s->q, s->way, u32(mtu)));
  }
};
struct write_error6_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    auto* s = env.template scratch<Scratch>();
    if (!s) return pack_verdict(why::no_room);
    return pack_passed(translate::write_error6(env, s->o.in, s->o.to, s->q, s->way));
  }
};
struct error_to_ip4_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 mtu, u64, u64, u64) {
    auto* s = env.template scratch<Scratch>();
    if (!s) return pack_verdict(why::no_room);
    return pack_passed(translate::error_to_ip4(env, s->o.p, s->o.in, s->o.to, s->q, s->way, u32(mtu)));
  }
};

template <class E>
WM_INLINE Passed pass_error(E& env, bool ip6, u32 mtu) {
  const Passed seen = unpack_passed(env.template call<look_at_error_step>());
  if (ended(seen.verdict)) return seen;
  if (ip6) return unpack_passed(env.template call<error_to_ip4_step>(mtu));
  const Passed prepared = unpack_passed(env.template call<prepare_error6_step>(mtu));
  return ended(prepared.verdict) ? prepared : unpack_passed(env.template call<write_error6_step>());
}

// The packet is as pass() found it, and known from there: nothing else of it need be kept so long.
template <class E>
WM_INLINE Verdict complain_about(E& env, Verdict verdict, u32 kind, u32 rest, u32 mtu) {
  const auto* s = env.template scratch<Scratch>();
  if (!s) return why::no_room;
  const Packet& p = s->o.p;
  const u32 added = u32(sizeof(Icmp) + (p.ip6 ? sizeof(Ip6) : sizeof(Ip4)));
  const u32 end = translate::least(p.end, p.l3 + (mtu > added ? mtu - added : 0));  // what goes back fits its way
  const Answered answered = complain(env, p.l3, end, said_by(kModule, AnswerKind::error, kind), rest);
  return end_of(env, answered, {verdict, untold(verdict), why::error_limited}, AnswerKind::error, kind, rest);
}

// A packet to the translator's own address.
template <Env E>
WM_INLINE Verdict receive_own(E& env, Packet& p) {
  if (p.protocol != (p.ip6 ? kProtoIcmp6 : kProtoIcmp4)) return why::local;
  if (const Verdict end = validate(env.view(), p, env.length()); ended(end))
    return end.reason == parse::why::fragment.reason ? why::local : end;
  const auto* icmp = env.view().template at<Icmp>(p.l4);
  if (!icmp || !is_echo(icmp, p.ip6)) return why::local;
  return end_of(env, echo_back(env, p, AnswerKind::echo), {why::echoed, why::no_room, why::error_limited},
                AnswerKind::echo);
}

// A packet to the translator's own address, or to what it translates.
template <Env E>
WM_INLINE Verdict receive(E& env, Packet& p, const Port* port, const Steered& to) {
  if (WM_UNLIKELY(to.front)) {
    if (is_ip4(to.front->address) == bool(p.ip6)) return steer::why::not_ours;  // IPv4-mapped in an IPv6 header
    return receive_own(env, p);
  }
  const u32 here = port->mtu ? port->mtu : 0xffffu;
  const bool ip6 = p.ip6;
  Passed passed = ip6 ? pass(env, true, p, to.mapping) : pass(env, false, p, to.mapping);
  if (WM_LIKELY(is_sent(passed.verdict))) {
    env.leave(passed.value);
    return passed.verdict;
  }
  if (WM_UNLIKELY(passed.verdict.reason == translate::kErrorsTurn))
    passed = pass_error(env, ip6, here);
  else if (WM_UNLIKELY(passed.verdict.reason == translate::kHairpinsTurn))
    passed = unpack_passed(env.template call<hairpin_step>());
  const u32 kind = complaint_of(passed.verdict, ip6);
  if (WM_UNLIKELY(kind != kNothing)) return complain_about(env, passed.verdict, kind, passed.value, here);
  env.leave(passed.value);
  return passed.verdict;
}

}  // namespace waymark::translator
