// The edge: hides from clients and servers that a service is anycast. Each flow gets a source address of its own,
// learns who answered, and goes there from then on.
#pragma once

#include "core/complain.h"
#include "core/way.h"
#include "roles/edge/packet_back.h"
#include "roles/edge/packet_out.h"

namespace waymark::edge {

// As a router, to the packet's sender.
template <Env E>
WM_INLINE Verdict tell(E& env, const Packet& p, const Sending& to, u32 kind, u32 rest, Verdict told) {
  if (!may_complain(env.view(), p, to.later)) return why::error_withheld;
  const Answered answered = complain(env, p.l3, p.end, said_by(kModule, AnswerKind::edge, kind), rest);
  return end_of(env, answered, {told, why::error_withheld, why::error_limited}, AnswerKind::edge, kind, rest);
}

// Everything is checked before the first byte is written.
template <Env E>
WM_INLINE Verdict send(E& env, const Packet& p, const Sending& to, bool back) {
  if (WM_UNLIKELY(p.hops <= 1)) return tell(env, p, to, hop_limit_complaint(true), 0, why::hop_limit);
  const Onward way = find_way(env, to.source, to.destination);
  reread();
  if (WM_UNLIKELY(way.kind == WayKind::unreachable))
    return tell(env, p, to, complaint(true, kIcmp6Unreachable, 0), 0, why::unreachable);
  if (WM_UNLIKELY(p.end - p.l3 > way.mtu)) {
    const u32 mtu = way.mtu < kLeastMtu6 ? kLeastMtu6 : way.mtu;
    return tell(env, p, to, too_big_complaint(true), mtu, why::too_big);
  }
  env.step(Step::onward, u32(way.kind), way.interface, way.mtu);
  const auto* old = env.view().template at<Ethernet>(0);
  if (!old) return parse::why::ethernet_short;
  const LinkAddresses link = WM_LIKELY(way.kind == WayKind::direct) ? way.link : load_link(old);
  const u32 tags = p.l3 - u32(sizeof(Ethernet));
  if (WM_UNLIKELY(tags) && !env.resize(-int(tags))) return forward::why::no_room;
  const View v = env.view();
  auto* ethernet = v.template at<Ethernet>(0);
  auto* ip = v.template at<Ip6>(sizeof(Ethernet));
  if (!ethernet || !ip) return parse::why::ip_short;
  if (WM_LIKELY(to.checksum)) {
    auto* field = v.template at<Word16>(to.checksum - tags);
    if (!field) return parse::why::ip_short;
    if (WM_LIKELY(field->value || to.protocol != kProtoUdp))  // a UDP checksum of zero stays (RFC 6935)
      field->value =
          adjusted(field->value, growth(p.source, p.destination, to.source, to.destination) + to.grown, to.protocol);
  }
  store_address(ip->source, to.source);
  store_address(ip->destination, to.destination);
  if (WM_LIKELY(way.kind == WayKind::direct)) --ip->hops;  // the kernel's own forwarding spends it where it takes it
  store_link(ethernet, link, wire16(kEtherIp6));
  if (WM_UNLIKELY(to.error)) env.template call<write_inner_step>(tags);
  if (WM_UNLIKELY(way.kind != WayKind::direct)) return why::by_kernel;
  env.leave(way.interface);
  if (back) return why::back;
  return why::out;
}

// What find_*() left to it, in Work.
struct rarely_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    const Work* w = env.template scratch<Work>();
    if (!w) return why::contended;
    Verdict end = kGoOn;
    if (w->back)
      end = unpack_verdict(env.template call<back_step>());
    else
      end = unpack_verdict(env.template call<out_step>());
    reread();
    if (!ended(end) && w->asks) end = unpack_verdict(env.template call<admit_step>());
    if (ended(end)) return end;
    return send(env, w->p, w->to, w->back);
  }
};

template <Env E>
WM_INLINE Verdict receive(E& env, Packet& p, const Port* port, const Steered& steered) {
  if (WM_UNLIKELY(!p.ip6)) return steer::why::not_ours;
  const OwnSettings& s = env.settings().role.edge;
  const Space space = space_of(port->zone);
  const bool back = p.destination.high == s.prefix && (space == s.outside || space == s.zone);
  Sending to = {};
  Verdict end = kGoOn;
  if (back) {
    end = find_back(env, p, space != s.outside, to);
  } else {
    const Front* front = front_of(env, steered, space, p);
    if (!front || !has_rules(front)) return steer::why::not_ours;
    end = find_out(env, p, front, to);
  }
  if (WM_UNLIKELY(end.reason == kRarely.reason)) return env.template go_on<rarely_program>();
  if (WM_UNLIKELY(ended(end))) return end;
  return send(env, p, to, back);
}

}  // namespace waymark::edge
