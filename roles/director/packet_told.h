// How clients are told.
#pragma once

#include "core/complain.h"
#include "roles/director/reasons.h"

namespace waymark::director {

// How a packet ends to which an answer was due: `sent`, or `silent` where it can have none.
template <Env E>
WM_INLINE Verdict end_of(E& env, Answered answered, AnswerKind kind, u32 complaint, Verdict sent, Verdict silent) {
  if (answered == Answered::none) return silent;
  if (answered == Answered::limited) return why::limited;
  env.step(Step::answered, u32(kind), complaint, 0);
  env.leave(env.interface());
  return sent;
}

WM_INLINE constexpr u32 port_unreachable(bool ip6) { return complaint(ip6, ip6 ? 1 : 3, ip6 ? 4 : 3); }

// Tells the sender as a router does: from the director's own address, or, where it has none of the family, in the
// service's name. `rest`: the ICMP header's second word.
template <Env E>
WM_INLINE Verdict tell(E& env, const Packet& p, u32 complaint, u32 rest, Verdict told, Verdict silent,
                       AnswerKind limit = AnswerKind::told) {
  const OwnAddresses& own = env.settings().own[kModule];
  const bool has_voice = p.ip6 ? !(own.ip6 == Address{}) : own.ip4 != 0;
  const u32 kind = said_by(has_voice ? kModule : kAsDestination, limit, complaint);
  return end_of(env, env.complain(p.l3, p.end, kind, rest), AnswerKind::told, complaint, told, silent);
}

}  // namespace waymark::director
