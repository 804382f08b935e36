// How a packet ends in a tenant's overlay: the Ethernet within a tunnel.
#pragma once

#include "core/verdict.h"

namespace waymark {

#define OVERLAY_REASONS(X, M)                                                                                        \
  X(M, forward, arp_answered, "an ARP request for the gateway's address in the tenant's overlay: answered")          \
  X(M, forward, pinged, "a ping of the gateway's address in the tenant's overlay: answered")                         \
  X(M, drop, limited, "asks for the gateway's address in the tenant's overlay, where enough was answered just now")  \
  X(M, drop, arp_heard, "an ARP reply or announcement in the tenant's overlay: heard, and for nobody else")          \
  X(M, drop, arp_other, "an ARP request in the tenant's overlay for another address than the gateway's")             \
  X(M, drop, arp_header,                                                                                             \
    "the ARP packet in the tunnel is cut short, or is neither request nor reply for IPv4 over Ethernet")             \
  X(M, drop, arp_sender, "the ARP packet's sender is no host behind this tunnel, or is not who sent the frame")      \
  X(M, drop, conflict, "a host in the tenant's overlay has the gateway's own address there")                         \
  X(M, drop, frame_source, "the frame in the tunnel comes from no host's MAC address, or from the gateway's own")    \
  X(M, drop, not_a_ping, "is for the gateway's own address in the tenant's overlay, and no ping")                    \
  X(M, forward, asked, "the host in the tenant's overlay is not known yet: in this packet's place it was asked for") \
  X(M, pass, asked_by_kernel,                                                                                        \
    "the host in the tenant's overlay is not known yet: in this packet's place it was asked for, by the kernel's "   \
    "routes, as no valid next hop is known")                                                                         \
  X(M, drop, unknown, "the host in the tenant's overlay is not known, and enough were asked for just now")           \
  X(M, pass, link_control,                                                                                           \
    "a frame of the Ethernet's own protocols, as LLDP and LACP, on a tenant's link: the kernel's")                   \
  X(M, drop, other_mac, "the frame on the tenant's link is for another MAC address, or for many")                    \
  X(M, drop, not_held, "by a tenant's link of a gateway whose work another node does, or is taking over")            \
  X(M, drop, label_stack, "the MPLS label stack on a tenant's link is cut short, or has more than two labels")       \
  X(M, drop, label_ttl, "the time to live of the MPLS label ends here")
WM_REASONS(overlay, 9, OVERLAY_REASONS)

}  // namespace waymark
