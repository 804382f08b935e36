// A service's packets: the pin of the flow, else the consistent choice; then the tunnel to the target.
#pragma once

#include "core/answer.h"
#include "core/icmp.h"
#include "core/steer.h"
#include "roles/director/packet_flow.h"

namespace waymark {

#define DIRECTOR_REASONS(X, M)                                                                    \
  X(M, pass, port_closed, "the address is a service's, but none takes this protocol and port")    \
  X(M, pass, icmp_error, "an ICMP error about a service: the kernel's")                           \
  X(M, pass, icmp_other, "an ICMP message to a service's address that is no error: the kernel's") \
  X(M, drop, no_target, "the service has no target that takes new flows")                         \
  X(M, drop, target_gone, "the consistent choice names a target slot that is not in use")         \
  X(M, drop, wrong_family, "an IPv6 packet carries an IPv4-mapped address")                       \
  X(M, forward, reset, "its server died: a TCP reset was sent to the client")                     \
  X(M, forward, unreachable, "its server died: an ICMP port unreachable was sent to the client")  \
  X(M, drop, dead_target, "its server died, and no answer may be given to this packet")           \
  X(M, drop, answer_limited, "its server died, and enough answers are given already")
WM_REASONS(director, 2, DIRECTOR_REASONS)

namespace director {

// A packet to a service's address that no rule takes.
template <Env E>
WM_INLINE Verdict refuse(E& env, const Packet& p) {
  if (p.protocol != (p.ip6 ? kProtoIcmp6 : kProtoIcmp4)) return why::port_closed;
  const auto* icmp = env.view().template at<Icmp>(p.l4);
  if (!icmp) return parse::why::icmp_header;
  return is_icmp_error(p.ip6, icmp->type) ? why::icmp_error : why::icmp_other;
}

// The answer in a dead target's place.
template <Env E>
WM_INLINE Verdict answer_for(E& env, const Packet& p) {
  const Answered answered = Answered(env.answer(p));
  if (answered == Answered::none) return why::dead_target;
  if (answered == Answered::limited) return why::answer_limited;
  env.step(Step::answered, u32(p.protocol == kProtoTcp ? AnswerKind::reset : AnswerKind::unreachable), 0, 0);
  env.leave(env.interface());
  return p.protocol == kProtoTcp ? why::reset : why::unreachable;
}

// A packet to a service's address, from parse_ip() on.
template <Env E>
WM_INLINE Verdict receive(E& env, Packet& p, const Port* port, const Steered& to) {
  const Front* front = front_of(env, to, space_of(port->zone), p);
  if (!front) return steer::why::not_ours;
  const u32 realm = front->realm;
  if (WM_UNLIKELY(is_ip4(front->address) == bool(p.ip6))) return why::wrong_family;
  if (const Verdict end = validate(env.view(), p, env.length()); WM_UNLIKELY(ended(end))) return end;
  const Rule* rule = find_rule(env, front, p.protocol, p.destination_port);
  if (WM_UNLIKELY(!rule)) return refuse(env, p);
  const u32 service = rule->service;
  env.step(Step::matched, service, p.destination_port, p.protocol);

  if (WM_UNLIKELY(p.hops <= 1)) return forward::why::hop_limit;  // traceroute leaves no flow behind

  const u64 hash =
      hash_flow(env.settings().pin_key, realm, p.protocol, p.source, p.destination, p.source_port, p.destination_port);
  const u32 stamp = env.now() >> env.settings().stamp_shift & kStampMask;
  const Found pin = find_pin(env, place_of(env, hash));
  Flow flow = {u32(pin.value >> 32) & kSlotMask, false, 0};
  const Target* target = pin.word ? target_of(env, flow.slot, service) : nullptr;
  if (WM_LIKELY(target && settled(pin.value, stamp, p.tcp_flags) && !is_down(target))) {
    env.step(Step::pin_found, flow.slot, u32(unpack(pin.value).state), 0);
  } else {
    flow = unpack_flow(env.place(arrival_of(env, p, service, realm, hash)));
    if (flow.proven) env.prove(hash);
    if (WM_UNLIKELY(!flow.slot)) return why::no_target;
    target = target_of(env, flow.slot, service);
    if (WM_UNLIKELY(!target)) return why::target_gone;
    if (WM_UNLIKELY(is_down(target))) return answer_for(env, p);
  }
  const Target* candidate = nullptr;
  if (WM_UNLIKELY(flow.candidate)) {
    candidate = target_of(env, flow.candidate, service);
    if (candidate && is_down(candidate)) candidate = nullptr;
  }
  const Verdict verdict = send_through_tunnel(env, p, target, flow.slot, u32(hash >> 40), candidate);
  if (auto* traffic = env.at(table::target_traffic, flow.slot)) {
    const bool carried = verdict.action != Action::drop;
    traffic->packets += carried;
    traffic->bytes += carried ? p.end - p.l3 : 0;
    traffic->flows += flow.is_new;
  }
  return verdict;
}

}  // namespace director
}  // namespace waymark
