// From IPv4 to IPv6 (RFC 7915, 4): all but ICMP errors.
#pragma once

#include "core/translate/passage.h"

namespace waymark::translate {

// Whether a source route among the options has not come to its end (RFC 7915, 4.1).
WM_INLINE bool read_source_route(const View& v, u32 l3, u32 l4) {
  u32 at = l3 + u32(sizeof(Ip4));
  for (u32 i = 0; i < 40; ++i) {
    if (at >= l4) return false;
    const auto* kind = v.at<u8>(at);
    if (!kind || *kind == 0) return false;
    if (*kind == 1) {
      ++at;
      continue;
    }
    const auto* option = v.at<Word16>(at);
    if (!option) return false;
    const u32 length = option->value >> 8;
    const auto* pointer = v.at<u8>(at + 2);
    if ((*kind == 131 || *kind == 137) && pointer && length >= 3 && *pointer <= length) return true;
    at += length < 2 ? 2 : length;
    at = forget(at);
  }
  return false;
}

struct has_source_route_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 l3, u64 l4, u64, u64) {
    return read_source_route(env.view(), u32(l3), u32(l4));
  }
};
// The same as a step of its own.
template <class E>
WM_INLINE bool has_source_route(E& env, u32 l3, u32 l4) {
  return env.template call<has_source_route_step>(l3, l4);
}

// What becomes of a message that is no error (RFC 7915, 4.2): its type, or 0.
WM_INLINE constexpr u8 query_to_6(u8 type) {
  return type == kIcmp4Echo ? kIcmp6Echo : type == kIcmp4EchoReply ? kIcmp6EchoReply : u8(0);
}

template <class E, class T>
WM_INLINE Passed pass_to_ip6(E& env, T& role, const Packet& p, const Inside& in, const Ends& to, Onward& way) {
  const View v = env.view();
  const Settings& s = role.settings(env);
  const Ends was = {p.source, p.destination};
  u8 next = in.protocol, type = 0;
  u32 at = kNoChecksum;
  u16 checksum = 0;
  if (WM_LIKELY(!offset_of(in))) {
    if (const Verdict end = judge_transport(v, in, false); WM_UNLIKELY(ended(end))) return {end, 0};
    at = checksum_at(in.protocol);
    if (in.protocol == kProtoIcmp4) {
      const auto* icmp = v.at<Icmp>(in.l4);
      if (!icmp) return {parse::why::icmp_header, 0};
      if (is_icmp4_error(icmp->type)) return {kToError, 0};
      type = query_to_6(icmp->type);
      if (!type) return {why::icmp_type, 0};
      next = kProtoIcmp6;
      at = 2;
      checksum =
          adjusted(icmp->checksum.raw,
                   taken(icmp->type) + type + pseudo_sum(to.source, to.destination, true, in.length, next), next);
    } else if (at != kNoChecksum) {
      const auto* field = v.at<Word16>(in.l4 + at);
      if (!field) return {parse::why::udp_header, 0};
      checksum = field->value;
      if (WM_UNLIKELY(!checksum) && in.protocol == kProtoUdp) {
        if (has_more(in) || s.zero_checksum_drops) return {why::udp_checksum, 0};
        const auto* udp = v.at<Udp>(in.l4);  // whose own length counts (RFC 8200, 8.1)
        if (!udp) return {parse::why::udp_header, 0};
        const u32 size = number(udp->length);
        const u64 sum = sum_of_bytes(env, in.l4, in.l4 + size);
        if (sum == kNoSum) return {why::udp_checksum, 0};
        checksum = adjusted(0xffff, sum + pseudo_sum(to.source, to.destination, true, size, next), next);
      } else {
        checksum = adjusted(checksum, growth(was, false, to, true), next);
      }
    }
  } else if (in.protocol == kProtoIcmp4) {
    return {why::icmp_fragment, 0};
  }

  const bool fragment = is_fragment(in);
  const u32 added = fragment ? u32(sizeof(FragmentHeader)) : 0, length = in.length + added;
  way = role.find_way(env, to.source, to.destination);
  reread();
  if (WM_UNLIKELY(way.kind == WayKind::unreachable)) return {why::unreachable, 0};
  const auto* old = v.at<Ip4>(in.l3);
  if (!old) return {parse::why::ip_short, 0};
  const bool may_be_cut = !(old->fragment.raw & wire16(0x4000).raw);
  const u32 most = may_be_cut ? role.longest_cut(env, way) : way.mtu;
  if (WM_UNLIKELY(length + sizeof(Ip6) > most)) {
    if (!may_be_cut) return {why::too_big, most - kHeaders - added};
    if (!env.whole()) return {why::fragmented, 0};
    env.split(most, in.id);
  }

  const u32 head = u32(sizeof(Ethernet) + sizeof(Ip6)) + added;
  if (!open_frame(env, in.l4, in.end, head, way, kEtherIp6)) return {why::no_room, 0};
  const View out = env.view();
  auto* ip = out.at<Ip6>(sizeof(Ethernet));
  if (!ip) return {why::no_room, 0};
  write(ip, Header6{to.source, to.destination, u16(length), fragment ? kProtoFragment : next, hops_left(in.hops, way),
                    s.class_is_set ? s.traffic_class : in.tos});
  if (WM_UNLIKELY(fragment)) {
    auto* header = out.at<FragmentHeader>(sizeof(Ethernet) + sizeof(Ip6));
    if (!header) return {why::no_room, 0};
    write_fragment_header(header, next, in);
  }
  if (WM_LIKELY(at != kNoChecksum)) {
    auto* field = out.at<Word16>(head + at);
    if (!field) return {why::no_room, 0};
    field->value = checksum;
    if (WM_UNLIKELY(type)) {
      auto* first = out.at<u8>(head);
      if (!first) return {why::no_room, 0};
      *first = type;
    }
  }
  return leaving(way, true);
}

}  // namespace waymark::translate
