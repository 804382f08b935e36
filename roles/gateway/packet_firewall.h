// What the firewall is asked of a tenant's packet, in the terms of its IPv4 side, whichever version it comes in.
#pragma once

#include "core/firewall/admit.h"
#include "core/translate/open.h"
#include "roles/gateway/reasons.h"

namespace waymark::gateway {

using firewall::Asked;
using firewall::Follows;
using firewall::Side;
using translate::Inside;

// Ports as a flow's key has them. `end`: where what there is of the packet ends.
struct PortsOf {
  u16 inside, outside;
  u8 request;  // of ICMP: 1
  bool found;
};
template <class E>
WM_INLINE PortsOf ports_of(E& env, const Inside& in, u32 end, Side from, bool ip6) {
  const View v = env.view();
  if (in.protocol == (ip6 ? kProtoIcmp6 : kProtoIcmp4)) {
    const auto* icmp = v.template at<Icmp>(in.l4);
    if (!icmp || in.l4 + sizeof(Icmp) > end) return {0, 0, 0, false};
    const bool request = icmp->type == (ip6 ? kIcmp6Echo : kIcmp4Echo);
    const bool outside_began = (from == Side::outside) == request;
    return {u16(number(icmp->rest) >> 16), u16(outside_began), u8(request), true};
  }
  const u8 p = in.protocol;
  if (p != kProtoTcp && p != kProtoUdp && p != kProtoUdpLite && p != kProtoDccp && p != kProtoSctp)
    return {0, 0, 0, true};
  const auto* ports = v.template at<Udp>(in.l4);
  if (!ports || in.l4 + sizeof(Udp) > end) return {0, 0, 0, false};
  const u16 source = number(ports->source), destination = number(ports->destination);
  if (from == Side::inside) return {source, destination, 0, true};
  return {destination, source, 0, true};
}

WM_INLINE constexpr u8 protocol4(u8 protocol, bool ip6) {
  return ip6 && protocol == kProtoIcmp6 ? kProtoIcmp4 : protocol;
}

// A fragment behind the first.
template <class E>
WM_INLINE Verdict follow(E& env, const Tenant* t, const Inside& in, Asked& a) {
  const u32 from = translate::offset_of(in);
  const FirewallPolicy* policy = env.whole() ? nullptr : env.at(table::firewall_policies, t->policy - 1);
  const u64 said = firewall::follows_first(env, a.key, a.from, in.id, from, policy ? policy->count : ~0u);
  const auto follows = Follows(said & ((1u << firewall::kFollowsBits) - 1));
  if (follows == Follows::first) {
    a.flow = u32(said >> firewall::kFollowsBits);
    if (WM_UNLIKELY((a.bits ^ a.flow) & a.strict)) return firewall::why::other_bits;
    return kGoOn;
  }
  if (follows == Follows::overlaps) return firewall::why::overlap;
  if (env.whole()) env.early(t->owner, firewall::datagram_hash(env, a.key, a.from, in.id), from, from + in.length);
  if (env.whole() || follows == Follows::may_be_early) return firewall::why::early;
  return firewall::why::fragment;
}

// What the firewall is to be asked, of a packet in either version. `inside`, `outside`: the ends' IPv4 addresses. Of a
// fragment behind the first it has been asked, and `a.policy` stays kAsked; and of what the daemon finishes, which
// passed before.
constexpr u32 kAsked = ~0u;
template <class E>
WM_INLINE Verdict ask(E& env, const Tenant* t, const Inside& in, Side from, const Address& inside,
                      const Address& outside, bool ip6, Asked& a) {
  a.from = from;
  a.policy = kAsked;
  a.key =
      firewall::key_of(t->owner, protocol4(in.protocol, ip6), number(ip4_of(inside)), number(ip4_of(outside)), 0, 0);
  if (WM_UNLIKELY(translate::offset_of(in))) return follow(env, t, in, a);
  const PortsOf ports = ports_of(env, in, in.end, a.from, ip6);
  if (WM_UNLIKELY(!ports.found)) return parse::why::udp_header;
  a.key.word[1] |= u64(ports.outside) << 16 | ports.inside;
  a.segment = {0, 0, ports.request};
  if (in.protocol == kProtoTcp) {
    const auto* tcp = env.view().template at<Tcp>(in.l4);
    if (WM_UNLIKELY(!tcp || in.l4 + sizeof(Tcp) > in.end)) return parse::why::tcp_header;
    a.segment = {number(tcp->sequence), number(tcp->acknowledgement), tcp->flags};
  }
  if (!env.whole())
    a.policy = t->policy - 1;
  else if (env.settings().firewall.bits)
    a.flow = u32(firewall::known_flow(env, a.key) >> 1);
  return kGoOn;
}

// A datagram's first fragment was let through.
template <class E>
WM_INLINE void note_first(E& env, const Inside& in, const Asked& a) {
  firewall::keep_first(env, {{a.key.word[0], a.key.word[1] & ~u64(0xffffffff)}}, a.from, in.id, in.length, a.flow);
}

// Its answer.
template <class E>
WM_INLINE Verdict answer(E& env, const Inside& in, Asked& a) {
  const Verdict end = firewall::admit(env, a);
  if (WM_UNLIKELY(in.fragment) && !ended(end)) note_first(env, in, a);
  return end;
}

// The packet inside an ICMP error, in either version, was sent by the side that the error goes to: its flow must be
// known. As known_flow().
template <class E>
WM_INLINE u64 known_of_error(E& env, const Tenant* t, const Inside& in, Side sender, const translate::Ends& ip4,
                             u32 end, bool ip6) {
  const bool by_inside = sender == Side::inside;
  const Address& inside = by_inside ? ip4.source : ip4.destination;
  const Address& outside = by_inside ? ip4.destination : ip4.source;
  ExactKey<2> key =
      firewall::key_of(t->owner, protocol4(in.protocol, ip6), number(ip4_of(inside)), number(ip4_of(outside)), 0, 0);
  if (translate::offset_of(in)) return 0;
  const PortsOf ports = ports_of(env, in, end, sender, ip6);
  if (!ports.found) return 0;
  key.word[1] |= u64(ports.outside) << 16 | ports.inside;
  return firewall::known_flow(env, key);
}

}  // namespace waymark::gateway
