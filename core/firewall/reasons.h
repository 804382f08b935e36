// How a packet ends at a firewall.
#pragma once

#include "core/verdict.h"

namespace waymark {

#define FIREWALL_REASONS(X, M)                                                                                 \
  X(M, drop, unsolicited, "comes from outside and belongs to no flow, and no rule lets it begin one")          \
  X(M, drop, denied, "a rule refuses the flow that it would begin")                                            \
  X(M, drop, unknown_flow, "TCP in the middle of a flow, or a ping's answer, of which nothing is known")       \
  X(M, drop, window, "TCP with a sequence number too far from what the other side has acknowledged")           \
  X(M, drop, flags, "TCP with flags that begin no flow and belong to none")                                    \
  X(M, drop, many_flows, "would be one flow more than its tenant may have")                                    \
  X(M, drop, many_new, "its tenant began too many flows lately")                                               \
  X(M, drop, contended, "another processor was at the same place of the table: the next packet finds it free") \
  X(M, drop, fragment, "a fragment whose datagram's first one was not let through lately")                     \
  X(M, drop, other_bits, "comes to an address that says other things of its flow than the flow's own does")    \
  X(M, drop, forged_valid, "would begin a flow from outside, to an address that says it is valid")             \
  X(M, punt, early, "a fragment that came before its datagram's first one, for which it is held")              \
  X(M, drop, overlap, "a fragment that overlaps with its datagram's first one (RFC 5722)")
WM_REASONS(firewall, 8, FIREWALL_REASONS)

}  // namespace waymark
