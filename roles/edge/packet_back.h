// To a flow's own address, which names the flow: to its client, from the anycast address.
#pragma once

#include "core/echo.h"
#include "roles/edge/packet_answer.h"
#include "roles/edge/packet_errors.h"

namespace waymark::edge {

// What is not a flow's whole packet, or may change it. Work has the packet, and what the flow's record says.
struct back_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    Work* w = env.template scratch<Work>();
    if (!w) return pack_verdict(why::contended);
    w->to.protocol = w->p.protocol;
    w->to.checksum = w->part.offset ? 0 : checksum_of(w->p);
    w->to.later = w->part.offset != 0;
    return pack_verdict(run_on(env, w));
  }

 private:
  template <class E>
  static WM_INLINE Verdict run_on(E& env, Work* w) {
    const Packet& p = w->p;
    const bool expected = p.source == w->server;
    if (w->part.offset) return expected ? kGoOn : Verdict(why::wrong_server);
    u32 ports = u32(p.destination_port) << 16 | p.source_port;
    if (p.protocol == kProtoIcmp6) {
      const auto* icmp = env.view().template at<Icmp>(p.l4);
      if (!icmp) return parse::why::icmp_header;
      const u16 id = u16(number(icmp->rest) >> 16);
      if (is_icmp6_error(icmp->type)) {
        if (w->part.is) return why::icmp_fragment;
        return look_at_error_back(env, w);
      }
      if (is_echo(icmp, true)) {
        if (!expected) return why::wrong_server;
        keep_followed(env, Follows::echo, w->to.destination, w->to.source, id, w->place);
        return kGoOn;
      }
      if (icmp->type != kIcmp6EchoReply || icmp->code) return why::icmp_type;
      ports = u32(id) << 16;
    }
    const u64 last = w->key.word[3];
    if (protocol_in(last) != p.protocol || u32(last) != ports) return why::wrong_ports;
    return unpack_verdict(env.template call<answer_step>());
  }
};

// From parse_ip() on. `near`: from the clients' zone, which is not the network's: of a server at their own site.
template <Env E>
WM_INLINE Verdict find_back(E& env, Packet& p, bool near, Sending& to) {
  const OwnSettings& s = env.settings().role.edge;
  Part part;
  if (const Verdict end = look(env, p, part); WM_UNLIKELY(ended(end))) return end;
  if (WM_UNLIKELY(p.source.high == s.prefix)) return why::own_source;
  const u32 place = place_named(s, p.destination.low);
  const EdgeRecord* record = env.at(table::edge_records, place);
  if (WM_UNLIKELY(!record)) return why::no_such_flow;
  const u64 state = begin_reading(record);
  const u64 own = read_word(&record->user), last = read_word(&record->key[3]);
  to.destination = {read_word(&record->key[0]), read_word(&record->key[1])};
  to.source = {0, read_word(&record->key[2])};
  const Address server = {read_word(&record->server[0]), read_word(&record->server[1])};
  if (WM_UNLIKELY(!state || own != p.destination.low || !end_reading(record, state))) return why::no_such_flow;
  const EdgeAnycast* anycast = env.at(table::edge_anycasts, anycast_place(s.anycast_seed, number_in(last)));
  if (WM_UNLIKELY(!anycast || !anycast->in_use || anycast->number != number_in(last))) return why::no_such_flow;
  to.source.high = anycast->high;
  if (WM_UNLIKELY(near && p.source == to.source)) return why::wrong_server;  // any client could be it
  const Address expected = state & kLearnt ? server : to.source;
  const bool whole = !part.is && (p.protocol == kProtoTcp || p.protocol == kProtoUdp);
  if (WM_LIKELY(whole)) {
    const u64 named = u64(p.protocol) << 32 | u32(p.destination_port) << 16 | p.source_port;
    if (WM_UNLIKELY(named != (last & 0xff'ffff'ffff))) return why::wrong_ports;
    if (WM_LIKELY(p.source == expected && !(p.tcp_flags & kTcpSteers) && !is_tentative(stage_of(state)) &&
                  reply_stamp(state) == (flow_stamp(env) & kStampMask))) {
      to.protocol = p.protocol;
      to.checksum = checksum_of(p);
      return kGoOn;
    }
  }
  Work* w = env.template scratch<Work>();
  if (!w) return why::contended;
  w->p = p;
  w->part = part;
  w->key = {{to.destination.high, to.destination.low, to.source.low, last}};
  w->to = to;
  w->state = state;
  w->server = expected;
  w->own = own;
  w->place = place;
  w->sequence = u32(server.high);  // while none is learnt
  w->acknowledgement = 0;
  if (const auto* tcp = env.view().template at<Tcp>(p.l4); tcp && p.protocol == kProtoTcp)
    w->acknowledgement = number(tcp->acknowledgement);
  w->back = 1;
  w->asks = 0;
  return kRarely;
}

}  // namespace waymark::edge
