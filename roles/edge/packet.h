// The edge: hides from clients and servers that a service is anycast. Each flow gets a source address of its own,
// learns who answered, and goes there from then on.
#pragma once

#include "core/complain.h"
#include "core/way.h"
#include "roles/edge/packet_back.h"
#include "roles/edge/packet_out.h"

namespace waymark::edge {

// As a router, to the packet's sender. `Tells`: in this program; else it is the rare one's turn.
template <bool Tells, Env E>
WM_INLINE Verdict tell(E& env, const Packet& p, const Sending& to, u32 kind, u32 rest, Verdict told) {
  if constexpr (!Tells) return kRarely;
  if (!may_complain(env.view(), p, to.later)) return why::error_withheld;
  const Answered answered = complain(env, p.l3, p.end, said_by(kModule, AnswerKind::edge, kind), rest);
  return end_of(env, answered, {told, why::error_withheld, why::error_limited}, AnswerKind::edge, kind, rest);
}

// Whether routers may send an IPv4 packet on in fragments.
WM_INLINE bool may_be_split(const View& v, const Packet& p) {
  const auto* ip = v.at<Ip4>(p.l3);
  return ip && !(number(ip->fragment) & 0x4000);
}

// Everything is checked before the first byte is written. `Tells`: as tell() has it.
template <class F, bool Tells, Env E>
WM_INLINE Verdict send(E& env, const Packet& p, const Sending& to, bool back) {
  if (WM_UNLIKELY(p.hops <= 1)) return tell<Tells>(env, p, to, hop_limit_complaint(F::kSix), 0, why::hop_limit);
  const Onward way = find_way(env, to.source, to.destination);
  reread();
  if (WM_UNLIKELY(way.kind == WayKind::unreachable))
    return tell<Tells>(env, p, to, complaint(F::kSix, F::kUnreachable, F::kSix ? 0 : 1), 0, why::unreachable);
  bool direct = way.kind == WayKind::direct;
  if (WM_UNLIKELY(p.end - p.l3 > way.mtu)) {
    const u32 mtu = F::kSix && way.mtu < kLeastMtu6 ? kLeastMtu6 : way.mtu;
    if (F::kSix || !may_be_split(env.view(), p))
      return tell<Tells>(env, p, to, too_big_complaint(F::kSix), mtu, why::too_big);
    direct = false;
  }
  env.step(Step::onward, u32(way.kind), way.interface, way.mtu);
  const auto* old = env.view().template at<Ethernet>(0);
  if (!old) return parse::why::ethernet_short;
  const LinkAddresses link = WM_LIKELY(direct) ? way.link : load_link(old);
  const u32 tags = p.l3 - u32(sizeof(Ethernet));
  if (WM_UNLIKELY(tags) && !env.resize(-int(tags))) return forward::why::no_room;
  const View v = env.view();
  auto* ethernet = v.template at<Ethernet>(0);
  auto* ip = v.template at<typename F::Header>(sizeof(Ethernet));
  if (!ethernet || !ip) return parse::why::ip_short;
  Word16* numbered = nullptr;
  if (!F::kSix && to.number_at) {
    numbered = v.template at<Word16>(to.number_at - tags);
    if (!numbered) return parse::why::ip_short;
  }
  if (WM_LIKELY(to.checksum)) {
    auto* field = v.template at<Word16>(to.checksum - tags);
    if (!field) return parse::why::ip_short;
    u64 grown = to.grown;
    if (F::kSix || to.protocol != F::kIcmp) grown += growth(p.source, p.destination, to.source, to.destination);
    if (WM_LIKELY(field->value || to.protocol != kProtoUdp))  // a UDP checksum of zero stays (RFC 768, 6935)
      field->value = adjusted(field->value, grown, to.protocol);
  }
  if (numbered) numbered->value = to.number;
  write_addresses(ip, to.source, to.destination);
  // The kernel's own forwarding spends a hop where it takes the packet.
  if (WM_LIKELY(direct)) spend_hop(v, sizeof(Ethernet), F::kSix);
  store_link(ethernet, link, wire16(F::kSix ? kEtherIp6 : kEtherIp4));
  if (WM_UNLIKELY(to.error)) env.template call<typename F::WriteInner>(tags);
  if (WM_UNLIKELY(!direct)) return why::by_kernel;
  env.leave(way.interface);
  if (back) return why::back;
  return why::out;
}

// What find_*() left to it, in Work.
template <class F>
struct rarely_of {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    Work* w = env.template scratch<Work>();
    if (!w) return why::contended;
    Verdict end = kGoOn;
    if (!w->tells) {
      if (w->back)
        end = unpack_verdict(env.template call<typename F::Back>());
      else
        end = unpack_verdict(env.template call<typename F::Out>());
    }
    reread();
    if (!ended(end) && w->asks) {
      look_elsewhere<F>(env, w);
      end = unpack_verdict(env.template call<typename F::Admit>());
    }
    if (ended(end)) return end;
    return send<F, true>(env, w->p, w->to, w->back);
  }
};
struct rarely_program : rarely_of<Six> {};
struct rarely4_program : rarely_of<Four> {};

// `front`: of the packet's destination. One with ports is a service's, one without the pool's. `near`: it comes from
// the clients' zone, which is not the network's. `region`: of a flow's IPv6 address.
template <class F, Env E>
WM_INLINE Verdict receive_in(E& env, Packet& p, const Front* front, bool back, bool near, u32 region = 0) {
  Sending to = {};
  Verdict end = kGoOn;
  if (back) {
    u32 slot = region;
    if constexpr (!F::kSix) slot = front->index + number(ip4_of(p.destination)) - number(ip4_of(front->address));
    end = find_back<F>(env, p, near ? slot | kNear : slot, to);
  } else {
    end = find_out<F>(env, p, front, to);
  }
  if (WM_UNLIKELY(end.reason == kRarely.reason)) return env.template go_on<typename F::Rarely>();
  if (WM_UNLIKELY(ended(end))) return end;
  end = send<F, false>(env, p, to, back);
  if (WM_LIKELY(end.reason != kRarely.reason)) return end;
  Work* w = env.template scratch<Work>();
  if (!w) return why::contended;
  w->p = p;
  w->to = to;
  w->back = back;
  w->tells = 1;
  w->asks = 0;
  return env.template go_on<typename F::Rarely>();
}

template <Env E>
WM_INLINE Verdict receive(E& env, Packet& p, const Port* port, const Steered& steered) {
  const OwnSettings& s = env.settings().role.edge;
  const Space space = space_of(port->zone);
  const bool near = space != s.outside;
  const u32 region = p.ip6 ? region_of(s, p.destination.high) : kMostRegions;
  if (region < kMostRegions && (!near || space == s.zone)) return receive_in<Six>(env, p, nullptr, true, near, region);
  const Front* front = front_of(env, steered, space, p);
  if (!front) return steer::why::not_ours;
  const bool caught = has_rules(front);
  if (p.ip6) return caught ? receive_in<Six>(env, p, front, false, near) : Verdict(steer::why::not_ours);
  return receive_in<Four>(env, p, front, !caught, near);
}

}  // namespace waymark::edge
