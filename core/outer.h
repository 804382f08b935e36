// A tunnel's header as it stands ready in Target::outer: all that is alike in every packet, and zeros for what the
// packet decides: lengths, traffic class, entropy, what is inside. In an IPv4 header's checksum stands the folded sum
// of the rest, so that what is written into it is only added.
#pragma once

#include "core/checksum.h"
#include "core/hash.h"
#include "core/records.h"

namespace waymark {

constexpr u8 kTunnelIp = 0, kTunnelGue = 1;  // Target::tunnel
constexpr u8 kTunnelHops = 64;
constexpr u32 kGueLength = sizeof(Udp) + sizeof(Gue);

WM_INLINE constexpr bool outer_is_ip6(const Target& t) { return t.outer[0] >> 4 == 6; }
WM_INLINE Address outer_source(const Target& t) {
  if (outer_is_ip6(t)) return load_address(t.outer + __builtin_offsetof(Ip6, source));
  return address_of({load32(t.outer + __builtin_offsetof(Ip4, source))});
}
WM_INLINE Address outer_destination(const Target& t) {
  if (outer_is_ip6(t)) return load_address(t.outer + __builtin_offsetof(Ip6, destination));
  return address_of({load32(t.outer + __builtin_offsetof(Ip4, destination))});
}

// What a target is to all directors, whatever its name, its slot, or where the tunnel begins. Port in host order.
WM_INLINE constexpr u64 end_hash(const Address& address, u16 port) {
  return mix(address.high ^ mix(address.low ^ port));
}

// What the tunnel of either kind adds; `candidate`: with a second candidate behind GUE's header.
constexpr u32 tunnel_overhead(bool outer_ip6, u8 tunnel, bool candidate = false) {
  return u32(outer_ip6 ? sizeof(Ip6) : sizeof(Ip4)) + (tunnel == kTunnelGue ? kGueLength : 0) +
         (candidate ? u32(sizeof(GueCandidate)) : 0);
}

// Makes the header ready: IP-in-IP (RFC 2003, 2473, 4213) or GUE variant 0 (draft-ietf-intarea-gue-09). Both addresses
// are of one family; `port` is GUE's, host order.
inline void set_outer(Target& t, const Address& source, const Address& destination, u8 tunnel, u16 port) {
  const bool ip6 = !is_ip4(destination), gue = tunnel == kTunnelGue;
  static_assert(tunnel_overhead(true, kTunnelGue) <= kOuterLength);
  for (u8& byte : t.outer) byte = 0;
  t.tunnel = tunnel;
  t.outer_length = u8(tunnel_overhead(ip6, tunnel));
  t.port = wire16(port);
  t.end = end_hash(destination, port);
  u8* after = t.outer + (ip6 ? sizeof(Ip6) : sizeof(Ip4));
  if (ip6) {
    auto* ip = reinterpret_cast<Ip6*>(t.outer);
    ip->version_class_label = wire32(6u << 28);
    ip->next = gue ? kProtoUdp : u8(0);
    ip->hops = kTunnelHops;
    store_address(ip->source, source);
    store_address(ip->destination, destination);
  } else {
    auto* ip = reinterpret_cast<Ip4*>(t.outer);
    ip->version_ihl = 0x45;
    ip->fragment = wire16(0x4000);  // too big is told by the director, never fragmented in the tunnel
    ip->ttl = kTunnelHops;
    ip->protocol = gue ? kProtoUdp : u8(0);
    ip->source = ip4_of(source);
    ip->destination = ip4_of(destination);
    u64 sum = 0;
    for (u32 i = 0; i < sizeof(Ip4); i += 2) sum += load16(t.outer + i);
    ip->checksum = {u16(fold(sum))};
  }
  // No checksum: the inner packet's own ones cover it (RFC 6935, 6936).
  if (gue) reinterpret_cast<Udp*>(after)->destination = t.port;
}

}  // namespace waymark
