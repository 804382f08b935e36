// One packet's way: parse, steer, role. Each step is named; each way out is a reason; the caller counts it once.
#pragma once

#include "roles/director/packet.h"
#include "roles/host/packet.h"
#include "roles/translator/packet.h"

namespace waymark {

template <Env E>
WM_INLINE const Port* find_port(E& env, const Packet& p) {
  const Port* port =
      env.at(table::ports, port_hash(env.settings().port_seed, env.interface(), p.outer_vlan, p.inner_vlan));
  if (!port || port->interface != env.interface()) return nullptr;
  return port->outer_vlan == p.outer_vlan && port->inner_vlan == p.inner_vlan ? port : nullptr;
}

WM_INLINE bool for_us(const View& v, const Port* port) {
  const auto* ethernet = v.at<Ethernet>(0);
  if (!ethernet) return false;
  return same(ethernet->destination, port->mac);
}

// What becomes of a packet follows from its reason alone: the program need not carry both to its end.
struct Actions {
  Action of[kReasons];
};
template <u32 N>
constexpr void add(Actions& actions, const ReasonText (&texts)[N]) {
  for (const ReasonText& text : texts) actions.of[text.verdict.reason] = text.verdict.action;
}
constexpr Actions all_actions() {
  Actions actions = {};
  add(actions, parse::kReasonTexts);
  add(actions, steer::kReasonTexts);
  add(actions, director::kReasonTexts);
  add(actions, host::kReasonTexts);
  add(actions, forward::kReasonTexts);
  add(actions, translator::kReasonTexts);
  return actions;
}
constexpr Actions kActions = all_actions();

template <Env E>
WM_INLINE Verdict process(E& env) {
  Packet p;
  Verdict end = kGoOn;
  const u16 type = parse_ethernet(env.view(), p, end);
  if (WM_UNLIKELY(ended(end))) return end;
  const Port* port = find_port(env, p);
  if (WM_UNLIKELY(!port)) return steer::why::not_listening;
  if (WM_UNLIKELY(!for_us(env.view(), port))) return steer::why::other_mac;
  end = parse_ip(env.view(), p, type);
  if (WM_UNLIKELY(ended(end))) return end;
  forget(p);
  env.step(Step::received, env.interface(), p.outer_vlan, p.inner_vlan);
  const Front* front = find_front(env, port->zone, p.destination);
  if (!front) {
    const TranslatorSettings& translator = env.settings().translator;
    return translator.on && translator.zone == port->zone ? translator::receive(env, p, port) : steer::why::not_ours;
  }
  env.step(Step::steered, front->duties, port->zone, 0);
  if (front->duties & kDutyDirector) return director::direct(env, p, front, port->zone);
  if (WM_UNLIKELY(is_ip4(front->address) == bool(p.ip6))) return steer::why::not_ours;  // IPv4-mapped in an IPv6 header
  if (front->duties & kDutyTunnelEnd) return host::receive(env, p, port);
  if (front->duties & kDutyRouter) return translator::receive_own(env, p);
  return steer::why::not_ours;
}

}  // namespace waymark
