// How clients are told.
#pragma once

#include "core/complain.h"
#include "roles/director/reasons.h"

namespace waymark::director {

WM_INLINE constexpr u32 port_unreachable(bool ip6) { return complaint(ip6, ip6 ? 1 : 3, ip6 ? 4 : 3); }

// Tells the sender as a router does: from the director's own address, or, where it has none of the family, in the
// service's name. `rest`: the ICMP header's second word.
template <Env E>
WM_INLINE Verdict tell(E& env, const Packet& p, u32 complaint, u32 rest, Verdict told, Verdict silent,
                       AnswerKind limit = AnswerKind::told) {
  const bool has_voice = !(voice_of(env.settings(), kModule, p.ip6) == Address{});
  const u32 kind = said_by(has_voice ? kModule : kAsDestination, limit, complaint);
  return end_of(env, complain(env, p.l3, p.end, kind, rest), {told, silent, why::limited}, AnswerKind::told, complaint,
                rest);
}

}  // namespace waymark::director
