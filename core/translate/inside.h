// What stands behind an IP header, be it the packet's own or that of a packet inside an ICMP error.
#pragma once

#include "core/checksum.h"
#include "core/translate/reasons.h"

namespace waymark::translate {

// Offsets in bytes from the frame's first.
struct Inside {
  u32 l3, l4, end;  // `end`: of what is there, which an error may have cut short
  u32 length;       // what the header says of the bytes from l4 on
  u32 id;           // of a fragment
  u32 routing;      // where a routing header says how many segments are left, if any are; else 0
  u16 fragment;   // as a Fragment Header has it (RFC 8200, 4.5): offset in bytes, a multiple of 8, and 1 if more follow
  u8 protocol;    // of the transport
  u8 has_header;  // IPv6: it has a Fragment Header
  u8 hops, tos;
};

WM_INLINE bool is_fragment(const Inside& in) { return in.fragment; }
WM_INLINE u32 offset_of(const Inside& in) { return in.fragment & 0xfff8; }
WM_INLINE bool has_more(const Inside& in) { return in.fragment & 1; }

// What follows an IPv4 header must not become IPv6's extension headers. All else is forwarded, even ICMPv6 over IPv4
// and ICMPv4 over IPv6 (RFC 7915, 4.1, 4.5: the number "MUST be copied").
WM_INLINE constexpr bool is_strange4(u8 protocol) {
  return protocol == kProtoHopByHop || protocol == kProtoRouting || protocol == kProtoFragment ||
         protocol == kProtoDestination;
}

// A fragment ends within 65535 bytes (RFC 791, 3.2; RFC 8200, 4.5). That all but the last are multiples of 8 is for who
// reassembles to judge: a router passes them on.
WM_INLINE bool is_beyond(const Inside& in) { return offset_of(in) + in.length > 65'535 - sizeof(Ip4); }

// IPv4 at `l3`, in what ends at `end`.
WM_INLINE bool look_inside4(const View& v, u32 l3, u32 end, Inside& in) {
  const auto* ip = v.at<Ip4>(l3);
  if (!ip || ip->version_ihl >> 4 != 4) return false;
  const u32 header = (ip->version_ihl & 15) * 4u, length = number(ip->length);
  if (header < sizeof(Ip4) || length < header || l3 + header > end) return false;
  const u16 fragment = number(ip->fragment);
  in = {l3,
        l3 + header,
        l3 + length < end ? l3 + length : end,
        length - header,
        number(ip->id),
        0,
        u16(fragment << 3 | (fragment >> 13 & 1)),
        ip->protocol,
        0,
        ip->ttl,
        ip->tos};
  return true;
}

// What skipping extension headers came to.
enum class SkipEnd : u8 { transport, cut_short, too_long, after_fragment };
struct Skipped {
  u16 l4;        // of the transport
  u16 fragment;  // where a Fragment Header stands, or 0
  u16 routing;   // where a routing header says how many segments are left, if any are; else 0
  u8 protocol;
  SkipEnd end;
};
WM_INLINE u64 pack_skipped(const Skipped& s) {
  return u64(s.l4) | u64(s.fragment) << 16 | u64(s.routing) << 32 | u64(s.protocol) << 48 | u64(s.end) << 56;
}
WM_INLINE Skipped unpack_skipped(u64 w) { return {u16(w), u16(w >> 16), u16(w >> 32), u8(w >> 48), SkipEnd(w >> 56)}; }

// The extension headers of an IPv6 packet that ends at `end`, from `l4` on: hop-by-hop, routing and destination options
// are skipped, as is one Fragment Header, after which none of these may stand, nor an Authentication Header (RFC 7915,
// 5.1 and 5.1.1).
WM_INLINE Skipped read_headers(const View& v, u32 l4, u32 end, u8 protocol) {
  Skipped s = {u16(l4), 0, 0, protocol, SkipEnd::transport};
  WM_UNROLL for (u32 i = 0; i <= kMaxExtensions; ++i) {
    const u8 next = s.protocol;
    const bool is_header = next == kProtoHopByHop || next == kProtoRouting || next == kProtoDestination;
    if (next != kProtoFragment && !is_header) {
      if (s.fragment && next == kProtoAuth) s.end = SkipEnd::after_fragment;
      return s;
    }
    s.end = s.fragment ? SkipEnd::after_fragment : i == kMaxExtensions ? SkipEnd::too_long : SkipEnd::cut_short;
    if (s.end != SkipEnd::cut_short) return s;
    const auto* header = v.at<Ip6Extension>(l4);
    const auto* segments_left = v.at<u8>(l4 + 3);
    if (!header || !segments_left || l4 + 8 > end) return s;
    u32 length = (header->length + 1u) * 8;
    if (next == kProtoFragment) {
      s.fragment = u16(l4);
      length = 8;
    } else if (next == kProtoRouting && *segments_left && !s.routing) {
      s.routing = u16(l4 + 3);
    }
    if (l4 + length > end) return s;
    s.protocol = u8(forget(header->next));
    l4 = forget(l4 + length);
    if (l4 > kMaxOffset) {
      s.end = SkipEnd::too_long;
      return s;
    }
    s.l4 = u16(l4);
    s.fragment = u16(forget(s.fragment));
    s.routing = u16(forget(s.routing));
    s.end = SkipEnd::transport;
  }
  return s;
}

struct skip_headers_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 l4, u64 end, u64 protocol, u64) {
    return pack_skipped(read_headers(env.view(), u32(l4), u32(end), u8(protocol)));
  }
};
// The same as a step of its own.
template <class E>
WM_INLINE Skipped skip_headers(E& env, u32 l4, u32 end, u8 protocol) {
  return unpack_skipped(env.template call<skip_headers_step>(l4, end, protocol));
}

WM_INLINE Verdict verdict_of(SkipEnd end) {  // by returns: clang 14 would choose among the constants' addresses
  if (end == SkipEnd::after_fragment) return why::fragment_header;
  if (end == SkipEnd::too_long) return parse::why::extension_chain;
  return parse::why::extension_short;
}

// IPv6 at `l3`, in what ends at `end`. False where there is no such header; `verdict` judges those that follow it.
template <class E>
WM_INLINE bool look_inside6(E& env, u32 l3, u32 end, Inside& in, Verdict& verdict) {
  const View v = env.view();
  const auto* ip = v.template at<Ip6>(l3);
  if (!ip || l3 + sizeof(Ip6) > end) return false;
  const u32 word = number(ip->version_class_label), length = number(ip->length);
  if (word >> 28 != 6) return false;
  const u32 first = l3 + u32(sizeof(Ip6)), whole = first + length;
  in = {l3, first, whole < end ? whole : end, length, 0, 0, 0, ip->next, 0, ip->hops, u8(word >> 20)};
  verdict = kGoOn;
  if (WM_LIKELY(in.protocol == kProtoTcp || in.protocol == kProtoUdp || in.protocol == kProtoIcmp6)) return true;
  const Skipped s = skip_headers(env, in.l4, in.end, in.protocol);
  if (WM_UNLIKELY(s.end != SkipEnd::transport)) verdict = verdict_of(s.end);
  in.l4 = s.l4;
  in.protocol = s.protocol;
  in.routing = s.routing;
  in.length = length - (s.l4 - first);
  if (s.fragment) {
    const auto* fragment = v.template at<Word64>(s.fragment);
    if (!fragment) return false;
    const u64 fields = __builtin_bswap64(fragment->value);
    in.fragment = u16(fields >> 32 & 0xfff9);
    in.id = u32(fields);
    in.has_header = 1;
  }
  return true;
}

}  // namespace waymark::translate
