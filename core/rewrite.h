// Another destination for an IP packet, in place: where no tunnel leads to a server that does not hold the service's
// address. Checksums follow by increments (RFC 1624), so what was wrong stays wrong.
#pragma once

#include "core/checksum.h"
#include "core/parse.h"

namespace waymark {

// Where a transport's checksum over the addresses stands behind `l4`; 0: it has none.
WM_INLINE constexpr u32 checksum_offset(u8 protocol) {
  if (protocol == kProtoTcp) return __builtin_offsetof(Tcp, checksum);
  if (protocol == kProtoUdp) return __builtin_offsetof(Udp, checksum);
  if (protocol == kProtoIcmp6) return __builtin_offsetof(Icmp, checksum);
  return 0;
}

// The packet whose IP header is at p.l3, and its transport header, of p.protocol, at p.l4, goes to `to`, which is of
// its IP version. False, before any write, where the frame has not both headers.
WM_INLINE bool rewrite_destination(const View& v, const Packet& p, const Address& to) {
  const u32 offset = checksum_offset(p.protocol);
  auto* checksum = v.at<Word16>(p.l4 + offset);
  if (!checksum) return false;
  u64 change = 0;  // of the sum over the addresses
  if (p.ip6) {
    auto* ip = v.at<Ip6>(p.l3);
    if (!ip) return false;
    change = taken(sum_of(load_address(ip->destination))) + sum_of(to);
    store_address(ip->destination, to);
  } else {
    auto* ip = v.at<Ip4>(p.l3);
    if (!ip) return false;
    change = taken(ip->destination.raw) + ip4_of(to).raw;
    ip->checksum = {u16(~fold(u16(~ip->checksum.raw) + change))};
    ip->destination = ip4_of(to);
  }
  if (!offset || (p.protocol == kProtoUdp && !checksum->value)) return true;
  const u16 sum = u16(~fold(u16(~checksum->value) + change));
  checksum->value = p.protocol == kProtoUdp && !sum ? 0xffff : sum;
  return true;
}

namespace core {
struct rewrite_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 headers, u64 kind, u64 high, u64 low) {
    Packet p = packet_at(u32(headers), headers >> 32, 0, kind >> 8);
    p.protocol = u8(kind);
    return rewrite_destination(env.view(), p, {high, low});
  }
};
}  // namespace core
// The same as a step of its own: in a director's program it stands on the way of every packet.
template <class E>
WM_INLINE bool rewrite(E& env, u32 l3, u32 l4, u8 protocol, bool ip6, const Address& to) {
  return env.template call<core::rewrite_step>(l3 | u64(l4) << 32, u64(ip6) << 8 | protocol, to.high, to.low);
}

}  // namespace waymark
