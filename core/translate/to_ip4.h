// From IPv6 to IPv4 (RFC 7915, 5): all but ICMP errors.
#pragma once

#include "core/translate/passage.h"

namespace waymark::translate {

// What becomes of a message that is no error (RFC 7915, 5.2): its type, or kNoType.
constexpr u8 kNoType = 0xff;
WM_INLINE constexpr u8 query_to_4(u8 type) {
  return type == kIcmp6Echo ? kIcmp4Echo : type == kIcmp6EchoReply ? kIcmp4EchoReply : kNoType;
}

template <class E, class T>
WM_INLINE Passed pass_to_ip4(E& env, T& role, const Packet& p, const Inside& in, const Ends& to, Onward& way) {
  const View v = env.view();
  const Settings& s = role.settings(env);
  const Ends was = {p.source, p.destination};
  u8 protocol = in.protocol, type = kNoType;
  u32 at = kNoChecksum;
  u16 checksum = 0;
  if (WM_LIKELY(!offset_of(in))) {
    if (const Verdict end = judge_transport(v, in, true); WM_UNLIKELY(ended(end))) return {end, 0};
    at = checksum_at(in.protocol);
    if (in.protocol == kProtoIcmp6) {
      const auto* icmp = v.at<Icmp>(in.l4);
      if (!icmp) return {parse::why::icmp_header, 0};
      if (is_icmp6_error(icmp->type)) return {kToError, 0};
      type = query_to_4(icmp->type);
      if (type == kNoType) return {why::icmp_type, 0};
      protocol = kProtoIcmp4;
      at = 2;
      checksum =
          adjusted(icmp->checksum.raw,
                   taken(icmp->type) + type + taken(pseudo_sum(p.source, p.destination, true, in.length, kProtoIcmp6)),
                   protocol);
    } else if (at != kNoChecksum) {
      const auto* field = v.at<Word16>(in.l4 + at);
      if (!field) return {parse::why::udp_header, 0};
      // A UDP checksum of zero is allowed over IPv6 to some tunnels (RFC 6935): it stays what it says.
      checksum = field->value;
      if (WM_LIKELY(checksum || in.protocol != kProtoUdp))
        checksum = adjusted(checksum, growth(was, true, to, false), protocol);
    }
  } else if (in.protocol == kProtoIcmp6) {
    return {why::icmp_fragment, 0};
  }
  if (WM_UNLIKELY(in.length > 65'535 - sizeof(Ip4))) return {why::too_long, 0};

  Header4 h = {ip4_of(to.source),
               ip4_of(to.destination),
               u16(in.length + sizeof(Ip4)),
               0,
               0,
               protocol,
               0,
               s.class_is_set ? s.traffic_class : in.tos};
  if (WM_UNLIKELY(h.source.raw == h.destination.raw)) return {parse::why::land, 0};  // two prefixes, one address
  set_fragment(h, in);
  way = role.find_way(env, to.source, to.destination);
  reread();
  if (WM_UNLIKELY(way.kind == WayKind::unreachable)) return {why::unreachable, 0};
  if (WM_UNLIKELY(h.length > way.mtu)) {
    if (h.fragment & 0x4000) {
      const u32 mtu = way.mtu + kHeaders;
      return {why::too_big, mtu < kLeastMtu6 ? kLeastMtu6 : mtu};
    }
    if (!env.whole()) return {why::fragmented, 0};
    env.split(way.mtu, 0);
  }
  h.ttl = hops_left(in.hops, way);
  if (!in.has_header && !h.fragment) {
    const auto* first = v.at<Word64>(in.l4);
    const auto* whole = in.l4 + 8 <= in.end ? first : nullptr;
    h.id = identification(env.settings().pin_key, whole ? whole->value : 0, checksum);
  }

  const u32 head = u32(sizeof(Ethernet) + sizeof(Ip4));
  if (!open_frame(env, in.l4, in.end, head, way, kEtherIp4)) return {why::no_room, 0};
  const View out = env.view();
  auto* ip = out.at<Ip4>(sizeof(Ethernet));
  if (!ip) return {why::no_room, 0};
  write(ip, h);
  if (WM_LIKELY(at != kNoChecksum)) {
    auto* field = out.at<Word16>(head + at);
    if (!field) return {why::no_room, 0};
    field->value = checksum;
    if (WM_UNLIKELY(type != kNoType)) {
      auto* first = out.at<u8>(head);
      if (!first) return {why::no_room, 0};
      *first = type;
    }
  }
  return leaving(way, false);
}

}  // namespace waymark::translate
