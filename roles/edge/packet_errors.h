// ICMP errors about a flow's packets: from the network to its client, and from the client's side to its server. The
// packet inside gets the addresses that its sender knows.
#pragma once

#include "core/icmp.h"
#include "core/quoted.h"
#include "roles/edge/packet_work.h"

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

// The packet inside goes from `source` to `destination` then: its checksum, where it is there, makes up for that, and
// the error's own sum grows by the rest.
WM_INLINE Verdict prepare_inner(const View& v, Work* w, const Quoted& q, const Address& source,
                                const Address& destination) {
  const auto* ip = v.at<Ip6>(quoted_l3(w->p));
  if (!ip) return why::inner_header;
  const u64 grown = growth(load_address(ip->source), load_address(ip->destination), source, destination);
  w->inner_source = source;
  w->inner_destination = destination;
  w->inner_checksum_at = 0;
  w->to.grown = fold(grown);
  const u32 at = q.l4 + checksum_at6(q.protocol);  // it is of a flow, which has one
  const auto* field = v.at<Word16>(at);
  if (!field || at + 2 > w->p.end) return kGoOn;
  const u16 before = field->value;
  if (!before && q.protocol == kProtoUdp) return kGoOn;  // it has none (RFC 6935)
  w->inner_checksum = adjusted(before, grown, q.protocol);
  w->inner_checksum_at = at;
  w->to.grown += u32(taken(before) + w->inner_checksum);
  return kGoOn;
}
WM_INLINE void prepare_outer(Work* w) {
  w->to.checksum = w->p.l4 + 2;
  w->to.protocol = kProtoIcmp6;
  w->to.error = 1;
}

// To a flow's own address. Work has the flow, as its record says.
template <class E>
WM_INLINE Verdict look_at_error_back(E& env, Work* w) {
  const Quoted q = quoted_in(env, w->p);
  const View v = env.view();
  const auto* ip = v.template at<Ip6>(quoted_l3(w->p));
  if (!q.l4 || !ip) return why::inner_header;
  const u64 last = w->key.word[3];
  const Address source = load_address(ip->source), destination = load_address(ip->destination);
  const Address anycast = w->to.source;
  if (!(source == w->p.destination)) return why::inner_unknown;
  if (!(destination == w->server) && !(destination == anycast)) return why::inner_unknown;
  if (q.protocol == kProtoIcmp6) {  // the client's ping, or its answer to a server's
    const QuotedPing ping = quoted_ping(v, q);
    const bool own = ping.type == kIcmp6Echo && protocol_in(last) == kProtoIcmp6 && ping.id == u16(last >> 16);
    if (!own && ping.type != kIcmp6EchoReply) return why::inner_unknown;
  } else if (protocol_in(last) != q.protocol || u32(last) != (u32(q.source_port) << 16 | q.destination_port)) {
    return why::inner_unknown;
  }
  const auto* icmp = v.template at<Icmp>(w->p.l4);
  if (!icmp) return why::inner_header;
  const bool gone = icmp->type == kIcmp6Unreachable && w->state & kLearnt && destination == w->server;
  const Address client = {w->key.word[0], w->key.word[1]};
  if (const Verdict end = prepare_inner(v, w, q, client, anycast); ended(end)) return end;
  prepare_outer(w);
  // Routers keep their addresses; the server is behind the anycast address.
  if (!(w->p.source == w->server)) w->to.source = w->p.source;
  EdgeRecord* record = env.at(table::edge_records, w->place);
  if (gone && record && protocol_in(last) != kProtoTcp)  // another may answer; TCP's would not know the connection
    if (swap_word(&record->state, w->state, w->state & ~(kLearnt | kLearning)) == w->state)
      env.note(Note::edge_server_forgotten);
  return kGoOn;
}

// From the client's side, to the anycast address. Fills in what of the flow is asked for, or who the flow follows.
template <class E>
WM_INLINE Verdict look_at_error_out(E& env, Work* w) {
  const Quoted q = quoted_in(env, w->p);
  const View v = env.view();
  const auto* ip = v.template at<Ip6>(quoted_l3(w->p));
  if (!q.l4 || !ip) return why::inner_header;
  const Address client = load_address(ip->destination), anycast = w->p.destination;
  if (!(load_address(ip->source) == anycast)) return why::inner_unknown;
  u16 client_port = q.destination_port;
  u32 place = kNowhere;
  if (q.protocol == kProtoIcmp6) {
    const QuotedPing ping = quoted_ping(v, q);
    client_port = ping.id;
    if (ping.type == kIcmp6Echo)
      place = followed(env, Follows::echo, client, anycast, ping.id);
    else if (ping.type != kIcmp6EchoReply)
      return why::inner_unknown;
  }
  const Key key = key_of(client, anycast, q.protocol, client_port, q.source_port);
  if (q.protocol != kProtoIcmp6 || place == kNowhere) {
    const ExactLimits limits = limits_of(env);
    const Flow flow =
        find_exact<Flows>(env, limits, place_in(hash_key(env.settings().pin_key, key), limits.buckets), key);
    if (!flow.word) return why::inner_unknown;
    place = flow.place;
  }
  if (!take_place(env, w, client, place)) return why::inner_unknown;
  const Address own = {env.settings().role.edge.prefix, w->own};
  if (const Verdict end = prepare_inner(v, w, q, w->server, own); ended(end)) return end;
  prepare_outer(w);
  w->to.source = w->p.source == client ? own : w->p.source;
  w->to.destination = w->server;
  return kGoOn;
}

// As look_at_error_*() prepared it; the frame begins `taken_away` bytes later by now.
struct write_inner_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 taken_away, u64, u64, u64) {
    const Work* w = env.template scratch<Work>();
    if (!w) return 0;
    const View v = env.view();
    auto* ip = v.template at<Ip6>(quoted_l3(w->p) - u32(taken_away));
    if (!ip) return 0;
    store_address(ip->source, w->inner_source);
    store_address(ip->destination, w->inner_destination);
    if (!w->inner_checksum_at) return 1;
    auto* field = v.template at<Word16>(w->inner_checksum_at - u32(taken_away));
    if (!field) return 0;
    field->value = w->inner_checksum;
    return 1;
  }
};

}  // namespace waymark::edge
