// The translator: what it takes, its own address, and by which maps it translates.
#pragma once

#include "core/echo.h"
#include "core/translate/pass.h"
#include "roles/translator/packet_hairpin.h"

namespace waymark::translator {

WM_TRANSLATION_STEPS(Translating)

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
  Passed passed = translate::pass<Translating>(env, p, to.mapping);
  if (WM_LIKELY(translate::is_sent(passed.verdict))) {
    env.leave(passed.value);
    return translate::own<kModule>(passed.verdict);
  }
  if (WM_UNLIKELY(passed.verdict.reason == translate::kErrorsTurn))
    passed = translate::pass_error<Translating>(env, ip6, here);
  else if (WM_UNLIKELY(passed.verdict.reason == translate::kHairpinsTurn))
    passed = translate::unpack_passed(env.template call<hairpin_step>());
  return translate::own<kModule>(translate::finish<Translating>(env, passed, ip6, here));
}

}  // namespace waymark::translator
