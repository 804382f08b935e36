// How a packet's way through the director ends.
#pragma once

#include "core/forward.h"

namespace waymark {

#define DIRECTOR_REASONS(X, M)                                                                                      \
  X(M, pass, port_closed, "the address is a service's, but none takes this protocol and port: the kernel's")        \
  X(M, pass, icmp_error, "an ICMP error that quotes no reply of a service: the kernel's")                           \
  X(M, pass, icmp_other, "an ICMP message to a service's address that is no error and no ping: the kernel's")       \
  X(M, drop, no_target, "the service has no target that takes new flows")                                           \
  X(M, drop, target_gone, "the consistent choice names a target slot that is not in use")                           \
  X(M, drop, wrong_family, "an IPv6 packet carries an IPv4-mapped address")                                         \
  X(M, forward, reset, "its server died: a TCP reset was sent to the client")                                       \
  X(M, forward, unreachable, "its server died: an ICMP port unreachable was sent to the client")                    \
  X(M, drop, dead_target, "its server died, and no answer may be given to this packet")                             \
  X(M, drop, answer_limited, "its server died, and enough answers are given already")                               \
  X(M, forward, closed_reset, "no service takes its port: a TCP reset was sent from the service's address")         \
  X(M, forward, closed_unreachable, "no service takes its port: an ICMP port unreachable was sent from there")      \
  X(M, forward, hop_limit, "the hop limit ended here, and its sender was told")                                     \
  X(M, forward, too_big, "too big for the tunnel to its target, and its sender was told")                           \
  X(M, drop, too_narrow, "the tunnel does not carry IPv6 packets of 1280 bytes, and none smaller can be asked for") \
  X(M, forward, echoed, "a ping of a service's address, answered")                                                  \
  X(M, drop, echo_down, "a ping of an address whose services have no target that takes new flows")                  \
  X(M, drop, limited, "an answer was due, but enough were sent lately")                                             \
  X(M, drop, error_withheld, "the hop limit of an ICMP error ended here: none is sent about it")                    \
  X(M, pass, local, "to the director's own address: the kernel's")                                                  \
  X(M, pass, error_short, "an ICMP error about a tunnel that quotes too little of what is in it: the kernel's")     \
  X(M, forward, told_on, "too big for a router on the way to its target, and its sender was told")                  \
  X(M, punt, early, "a fragment that came before its datagram's first one, for which it is held")                   \
  X(M, drop, fragment, "a fragment whose datagram's first one did not come lately")
WM_REASONS(director, 2, DIRECTOR_REASONS)

}  // namespace waymark
