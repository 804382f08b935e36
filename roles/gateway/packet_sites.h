// Into the tunnel that a packet leaves by: its tenant's, or that of the gateway which another site is behind; and from
// one tunnel of a tenant's into another, where both sites are behind this node.
#pragma once

#include "core/complain.h"
#include "core/inner.h"
#include "roles/gateway/packet_neighbours.h"

namespace waymark::gateway {

// A packet that was translated, or is as its tenant sent it, into its tunnel.
template <class E>
WM_INLINE Verdict deliver(E& env, Verdict verdict, bool ip6) {
  const auto* s = env.template scratch<Scratch>();
  const Target* header = s ? env.at(table::gateway_ends, ip6 ? s->role.site - 1 : s->role.end) : nullptr;
  if (!header) return why::no_room;
  const bool direct = s->way.kind == WayKind::direct;
  LinkAddresses link;
  if (!link_of(env.view(), s->way, link)) return why::no_room;
  // The kernel spends a hop of the tunnel's, not of this packet's.
  if (WM_UNLIKELY(!direct) && !spend_hop(env.view(), u32(sizeof(Ethernet)), ip6)) return why::no_room;
  const View v = env.view();
  u32 length, entropy = s->role.entropy;
  if (ip6) {
    const auto* ip = v.template at<Ip6>(sizeof(Ethernet));
    if (!ip) return why::no_room;
    length = number(ip->length) + u32(sizeof(Ip6));
    entropy = entropy_of(v, s->o.p, u32(sizeof(Ethernet) + sizeof(Ip6)));
  } else {
    const auto* ip = v.template at<Ip4>(sizeof(Ethernet));
    if (!ip) return why::no_room;
    length = number(ip->length);
  }
  if (!wrap(env, header, length, ip6, s->o.in.tos, entropy, link)) return why::no_room;
  if (WM_UNLIKELY(!ip6 && s->role.next_hop) && !address_frame(env.view(), header, s->role.hop, kEtherIp4))
    return why::no_room;
  if (direct) env.leave(s->way.interface);
  return verdict;
}

// The same for a packet to another site, which became IPv6, as a step of its own: 0 where it could not be.
struct into_tunnel_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    return deliver(env, translate::why::to_ip6, true).reason == translate::why::to_ip6.reason;
  }
};

// Not a way out, but what is to be done: the next hop is asked for.
constexpr Verdict kToAsk = {0xfffb, Action::pass};

// What a router looks at (RFC 1812, 5.2, 5.3), all of it before the first write. `turn`: of the id that has the site.
template <class E>
WM_INLINE Passed look_across(E& env, Scratch* s, u32 turn) {
  const Packet& p = s->o.p;
  Translating& role = s->role;
  if (p.end > env.length() || p.end < p.l4 || p.l4 < p.l3 + sizeof(Ip4)) return {parse::why::ip_length, 0};
  if (p.source == p.destination) return {parse::why::land, 0};
  const View v = env.view();
  if (!look_inside4(v, p.l3, p.end, s->o.in)) return {parse::why::ip_length, 0};
  const u64 sum = translate::sum_header<Ip4>(env, s->o.in);
  if (sum == kNoSum || fold(sum) != 0xffff) return {translate::why::header_checksum, 0};
  if (translate::is_beyond(s->o.in)) return {translate::why::fragment, 0};
  const AddressBits from = bits4(p.source);
  if (translate::is_martian(u32(from.low))) return {parse::why::martian_source, 0};
  // Of an ICMP error it is a router's, which need not be behind a prefix: path MTU discovery hangs on it.
  if (!role.source(env, from, false) && !translate::is_error(v, s->o.in, false)) return {why::foreign_source, 0};
  if (p.l4 - p.l3 > sizeof(Ip4) && translate::has_source_route(env, p.l3, p.l4))
    return {translate::why::source_route, 0};
  if (p.hops <= 1) return {translate::why::hop_limit, 0};
  const u32 came_by = role.came - role.turn;
  role.turn = turn;
  s->way = role.find_way(env, p.source, p.destination);
  if (s->way.kind == WayKind::unreachable) return {translate::why::unreachable, 0};
  if (role.end - turn == came_by) return {why::own_destination, 0};  // its far end would only send it here again
  if (WM_UNLIKELY(role.must_ask())) return {kToAsk, 0};
  if (p.end - p.l3 <= s->way.mtu) return {kGoOn, 0};
  const auto* ip = v.template at<Ip4>(p.l3);
  if (!ip) return {parse::why::ip_short, 0};
  if (ip->fragment.raw & wire16(0x4000).raw) return {translate::why::too_big, s->way.mtu};
  if (!env.whole()) return {translate::why::fragmented, 0};
  env.split(s->way.mtu, 0);
  return {kGoOn, 0};
}

// A tenant's packet to a site of its own that is behind this node too. steer::why::not_ours: there is no such site.
template <class E>
WM_INLINE Passed send_across(E& env, Scratch* s) {
  const Packet& p = s->o.p;
  const Mapping* here = s->role.map(env, bits4(p.destination), false);
  if (!here || here->kind != kMapNone) return {steer::why::not_ours, 0};
  const Passed looked = look_across(env, s, here->index - 1);
  if (ended(looked.verdict)) {
    if (translate::complaint_of(looked.verdict, false) == translate::kNothing) return looked;
    return {translate::told(env.view(), s->o, looked.verdict), looked.value};
  }
  reread();
  const bool direct = s->way.kind == WayKind::direct;
  if (env.length() > p.end && !env.trim(p.end)) return {why::no_room, 0};
  if (!take_out(env, u32(sizeof(Ethernet)), p.l3, false)) return {why::no_room, 0};
  if (direct && !spend_hop(env.view(), u32(sizeof(Ethernet)), false)) return {why::no_room, 0};
  s->role.entropy = entropy_of(env.view(), p, u32(sizeof(Ethernet)) + p.l4 - p.l3);
  const Verdict sent = deliver(env, why::across, false);
  if (!direct && sent.reason == why::across.reason) return {why::across_by_kernel, 0};
  return {sent, s->way.interface};
}

struct across_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    auto* s = env.template scratch<Scratch>();
    return s ? translate::pack_passed(send_across(env, s)) : pack_verdict(why::no_room);
  }
};
// The same as a step of its own.
template <class E>
WM_INLINE Passed go_across(E& env) {
  return translate::unpack_passed(env.template call<across_step>());
}

}  // namespace waymark::gateway
