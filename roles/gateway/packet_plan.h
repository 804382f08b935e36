// Whom an address of the plan names: a gateway and a tenant, both by fronts, so that neither takes a table of its own.
#pragma once

#include "core/plan.h"
#include "core/steer.h"
#include "roles/gateway/reasons.h"

namespace waymark::gateway {

template <class E>
WM_INLINE bool in_plan(E& env, const Address& a) {
  const OwnSettings& s = env.settings().role.gateway;
  return (a & s.prefix_mask) == s.prefix;
}

// The gateway whose own address this is; null: there is none.
template <class E>
WM_INLINE const Gateway* gateway_at(E& env, const Address& own) {
  const Front* front = find_front(env, space_of(0, SpaceKind::gateway), own);
  return front ? env.at(table::gateways, front->index) : nullptr;
}

// The gateway that an address of the plan names.
template <class E>
WM_INLINE const Gateway* named_gateway(E& env, const Address& a) {
  return gateway_at(env, a & env.settings().role.gateway.own_mask);
}

// The tenant that it names, as the gateway in this turn has it: the index of its record, and 1; or 0.
template <class E>
WM_INLINE u32 named_tenant(E& env, const Address& a, u32 turn) {
  const OwnSettings& s = env.settings().role.gateway;
  const Front* front = find_front(env, space_of(0, SpaceKind::tenant), a & s.tenant_mask);
  return front ? front->index * s.held + turn + 1 : 0;
}

WM_INLINE bool plan_bits_hold(const OwnSettings& s, const Address& a) { return !any(a & s.must_be_zero); }

}  // namespace waymark::gateway
