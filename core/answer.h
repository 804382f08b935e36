// Answers that are given in the place of a target that died: a TCP reset, or ICMP "port unreachable" for UDP, from the
// service's address, back where the packet came from. Silence would let the flow's client wait for minutes.
#pragma once

#include "core/forward.h"

namespace waymark {

constexpr u8 kAnswerHops = 64;
constexpr u8 kAnswerTos = 0xc0;         // of ICMP errors: network control (RFC 1812, 4.3.2.5)
constexpr u32 kQuote6 = 1280 - 40 - 8;  // of the packet told about, in ICMPv6 (RFC 4443, 2.4 c)

enum class Answered : u8 {
  none,     // there is no answer to this packet
  limited,  // enough were given already
  sent,
};

// A token bucket in one word: when, in units of 2^-16 ticks, the next answer would be due at a steady rate (GCRA, ITU-T
// I.371). It runs ahead of now by a burst at most. Lost compare-and-swaps count as refused: whoever floods us makes
// them.
template <class E>
WM_INLINE bool may_answer(E& env, AnswerKind kind) {
  const u32 interval = env.settings().answer_interval[u32(kind)];
  u64* word = env.at(table::limits, u32(kind));
  if (!word || !interval) return false;
  const u64 now = u64(env.now()) << 16;
  const u64 due = read_word(word);
  const long long ahead = (long long)((due - now) << 16) >> 16;  // both count modulo 2^48
  const long long burst = (long long)(u64(interval) * env.settings().answer_burst[u32(kind)]);
  const bool idle = ahead < 0 || ahead > burst;  // maybe for so long that the ticks wrapped
  if ((idle ? 0 : ahead) + interval > burst) return false;
  return swap_word(word, due, ((idle ? now : due) + interval) & 0xffff'ffff'ffffull) == due;
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

WM_INLINE u64 sum_of(const Address& a) { return (a.high >> 32) + u32(a.high) + (a.low >> 32) + u32(a.low); }

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

struct WM_WIRE Quoted6 {
  u64 word[kQuote6 / 8];
};

// The sum of what an ICMPv6 error quotes of the packet at p.l3, without reading a payload that has a checksum of its
// own: that checksum says the rest, and a corrupt packet makes an equally corrupt answer. False where it is not known.
template <class E>
WM_INLINE bool sum_quote6(E& env, const Packet& p, u64& sum) {
  const View v = env.view();
  sum = 0;
  if (p.end - p.l3 > kQuote6) {
    const auto* quoted = v.at<Quoted6>(p.l3);
    if (!quoted) return false;
#pragma GCC unroll 256
    for (u32 i = 0; i < kQuote6 / 8; ++i) {
      const u64 word = load64(&quoted->word[i]);
      sum += u32(word) + (word >> 32);
      asm volatile("" : "+r"(sum) : : "memory");  // one after the other: the stack has no room for all at once
    }
    return true;
  }
  const auto* ip = v.at<Ip6>(p.l3);
  const auto* udp = v.at<Udp>(p.l3 + sizeof(Ip6));
  const u32 length = p.end - p.l3 - u32(sizeof(Ip6));
  if (!ip || !udp || p.l4 != p.l3 + sizeof(Ip6) || number(udp->length) != length || !udp->checksum.raw) return false;
  sum = u64(ip->version_class_label.raw) + ip->length.raw + (ip->next | ip->hops << 8) + sum_of(p.source) +
        sum_of(p.destination) + u16(~fold(pseudo_sum(p.source, p.destination, true, length, kProtoUdp)));
  return true;
}

// The IPv4 header with its options, and the eight bytes of UDP (RFC 792).
template <class E>
WM_INLINE bool sum_quote4(E& env, const Packet& p, u64& sum) {
  const View v = env.view();
  sum = 0;
  for (u32 at = p.l3, i = 0; i < 17 && at < p.l4 + sizeof(Udp); ++i, at += 4) {
    const auto* word = v.at<Word32>(at);
    if (!word) return false;
    sum += word->value;
  }
  return true;
}

// Puts the UDP packet at p.l3 into an ICMP error to its sender. False, before any write, where it cannot be told.
template <class E>
WM_INLINE bool make_unreachable(E& env, const Packet& p) {
  const u32 head = u32(p.ip6 ? sizeof(Ip6) : sizeof(Ip4)), added = head + u32(sizeof(Icmp));
  const u32 whole = p.end - p.l3;
  const u32 quote = p.ip6 ? (whole > kQuote6 ? kQuote6 : whole) : p.l4 + u32(sizeof(Udp)) - p.l3;
  u64 sum = 0;
  if (!(p.ip6 ? sum_quote6(env, p, sum) : sum_quote4(env, p, sum))) return false;
  const auto* old = env.view().template at<Ethernet>(0);
  const auto* old_tags = env.view().template at<Word64>(sizeof(Ethernet));  // the IP header behind it is longer
  if (!old || !old_tags) return false;
  const Ethernet link = *old;
  const u64 tags = old_tags->value;
  if (!env.resize(int(added)) || !env.trim(p.l3 + added + quote)) return false;
  const View v = env.view();
  auto* ethernet = v.at<Ethernet>(0);
  auto* new_tags = v.at<Word64>(sizeof(Ethernet));
  auto* icmp = v.at<Icmp>(p.l3 + head);
  if (!ethernet || !new_tags || !icmp) return false;
  *ethernet = link;
  swap_link(ethernet);
  new_tags->value = tags;      // where there are fewer, the IP header overwrites the rest
  icmp->type = p.ip6 ? 1 : 3;  // destination unreachable, port unreachable (RFC 4443, 3.1; RFC 792)
  icmp->code = p.ip6 ? 4 : 3;
  icmp->rest = {0};
  sum += icmp->type | icmp->code << 8;
  if (p.ip6) {
    auto* ip = v.at<Ip6>(p.l3);
    if (!ip) return false;
    write_answer_ip6(ip, p, kAnswerTos, kProtoIcmp6, u32(sizeof(Icmp)) + quote);
    sum += pseudo_sum(p.destination, p.source, true, u32(sizeof(Icmp)) + quote, kProtoIcmp6);
  } else {
    auto* ip = v.at<Ip4>(p.l3);
    if (!ip) return false;
    write_answer_ip4(ip, p, kAnswerTos, kProtoIcmp4, u32(sizeof(Icmp)) + quote);
  }
  icmp->checksum = {u16(~fold(sum))};
  return true;
}

// Turns a packet of a flow whose target died into the answer to it, to be sent back by the interface it came in on.
// Nothing is said to a reset. `p`: l3, l4, end, ip6 and protocol are enough. One of the steps that the kernel's
// verifier proves apart (Env::answer).
template <class E>
WM_INLINE Answered answer(E& env, Packet p) {
  const View v = env.view();
  const auto* ports = v.at<Ports>(p.l4);
  if (!ports) return Answered::none;
  p.source_port = number(ports->source);
  p.destination_port = number(ports->destination);
  if (p.ip6) {
    const auto* ip = v.at<Ip6>(p.l3);
    if (!ip) return Answered::none;
    p.source = load_address(ip->source);
    p.destination = load_address(ip->destination);
  } else {
    const auto* ip = v.at<Ip4>(p.l3);
    if (!ip) return Answered::none;
    p.source = address_of(ip->source);
    p.destination = address_of(ip->destination);
  }
  if (p.protocol == kProtoTcp) {
    const auto* tcp = v.at<Tcp>(p.l4);
    if (!tcp || tcp->flags & kTcpRst) return Answered::none;
    if (!may_answer(env, AnswerKind::reset)) return Answered::limited;
    return make_reset(env, p) ? Answered::sent : Answered::none;
  }
  if (!may_answer(env, AnswerKind::unreachable)) return Answered::limited;
  return make_unreachable(env, p) ? Answered::sent : Answered::none;
}

}  // namespace waymark
