// How a packet's way through the edge ends.
#pragma once

#include "core/verdict.h"

namespace waymark {

#define EDGE_REASONS(X, M)                                                                                        \
  X(M, forward, out, "sent on from the flow's own address, to its server or by anycast")                          \
  X(M, forward, back, "sent on to its client, from the anycast address")                                          \
  X(M, pass, by_kernel,                                                                                           \
    "given its flow's addresses and left to the kernel: no valid next hop is known, or it must be fragmented")    \
  X(M, pass, not_caught, "to a service's address, but to none of its ports, and no ping: the kernel's")           \
  X(M, forward, hop_limit, "the hop limit ended here, and its sender was told")                                   \
  X(M, forward, too_big, "too big for its way out, and its sender was told")                                      \
  X(M, forward, unreachable, "the kernel's routes lead nowhere, and its sender was told")                         \
  X(M, drop, error_limited, "an ICMP error was due, but enough were sent lately")                                 \
  X(M, drop, error_withheld, "an ICMP error was due, but none may be sent about this packet, or from no address") \
  X(M, drop, unknown_flow, "of no known flow, and no SYN that may begin one")                                     \
  X(M, drop, many_flows, "would begin a flow, and its client has as many as it may")                              \
  X(M, drop, many_new, "would begin a flow, and its client has begun as many lately as it may")                   \
  X(M, drop, table_full, "would begin a flow, and all places that it may have are of open ones")                  \
  X(M, drop, contended, "another processor was at the same flow in that moment")                                  \
  X(M, drop, own_source, "its source is among flows' own addresses, which no host has")                           \
  X(M, drop, no_such_flow, "to an address that no flow has")                                                      \
  X(M, drop, wrong_ports, "to a flow's own address, but of another protocol or of other ports")                   \
  X(M, drop, wrong_server, "to a flow's own address, from none that may answer it")                               \
  X(M, drop, wrong_acknowledgement, "answers a flow's SYN, and does not acknowledge it")                          \
  X(M, drop, headers,                                                                                             \
    "a routing header not at its end, a source route, or extension headers behind the fragment header")           \
  X(M, drop, unknown_fragment, "a fragment whose first one was not seen, or too long ago")                        \
  X(M, drop, unknown_echo, "an echo reply, and no server asked this client")                                      \
  X(M, drop, icmp_type, "to a flow's own address: an ICMP message that is neither a ping nor an error")           \
  X(M, drop, icmp_fragment, "a fragmented ICMP error")                                                            \
  X(M, drop, inner_header,                                                                                        \
    "the packet inside the ICMP error is cut short, or of the other IP version, or a later fragment")             \
  X(M, drop, inner_unknown, "the packet inside the ICMP error is of no flow that is known")                       \
  X(M, drop, names_no_flow,                                                                                       \
    "to an address that flows share, and neither of a port nor of an identifier that names one")                  \
  X(M, drop, no_number, "would begin a flow, and no port that was tried is free at its client's address of the pool")
WM_REASONS(edge, 10, EDGE_REASONS)

}  // namespace waymark
