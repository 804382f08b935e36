// What a tenant's packet is answered with goes back in the tunnel that it came in.
#pragma once

#include "core/inner.h"
#include "roles/gateway/packet_neighbours.h"

namespace waymark::gateway {

// The packet in a tunnel, of which its sender will be told, as if it had come without one.
struct bare_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    auto* s = env.template scratch<Scratch>();
    if (!s) return 0;
    Packet& p = s->o.p;
    if (p.ip6 && !s->role.between) return 1;
    const u32 gone = p.l3 - u32(sizeof(Ethernet));
    if (!take_out(env, u32(sizeof(Ethernet)), p.l3, p.ip6)) return 0;
    p.l3 = u32(sizeof(Ethernet));
    p.end -= gone;
    p.l4 -= gone;
    return 1;
  }
};
// What it is told goes back to where the tunnel's packet came from.
struct answer_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    const auto* s = env.template scratch<Scratch>();
    const Target* header = s ? env.at(table::gateway_ends, s->role.came) : nullptr;
    const auto* ethernet = env.view().template at<Ethernet>(0);
    const auto* ip = env.view().template at<Ip4>(sizeof(Ethernet));
    if (!header || !header->in_use || !ethernet || !ip) return 0;
    if (!wrap(env, header, number(ip->length), false, kAnswerTos, 0, load_link(ethernet))) return 0;
    return !s->role.sender || address_frame(env.view(), header, s->role.sender, kEtherIp4);
  }
};

}  // namespace waymark::gateway
