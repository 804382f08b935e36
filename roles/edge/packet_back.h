// To a flow's own address, which names the flow: to its client, from the anycast address.
#pragma once

#include "core/echo.h"
#include "roles/edge/packet_answer.h"
#include "roles/edge/packet_errors.h"

namespace waymark::edge {

// An IPv4 address is many flows': which one's a packet without ports is. Fills in its place and what its record says.
template <class E>
WM_INLINE Verdict find_shared(E& env, Work* w) {
  const Packet& p = w->p;
  u32 number = p.destination_port, place = kNowhere;
  if (is_own<Four>(env, p.source)) return why::own_source;
  if (w->part.offset) {
    place = followed(env, Follows::reply, p.source, p.destination, w->part.id);
    if (place == kNowhere) return why::unknown_fragment;
  } else if (p.protocol == kProtoIcmp4) {
    const auto* icmp = env.view().template at<Icmp>(p.l4);
    if (!icmp) return parse::why::icmp_header;
    number = waymark::number(icmp->rest) >> 16;
    if (Four::is_error(icmp->type)) {
      if (w->part.is) return why::icmp_fragment;
      const Quoted q = quoted_in(env, p);
      if (!q.l4) return why::inner_header;
      number = q.protocol == kProtoIcmp4 ? quoted_ping(env.view(), q).id : q.source_port;
    } else if (is_echo(icmp, false)) {
      return why::names_no_flow;
    } else if (icmp->type != kIcmp4EchoReply || icmp->code) {
      return why::icmp_type;
    }
  } else if (p.protocol != kProtoTcp && p.protocol != kProtoUdp) {
    return why::names_no_flow;
  }
  if (!w->part.offset) place = place_of_number(env, w->slot, number);
  const bool known = read_place<Four>(env, place, w->flow, w->state) && w->flow.own == p.destination;
  if (!known || (!w->part.offset && w->flow.number != number)) return why::no_such_flow;
  w->place = place;
  return kGoOn;
}

// What is not a flow's whole packet, or may change it. Work has the packet, and mostly what the flow's record says.
template <class F>
struct back_of {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    Work* w = env.template scratch<Work>();
    if (!w) return pack_verdict(why::contended);
    Verdict end = kGoOn;
    if constexpr (!F::kSix)
      if (w->place == kNowhere) end = find_shared(env, w);
    // From the clients' zone: any client could be it.
    if (!ended(end) && w->near && w->p.source == w->flow.ends.anycast) end = why::wrong_server;
    if (ended(end)) return pack_verdict(end);
    set_back<F>(w->to, w->p, w->part, w->flow);
    end = run_on(env, w);
    if (!F::kSix && !ended(end) && w->part.is && !w->part.offset)
      keep_followed(env, Follows::reply, w->p.source, w->p.destination, w->part.id, w->place);
    return pack_verdict(end);
  }

 private:
  template <class E>
  static WM_INLINE Verdict run_on(E& env, Work* w) {
    const Packet& p = w->p;
    const bool expected = p.source == w->flow.server;
    if (w->part.offset) return expected ? kGoOn : Verdict(why::wrong_server);
    u16 to = p.destination_port, from = p.source_port;
    if (p.protocol == F::kIcmp) {
      const auto* icmp = env.view().template at<Icmp>(p.l4);
      if (!icmp) return parse::why::icmp_header;
      to = u16(number(icmp->rest) >> 16);
      from = 0;
      if (F::is_error(icmp->type)) {
        if (w->part.is) return why::icmp_fragment;
        return look_at_error_back<F>(env, w);
      }
      if (F::kSix && is_echo(icmp, true)) {
        if (!expected) return why::wrong_server;
        keep_followed(env, Follows::echo, w->to.destination, w->to.source, to, w->place);
        return kGoOn;
      }
      if (icmp->type != F::kEchoReply || icmp->code) return why::icmp_type;
    }
    if (w->flow.ends.protocol != p.protocol || w->flow.number != to || w->flow.ends.port != from)
      return why::wrong_ports;
    return unpack_verdict(env.template call<typename F::Answer>());
  }
};
struct back_step : back_of<Six> {};
struct back4_step : back_of<Four> {};

// Which of the pool's addresses a packet is to, or of IPv6 in which region its flow is; and that it comes from the
// clients' zone, which is not the network's: from a server at their own site. One word, as the verifier's stack is
// short.
constexpr u32 kNear = 1u << 31;

// From parse_ip() on.
template <class F, Env E>
WM_INLINE Verdict find_back(E& env, Packet& p, u32 slot, Sending& to) {
  const OwnSettings& s = env.settings().role.edge;
  Part part;
  if (const Verdict end = look<F>(env, p, part); WM_UNLIKELY(ended(end))) return end;
  if (WM_UNLIKELY(F::kSix && is_own<F>(env, p.source))) return why::own_source;
  const bool ports = p.protocol == kProtoTcp || p.protocol == kProtoUdp, whole = ports && !part.is;
  u32 place = kNowhere;
  // An address that names a place behind its region's names another prefix's, which is not its own.
  if constexpr (F::kSix)
    place = place_in_table(s, slot & ~kNear, place_named(s, p.destination.low));
  else if (whole)
    place = place_of_number(env, slot & ~kNear, p.destination_port);
  Known k = {};
  u64 state = 0;
  if (F::kSix || whole) {
    const bool known = read_place<F>(env, place, k, state);
    if (WM_UNLIKELY(!known || !(k.own == p.destination))) return why::no_such_flow;
    if (WM_UNLIKELY(!F::kSix && k.number != p.destination_port)) return why::no_such_flow;
  }
  if (WM_LIKELY(whole)) {
    if (WM_UNLIKELY(k.ends.protocol != p.protocol || k.number != p.destination_port || k.ends.port != p.source_port))
      return why::wrong_ports;
    if (WM_LIKELY(p.source == k.server && (state & kLearnt || !(slot & kNear)) && !(p.tcp_flags & kTcpSteers) &&
                  !is_tentative(stage_of(state)) && reply_stamp(state) == (flow_stamp(env) & kStampMask))) {
      set_back<F>(to, p, part, k);
      return kGoOn;
    }
  }
  Work* w = env.template scratch<Work>();
  if (!w) return why::contended;
  w->p = p;
  w->part = part;
  w->flow = k;
  w->to = {};
  w->state = state;
  w->place = F::kSix || whole ? place : kNowhere;
  w->slot = slot & ~kNear;
  w->acknowledgement = 0;
  if (const auto* tcp = env.view().template at<Tcp>(p.l4); tcp && p.protocol == kProtoTcp)
    w->acknowledgement = number(tcp->acknowledgement);
  w->back = 1;
  w->tells = 0;
  w->near = (slot & kNear) != 0;
  w->asks = 0;
  return kRarely;
}

}  // namespace waymark::edge
