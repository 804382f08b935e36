// Writes a tunnel's header in front of a packet: the one that stands ready for its target, with what the packet
// decides.
#pragma once

#include "core/outer.h"
#include "core/parse.h"

namespace waymark {

// A tunnel header about to be written in front of an inner packet.
struct Outer {
  const Target* target;
  u32 length;   // of the outer IP packet
  u32 entropy;  // varies by flow, so that ECMP and RSS spread tunnels: flow label and UDP source port (RFC 7348, 5)
  u8 inner_ip6;
  u8 tos;                             // of the inner packet: DSCP and ECN are copied (RFC 2983, RFC 6040 normal mode)
  const Target* candidate = nullptr;  // who else may know the flow, in GUE alone; null: nobody
};

WM_INLINE constexpr u64 inner_protocol(const Outer& o) { return o.inner_ip6 ? kProtoIp6 : kProtoIp4; }
WM_INLINE constexpr u32 inner_type(const Outer& o) { return wire16(o.inner_ip6 ? kEtherIp6 : kEtherIp4).raw; }
WM_INLINE constexpr u64 wire_length(u32 length) { return wire16(u16(length)).raw; }

// UDP's ports and length as one word, behind an outer IP header of `ip` bytes.
template <u32 ip>
WM_INLINE u64 udp_word(const Outer& o) {
  const u64 source = wire16(u16(0xc000 | (o.entropy & 0x3fff))).raw;
  return load64(o.target->outer + ip) | source | wire_length(o.length - ip) << 32;
}

template <u32 ip>
WM_INLINE bool write_gue(const View& v, const Outer& o) {
  constexpr u32 at = sizeof(Ethernet) + ip;
  auto* udp = v.at<Udp>(at);
  auto* gue = v.at<Gue>(at + sizeof(Udp));
  if (!udp || !gue) return false;
  u32 words = 0;
  if (WM_UNLIKELY(o.candidate)) {
    auto* candidate = v.at<GueCandidate>(at + kGueLength);
    if (!candidate) return false;
    word32(candidate)->value = kGueSecondCandidate;
    store_address(candidate->address, outer_destination(*o.candidate));
    words = kGueCandidateWords;
  }
  word64(udp)->value = udp_word<ip>(o);
  word32(gue)->value = words | u32(inner_protocol(o)) << 8;
  return true;
}

template <u32 ip>
WM_INLINE bool write_gre(const View& v, const Outer& o) {
  constexpr u32 at = sizeof(Ethernet) + ip;
  auto* gre = v.at<Gre>(at);
  auto* key = v.at<Word32>(at + sizeof(Gre));  // where there is none, an IP header begins here
  if (!gre || !key) return false;
  const u8* ready = o.target->outer + ip;
  word32(gre)->value = load32(ready) | inner_type(o) << 16;
  if (o.target->outer_length != ip + sizeof(Gre)) key->value = load32(ready + sizeof(Gre));
  return true;
}

template <u32 ip>
WM_INLINE bool write_vxlan(const View& v, const Outer& o) {
  constexpr u32 at = sizeof(Ethernet) + ip;
  auto* udp = v.at<Udp>(at);
  auto* vxlan = v.at<Vxlan>(at + sizeof(Udp));
  auto* frame = v.at<Ethernet>(at + sizeof(Udp) + sizeof(Vxlan));
  if (!udp || !vxlan || !frame) return false;
  const u8* ready = o.target->outer + ip + sizeof(Udp);
  word64(udp)->value = udp_word<ip>(o);
  word64(vxlan)->value = load64(ready);
  store_link(frame, load_link(ready + sizeof(Vxlan)), {u16(inner_type(o))});
  return true;
}

// What stands between the outer IP header and the packet, of all kinds but IP-in-IP, which has nothing there.
template <u32 ip>
WM_INLINE bool write_behind(const View& v, const Outer& o) {
  if (WM_LIKELY(o.target->tunnel == kTunnelGue)) return write_gue<ip>(v, o);
  if (o.target->tunnel == kTunnelGre) return write_gre<ip>(v, o);
  return write_vxlan<ip>(v, o);
}

// Writes the outer IP header, and what is behind it, at the frame's 14th byte. False when the frame is too short,
// before any write.
WM_INLINE bool write_tunnel_ip6(const View& v, const Outer& o) {
  const u8* ready = o.target->outer;
  const bool bare = o.target->tunnel == kTunnelIp;
  auto* ip = v.at<Ip6>(sizeof(Ethernet));
  if (!ip) return false;
  if (!bare && !write_behind<sizeof(Ip6)>(v, o)) return false;
  const u64 label = wire32(u32(o.tos) << 20 | (o.entropy & 0xfffff)).raw;
  const u64 next = bare ? inner_protocol(o) << 48 : 0;
  word64(ip)->value = load64(ready) | label | wire_length(o.length - u32(sizeof(Ip6))) << 32 | next;
  store_address(ip->source, load_address(ready + __builtin_offsetof(Ip6, source)));
  store_address(ip->destination, load_address(ready + __builtin_offsetof(Ip6, destination)));
  return true;
}

// Its identification is 0: an atomic datagram needs none (RFC 6864, 4.1).
WM_INLINE bool write_tunnel_ip4(const View& v, const Outer& o) {
  const u8* ready = o.target->outer;
  const bool bare = o.target->tunnel == kTunnelIp;
  auto* ip = v.at<Ip4>(sizeof(Ethernet));
  if (!ip) return false;
  if (!bare && !write_behind<sizeof(Ip4)>(v, o)) return false;
  const u64 length = wire_length(o.length);
  const u64 tos = u64(o.tos) << 8, protocol = bare ? inner_protocol(o) << 8 : 0;
  const u64 second = load64(ready + 8);  // TTL, protocol, the sum so far, source
  const u16 checksum = u16(~fold((second >> 16 & 0xffff) + tos + length + protocol));
  word64(ip)->value = load64(ready) | tos | length << 16;
  word64(&ip->ttl)->value = (second & ~u64(0xffff0000)) | protocol | u64(checksum) << 16;
  ip->destination = {load32(ready + __builtin_offsetof(Ip4, destination))};
  return true;
}

}  // namespace waymark
