// How a packet's way through a gateway ends: as any translation does, though some of those never come about here
// (hairpins, echoes), or as only a gateway's can.
#pragma once

#include "core/translate/reasons.h"

namespace waymark {

#define GATEWAY_OWN_REASONS(X, M)                                                                                     \
  X(M, forward, onward, "names another gateway, and was sent on to it")                                               \
  X(M, pass, onward_by_kernel,                                                                                        \
    "names another gateway, and was left to the kernel's routes: no valid next hop is known")                         \
  X(M, drop, unknown_tunnel, "no tenant's tunnel comes from there, or not with this key")                             \
  X(M, drop, inner_ip6, "a tenant's tunnel carries no IPv4")                                                          \
  X(M, drop, inner_ip4, "the IPv4 header in the tunnel is cut short, or says a length that the tunnel does not have") \
  X(M, drop, congestion, "congestion was marked on the tunnel, and the packet inside cannot say so (RFC 6040, 4.2)")  \
  X(M, drop, foreign_source, "the source is not behind a tunnel of the tenant's")                                     \
  X(M, drop, own_destination, "the destination is one of the tenant's own addresses")                                 \
  X(M, forward, no_destination, "the tenant's destination has no address in IPv6, and its sender was told")           \
  X(M, drop, plan_bits, "bits of the plan's address that must be zero are not")                                       \
  X(M, drop, unknown_gateway, "the address names a gateway that the configuration does not list")                     \
  X(M, drop, unknown_tenant, "the address names a tenant that the configuration does not list")                       \
  X(M, drop, untrusted_gateway, "a tunnel from who is no gateway of the plan")                                        \
  X(M, drop, passed_twice, "came from a gateway, and names one that is not held here")                                \
  X(M, forward, across, "is for a site of the tenant's behind this node, and went from tunnel to tunnel")             \
  X(M, pass, across_by_kernel,                                                                                        \
    "is for a site of the tenant's behind this node, and was left to the kernel's routes: no valid next hop is known")
#define GATEWAY_REASONS(X, M) TRANSLATION_REASONS(X, M) GATEWAY_OWN_REASONS(X, M)
WM_REASONS(gateway, 7, GATEWAY_REASONS)
WM_TRANSLATION_REASONS(gateway)

}  // namespace waymark
