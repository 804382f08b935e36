// A packet as the edge's steps are told of it, and what it is to become.
#pragma once

#include "core/answer.h"
#include "core/translate/inside.h"
#include "roles/edge/packet_address.h"
#include "roles/edge/reasons.h"

namespace waymark::edge {

// Of a Fragment Header (RFC 8200, 4.5). An atomic fragment (RFC 6946) is none.
struct Part {
  u32 id;
  u16 offset;  // bytes
  u8 is;       // 1: this is not the whole packet
};

// The packet's new addresses, and what of its transport changes with them.
struct Sending {
  Address source, destination;
  u32 checksum;  // where the transport's stands, in bytes from the frame's first; 0: nowhere in this packet
  u32 grown;     // what its sum grows by, beside the addresses
  u8 protocol;   // of the transport
  u8 error;      // 1: Work says what becomes of the packet inside
  u8 later;      // 1: a fragment that is not the first
};

// In Env::scratch(), for steps.
struct Work {
  Packet p;
  Part part;
  Key key;
  Sending to;
  u64 state;       // of the flow that the packet is of, and what else its record says
  Address server;  // learnt, or the anycast address
  u64 own;         // the lower half of its address
  u32 place;
  u32 sequence, acknowledgement;  // of TCP, host order
  u8 back;                        // 1: to a flow's own address
  u8 asks;                        // 1: its flow, by `key`, may begin or change
  // The packet inside an ICMP error, to be.
  Address inner_source, inner_destination;
  u32 inner_checksum_at;  // 0: it is not there, or stays
  u16 inner_checksum;
};
static_assert(sizeof(Work) <= kScratchBytes);

// Not a way out, but whose turn it is: the further program's, which Work tells of the packet.
constexpr Verdict kRarely = {0xfffb, Action::pass};

// As validate() (core/parse.h), but a fragment goes on: of one that is not the first nothing more is known.
template <class E>
WM_INLINE Verdict look(E& env, Packet& p, Part& part) {
  const View v = env.view();
  if (p.end > env.length() || p.end < p.l4) return parse::why::ip_length;
  if (p.source == p.destination) return parse::why::land;
  // No router forwards for link-local addresses either (RFC 4291, 2.5.6).
  const bool link_local = (p.source.high & 0xc0ff) == 0x80fe;
  if (link_local || is_martian_source6(p.source)) return parse::why::martian_source;
  part = {0, 0, 0};
  if (WM_UNLIKELY(p.protocol != kProtoTcp && p.protocol != kProtoUdp && p.protocol != kProtoIcmp6)) {
    const translate::Skipped s = translate::skip_headers(env, p.l4, p.end, p.protocol);
    if (s.end == translate::SkipEnd::after_fragment || s.routing) return why::headers;
    if (s.end == translate::SkipEnd::too_long) return parse::why::extension_chain;
    if (s.end == translate::SkipEnd::cut_short) return parse::why::extension_short;
    p.l4 = s.l4;
    p.protocol = s.protocol;
    if (s.fragment) {
      const auto* header = v.template at<Ip6Fragment>(s.fragment);
      if (!header) return parse::why::extension_short;
      const u16 offset = number(header->offset);
      part = {number(header->id), u16(offset & 0xfff8), u8((offset & 0xfff9) != 0)};
    }
  }
  p.l4 = forget(p.l4);
  p.protocol = u8(forget(p.protocol));
  p.source_port = p.destination_port = 0;
  p.tcp_flags = 0;
  return part.offset ? kGoOn : parse_transport(v, p);
}

// Where the checksum stands that covers the addresses; 0: there is none.
WM_INLINE u32 checksum_of(const Packet& p) {
  const u32 at = checksum_at6(p.protocol);
  return at == kNoChecksum ? 0 : p.l4 + at;
}

WM_INLINE u64 growth(const Address& was_source, const Address& was_destination, const Address& source,
                     const Address& destination) {
  return taken(sum_of(was_source) + sum_of(was_destination)) + sum_of(source) + sum_of(destination);
}

// The flow at a place, if it is this client's to the packet's destination: where its packets go, and from what.
template <class E>
WM_INLINE bool take_place(E& env, Work* w, const Address& client, u32 place) {
  const EdgeRecord* record = env.at(table::edge_records, place);
  if (!record) return false;
  const u64 state = begin_reading(record);
  const Address whose = {read_word(&record->key[0]), read_word(&record->key[1])};
  const u64 low = read_word(&record->key[2]), last = read_word(&record->key[3]);
  w->own = read_word(&record->user);
  w->place = place;
  w->server = w->p.destination;
  if (state & kLearnt) w->server = {read_word(&record->server[0]), read_word(&record->server[1])};
  if (!(whose == client) || low != w->p.destination.low) return false;
  if (number_in(last) != number_of(w->p.destination.high)) return false;
  return state && end_reading(record, state);
}

// Out, as w->own and w->server say.
template <class E>
WM_INLINE void take_way(E& env, Work* w) {
  w->to.source = {env.settings().role.edge.prefix, w->own};
  w->to.destination = w->server;
  w->to.protocol = w->p.protocol;
  w->to.checksum = w->part.offset ? 0 : checksum_of(w->p);
  w->to.later = w->part.offset != 0;
}

// Packets without ports follow one that had some, by an entry that says which flow's that was. What is found is
// compared with the flow's record: the worst that a wrong entry does is that a client's packet goes by another flow of
// his own.
enum class Follows : u8 { fragment = 0, echo = 1 };
constexpr u32 kNowhere = ~0u;
struct FollowPlace {
  u32 bucket;
  u64 fingerprint;  // 24 bits, in their place
};
template <class E>
WM_INLINE FollowPlace follow_place(E& env, Follows how, const Address& client, const Address& anycast, u32 id) {
  const ExactKey<5> key = {{client.high, client.low, anycast.high, anycast.low, u64(how) << 32 | id}};
  const u64 hash = hash_key(env.settings().pin_key, key);
  const u64 fingerprint = hash & 0xffffff;
  return {u32(hash >> 52) % kEdgeFollowerBuckets, (fingerprint ? fingerprint : 1) << 24};
}
WM_INLINE constexpr u64 fingerprint_in(u64 word) { return word & 0xffffffull << 24; }
WM_INLINE u32 follow_age(u64 word, u32 now) { return (now - u32(word >> 48)) & 0xffff; }

// The place of the flow; or kNowhere.
template <class E>
WM_INLINE u32 followed(E& env, Follows how, const Address& client, const Address& anycast, u32 id) {
  const FollowPlace at = follow_place(env, how, client, anycast, id);
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
WM_INLINE void keep_followed(E& env, Follows how, const Address& client, const Address& anycast, u32 id, u32 place) {
  const FollowPlace at = follow_place(env, how, client, anycast, id);
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
  u64* word = &bucket->way[way];
  swap_word(word, read_word(word), place | at.fingerprint | u64(now & 0xffff) << 48);
}

}  // namespace waymark::edge
