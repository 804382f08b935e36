// A service's packets: the pin of the flow, else the consistent choice; then the tunnel to the target.
#pragma once

#include "core/steer.h"
#include "roles/director/packet_fragments.h"

namespace waymark {

namespace director {

// The answer in a dead target's place, from the service's address.
template <Env E>
WM_INLINE Verdict answer_for(E& env, const Packet& p) {
  if (p.protocol == kProtoTcp)
    return end_of(env, reset(env, p, AnswerKind::reset), {why::reset, why::dead_target, why::answer_limited},
                  AnswerKind::reset);
  const u32 said = said_by(kAsDestination, AnswerKind::unreachable, port_unreachable(p.ip6));
  return end_of(env, complain(env, p.l3, p.end, said, 0), {why::unreachable, why::dead_target, why::answer_limited},
                AnswerKind::unreachable);
}

// A packet to a service's address, from parse_ip() on.
template <Env E>
WM_INLINE Verdict receive(E& env, Packet& p, const Port* port, const Steered& to) {
  const Front* front = front_of(env, to, space_of(port->zone), p);
  if (!front) return steer::why::not_ours;
  const u32 realm = front->realm;
  if (WM_UNLIKELY(is_ip4(front->address) == bool(p.ip6))) return why::wrong_family;
  if (const Verdict end = validate(env.view(), p, env.length()); WM_UNLIKELY(ended(end))) {
    if (end.reason != parse::why::fragment.reason) return end;
    auto* s = env.template scratch<FragmentScratch>();
    if (!s) return forward::why::no_room;
    s->p = p;
    s->space = space_of(port->zone);
    return env.template go_on<fragment_program>();
  }
  const Rule* rule = find_rule(env, front, p.protocol, p.destination_port);
  if (WM_UNLIKELY(!rule)) return refuse(env, p, front);
  const u32 service = rule->service;
  env.step(Step::matched, service, p.destination_port, p.protocol);

  if (WM_UNLIKELY(p.hops <= 1)) return expire(env, p);

  const u64 hash =
      hash_flow(env.settings().pin_key, realm, p.protocol, p.source, p.destination, p.source_port, p.destination_port);
  Flow flow = {};
  const Target* target = nullptr;
  bool known = false;
  if (env.settings().pin_buckets) {  // a constant of the load: the kernel leaves out the other half
    const u32 stamp = env.now() >> env.settings().stamp_shift & kStampMask;
    const Found pin = find_pin(env, place_of(env, hash));
    flow.slot = u32(pin.value >> 32) & kSlotMask;
    target = pin.word ? target_of(env, flow.slot, service) : nullptr;
    known = target && settled(pin.value, stamp, p.tcp_flags) && !is_down(target);
    if (WM_LIKELY(known)) env.step(Step::pin_found, flow.slot, u32(unpack(pin.value).state), 0);
  } else {
    flow.slot = choose(env, arrival_of(env, p, service, realm, hash));
    target = target_of(env, flow.slot, service);
    known = target && !is_down(target);
  }
  if (WM_UNLIKELY(!known)) {
    flow = place(env, arrival_of(env, p, service, realm, hash));
    if (flow.proven) prove(env, hash);
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
  if (WM_UNLIKELY(verdict.reason == forward::why::too_big.reason)) return tell_too_big(env, p, flow.slot);
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
