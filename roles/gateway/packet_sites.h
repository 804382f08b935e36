// Into the tunnel that a packet leaves by: its tenant's, or that of the gateway which another site is behind; and from
// one tunnel of a tenant's into another, where both sites are behind this node.
#pragma once

#include "core/complain.h"
#include "core/congestion.h"
#include "core/inner.h"
#include "roles/gateway/packet_neighbours.h"

namespace waymark::gateway {

// A packet that was translated, or is as its tenant sent it, into its tunnel. What it leaves by is for the caller to
// say.
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
  return verdict;
}

// The same for a packet to another site, which became IPv6, as a step of its own: 0 where it could not be.
struct into_tunnel_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    return deliver(env, translate::why::to_ip6, true).reason == translate::why::to_ip6.reason;
  }
};

// Not ways out, but what is to be done: the next hop is asked for, or the firewall.
constexpr Verdict kToAsk = {0xfffb, Action::pass}, kToAdmit = {0xfff8, Action::pass};

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

// What one of the two sites' sides of the firewall is to be asked, as if each were behind a gateway of its own: of a
// packet that leaves the one, and comes from outside to the other.
struct ask_side_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 side, u64, u64, u64) {
    auto* s = env.template scratch<Scratch>();
    const Tenant* t = s ? s->role.guarded(env) : nullptr;
    if (!t) return pack_verdict(kGoOn);
    const Packet& p = s->o.p;
    const Side from = Side(side & 1);
    const bool leaves = from == Side::inside;
    Asked& a = s->role.asked;
    put_class(s->o, a.flow);  // as the other side said
    tell_bits_across(env, s->o, from, a);
    return pack_verdict(
        ask(env, t, s->o.in, from, leaves ? p.source : p.destination, leaves ? p.destination : p.source, false, a));
  }
};
// The same of an ICMP error, by the packet inside it; all is said.
struct ask_error_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 side, u64, u64, u64) {
    auto* s = env.template scratch<Scratch>();
    const Tenant* t = s && !env.whole() ? s->role.guarded(env) : nullptr;
    if (!t) return pack_verdict(kGoOn);
    const u32 at = s->o.in.l4 + u32(sizeof(Icmp));
    if (!look_inside4(env.view(), at, s->o.in.end, s->q.in)) return pack_verdict(translate::why::inner_header);
    const auto* inner = env.view().template at<Ip4>(at);
    if (!inner) return pack_verdict(translate::why::inner_header);
    s->q.was = {address_of(inner->source), address_of(inner->destination)};
    reread();
    if (known_of_error(env, t, s->q.in, Side(~side & 1), s->q.was, s->q.in.end, false)) return pack_verdict(kGoOn);
    if (side) return pack_verdict(firewall::why::unsolicited);
    return pack_verdict(firewall::why::unknown_flow);
  }
};

// A tenant's packet to a site of its own that is behind this node too. steer::why::not_ours: there is no such site.
struct look_across_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    auto* s = env.template scratch<Scratch>();
    if (!s) return pack_verdict(why::no_room);
    const Mapping* here = s->role.map(env, bits4(s->o.p.destination), false);
    if (!here || here->kind != kMapNone) return pack_verdict(steer::why::not_ours);
    const Passed looked = look_across(env, s, here->index - 1);
    if (!ended(looked.verdict) || translate::complaint_of(looked.verdict, false) == translate::kNothing)
      return translate::pack_passed(looked);
    return translate::pack_passed({translate::told(env.view(), s->o, looked.verdict), looked.value});
  }
};

// All is known: from tunnel to tunnel.
template <class E>
WM_INLINE Passed send_across(E& env, Scratch* s) {
  const Packet& p = s->o.p;
  put_class(s->o, s->role.asked.flow);
  const bool direct = s->way.kind == WayKind::direct;
  if (env.length() > p.end && !env.trim(p.end)) return {why::no_room, 0};
  if (!take_out(env, u32(sizeof(Ethernet)), p.l3, false)) return {why::no_room, 0};
  if (direct && !spend_hop(env.view(), u32(sizeof(Ethernet)), false)) return {why::no_room, 0};
  auto* ip = env.view().template at<Ip4>(sizeof(Ethernet));
  if (!ip) return {why::no_room, 0};
  if (WM_UNLIKELY(ip->tos != s->o.in.tos)) flip_tos(ip, ip->tos ^ s->o.in.tos);
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

// A packet between two sites. Its firewall is asked by admit_program, which comes back with the answer of one side, of
// two; until then no byte is written.
template <class E>
WM_INLINE Passed go_across(E& env, Scratch* s) {
  u32 side = s->role.across;
  const Passed found = side ? Passed{unpack_verdict(s->role.verdict), 0}
                            : translate::unpack_passed(env.template call<look_across_step>());
  if (ended(found.verdict)) return found;
  const bool error = translate::is_error(env.view(), s->o.in, false);
  for (; side < 2; ++side) {
    const Verdict end =
        unpack_verdict(error ? env.template call<ask_error_step>(side) : env.template call<ask_side_step>(side));
    if (ended(end)) return {end, 0};
    if (s->role.asked.policy == kAsked) continue;
    s->role.across = side + 1;
    return {kToAdmit, 0};
  }
  return translate::unpack_passed(env.template call<across_step>());
}

}  // namespace waymark::gateway
