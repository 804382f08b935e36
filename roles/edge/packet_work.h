// A packet as the edge's steps are told of it, and what it is to become.
#pragma once

#include "core/answer.h"
#include "core/steer.h"
#include "core/translate/inside.h"
#include "core/translate/to_ip6.h"
#include "roles/edge/packet_family.h"
#include "roles/edge/reasons.h"

namespace waymark::edge {

// Of a fragment (RFC 8200, 4.5; RFC 791). An atomic one (RFC 6946) is none.
struct Part {
  u32 id;      // IPv4: protocol:16 identification:16
  u16 offset;  // bytes
  u8 is;       // 1: this is not the whole packet
};

// The packet's new addresses, and what of its transport changes with them.
struct Sending {
  Address source, destination;
  u32 checksum;   // where the transport's stands, in bytes from the frame's first; 0: nowhere in this packet
  u32 grown;      // what its sum grows by, beside the addresses
  u32 number_at;  // likewise, the port or identifier that becomes `number`; 0: none does
  u16 number;
  u8 protocol;  // of the transport
  u8 error;     // 1: Work says what becomes of the packet inside
  u8 later;     // 1: a fragment that is not the first
};

// In Env::scratch(), for steps.
struct Work {
  Packet p;
  Part part;
  Ends ends;  // of a client's packet: what its flow is found by
  Known flow;
  Sending to;
  u64 state;                      // of the flow that the packet is of
  u32 place;                      // of its record
  u32 slot;                       // of the IPv4 address that the packet is to
  u32 elsewhere;                  // place of a flow of these ends in another member's region, and 1; 0: none
  u32 sequence, acknowledgement;  // of TCP, host order
  u8 back;                        // 1: to a flow's own address
  u8 near;                        // 1: likewise, from the clients' zone, which is not the network's
  u8 tells;                       // 1: it is known where it goes, and that its sender must be told that it cannot
  u8 asks;                        // 1: its flow, by `ends`, may begin or change
  // The packet inside an ICMP error, to be.
  Address inner_source, inner_destination;
  u32 inner_checksum_at;  // 0: it is not there, or stays
  u32 inner_number_at;    // 0: it stays
  u16 inner_checksum, inner_number;
};
static_assert(sizeof(Work) <= kScratchBytes);

// Not a way out, but whose turn it is: the further program's, which Work tells of the packet.
constexpr Verdict kRarely = {0xfffb, Action::pass};

// No router forwards for link-local addresses either (RFC 4291, 2.5.6; RFC 3927, 2.7).
template <class E>
WM_INLINE Verdict look6(E& env, Packet& p, Part& part) {
  const View v = env.view();
  const bool link_local = (p.source.high & 0xc0ff) == 0x80fe;
  if (link_local || is_martian_source6(p.source)) return parse::why::martian_source;
  if (WM_LIKELY(p.protocol == kProtoTcp || p.protocol == kProtoUdp || p.protocol == kProtoIcmp6)) return kGoOn;
  const translate::Skipped s = translate::skip_headers(env, p.l4, p.end, p.protocol);
  if (s.end == translate::SkipEnd::after_fragment || s.routing) return why::headers;
  if (s.end != translate::SkipEnd::transport) return translate::verdict_of(s.end);
  p.l4 = s.l4;
  p.protocol = s.protocol;
  if (!s.fragment) return kGoOn;
  const auto* header = v.template at<Ip6Fragment>(s.fragment);
  if (!header) return parse::why::extension_short;
  const u16 offset = number(header->offset);
  part = {number(header->id), u16(offset & 0xfff8), u8((offset & 0xfff9) != 0)};
  return kGoOn;
}
template <class E>
WM_INLINE Verdict look4(E& env, Packet& p, Part& part) {
  if (p.l4 < p.l3 + sizeof(Ip4)) return parse::why::ip4_header;
  const be32 source = ip4_of(p.source);
  if (u16(source.raw) == 0xfea9 || is_martian_source4(source)) return parse::why::martian_source;
  if (WM_UNLIKELY(p.l4 - p.l3 > sizeof(Ip4)) && translate::has_source_route(env, p.l3, p.l4)) return why::headers;
  const auto* ip = env.view().template at<Ip4>(p.l3);
  if (!ip) return parse::why::ip_short;
  const u16 fragment = number(ip->fragment);
  if (WM_UNLIKELY(fragment & 0x3fff)) part = {u32(p.protocol) << 16 | number(ip->id), u16((fragment & 0x1fff) * 8), 1};
  return kGoOn;
}

// As validate() (core/parse.h), but a fragment goes on: of one that is not the first nothing more is known.
template <class F, class E>
WM_INLINE Verdict look(E& env, Packet& p, Part& part) {
  if (p.end > env.length() || p.end < p.l4) return parse::why::ip_length;
  if (p.source == p.destination) return parse::why::land;
  part = {0, 0, 0};
  Verdict end = kGoOn;
  if constexpr (F::kSix)
    end = look6(env, p, part);
  else
    end = look4(env, p, part);
  if (ended(end)) return end;
  p.l4 = forget(p.l4);
  p.protocol = u8(forget(p.protocol));
  p.source_port = p.destination_port = 0;
  p.tcp_flags = 0;
  return part.offset ? kGoOn : parse_transport(env.view(), p);
}

WM_INLINE u64 growth(const Address& was_source, const Address& was_destination, const Address& source,
                     const Address& destination) {
  return taken(sum_of(was_source) + sum_of(was_destination)) + sum_of(source) + sum_of(destination);
}

// The transport of a packet whose addresses change: where its checksum stands, if it has one here, and the port, or the
// identifier, that becomes another one. `at`: behind the ports' first byte.
template <class F>
WM_INLINE void set_transport(Sending& to, const Packet& p, const Part& part, u32 at, u16 was, u16 is) {
  to.protocol = p.protocol;
  to.later = part.offset != 0;
  to.checksum = to.number_at = to.grown = 0;
  if (WM_UNLIKELY(part.offset)) return;
  const u32 checksum = F::checksum_at(p.protocol);
  if (checksum != kNoChecksum) to.checksum = p.l4 + checksum;
  if constexpr (!F::kSix) {
    if (was == is) return;
    to.number_at = p.l4 + (p.protocol == F::kIcmp ? 4 : at);
    to.number = wire16(is).raw;
    to.grown = u32(taken(wire16(was).raw) + to.number);
  }
}
template <class F>
WM_INLINE void set_out(Sending& to, const Packet& p, const Part& part, const Known& k) {
  to.source = k.own;
  to.destination = k.server;
  set_transport<F>(to, p, part, 0, k.ends.client_port, k.number);
}
template <class F>
WM_INLINE void set_back(Sending& to, const Packet& p, const Part& part, const Known& k) {
  to.source = k.ends.anycast;
  to.destination = k.ends.client;
  set_transport<F>(to, p, part, 2, k.number, k.ends.client_port);
}

// The new addresses in an IP header, and what its own checksum makes of them.
WM_INLINE void write_addresses(Ip6* ip, const Address& source, const Address& destination) {
  store_address(ip->source, source);
  store_address(ip->destination, destination);
}
WM_INLINE void write_addresses(Ip4* ip, const Address& source, const Address& destination) {
  const be32 from = ip4_of(source), to = ip4_of(destination);
  const u64 grown = taken(u64(ip->source.raw) + ip->destination.raw) + from.raw + to.raw;
  ip->checksum.raw = u16(~fold(u16(~ip->checksum.raw) + grown));
  ip->source = from;
  ip->destination = to;
}

// The front of an address in a zone, found by its prefix as well; or null.
template <class F, class E>
WM_INLINE const Front* front_at(E& env, Space space, const Address& address) {
  const Front* front = find_front(env, space, address);
  return front ? front : find_by_prefix(env, space, address, F::kSix).front;
}
// Whether an address is of flows, and so of no host.
template <class F, class E>
WM_INLINE bool is_own(E& env, const Address& address) {
  const OwnSettings& s = env.settings().role.edge;
  if constexpr (F::kSix) return region_of(s, address.high) < kMostRegions;
  const Front* front = front_at<F>(env, s.outside, address);
  return front && front->role == u8(Role::edge) && !has_rules(front);
}

// The flow at a place, if it is this client's to the packet's destination. Work knows it then.
template <class F, class E>
WM_INLINE bool take_place(E& env, Work* w, const Address& client, u32 place) {
  Known k = {};
  u64 state = 0;
  if (!read_place<F>(env, place, k, state)) return false;
  if (!(k.ends.client == client) || !(k.ends.anycast == w->p.destination)) return false;
  w->flow = k;
  w->place = place;
  return true;
}

// Packets without ports follow one that had some, by an entry that says which flow's that was: of two addresses and an
// identification. What is found is compared with the flow's record: the worst that a wrong entry does is that a
// client's packet goes by another flow of his own; of replies to an IPv4 address, that a fragment comes to another
// client.
enum class Follows : u8 { fragment = 0, echo = 1, reply = 2 };
struct FollowPlace {
  u32 bucket;
  u64 fingerprint;  // 24 bits, in their place
};
template <class E>
WM_INLINE FollowPlace follow_place(E& env, Follows how, const Address& from, const Address& to, u32 id) {
  const ExactKey<5> key = {{from.high, from.low, to.high, to.low, u64(how) << 32 | id}};
  const u64 hash = hash_key(env.settings().pin_key, key);
  const u64 fingerprint = hash & 0xffffff;
  return {u32(hash >> 52) % kEdgeFollowerBuckets, (fingerprint ? fingerprint : 1) << 24};
}
WM_INLINE constexpr u64 fingerprint_in(u64 word) { return word & 0xffffffull << 24; }
WM_INLINE u32 follow_age(u64 word, u32 now) { return (now - u32(word >> 48)) & 0xffff; }

// The place of the flow; or kNowhere.
template <class E>
WM_INLINE u32 followed(E& env, Follows how, const Address& from, const Address& to, u32 id) {
  const FollowPlace at = follow_place(env, how, from, to, id);
  const EdgeFollowers* bucket = env.at(table::edge_followers, at.bucket);
  if (!bucket) return kNowhere;
  u32 place = kNowhere;
  for (u32 i = 0; i < kEdgeFollowerWays; ++i) {
    const u64 word = read_word(&bucket->way[i]);
    const bool fresh = follow_age(word, env.now()) <= env.settings().role.edge.follow_ticks;
    if (fingerprint_in(word) == at.fingerprint && fresh) place = u32(word) & 0xffffff;
    place = forget(place);
  }
  return place;
}

// In place of the same packet's entry, of a free one, or of the oldest.
template <class E>
WM_INLINE void keep_followed(E& env, Follows how, const Address& from, const Address& to, u32 id, u32 place) {
  const FollowPlace at = follow_place(env, how, from, to, id);
  EdgeFollowers* bucket = env.at(table::edge_followers, at.bucket);
  if (!bucket) return;
  const u32 now = env.now();
  u32 best = 0, way = 0;
  for (u32 i = 0; i < kEdgeFollowerWays; ++i) {
    const u64 word = read_word(&bucket->way[i]);
    const u32 worth = forget(fingerprint_in(word) == at.fingerprint ? ~0u
                             : word                                 ? follow_age(word, now) + 1
                                                                    : 0x2'0000u);
    if (worth > best) {
      best = worth;
      way = i;
    }
    way = forget(way);
    best = forget(best);
  }
  if (way >= kEdgeFollowerWays) return;  // never
  u64* word = nth<kEdgeFollowerWays>(bucket->way, way);
  swap_word(word, read_word(word), place | at.fingerprint | u64(now & 0xffff) << 48);
}

}  // namespace waymark::edge
