// From a client to a service: by its flow's own address, to its server or by anycast.
#pragma once

#include "core/echo.h"
#include "roles/edge/packet_begin.h"
#include "roles/edge/packet_errors.h"

namespace waymark::edge {

// What is not of a flow's whole packets, or may begin one. Work has the packet, and where the flow follows from its
// ports, the ends; where that is all that is known, it asks to be admitted.
template <class F>
struct out_of {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    Work* w = env.template scratch<Work>();
    if (!w) return pack_verdict(why::contended);
    const Verdict end = run_on(env, w);
    if (!ended(end) && !w->to.error && !w->asks) set_out<F>(w->to, w->p, w->part, w->flow);
    return pack_verdict(end);
  }

 private:
  template <class E>
  static WM_INLINE Verdict run_on(E& env, Work* w) {
    const Packet& p = w->p;
    if (w->part.offset) {
      const u32 place = followed(env, Follows::fragment, p.source, p.destination, w->part.id);
      return take_place<F>(env, w, p.source, place) ? kGoOn : Verdict(why::unknown_fragment);
    }
    if (p.protocol == F::kIcmp) {
      const auto* icmp = env.view().template at<Icmp>(p.l4);
      if (!icmp) return parse::why::icmp_header;
      const u16 id = u16(number(icmp->rest) >> 16);
      if (F::is_error(icmp->type)) {
        if (w->part.is) return why::icmp_fragment;
        return look_at_error_out<F>(env, w);
      }
      if (icmp->type == F::kEchoReply && !icmp->code) {
        if constexpr (!F::kSix) return why::unknown_echo;  // no server's ping comes by a shared address
        const u32 place = followed(env, Follows::echo, p.source, p.destination, id);
        if (!take_place<F>(env, w, p.source, place)) return why::unknown_echo;
        if (w->part.is) keep_followed(env, Follows::fragment, p.source, p.destination, w->part.id, place);
        return kGoOn;
      }
      if (!is_echo(icmp, F::kSix)) return why::not_caught;
      w->ends = {p.source, p.destination, id, 0, F::kIcmp};
    }
    w->asks = 1;
    return kGoOn;
  }
};
struct out_step : out_of<Six> {};
struct out4_step : out_of<Four> {};

WM_INLINE Ends ends_of(const Packet& p) {
  return {p.source, p.destination, p.source_port, p.destination_port, p.protocol};
}

// A packet to a service's address, from parse_ip() on.
template <class F, Env E>
WM_INLINE Verdict find_out(E& env, Packet& p, const Front* front, Sending& to) {
  Part part;
  if (const Verdict end = look<F>(env, p, part); WM_UNLIKELY(ended(end))) return end;
  u32 sequence = 0;
  if (WM_LIKELY(p.protocol == kProtoTcp || p.protocol == kProtoUdp)) {
    if (WM_LIKELY(!part.offset)) {
      const Rule* rule = find_rule(env, front, p.protocol, p.destination_port);
      if (WM_UNLIKELY(!rule)) return why::not_caught;
      env.step(Step::matched, rule->service, p.destination_port, p.protocol);
    }
    if (WM_LIKELY(!part.is && !(p.tcp_flags & kTcpSteers))) {
      FlowOf<F> flow = find_of<F>(env, F::key(ends_of(p)));
      if (WM_LIKELY(flow.word && F::has_own(flow.user))) {
        touch(flow, flow_stamp(env));
        to.source = F::own(env, flow.user);
        to.destination = flow.state & kLearnt ? F::server(flow.record) : p.destination;
        set_transport<F>(to, p, part, 0, p.source_port, F::number(flow.user, p.source_port));
        return kGoOn;
      }
    }
    if (const auto* tcp = env.view().template at<Tcp>(p.l4); tcp && p.protocol == kProtoTcp)
      sequence = number(tcp->sequence);
  } else if (p.protocol != F::kIcmp) {
    return why::not_caught;
  }
  Work* w = env.template scratch<Work>();
  if (!w) return why::contended;
  w->p = p;
  w->part = part;
  w->ends = ends_of(p);
  w->sequence = sequence;
  w->to = {};
  w->back = w->asks = w->tells = 0;
  return kRarely;
}

}  // namespace waymark::edge
