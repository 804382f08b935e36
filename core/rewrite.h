// Another destination for an IP packet, in place: where no tunnel leads to a server that does not hold the service's
// address. Checksums follow by increments (RFC 1624), so what was wrong stays wrong.
#pragma once

#include "core/checksum.h"
#include "core/parse.h"

namespace waymark {

// The packet whose IP header is at p.l3, and its transport header, of p.protocol, at p.l4, goes to `to`, which is of
// its IP version. False, before any write, where the frame has not both headers.
WM_INLINE bool rewrite_destination(const View& v, const Packet& p, const Address& to) {
  const u32 at = checksum_at6(p.protocol);
  auto* checksum = v.at<Word16>(at == kNoChecksum ? p.l4 : p.l4 + at);
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
    ip->checksum = {adjusted(ip->checksum.raw, change, kProtoIp4)};
    ip->destination = ip4_of(to);
  }
  if (at == kNoChecksum || (p.protocol == kProtoUdp && !checksum->value)) return true;
  checksum->value = adjusted(checksum->value, change, p.protocol);
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
