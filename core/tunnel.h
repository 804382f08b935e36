// Tunnel headers: IP-in-IP (RFC 2003, 2473, 4213) and GUE variant 0 (draft-ietf-intarea-gue-09) over IPv4 or IPv6.
#pragma once

#include "core/checksum.h"
#include "core/parse.h"

namespace waymark {

constexpr u8 kTunnelIp = 0, kTunnelGue = 1;  // Target::tunnel
constexpr u8 kTunnelHops = 64;
constexpr u32 kGueLength = sizeof(Udp) + sizeof(Gue);

constexpr u32 tunnel_overhead(bool outer_ip6, u8 tunnel, bool candidate = false) {
  return u32(outer_ip6 ? sizeof(Ip6) : sizeof(Ip4)) + (tunnel == kTunnelGue ? kGueLength : 0) +
         (candidate ? u32(sizeof(GueCandidate)) : 0);
}

// A tunnel header about to be written in front of an inner packet.
struct Outer {
  const Target* target;
  u32 inner_length;
  u32 entropy;  // varies by flow, so that ECMP and RSS spread tunnels: flow label and GUE source port
  u8 inner_ip6;
  u8 tos;                             // of the inner packet: DSCP and ECN are copied (RFC 2983, RFC 6040 normal mode)
  const Target* candidate = nullptr;  // who else may know the flow, in GUE alone; null: nobody
};

struct WM_WIRE TunnelIp6 {
  Ethernet ethernet;
  Ip6 ip;
};
struct WM_WIRE TunnelIp4 {
  Ethernet ethernet;
  Ip4 ip;
};

WM_INLINE u32 gue_length(const Outer& o) { return kGueLength + (o.candidate ? u32(sizeof(GueCandidate)) : 0); }

WM_INLINE void write_gue(Udp* udp, Gue* gue, const Outer& o) {
  udp->source = wire16(u16(0xc000 | (o.entropy & 0x3fff)));
  udp->destination = o.target->port;
  udp->length = wire16(u16(o.inner_length + gue_length(o)));
  udp->checksum = {0};  // the inner packet's own checksums cover it (RFC 6935, 6936)
  gue->variant_control_hlen = o.candidate ? kGueCandidateWords : 0;
  gue->protocol = o.inner_ip6 ? kProtoIp6 : kProtoIp4;
  gue->flags = {0};
}

WM_INLINE bool write_candidate(const View& v, u32 offset, const Outer& o) {
  auto* candidate = v.at<GueCandidate>(offset);
  if (!candidate) return false;
  word32(candidate)->value = kGueSecondCandidate;
  store_address(candidate->address, o.candidate->outer_destination);
  return true;
}

// Writes the outer IP header, and GUE's, at the frame's 14th byte. False when the frame is too short, before any write.
WM_INLINE bool write_tunnel_ip6(const View& v, const Outer& o) {
  const bool gue = o.target->tunnel == kTunnelGue;
  auto* ip = v.at<Ip6>(sizeof(Ethernet));
  if (!ip) return false;
  if (gue) {
    auto* udp = v.at<Udp>(sizeof(Ethernet) + sizeof(Ip6));
    auto* header = v.at<Gue>(sizeof(Ethernet) + sizeof(Ip6) + sizeof(Udp));
    if (!udp || !header) return false;
    if (WM_UNLIKELY(o.candidate) && !write_candidate(v, sizeof(Ethernet) + sizeof(Ip6) + kGueLength, o)) return false;
    write_gue(udp, header, o);
  }
  ip->version_class_label = wire32(6u << 28 | u32(o.tos) << 20 | (o.entropy & 0xfffff));
  ip->length = wire16(u16(o.inner_length + (gue ? gue_length(o) : 0)));
  ip->next = gue ? kProtoUdp : o.inner_ip6 ? kProtoIp6 : kProtoIp4;
  ip->hops = kTunnelHops;
  store_address(ip->source, o.target->outer_source);
  store_address(ip->destination, o.target->outer_destination);
  return true;
}

WM_INLINE bool write_tunnel_ip4(const View& v, const Outer& o) {
  const bool gue = o.target->tunnel == kTunnelGue;
  auto* ip = v.at<Ip4>(sizeof(Ethernet));
  if (!ip) return false;
  if (gue) {
    auto* udp = v.at<Udp>(sizeof(Ethernet) + sizeof(Ip4));
    auto* header = v.at<Gue>(sizeof(Ethernet) + sizeof(Ip4) + sizeof(Udp));
    if (!udp || !header) return false;
    if (WM_UNLIKELY(o.candidate) && !write_candidate(v, sizeof(Ethernet) + sizeof(Ip4) + kGueLength, o)) return false;
    write_gue(udp, header, o);
  }
  const be16 length = wire16(u16(o.inner_length + sizeof(Ip4) + (gue ? gue_length(o) : 0)));
  const u8 protocol = gue ? kProtoUdp : o.inner_ip6 ? kProtoIp6 : kProtoIp4;
  const be32 source = ip4_of(o.target->outer_source), destination = ip4_of(o.target->outer_destination);
  ip->version_ihl = 0x45;
  ip->tos = o.tos;
  ip->length = length;
  ip->id = {0};                   // an atomic datagram needs none (RFC 6864, 4.1)
  ip->fragment = wire16(0x4000);  // too big is told by the director, never fragmented in the tunnel
  ip->ttl = kTunnelHops;
  ip->protocol = protocol;
  ip->source = source;
  ip->destination = destination;
  const u64 sum = u64(0x45 | o.tos << 8) + length.raw + wire16(0x4000).raw + (kTunnelHops | protocol << 8) +
                  source.raw + destination.raw;
  ip->checksum = {u16(~fold(sum))};
  return true;
}

}  // namespace waymark
