// One packet's way: parse, steer, role. Each step is named; each way out is a reason; the caller counts it once.
#pragma once

#include "dataplane/roles.h"
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

// The packet's role, if it is among `here`; else a jump to it.
template <Role role, RoleSet here, Env E>
WM_INLINE Verdict turn(E& env, Packet& p, const Port* port, const Front* front) {
  if constexpr (!(here & role_bit(role))) {
    env.template jump<u32(role)>();
    return steer::why::no_program;
  } else if constexpr (role == Role::director) {
    return director::receive(env, p, port, front);
  } else if constexpr (role == Role::host) {
    return host::receive(env, p, port, front);
  } else {
    return translator::receive(env, p, port, front);
  }
}

// The roles in `here` are part of this program; the others are programs of their own, which begin anew.
template <RoleSet here, Env E>
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
    if (!translator.on || translator.zone != port->zone) return steer::why::not_ours;
    return turn<Role::translator, here>(env, p, port, nullptr);
  }
  env.step(Step::steered, front->duties, port->zone, 0);
  if (front->duties & kDutyDirector) return turn<Role::director, here>(env, p, port, front);
  if (WM_UNLIKELY(is_ip4(front->address) == bool(p.ip6))) return steer::why::not_ours;  // IPv4-mapped in an IPv6 header
  if (front->duties & kDutyTunnelEnd) return turn<Role::host, here>(env, p, port, front);
  if (front->duties & kDutyRouter) return turn<Role::translator, here>(env, p, port, front);
  return steer::why::not_ours;
}

}  // namespace waymark
