// ICMP errors about a flow's packets: from the network to its client, and from the client's side to its server. The
// packet inside gets the addresses that its sender knows.
#pragma once

#include "core/icmp.h"
#include "core/quoted.h"
#include "roles/edge/packet_region.h"

namespace waymark::edge {

// The identifier and type of a quoted ping.
struct QuotedPing {
  u8 type;
  u16 id;
};
WM_INLINE QuotedPing quoted_ping(const View& v, const Quoted& q) {
  const auto* icmp = v.at<Icmp>(q.l4);
  return icmp ? QuotedPing{icmp->type, u16(number(icmp->rest) >> 16)} : QuotedPing{0, 0};
}

// What the packet inside is to become: its addresses, and its port, or a ping's identifier, at `at` bytes behind the
// first port. Its checksums, where they are there, make up for that, and the error's own sum grows by the rest.
struct Inner {
  Address source, destination;
  u32 at;
  u16 was, is;
};
template <class F>
WM_INLINE Verdict prepare_inner(const View& v, Work* w, const Quoted& q, const Inner& to) {
  Packet p = {};
  p.ip6 = F::kSix;
  p.l3 = quoted_l3(w->p);
  if (!load_addresses(v, p)) return why::inner_header;
  u64 grown = growth(p.source, p.destination, to.source, to.destination);
  w->inner_source = to.source;
  w->inner_destination = to.destination;
  w->inner_checksum_at = w->inner_number_at = 0;
  w->to.grown = 0;
  if constexpr (F::kSix) {
    w->to.grown = fold(grown);
  } else {  // the header's own checksum makes up for its addresses
    u64 renumbered = 0;
    if (to.was != to.is) {
      w->inner_number_at = q.l4 + (q.protocol == F::kIcmp ? 4 : to.at);
      w->inner_number = wire16(to.is).raw;
      renumbered = taken(wire16(to.was).raw) + w->inner_number;
    }
    w->to.grown = u32(renumbered);
    grown = q.protocol == F::kIcmp ? renumbered : grown + renumbered;
  }
  const u32 at = q.l4 + F::checksum_at(q.protocol);  // it is of a flow, which has one
  const auto* field = v.at<Word16>(at);
  if (!field || at + 2 > w->p.end) return kGoOn;
  const u16 before = field->value;
  if (!before && q.protocol == kProtoUdp) return kGoOn;  // it has none (RFC 768, 6935)
  w->inner_checksum = adjusted(before, grown, q.protocol);
  w->inner_checksum_at = at;
  w->to.grown += u32(taken(before) + w->inner_checksum);
  return kGoOn;
}
template <class F>
WM_INLINE void prepare_outer(Work* w) {
  w->to.checksum = w->p.l4 + 2;
  w->to.number_at = 0;
  w->to.protocol = F::kIcmp;
  w->to.error = 1;
}

// To a flow's own address. Work has the flow, as its record says.
template <class F, class E>
WM_INLINE Verdict look_at_error_back(E& env, Work* w) {
  const Quoted q = quoted_in(env, w->p);
  const View v = env.view();
  Packet inner = {};
  inner.ip6 = F::kSix;
  inner.l3 = quoted_l3(w->p);
  if (!q.l4 || !load_addresses(v, inner)) return why::inner_header;
  const Known& k = w->flow;
  if (!(inner.source == w->p.destination)) return why::inner_unknown;
  if (!(inner.destination == k.server) && !(inner.destination == k.ends.anycast)) return why::inner_unknown;
  u16 was = k.number, is = k.ends.client_port;
  if (q.protocol == F::kIcmp) {  // the client's ping, or its answer to a server's
    const QuotedPing ping = quoted_ping(v, q);
    const bool own = ping.type == F::kEcho && k.ends.protocol == F::kIcmp && ping.id == k.number;
    if (!own && !(F::kSix && ping.type == F::kEchoReply)) return why::inner_unknown;
  } else if (k.ends.protocol != q.protocol || k.number != q.source_port || k.ends.port != q.destination_port) {
    return why::inner_unknown;
  }
  const auto* icmp = v.template at<Icmp>(w->p.l4);
  if (!icmp) return why::inner_header;
  const bool gone = F::is_gone(icmp->type, icmp->code) && w->state & kLearnt && inner.destination == k.server;
  if (const Verdict end = prepare_inner<F>(v, w, q, {k.ends.client, k.ends.anycast, 0, was, is}); ended(end))
    return end;
  prepare_outer<F>(w);
  // Routers keep their addresses; the server is behind the anycast address.
  if (!(w->p.source == k.server)) w->to.source = w->p.source;
  auto* record = F::record(env, w->place);
  if (gone && record && k.ends.protocol != kProtoTcp)  // another may answer; TCP's would not know the connection
    if (swap_word(&record->state, w->state, w->state & ~(kLearnt | kLearning)) == w->state)
      env.note(Note::edge_server_forgotten);
  return kGoOn;
}

// From the client's side, to the anycast address. Fills in what of the flow is asked for, or who the flow follows.
template <class F, class E>
WM_INLINE Verdict look_at_error_out(E& env, Work* w) {
  const Quoted q = quoted_in(env, w->p);
  const View v = env.view();
  Packet inner = {};
  inner.ip6 = F::kSix;
  inner.l3 = quoted_l3(w->p);
  if (!q.l4 || !load_addresses(v, inner)) return why::inner_header;
  const Address client = inner.destination, anycast = w->p.destination;
  if (!(inner.source == anycast)) return why::inner_unknown;
  Ends ends = {client, anycast, q.destination_port, q.source_port, q.protocol};
  u32 place = kNowhere;
  if (q.protocol == F::kIcmp) {
    const QuotedPing ping = quoted_ping(v, q);
    ends.client_port = ping.id;
    if (F::kSix && ping.type == F::kEcho)
      place = followed(env, Follows::echo, client, anycast, ping.id);
    else if (ping.type != F::kEchoReply)
      return why::inner_unknown;
  }
  if (place == kNowhere) {
    FlowOf<F> flow = find_of<F>(env, F::key(ends));
    if (!flow.word) {
      w->ends = ends;
      look_elsewhere<F>(env, w);
      flow = flow_elsewhere<F>(env, w);
    }
    if (!flow.word) return why::inner_unknown;
    place = flow.place;
  }
  if (!take_place<F>(env, w, client, place)) return why::inner_unknown;
  const Known& k = w->flow;
  if (const Verdict end = prepare_inner<F>(v, w, q, {k.server, k.own, 2, ends.client_port, k.number}); ended(end))
    return end;
  prepare_outer<F>(w);
  // Who is behind a pool of addresses has one of these (RFC 5508, REQ-5).
  w->to.source = !F::kSix || w->p.source == client ? k.own : w->p.source;
  w->to.destination = k.server;
  return kGoOn;
}

// As look_at_error_*() prepared it; the frame begins `taken_away` bytes later by now.
template <class F>
struct write_inner_of {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 taken_away, u64, u64, u64) {
    const Work* w = env.template scratch<Work>();
    if (!w) return 0;
    const View v = env.view();
    auto* ip = v.template at<typename F::Header>(quoted_l3(w->p) - u32(taken_away));
    if (!ip) return 0;
    write_addresses(ip, w->inner_source, w->inner_destination);
    if (w->inner_number_at) {
      auto* number = v.template at<Word16>(w->inner_number_at - u32(taken_away));
      if (!number) return 0;
      number->value = w->inner_number;
    }
    if (!w->inner_checksum_at) return 1;
    auto* field = v.template at<Word16>(w->inner_checksum_at - u32(taken_away));
    if (!field) return 0;
    field->value = w->inner_checksum;
    return 1;
  }
};
struct write_inner_step : write_inner_of<Six> {};
struct write_inner4_step : write_inner_of<Four> {};

}  // namespace waymark::edge
