// A tunnel's header as it stands ready in Target::outer: all that is alike in every packet, and zeros for what the
// packet decides: lengths, traffic class, entropy, what is inside. In an IPv4 header's checksum stands the folded sum
// of the rest, so that what is written into it is only added.
#pragma once

#include "core/checksum.h"
#include "core/hash.h"
#include "core/records.h"

namespace waymark {

constexpr u8 kTunnelIp = 0, kTunnelGue = 1, kTunnelGre = 2, kTunnelVxlan = 3, kTunnelMac = 4, kTunnelRewrite = 5,
             kTunnelLink = 6;  // Target::tunnel; the last one: core/link.h
constexpr u8 kTunnelHops = 64;
constexpr u32 kGueLength = sizeof(Udp) + sizeof(Gue), kGreKeyLength = 4;
constexpr u32 kVxlanLength = sizeof(Udp) + sizeof(Vxlan) + sizeof(Ethernet);
constexpr u32 kMaxVni = 0xff'ffff;

// A tunnel's kind, and what belongs to it.
struct Encapsulation {
  u8 kind = kTunnelIp;
  u16 port = 0;          // UDP's, host order. A kind without UDP has one, too: it is part of what the target is
  bool has_key = false;  // always with VXLAN
  u32 key = 0;           // GRE's (RFC 2890), or VXLAN's VNI, up to kMaxVni
  Mac mac = {};          // whom VXLAN's frames are for
};

WM_INLINE constexpr bool outer_is_ip6(const Target& t) { return t.outer[0] >> 4 == 6; }
WM_INLINE Address outer_source(const Target& t) {
  if (outer_is_ip6(t)) return load_address(t.outer + __builtin_offsetof(Ip6, source));
  return address_of({load32(t.outer + __builtin_offsetof(Ip4, source))});
}
WM_INLINE Address outer_destination(const Target& t) {
  if (outer_is_ip6(t)) return load_address(t.outer + __builtin_offsetof(Ip6, destination));
  return address_of({load32(t.outer + __builtin_offsetof(Ip4, destination))});
}
constexpr u32 outer_ip_length(bool ip6) { return u32(ip6 ? sizeof(Ip6) : sizeof(Ip4)); }

// What a target is to all directors, whatever its name, its slot, its tunnel's kind, or where that begins. Ends at one
// address that a key tells apart are different ends. Port in host order.
WM_INLINE constexpr u64 end_hash(const Address& address, u16 port) {
  return mix(address.high ^ mix(address.low ^ port));
}
WM_INLINE constexpr u64 end_hash(const Address& address, const Encapsulation& e) {
  const u64 end = end_hash(address, e.port);
  return e.has_key ? mix(end ^ mix(u64(1) << 32 | e.key)) : end;
}

// Without a tunnel: nothing stands in front of the packet.
WM_INLINE constexpr bool is_bare(u8 kind) { return kind == kTunnelMac || kind == kTunnelRewrite; }

// What a tunnel adds to a packet; `candidate`: with a second candidate behind GUE's header.
constexpr u32 tunnel_overhead(bool outer_ip6, const Encapsulation& e, bool candidate = false) {
  if (is_bare(e.kind)) return 0;
  u32 behind_ip = 0;
  if (e.kind == kTunnelGue) behind_ip = kGueLength;
  if (e.kind == kTunnelGre) behind_ip = u32(sizeof(Gre)) + (e.has_key ? kGreKeyLength : 0);
  if (e.kind == kTunnelVxlan) behind_ip = kVxlanLength;
  return outer_ip_length(outer_ip6) + behind_ip + (candidate ? u32(sizeof(GueCandidate)) : 0);
}

// Who sends the frames in a VXLAN tunnel from `source`: a locally administered MAC address of the tunnel's beginning,
// whichever interface a packet leaves by. Ends that learn addresses (RFC 7348, 4.1) so learn one for each director,
// which never moves.
WM_INLINE constexpr Mac frame_source(const Address& source) {
  const u64 h = mix(source.high ^ mix(source.low));
  return {{0x02, u8(h >> 32), u8(h >> 24), u8(h >> 16), u8(h >> 8), u8(h)}};
}

// All behind the outer IP header, at `at`.
inline void set_behind_ip(u8* at, const Address& source, const Encapsulation& e) {
  if (e.kind == kTunnelGre) {
    word32(at)->value = e.has_key ? wire16(kGreKey).raw : 0u;
    if (e.has_key) word32(at + sizeof(Gre))->value = wire32(e.key).raw;
  }
  // No checksum: the inner packet's own ones cover it (RFC 6935, 6936).
  if (e.kind == kTunnelGue || e.kind == kTunnelVxlan) reinterpret_cast<Udp*>(at)->destination = wire16(e.port);
  if (e.kind != kTunnelVxlan) return;
  auto* vxlan = reinterpret_cast<Vxlan*>(at + sizeof(Udp));
  auto* frame = reinterpret_cast<Ethernet*>(at + sizeof(Udp) + sizeof(Vxlan));
  vxlan->flags = wire32(kVxlanHasVni);
  vxlan->vni = wire32(e.key << 8);
  frame->destination = e.mac;
  frame->source = frame_source(source);
}

// Says what is inside, in what stands ready behind the outer IP header and UDP's.
inline void say_inner(u8* at, const Encapsulation& e, bool ip6) {
  const u16 type = wire16(ip6 ? kEtherIp6 : kEtherIp4).raw;
  if (e.kind == kTunnelGue) reinterpret_cast<Gue*>(at)->protocol = ip6 ? kProtoIp6 : kProtoIp4;
  if (e.kind == kTunnelGre) reinterpret_cast<Gre*>(at)->type = {type};
  if (e.kind == kTunnelVxlan) reinterpret_cast<Ethernet*>(at + sizeof(Vxlan))->type = {type};
}

// Makes the header ready: IP-in-IP (RFC 2003, 2473, 4213), GUE variant 0 (draft-ietf-intarea-gue-09), GRE without a
// checksum (RFC 2784, 2890) or VXLAN (RFC 7348). Both addresses are of one family. Of a target without
// a tunnel the IP header is never written: it holds the addresses.
inline void set_outer(Target& t, const Address& source, const Address& destination, const Encapsulation& e) {
  const bool ip6 = !is_ip4(destination);
  static_assert(tunnel_overhead(true, {kTunnelGue}) <= kOuterLength);
  static_assert(tunnel_overhead(true, {kTunnelVxlan}) <= kOuterLength);
  for (u8& byte : t.outer) byte = 0;
  t.tunnel = e.kind;
  t.outer_length = u8(tunnel_overhead(ip6, e));
  t.port = wire16(e.port);
  t.end = end_hash(destination, e);
  const u8 protocol = e.kind == kTunnelIp || is_bare(e.kind) ? 0 : e.kind == kTunnelGre ? kProtoGre : kProtoUdp;
  if (ip6) {
    auto* ip = reinterpret_cast<Ip6*>(t.outer);
    ip->version_class_label = wire32(6u << 28);
    ip->next = protocol;
    ip->hops = kTunnelHops;
    store_address(ip->source, source);
    store_address(ip->destination, destination);
  } else {
    auto* ip = reinterpret_cast<Ip4*>(t.outer);
    ip->version_ihl = 0x45;
    ip->fragment = wire16(0x4000);  // too big is told by the director, never fragmented in the tunnel
    ip->ttl = kTunnelHops;
    ip->protocol = protocol;
    ip->source = ip4_of(source);
    ip->destination = ip4_of(destination);
    u64 sum = 0;
    for (u32 i = 0; i < sizeof(Ip4); i += 2) sum += load16(t.outer + i);
    ip->checksum = {u16(fold(sum))};
  }
  set_behind_ip(t.outer + outer_ip_length(ip6), source, e);
}

// A ready header's tunnel.
inline Encapsulation encapsulation_of(const Target& t) {
  Encapsulation e{t.tunnel, number(t.port)};
  const u8* behind = t.outer + outer_ip_length(outer_is_ip6(t));
  if (e.kind == kTunnelGre && load16(behind)) e = {e.kind, e.port, true, number(be32{load32(behind + sizeof(Gre))})};
  if (e.kind != kTunnelVxlan) return e;
  const auto* vxlan = reinterpret_cast<const Vxlan*>(behind + sizeof(Udp));
  const auto* frame = reinterpret_cast<const Ethernet*>(behind + sizeof(Udp) + sizeof(Vxlan));
  return {e.kind, e.port, true, number(vxlan->vni) >> 8, frame->destination};
}

}  // namespace waymark
