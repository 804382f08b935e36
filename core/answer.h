// Answers, back where the packet came from: how many may be given, their IP headers, and TCP resets in the place of
// whoever the packet is for. Silence would let a client wait for minutes.
#pragma once

#include "core/forward.h"
#include "core/turn.h"

namespace waymark {

constexpr u8 kAnswerHops = 64;
constexpr u8 kAnswerTos = 0xc0;  // of ICMP errors: network control (RFC 1812, 4.3.2.5)

enum class Answered : u8 {
  none,     // there is no answer to this packet
  limited,  // enough were given already
  sent,
};

constexpr AnswerKind kAsked = AnswerKind(15);  // in place of a limit: its turn was taken already
template <class E>
WM_INLINE bool may_answer(E& env, AnswerKind kind) {
  const u32 interval = env.settings().answer_interval[u32(kind)];
  u64* word = env.at(table::limits, u32(kind));
  if (!word || !interval) return false;
  return take_turn(word, env.now(), interval, env.settings().answer_burst[u32(kind)]);
}

// How a packet ends to which an answer was due: it went back; it can have none; enough were given.
struct AnswerEnds {
  Verdict sent, silent, limited;
};
// `kind` and what follows it are for a trace (Step::answered).
template <class E>
WM_INLINE Verdict end_of(E& env, Answered answered, const AnswerEnds& ends, AnswerKind kind, u32 complaint = 0,
                         u32 rest = 0) {
  if (answered == Answered::none) return ends.silent;
  if (answered == Answered::limited) return ends.limited;
  env.step(Step::answered, u32(kind), complaint, rest);
  env.leave(env.interface());
  return ends.sent;
}

// What a reset is made of, read out of the packet before anything is written.
struct ResetFields {
  be32 sequence, acknowledgement;
  u8 flags;
};

// RFC 9293, 3.10.7.1: the reset of a segment with ACK takes its number from there, any other acknowledges the segment.
WM_INLINE ResetFields reset_for(const Tcp* tcp, const Packet& p) {
  if (tcp->flags & kTcpAck) return {tcp->acknowledgement, {0}, kTcpRst};
  const u32 data = p.end - p.l4 - (tcp->offset >> 4) * 4u;
  const u32 length = data + ((tcp->flags & kTcpSyn) != 0) + ((tcp->flags & kTcpFin) != 0);
  return {{0}, wire32(number(tcp->sequence) + length), u8(kTcpRst | kTcpAck)};
}

// The sum that an upper layer's checksum begins with (RFC 8200, 8.1; RFC 9293, 3.1), of a packet from `a` to `b`.
WM_INLINE u64 pseudo_sum(const Address& a, const Address& b, bool ip6, u32 length, u8 protocol) {
  const u64 addresses = ip6 ? sum_of(a) + sum_of(b) : u64(ip4_of(a).raw) + ip4_of(b).raw;
  return addresses + wire16(u16(length)).raw + u64(protocol) * 256;
}

WM_INLINE void write_answer_ip6(Ip6* ip, const Packet& p, u8 tos, u8 next, u32 length) {
  ip->version_class_label = wire32(6u << 28 | u32(tos) << 20);
  ip->length = wire16(u16(length));
  ip->next = next;
  ip->hops = kAnswerHops;
  store_address(ip->source, p.destination);
  store_address(ip->destination, p.source);
}

WM_INLINE void write_answer_ip4(Ip4* ip, const Packet& p, u8 tos, u8 protocol, u32 length) {
  const be16 total = wire16(u16(length + sizeof(Ip4)));
  const be32 source = ip4_of(p.destination), destination = ip4_of(p.source);
  ip->version_ihl = 0x45;
  ip->tos = tos;
  ip->length = total;
  ip->id = {0};
  ip->fragment = wire16(0x4000);
  ip->ttl = kAnswerHops;
  ip->protocol = protocol;
  ip->source = source;
  ip->destination = destination;
  const u64 sum = u64(0x45 | tos << 8) + total.raw + wire16(0x4000).raw + (kAnswerHops | protocol << 8) + source.raw +
                  destination.raw;
  ip->checksum = {u16(~fold(sum))};
}

WM_INLINE void swap_link(Ethernet* ethernet) {
  const Mac was = ethernet->destination;
  ethernet->destination = ethernet->source;
  ethernet->source = was;
}

// Turns the TCP packet at p.l3 into the reset of its connection, in place. False, before any write, where it cannot.
template <class E>
WM_INLINE bool make_reset(E& env, const Packet& p) {
  const u32 l4 = p.l3 + u32(p.ip6 ? sizeof(Ip6) : sizeof(Ip4));  // options and extension headers are left out
  const auto* old = env.view().template at<Tcp>(p.l4);
  if (!old) return false;
  const ResetFields fields = reset_for(old, p);
  if (!env.trim(l4 + sizeof(Tcp))) return false;
  const View v = env.view();
  auto* ethernet = v.at<Ethernet>(0);
  auto* tcp = v.at<Tcp>(l4);
  if (!ethernet || !tcp) return false;
  if (p.ip6) {
    auto* ip = v.at<Ip6>(p.l3);
    if (!ip) return false;
    write_answer_ip6(ip, p, 0, kProtoTcp, sizeof(Tcp));
  } else {
    auto* ip = v.at<Ip4>(p.l3);
    if (!ip) return false;
    write_answer_ip4(ip, p, 0, kProtoTcp, sizeof(Tcp));
  }
  swap_link(ethernet);
  tcp->source = wire16(p.destination_port);
  tcp->destination = wire16(p.source_port);
  tcp->sequence = fields.sequence;
  tcp->acknowledgement = fields.acknowledgement;
  tcp->offset = sizeof(Tcp) / 4 << 4;
  tcp->flags = fields.flags;
  tcp->window = {0};
  tcp->urgent = {0};
  const u64 sum = pseudo_sum(p.source, p.destination, p.ip6, sizeof(Tcp), kProtoTcp) + wire16(p.source_port).raw +
                  wire16(p.destination_port).raw + fields.sequence.raw + fields.acknowledgement.raw +
                  u64(u32(sizeof(Tcp) / 4 << 4) | u32(fields.flags) << 8);
  tcp->checksum = {u16(~fold(sum))};
  return true;
}

// Turns a TCP segment into the reset of its connection, to be sent back by the interface it came in on. Nothing is said
// to a reset.
template <class E>
WM_INLINE Answered answer_by_reset(E& env, Packet p, AnswerKind limit) {
  const View v = env.view();
  const auto* tcp = v.at<Tcp>(p.l4);
  if (!tcp || tcp->flags & kTcpRst) return Answered::none;
  p.source_port = number(tcp->source);
  p.destination_port = number(tcp->destination);
  if (!load_addresses(v, p)) return Answered::none;
  if (!may_answer(env, limit)) return Answered::limited;
  return make_reset(env, p) ? Answered::sent : Answered::none;
}

namespace core {
struct reset_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 l3, u64 l4, u64 end, u64 kind) {
    return u64(answer_by_reset(env, packet_at(l3, l4, end, kind >> 8), AnswerKind(kind & 15)));
  }
};
}  // namespace core
// The same as a step of its own. `p`: l3, l4, end and ip6 are enough.
template <class E>
WM_INLINE Answered reset(E& env, const Packet& p, AnswerKind limit) {
  return Answered(env.template call<core::reset_step>(p.l3, p.l4, p.end, u64(p.ip6) << 8 | u64(limit)));
}

}  // namespace waymark
