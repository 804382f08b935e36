// Packets to listed addresses are counted, and are the kernel's as if nobody had looked.
#pragma once

#include "core/steer.h"

namespace waymark {

#define TALLY_REASONS(X, M)                                                        \
  X(M, pass, counted, "counted, as it is for an address of [tally]: the kernel's") \
  X(M, pass, wrong_family, "an IPv6 packet carries an IPv4-mapped address: the kernel's")
WM_REASONS(tally, 15, TALLY_REASONS)

namespace tally {

// A packet to an address of [tally], from parse_ip() on.
template <Env E>
WM_INLINE Verdict receive(E&, Packet& p, const Port*, const Steered& to) {
  if (!to.front) return steer::why::not_ours;
  return is_ip4(to.front->address) == bool(p.ip6) ? why::wrong_family : why::counted;
}

}  // namespace tally
}  // namespace waymark
