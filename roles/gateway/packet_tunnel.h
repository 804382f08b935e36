// Into a tunnel: towards a tenant, or to another gateway.
#pragma once

#include "core/link.h"
#include "core/tunnel.h"
#include "core/way.h"
#include "roles/gateway/packet_plan.h"

namespace waymark::gateway {

// What differs by flow, so that ECMP and RSS spread what is in one tunnel: of the packet before it is translated, whose
// transport header is at `l4`. A fragment has no ports there, and need not be with its flow's other packets.
WM_INLINE u32 entropy_of(const View& v, const Packet& p, u32 l4) {
  const auto* ports = v.at<Word32>(l4);
  const bool has_ports = p.protocol == kProtoTcp || p.protocol == kProtoUdp;
  const u64 sum = p.source.low + p.destination.low * 3 + (has_ports && ports ? ports->value : 0);
  return u32(mix(sum ^ p.source.high ^ p.destination.high) >> 40);
}

// The way that a tunnel's own packets take: with as much as fits into one.
template <class E>
WM_INLINE Onward way_through(E& env, const Target* end) {
  Onward way = find_way(env, outer_source(*end), outer_destination(*end));
  way.mtu = way.mtu > end->outer_length ? way.mtu - end->outer_length : 0;
  return way;
}

// Puts a tunnel's header in front of the IP packet behind the Ethernet header of an untagged frame. `length`: of that
// packet. The last write of several, before which all was looked at.
template <class E>
WM_INLINE bool wrap(E& env, const Target* end, u32 length, bool ip6, u8 tos, u32 entropy, const LinkAddresses& link) {
  const u32 added = end->outer_length;
  if (!env.resize(int(added))) return false;
  env.wrapped(added);
  if (WM_UNLIKELY(is_link(*end))) return write_link(env.view(), *end, link, tos);
  const bool outer_ip6 = outer_is_ip6(*end);
  const View v = env.view();
  const Outer outer = {end, length + added, entropy, ip6, tos};
  auto* ethernet = v.at<Ethernet>(0);
  if (!ethernet || !(outer_ip6 ? write_tunnel_ip6(v, outer) : write_tunnel_ip4(v, outer))) return false;
  store_link(ethernet, link, wire16(outer_ip6 ? kEtherIp6 : kEtherIp4));
  return true;
}

// The link header's addresses as they are: where the kernel goes on with the frame, it stays addressed to us.
WM_INLINE bool link_of(const View& v, const Onward& way, LinkAddresses& link) {
  const auto* old = v.at<Ethernet>(0);
  if (!old) return false;
  link = way.kind == WayKind::direct ? way.link : load_link(old);
  return true;
}

}  // namespace waymark::gateway
