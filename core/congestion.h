// What was marked on a tunnel's way, once the tunnel is gone.
#pragma once

#include "core/checksum.h"
#include "core/parse.h"

namespace waymark {

constexpr u32 kEcn1 = 1, kEcn0 = 2, kEcnCongestion = 3;  // RFC 3168, 5

// Of an IPv4 header these bits of its TOS.
WM_INLINE void flip_tos(Ip4* ip, u32 flip) {
  const u16 before = u16(ip->version_ihl | ip->tos << 8), after = u16(before ^ flip << 8);
  ip->tos = u8(ip->tos ^ flip);
  ip->checksum.raw = update_checksum(ip->checksum.raw, before, after);
}

// The bits of the inner traffic class that change for what was marked on the tunnel (RFC 6040, 4.2). False: the packet
// must be dropped.
WM_INLINE bool congestion_flip(u8 tos, u8 outer_tos, u32& flip) {
  const u32 ecn = tos & 3, outer_ecn = outer_tos & 3;
  flip = outer_ecn == kEcnCongestion ? ecn ^ kEcnCongestion : ecn == kEcn0 && outer_ecn == kEcn1 ? 3 : 0;
  return !flip || ecn;
}

// Takes what was marked into the inner packet. False: the packet must be dropped.
template <Env E>
WM_INLINE bool carry_congestion(E& env, Packet& inner, u8 outer_tos) {
  u32 flip = 0;
  if (!congestion_flip(inner.tos, outer_tos, flip)) return false;
  if (WM_LIKELY(flip == 0)) return true;
  const View v = env.view();
  if (inner.ip6) {
    auto* ip = v.at<Ip6>(inner.l3);
    if (!ip) return false;
    ip->version_class_label = {ip->version_class_label.raw ^ wire32(flip << 20).raw};
  } else {
    auto* ip = v.at<Ip4>(inner.l3);
    if (!ip) return false;
    flip_tos(ip, flip);
  }
  inner.tos ^= u8(flip);
  env.note(Note::ecn_marked);
  return true;
}

}  // namespace waymark
