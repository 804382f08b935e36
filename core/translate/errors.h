// ICMP errors, with the packet inside them (RFC 7915, 4.2, 4.3, 5.2, 5.3). What follows the inner transport's first
// bytes stays where it is; all in front of it is written anew, and the checksum is adjusted by what changed.
#pragma once

#include "core/translate/passage.h"

namespace waymark::translate {

// The packet inside, and what of it changes.
struct Quoted {
  Inside in;
  Ends was, now;
  u32 keep;         // where the quotation ends; what is behind it is cut off
  u32 grown;        // what all this adds to the ICMP checksum's sum (folded)
  u16 checksum;     // of the inner transport, to be
  u8 type;          // of an inner ICMP message, to be
  u8 at;            // where that checksum stands from in.l4 on; 0xff: it is not there
  u8 next;          // of the inner IPv6 header or its Fragment Header, to be
  u8 added;         // bytes of the latter
  u16 sum;          // the ICMP checksum, to be
  Message message;  // likewise
};
constexpr u8 kNowhere = 0xff;

// How long a quotation may be and what an RFC 4884 length becomes. `longest`: the whole translated packet.
template <class E>
WM_INLINE Verdict fit(E& env, const Inside& outer, Quoted& q, bool ip6, Message& m, u32 declared, bool has_datagram,
                      u32 inner_head, u32 longest) {
  const u32 first = q.in.l3, there = outer.end - first;
  q.keep = outer.end;
  if (declared > there || (declared && declared < q.in.l4 - first)) return why::icmp_length;
  const u32 fixed = u32(ip6 ? sizeof(Ip4) : sizeof(Ip6)) + u32(sizeof(Icmp)) + inner_head;  // of the translated packet
  const u32 whole = fixed + outer.end - q.in.l4;
  if (longest < fixed) return why::error_withheld;
  if (declared && has_datagram) {
    const u32 datagram = declared + inner_head - (q.in.l4 - first), unit = ip6 ? 4 : 8;
    const u32 slack = env.whole() ? 4 : 0;  // of zeros that are taken away after it
    if (datagram % unit || datagram < kLeastDatagram || whole > longest + slack || datagram / unit > 255)
      return env.whole() ? why::icmp_length : why::realigned;
    m.rest |= datagram / unit << (ip6 ? 16 : 24);
    return kGoOn;
  }
  if (declared) q.keep = first + declared;             // the other version's message has no room for extensions
  const u32 most = q.in.l4 + (longest & ~1u) - fixed;  // what is cut off begins at an even place of its checksum
  if (q.keep > most) q.keep = most;
  if (q.keep == outer.end) return kGoOn;
  const u64 cut = sum_of_bytes(env, q.keep, outer.end);
  if (cut == kNoSum) return why::inner_header;
  q.grown = u32(taken(cut));
  return kGoOn;
}

// The inner transport's checksum, or its ICMP header, in the other version's terms; `from6` is the version it is in.
WM_INLINE Verdict translate_inner(const View& v, Quoted& q, bool from6) {
  q.at = kNowhere;
  q.type = 0;
  q.checksum = 0;
  const u8 protocol = q.in.protocol;
  const u32 end = least(q.keep, q.in.end);  // what is behind the packet inside is nobody's checksum
  if (protocol == (from6 ? kProtoIcmp6 : kProtoIcmp4)) {
    if (is_fragment(q.in)) return why::icmp_fragment;
    const auto* icmp = v.at<Icmp>(q.in.l4);
    if (!icmp || q.in.l4 + sizeof(Icmp) > end) return why::inner_header;
    const u8 type = icmp->type;
    const bool echo = from6 ? type == kIcmp6Echo || type == kIcmp6EchoReply : type == kIcmp4Echo || !type;
    if (!echo) return why::inner_error;
    q.type = from6 ? (type == kIcmp6Echo ? kIcmp4Echo : kIcmp4EchoReply) : type ? kIcmp6Echo : kIcmp6EchoReply;
    const u64 pseudo = from6 ? taken(pseudo_sum(q.was.source, q.was.destination, true, q.in.length, kProtoIcmp6))
                             : pseudo_sum(q.now.source, q.now.destination, true, q.in.length, kProtoIcmp6);
    const u16 before = icmp->checksum.raw;
    q.checksum = adjusted(before, taken(type) + q.type + pseudo, kProtoIcmp6);
    q.at = 2;
    q.grown = u32(taken(type) + q.type + taken(before) + q.checksum) + q.grown;
    return kGoOn;
  }
  const u32 at = checksum_at(protocol);
  if (offset_of(q.in) || at == kNoChecksum || q.in.l4 + at + 2 > end) return kGoOn;
  const auto* field = v.at<Word16>(q.in.l4 + at);
  if (!field) return kGoOn;
  const u16 before = field->value;
  if (!before && protocol == kProtoUdp) return kGoOn;  // there is none, and not all bytes to make one of
  q.checksum = adjusted(before, growth(q.was, from6, q.now, !from6), protocol);
  q.at = u8(at);
  q.grown += u32(taken(before) + q.checksum);
  return kGoOn;
}

// Writes what stands in front of the inner packet's header: outer header's place is the caller's. `head` is where the
// inner transport begins.
WM_INLINE bool write_inner_transport(const View& v, const Quoted& q, u32 head) {
  if (q.at == kNowhere) return true;
  auto* field = v.at<Word16>(head + q.at);
  if (!field) return false;
  field->value = q.checksum;
  if (q.at != 2) return true;
  auto* type = v.at<u8>(head);
  if (!type) return false;
  *type = q.type;
  return true;
}

// The sum of the header from in.l3 to in.l4: nearly always a plain one, read at once.
template <class H, class E>
WM_INLINE u64 sum_header(E& env, const Inside& in) {
  if (WM_UNLIKELY(in.l4 - in.l3 != sizeof(H))) return sum_of_bytes(env, in.l3, in.l4);
  const auto* words = env.view().template at<H>(in.l3);
  if (!words) return kNoSum;
  const u8* bytes = reinterpret_cast<const u8*>(words);
  u64 sum = 0;
  for (u32 i = 0; i < sizeof(H); i += 4) sum += load32(bytes + i);
  return sum;
}

// The first step: what is inside, its addresses in the other version, and the way out. Fills q.in, q.was, q.now.
template <class E, class T>
WM_INLINE Verdict look_at_error(E& env, T& role, bool ip6, const Inside& in, const Ends& to, Quoted& q, Onward& way) {
  const View v = env.view();
  const u32 at = in.l4 + u32(sizeof(Icmp));
  q.grown = 0;
  if (ip6) {
    Verdict end = kGoOn;
    if (!look_inside6(env, at, in.end, q.in, end) || ended(end)) return why::inner_header;
    if (q.in.length > 65'535 - sizeof(Ip4)) return why::inner_header;
    const auto* inner = v.at<Ip6>(at);
    if (!inner) return why::inner_header;
    q.was = {load_address(inner->source), load_address(inner->destination)};
    if (!role.map_inside(env, true, true, q.was.source, q.now.source) ||
        !role.map_inside(env, true, false, q.was.destination, q.now.destination))
      return why::inner_unknown;
  } else {
    if (!look_inside4(v, at, in.end, q.in)) return why::inner_header;
    if (is_strange4(q.in.protocol)) return why::protocol;
    const auto* inner = v.at<Ip4>(at);
    if (!inner) return why::inner_header;
    q.was = {address_of(inner->source), address_of(inner->destination)};
    if (!role.map_inside(env, false, true, q.was.source, q.now.source) ||
        !role.map_inside(env, false, false, q.was.destination, q.now.destination))
      return why::inner_unknown;
  }
  way = role.find_way(env, to.source, to.destination);
  return way.kind == WayKind::unreachable ? why::error_withheld : kGoOn;
}

WM_INLINE Header6 inner_header6(const Quoted& q) {
  return {q.now.source, q.now.destination, u16(q.in.length + q.added), q.added ? kProtoFragment : q.next,
          q.in.hops,    q.in.tos};
}
WM_INLINE u32 error_length6(const Quoted& q) { return u32(sizeof(Icmp) + sizeof(Ip6)) + q.added + q.keep - q.in.l4; }

// The second step, towards IPv6: what the message will be. Fills the rest of q.
template <class E, class T>
WM_INLINE Verdict prepare_error6(E& env, T& role, const Inside& in, const Ends& to, Quoted& q, const Onward& way,
                                 u32 mtu) {
  const View v = env.view();
  const auto* old = v.at<Icmp>(in.l4);
  if (!old) return parse::why::icmp_header;
  const Message message = {old->type, old->code, number(old->rest)};
  const NextMtus mtus = {mtu, way.mtu};
  Translated t = error_to_6(role.settings(env), message, q.in.length + q.in.l4 - q.in.l3, mtus);
  if (!t.known) return why::icmp_type;
  q.message = t.message;
  q.added = is_fragment(q.in) ? u8(sizeof(FragmentHeader)) : u8(0);
  q.next = q.in.protocol == kProtoIcmp4 ? kProtoIcmp6 : q.in.protocol;
  const u32 inner_head = u32(sizeof(Ip6)) + q.added;
  const u32 declared = datagram_length4(message.type, message.rest);
  if (const Verdict end =
          fit(env, in, q, false, q.message, declared, t.has_datagram, inner_head, least(way.mtu, kLongestError6));
      ended(end))
    return end;
  reread();
  if (const Verdict end = translate_inner(v, q, false); ended(end)) return end;
  reread();
  const u64 gone = sum_header<Ip4>(env, q.in);
  if (gone == kNoSum) return why::inner_header;
  const u64 grown = q.grown + taken(gone) + sum_of(inner_header6(q)) +
                    (q.added ? sum_fragment_header(q.next, q.in) : 0) + taken(message.type | message.code << 8) +
                    (q.message.type | q.message.code << 8) + taken(wire32(message.rest).raw) +
                    wire32(q.message.rest).raw +
                    pseudo_sum(to.source, to.destination, true, error_length6(q), kProtoIcmp6);
  const auto* again = env.view().template at<Icmp>(in.l4);
  if (!again) return parse::why::icmp_header;
  q.sum = adjusted(again->checksum.raw, grown, kProtoIcmp6);
  return kGoOn;
}

// The third: writing it.
template <class E, class T>
WM_INLINE Passed write_error6(E& env, T& role, const Inside& in, const Ends& to, const Quoted& q, const Onward& way) {
  const u32 icmp_at = u32(sizeof(Ethernet) + sizeof(Ip6)), inner_at = icmp_at + u32(sizeof(Icmp));
  const u32 head = inner_at + u32(sizeof(Ip6)) + q.added;
  if (!open_frame(env, q.in.l4, q.keep, head, way, kEtherIp6)) return {why::no_room, 0};
  const View out = env.view();
  auto* ip = out.at<Ip6>(sizeof(Ethernet));
  auto* icmp = out.at<Icmp>(icmp_at);
  auto* quoted = out.at<Ip6>(inner_at);
  auto* cut = out.at<FragmentHeader>(inner_at + sizeof(Ip6));
  if (!ip || !icmp || !quoted || (q.added && !cut)) return {why::no_room, 0};
  const Settings& s = role.settings(env);
  write(ip, Header6{to.source, to.destination, u16(error_length6(q)), kProtoIcmp6, hops_left(in.hops, way),
                    s.class_is_set ? s.traffic_class : in.tos});
  *icmp = {q.message.type, q.message.code, {q.sum}, wire32(q.message.rest)};
  write(quoted, inner_header6(q));
  if (q.added && cut) write_fragment_header(cut, q.next, q.in);
  if (!write_inner_transport(out, q, head)) return {why::no_room, 0};
  return leaving(way, true);
}

// The second step, towards IPv4.
template <class E, class T>
WM_INLINE Passed error_to_ip4(E& env, T& role, const Packet& p, const Inside& in, const Ends& to, Quoted& q,
                              const Onward& way, u32 mtu) {
  const View v = env.view();
  const auto* old = v.at<Icmp>(in.l4);
  if (!old) return {parse::why::icmp_header, 0};
  const Message message = {old->type, old->code, number(old->rest)};
  const u16 checksum = old->checksum.raw;
  Translated t = error_to_4(message, q.in.has_header, NextMtus{way.mtu, mtu});
  if (!t.known) return {why::icmp_type, 0};
  const u32 declared = datagram_length6(message.type, message.rest);
  Verdict end =
      fit(env, in, q, true, t.message, declared, t.has_datagram, u32(sizeof(Ip4)), least(way.mtu, kLongestError4));
  if (ended(end)) return {end, 0};
  reread();
  end = translate_inner(v, q, true);
  if (ended(end)) return {end, 0};
  reread();
  const u64 gone = sum_header<Ip6>(env, q.in);
  if (gone == kNoSum) return {why::inner_header, 0};

  const u32 length = u32(sizeof(Icmp) + sizeof(Ip4)) + q.keep - q.in.l4;
  // The inner IPv4 header sums up to nothing, its own checksum included.
  const u64 grown = q.grown + taken(gone) + taken(message.type | message.code << 8) +
                    (t.message.type | t.message.code << 8) + taken(wire32(message.rest).raw) +
                    wire32(t.message.rest).raw +
                    taken(pseudo_sum(p.source, p.destination, true, in.length, kProtoIcmp6));
  const u16 now = adjusted(checksum, grown, kProtoIcmp4);
  reread();

  const u32 icmp_at = u32(sizeof(Ethernet) + sizeof(Ip4)), inner_at = icmp_at + u32(sizeof(Icmp));
  const u32 head = inner_at + u32(sizeof(Ip4));
  if (!open_frame(env, q.in.l4, q.keep, head, way, kEtherIp4)) return {why::no_room, 0};
  const View out = env.view();
  reread();
  auto* ip = out.at<Ip4>(sizeof(Ethernet));
  auto* icmp = out.at<Icmp>(icmp_at);
  auto* quoted = out.at<Ip4>(inner_at);
  if (!ip || !icmp || !quoted) return {why::no_room, 0};
  const Settings& s = role.settings(env);
  Header4 outer = {ip4_of(to.source),
                   ip4_of(to.destination),
                   u16(length + sizeof(Ip4)),
                   0,
                   0,
                   kProtoIcmp4,
                   hops_left(in.hops, way),
                   s.class_is_set ? s.traffic_class : in.tos};
  set_fragment(outer, in);
  if (WM_LIKELY(!in.has_header)) outer.id = identification(env.settings().pin_key, message.rest, checksum);
  write(ip, outer);
  *icmp = {t.message.type, t.message.code, {now}, wire32(t.message.rest)};
  Header4 header = {ip4_of(q.now.source),
                    ip4_of(q.now.destination),
                    u16(q.in.length + sizeof(Ip4)),
                    0,
                    0,
                    q.in.protocol == kProtoIcmp6 ? kProtoIcmp4 : q.in.protocol,
                    q.in.hops,
                    q.in.tos};
  set_fragment(header, q.in);
  reread();
  write(quoted, header);
  if (!write_inner_transport(out, q, head)) return {why::no_room, 0};
  return leaving(way, false);
}

}  // namespace waymark::translate
