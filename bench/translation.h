// The translation alone begins with a packet as the translator's step finds it; for the kernel's build and the
// user-space one.
#pragma once

#include "roles/translator/packet_maps.h"

namespace waymark::bench {

// The translator where all addresses belong to the first mapping.
struct KnownMapping : translator::Translating {
  template <class E>
  WM_INLINE bool map_inside(E& env, bool ip6, bool, const Address& address, Address& out) const {
    const Mapping* first = env.at(table::mappings, 0);
    return ip6 ? translate::map_to_ip4(first, address, out) : translate::map_to_ip6(first, address, out);
  }
};

// Reads the headers at l3, and both addresses in the other version.
template <bool ip6, class E>
WM_INLINE bool look(E& env, KnownMapping& role, Packet& p, translate::Inside& in, translate::Ends& to) {
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
    return role.map_inside(env, true, true, p.source, to.source) &&
           role.map_inside(env, true, false, p.destination, to.destination);
  } else {
    if (!translate::look_inside4(v, p.l3, p.end, in)) return false;
    const auto* ip = v.template at<Ip4>(sizeof(Ethernet));
    if (!ip) return false;
    p.source = address_of(ip->source);
    p.destination = address_of(ip->destination);
    return role.map_inside(env, false, true, p.source, to.source) &&
           role.map_inside(env, false, false, p.destination, to.destination);
  }
}

}  // namespace waymark::bench
