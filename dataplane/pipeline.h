// One packet's way: parse, steer, role. Each step is named; each way out is a reason; the caller counts it once.
#pragma once

#include "core/firewall/reasons.h"
#include "core/overlay/reasons.h"
#include "dataplane/roles.h"
#define WM_ROLE_FILE packet.h
#include "roles/include_each.h"

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

// Who declares reasons, in the order in which people see them: every role, in a namespace of its name, and who serves
// all.
#define WM_MODULES(M) M(parse) M(steer) WM_ROLES(M) M(forward) M(tunnel) M(firewall) M(overlay)

#define WM_MODULE_BIT(NAME) | 1u << NAME::kModule
#define WM_MODULE_ONE(NAME) +1
static_assert(__builtin_popcount(0 WM_MODULES(WM_MODULE_BIT)) == 0 WM_MODULES(WM_MODULE_ONE), "two have one number");
#undef WM_MODULE_BIT
#undef WM_MODULE_ONE

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
#define WM_ADD(NAME) add(actions, NAME::kReasonTexts);
  WM_MODULES(WM_ADD)
#undef WM_ADD
  return actions;
}
constexpr Actions kActions = all_actions();

// Roles that punt packets: those that declare a reason to. Their programs give them to the daemon, which finishes them.
template <u32 N>
constexpr bool has_punts(const ReasonText (&texts)[N]) {
  for (const ReasonText& text : texts)
    if (text.verdict.action == Action::punt) return true;
  return false;
}
#define WM_PUNTS(NAME) | (has_punts(NAME::kReasonTexts) ? role_bit(Role::NAME) : 0)
constexpr RoleSet kPuntingRoles = 0 WM_ROLES(WM_PUNTS);
#undef WM_PUNTS

// The packet's role, if it is among `here`; else a jump to it.
#define WM_TURN(NAME)                                                                        \
  template <RoleSet here, Env E>                                                             \
  WM_INLINE Verdict turn_to_##NAME(E& env, Packet& p, const Port* port, const Steered& to) { \
    if constexpr (here & role_bit(Role::NAME)) return NAME::receive(env, p, port, to);       \
    env.template jump<u32(Role::NAME)>();                                                    \
    return steer::why::no_program;                                                           \
  }
WM_ROLES(WM_TURN)
#undef WM_TURN

// Roles that have ports of their own say receive_by_port() in their namespace: of `p` l3 and the tags are known. Others
// are never asked.
template <class E>
WM_INLINE Verdict receive_by_port(E&, Packet&, const Port*) {
  return steer::why::not_ours;
}
#define WM_BY_PORT(NAME)                                                                  \
  namespace NAME {                                                                        \
  template <RoleSet here, Env E>                                                          \
  WM_INLINE Verdict turn_by_port(E& env, Packet& p, const Port* port) {                   \
    if constexpr (here & role_bit(Role::NAME)) return (receive_by_port<E>)(env, p, port); \
    env.template jump<u32(Role::NAME)>();                                                 \
    return steer::why::no_program;                                                        \
  }                                                                                       \
  }
WM_ROLES(WM_BY_PORT)
#undef WM_BY_PORT

// The roles in `here` are part of this program; the others are programs of their own, which begin anew.
template <RoleSet here, Env E>
WM_INLINE Verdict process(E& env) {
  Packet p;
  Verdict end = kGoOn;
  const u16 type = parse_ethernet(env.view(), p, end);
  if (WM_UNLIKELY(ended(end))) return end;
  const Port* port = find_port(env, p);
  if (WM_UNLIKELY(!port)) return steer::why::not_listening;
  if (WM_UNLIKELY(port->owner)) {
#define WM_TURN(NAME) \
  if (port->owner == u32(Role::NAME) + 1) return NAME::turn_by_port<here>(env, p, port);
    WM_ROLES(WM_TURN)
#undef WM_TURN
  }
  if (WM_UNLIKELY(!for_us(env.view(), port))) return steer::why::other_mac;
  end = parse_ip(env.view(), p, type);
  if (WM_UNLIKELY(ended(end))) return end;
  forget(p);
  env.step(Step::received, env.interface(), p.outer_vlan, p.inner_vlan);
  Steered to = {find_front(env, space_of(port->zone), p.destination), nullptr, kNoRole};
  if (WM_LIKELY(to.front)) {
    to.role = to.front->role;
  } else {
    const Settings& s = env.settings();
    if (s.prefix_role == kNoRole) return steer::why::not_ours;
    if (s.prefix_space != kAnySpace && s.prefix_space != space_of(port->zone)) return steer::why::not_ours;
    to.role = s.prefix_role;
    if (s.prefix_role == kManyRoles) to = find_by_prefix(env, space_of(port->zone), p.destination, p.ip6);
    if (to.role == kNoRole) return steer::why::not_ours;
  }
  env.step(Step::steered, to.role, port->zone, !to.front ? 1 : has_rules(to.front) ? 0 : 2);
#define WM_TURN(NAME) \
  if (to.role == u32(Role::NAME)) return turn_to_##NAME<here>(env, p, port, to);
  WM_ROLES(WM_TURN)
#undef WM_TURN
  return steer::why::not_ours;
}

}  // namespace waymark
