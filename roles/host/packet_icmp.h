// ICMP in a tunnel: pings of what is served here, and errors about what was sent from there.
#pragma once

#include "core/icmp.h"
#include "core/quoted.h"
#include "core/steer.h"
#include "roles/host/reasons.h"

namespace waymark::host {

// The service that a packet in a tunnel is for, or the flow is of that an ICMP error in it quotes; kAnyService for a
// ping, which is for all that the address serves; or kNotServed. `quoted` is of an error.
constexpr u32 kNotServed = ~0u, kAnyService = ~0u - 1;
template <Env E>
WM_INLINE u32 served_by_icmp(E& env, const Packet& inner, const Front* front, Quoted& quoted) {
  const u8 protocol = inner.ip6 ? kProtoIcmp6 : kProtoIcmp4;
  if (inner.protocol != protocol) return kNotServed;
  const auto* icmp = env.view().template at<Icmp>(inner.l4);
  if (!icmp) return kNotServed;
  if (icmp->type == (inner.ip6 ? kIcmp6Echo : kIcmp4Echo)) return kAnyService;
  if (!is_icmp_error(inner.ip6, icmp->type) || (!inner.ip6 && icmp->type == kIcmp4Redirect)) return kNotServed;
  quoted = quoted_in(env, inner);
  if (!quoted.l4) return kNotServed;
  const Packet flow = answered_by(env.view(), inner, quoted);
  if (!(flow.destination == inner.destination)) return kNotServed;
  if (flow.protocol == protocol) return kAnyService;
  const Rule* rule = find_rule(env, front, flow.protocol, flow.destination_port);
  return rule ? rule->service : kNotServed;
}

}  // namespace waymark::host
