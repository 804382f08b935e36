// How a packet's way through a POP ends.
#pragma once

#include "core/verdict.h"

namespace waymark {

#define PATH_REASONS(X, M)                                                                                         \
  X(M, forward, onward, "sent on to another POP")                                                                  \
  X(M, forward, to_server, "sent to its server: this is the last POP of its path")                                 \
  X(M, forward, to_client, "sent to its client, who is here")                                                      \
  X(M, pass, by_kernel, "left to the kernel's routes: no valid next hop is known")                                 \
  X(M, pass, local, "to this POP's own address, but in no tunnel: the kernel's")                                   \
  X(M, forward, hop_limit, "the hop limit ended here, and its sender was told")                                    \
  X(M, forward, too_big, "too big for its way on, and its sender was told")                                        \
  X(M, forward, unreachable, "no live POP that may be next, or no way to its client, and its sender was told")     \
  X(M, forward, refused, "a policy in its addresses refuses it, and its sender was told")                          \
  X(M, forward, bad_tag, "the tag in an address is wrong, and its sender was told")                                \
  X(M, forward, unknown_epoch, "the tag in an address is of an epoch without a key here, and its sender was told") \
  X(M, drop, error_limited, "an ICMP error was due, but enough were sent lately")                                  \
  X(M, drop, error_withheld,                                                                                       \
    "an ICMP error was due, but none may be sent about this packet, or from no address, or its sender is out of "  \
    "reach")                                                                                                       \
  X(M, drop, no_plan, "in a tunnel between POPs, but to no address of the plans")                                  \
  X(M, drop, reserved_bits, "bits of an address that must be zero are not")                                        \
  X(M, drop, bad_path, "the path in an address has no hop, or a gap, or this POP twice")                           \
  X(M, drop, unknown_policy, "an address names a policy that is not configured here")                              \
  X(M, drop, unknown_server, "the address names a server that is not configured here")                             \
  X(M, drop, not_here, "the last POP of the path is this one, and the server is at another")                       \
  X(M, drop, foreign_source, "came in where clients are, from an address that none has there")                     \
  X(M, drop, not_predecessor, "came from where the path in its addresses does not lead from")                      \
  X(M, drop, untrusted_source, "a tunnel from no POP")                                                             \
  X(M, drop, tunnel_header, "the tunnel's header or the packet in it is malformed")                                \
  X(M, drop, congestion, "marked as congested in the tunnel, and its ends do not know such marks (RFC 6040)")      \
  X(M, drop, headers, "a routing header not at its end, or extension headers behind the fragment header")          \
  X(M, drop, no_room, "the driver leaves no room in front of the packet")                                          \
  X(M, forward, watched, "another POP asked whether this one is up, and was answered (seamless BFD)")              \
  X(M, drop, watch_refused, "a packet of seamless BFD that is malformed, or for another POP, or from none")        \
  X(M, forward, revoked, "an id in its addresses is revoked, and its sender was told")                             \
  X(M, drop, over_rate, "beyond the rate of a policy in its addresses")                                            \
  X(M, forward, answered, "a DNS question for a name's address, answered with the client's own")                   \
  X(M, pass, ask_form, "a DNS question that is not for one AAAA record, or malformed: the name server's")          \
  X(M, pass, ask_name, "a DNS question for a name without addresses for each client: the name server's")           \
  X(M, pass, ask_options, "a DNS question with EDNS options that the name server answers")                         \
  X(M, pass, ask_cookie, "a DNS question whose cookie is bad, or to be renewed: the name server's")                \
  X(M, pass, ask_client, "a DNS question for a client that is not known: the name server's")                       \
  X(M, pass, ask_way, "a DNS question for a name whose server no path leads to: the name server's")                \
  X(M, pass, ask_rate, "a DNS question beyond the rate of its source: the name server's")                          \
  X(M, pass, ask_tables,                                                                                           \
    "a DNS question while the daemon's tables are not written, or an hour old: the name server's")                 \
  X(M, pass, ask_room, "a DNS question in a frame that cannot grow: the name server's")
WM_REASONS(path, 11, PATH_REASONS)

}  // namespace waymark
