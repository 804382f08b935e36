// From a client to a service: by its flow's own address, to its server or by anycast.
#pragma once

#include "core/echo.h"
#include "roles/edge/packet_begin.h"
#include "roles/edge/packet_errors.h"

namespace waymark::edge {

// What is not of a flow's whole packets, or may begin one. Work has the packet, and where the flow follows from its
// ports, the key; where that is all that is known, it asks to be admitted.
struct out_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    Work* w = env.template scratch<Work>();
    if (!w) return pack_verdict(why::contended);
    const Verdict end = run_on(env, w);
    if (!ended(end) && !w->to.error && !w->asks) take_way(env, w);
    return pack_verdict(end);
  }

 private:
  template <class E>
  static WM_INLINE Verdict run_on(E& env, Work* w) {
    const Packet& p = w->p;
    if (w->part.offset) {
      const u32 place = followed(env, Follows::fragment, p.source, p.destination, w->part.id);
      return take_place(env, w, p.source, place) ? kGoOn : Verdict(why::unknown_fragment);
    }
    if (p.protocol == kProtoIcmp6) {
      const auto* icmp = env.view().template at<Icmp>(p.l4);
      if (!icmp) return parse::why::icmp_header;
      const u16 id = u16(number(icmp->rest) >> 16);
      if (is_icmp6_error(icmp->type)) {
        if (w->part.is) return why::icmp_fragment;
        return look_at_error_out(env, w);
      }
      if (icmp->type == kIcmp6EchoReply && !icmp->code) {
        const u32 place = followed(env, Follows::echo, p.source, p.destination, id);
        if (!take_place(env, w, p.source, place)) return why::unknown_echo;
        if (w->part.is) keep_followed(env, Follows::fragment, p.source, p.destination, w->part.id, place);
        return kGoOn;
      }
      if (!is_echo(icmp, true)) return why::not_caught;
      w->key = key_of(p.source, p.destination, kProtoIcmp6, id, 0);
    }
    w->asks = 1;
    return kGoOn;
  }
};

// A packet to a service's address, from parse_ip() on.
template <Env E>
WM_INLINE Verdict find_out(E& env, Packet& p, const Front* front, Sending& to) {
  const OwnSettings& s = env.settings().role.edge;
  if (WM_UNLIKELY(p.source.high == s.prefix)) return why::own_source;
  Part part;
  if (const Verdict end = look(env, p, part); WM_UNLIKELY(ended(end))) return end;
  Key key = {};
  u32 sequence = 0;
  if (WM_LIKELY(p.protocol == kProtoTcp || p.protocol == kProtoUdp)) {
    if (WM_LIKELY(!part.offset)) {
      const Rule* rule = find_rule(env, front, p.protocol, p.destination_port);
      if (WM_UNLIKELY(!rule)) return why::not_caught;
      env.step(Step::matched, rule->service, p.destination_port, p.protocol);
    }
    key = key_of(p.source, p.destination, p.protocol, p.source_port, p.destination_port);
    if (WM_LIKELY(!part.is && !(p.tcp_flags & kTcpSteers))) {
      const ExactLimits limits = limits_of(env);
      Flow flow = find_exact<Flows>(env, limits, place_in(hash_key(env.settings().pin_key, key), limits.buckets), key);
      if (WM_LIKELY(flow.word)) {
        touch(flow, flow_stamp(env));
        to.source = {s.prefix, flow.user};
        to.destination = p.destination;
        to.protocol = p.protocol;
        to.checksum = checksum_of(p);
        if (WM_LIKELY(flow.state & kLearnt))
          to.destination = {read_word(&flow.record->server[0]), read_word(&flow.record->server[1])};
        return kGoOn;
      }
    }
    if (const auto* tcp = env.view().template at<Tcp>(p.l4); tcp && p.protocol == kProtoTcp)
      sequence = number(tcp->sequence);
  } else if (p.protocol != kProtoIcmp6) {
    return why::not_caught;
  }
  Work* w = env.template scratch<Work>();
  if (!w) return why::contended;
  w->p = p;
  w->part = part;
  w->key = key;
  w->sequence = sequence;
  w->to = {};
  w->back = w->asks = 0;
  return kRarely;
}

}  // namespace waymark::edge
