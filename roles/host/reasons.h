// How a packet's way through the host ends.
#pragma once

#include "core/forward.h"

namespace waymark {

#define HOST_REASONS(X, M)                                                                                         \
  X(M, pass, delivered, "taken out of its tunnel and given to the local service")                                  \
  X(M, pass, local, "to this host's own address, and no tunnel: the kernel's")                                     \
  X(M, drop, untrusted_interface, "a tunnel came in where none is accepted")                                       \
  X(M, drop, untrusted_source, "a tunnel came from an address that is not a listed director's")                    \
  X(M, drop, gue_checksum, "the GUE tunnel carries a UDP checksum: Waymark's directors send none")                 \
  X(M, drop, gue_header, "the GUE header is cut short, or of a variant, type or with options not known here")      \
  X(M, drop, inner_header, "what the tunnel carries is not the IP packet that its header announces")               \
  X(M, drop, inner_fragment, "a tunnel that is not a director's, or names a second candidate, carries a fragment") \
  X(M, drop, nested_tunnel, "the tunnel carries another tunnel")                                                   \
  X(M, drop, not_served, "the tunnel carries a packet for an address, protocol or port not served here")           \
  X(M, drop, congestion, "congestion was marked on the tunnel of a packet that cannot carry the mark")             \
  X(M, drop, not_fellow, "a host passed on a packet of a service that it does not share with this one")            \
  X(M, drop, passed_twice, "a host passed on a packet with a second candidate: only directors name one")
WM_REASONS(host, 3, HOST_REASONS)

}  // namespace waymark
