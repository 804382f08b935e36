// What a packet's address says of its flow, and what the flow says of its packets (DESIGN.md, "Further bits").
#pragma once

#include "core/firewall/bits.h"
#include "core/translate/open.h"
#include "roles/gateway/packet_firewall.h"
#include "roles/gateway/packet_plan.h"

namespace waymark::gateway {

constexpr u32 kDscpMask = 0xfc;  // of a traffic class; the others are congestion's (RFC 3168, 5)

// What the firewall is asked besides. Another gateway's packet comes to the address that a site is mapped to, which has
// no bits; that gateway alone is believed that its flow is valid.
template <class E>
WM_INLINE void tell_bits(E& env, const translate::Opened& o, bool ip6, bool between, Asked& a) {
  const FlowPlaces& places = env.settings().role.gateway.places;
  a.bits = a.strict = a.flow = 0;
  a.has = 0;
  if (WM_LIKELY(!places.count)) return;
  if (!ip6) {
    a.bits = u32(o.in.tos >> 2) << firewall::kClassShift;
    return;
  }
  a.bits = firewall::bits_in(places, o.p.destination);
  a.strict = between ? 0 : firewall::kFlowBits;
  if (between && in_plan(env, o.p.source) && firewall::bits_in(places, o.p.source) & firewall::kValidBit)
    a.has = kNeedsValid;
}

// The same between two of a tenant's sites behind this node: each side is told what another gateway would tell it. From
// outside comes what the inside's side said, in `a`.
template <class E>
WM_INLINE void tell_bits_across(E& env, const translate::Opened& o, Side from, Asked& a) {
  if (from == Side::inside) return tell_bits(env, o, false, false, a);
  a.has = a.flow & env.settings().firewall.bits & firewall::kValidBit ? kNeedsValid : 0;
  a.bits = a.strict = a.flow = 0;
}

// The class of a flow's packets, unless the outside chose it.
WM_INLINE void put_class(translate::Opened& o, u32 flow) {
  const u32 dscp = flow & firewall::kTheirBits ? 0 : flow & firewall::kDscpBits;
  if (dscp) o.in.tos = u8((o.in.tos & u8(~kDscpMask)) | dscp << 2);
}

// The flow's bits stand in the tenant's address, and its class is that of all its packets.
template <class E>
WM_INLINE void put_bits(E& env, translate::Opened& o, bool ip6, u32 flow) {
  const FlowPlaces& places = env.settings().role.gateway.places;
  if (WM_LIKELY(!places.count || !flow)) return;
  if (!ip6) o.to.source = firewall::with_bits(places, o.to.source, flow);
  put_class(o, flow);
}

}  // namespace waymark::gateway
