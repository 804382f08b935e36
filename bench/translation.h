// The translation alone begins with a packet as the translator's step finds it; for the kernel's build and the
// user-space one.
#pragma once

#include "core/steer.h"
#include "core/translate/errors.h"

namespace waymark::bench {

// Reads the headers at l3, and both addresses in the other version, by a mapping that Env::mapping_of() knows.
template <bool ip6, class E>
WM_INLINE bool look(E& env, Packet& p, translate::Inside& in, translate::Ends& to) {
  p.l3 = sizeof(Ethernet);
  p.end = env.length();
  p.ip6 = ip6;
  const View v = env.view();
  if constexpr (ip6) {
    Verdict end = kGoOn;
    if (!translate::look_inside6(env, p.l3, p.end, in, end) || ended(end)) return false;
    const auto* ip = v.template at<Ip6>(sizeof(Ethernet));
    if (!ip) return false;
    p.source = load_address(ip->source);
    p.destination = load_address(ip->destination);
    return translate::map_to_ip4(env, p.source, to.source) && translate::map_to_ip4(env, p.destination, to.destination);
  } else {
    if (!translate::look_inside4(v, p.l3, p.end, in)) return false;
    const auto* ip = v.template at<Ip4>(sizeof(Ethernet));
    if (!ip) return false;
    p.source = address_of(ip->source);
    p.destination = address_of(ip->destination);
    return translate::map_to_ip6(env, p.source, kAnyMap, to.source) &&
           translate::map_to_ip6(env, p.destination, kAnyMap, to.destination);
  }
}

}  // namespace waymark::bench
