// A packet's passage from one IP version to the other, as far as both directions share it.
#pragma once

#include "core/complain.h"
#include "core/translate/headers.h"
#include "core/translate/map.h"
#include "core/way.h"

namespace waymark::translate {

// How a passage ends: a reason, and by what interface the packet leaves, or the second word of the ICMP error due.
struct Passed {
  Verdict verdict;
  u32 value;
};
WM_INLINE constexpr u64 pack_passed(const Passed& p) { return u64(p.value) << 32 | pack_verdict(p.verdict); }
WM_INLINE constexpr Passed unpack_passed(u64 w) { return {unpack_verdict(w), u32(w >> 32)}; }

// Not a way out, but whose turn it is: ICMP errors and hairpins are steps of their own.
constexpr u16 kErrorsTurn = 0xfffe, kHairpinsTurn = 0xfffd;
constexpr Verdict kToError = {kErrorsTurn, Action::pass}, kToHairpin = {kHairpinsTurn, Action::pass};

// A packet's addresses in the other IP version; IPv4 as mapped.
struct Ends {
  Address source, destination;
};

WM_INLINE u64 sum_of_ends(const Ends& e, bool ip6) {
  return ip6 ? waymark::sum_of(e.source) + waymark::sum_of(e.destination)
             : u64(ip4_of(e.source).raw) + ip4_of(e.destination).raw;
}
// What a checksum over the addresses grows by when these take the place of those.
WM_INLINE u64 growth(const Ends& was, bool was_ip6, const Ends& now, bool now_ip6) {
  return taken(sum_of_ends(was, was_ip6)) + sum_of_ends(now, now_ip6);
}

// The transport header of what is no fragment, or of a first one, which must hold all of it that is translated.
WM_INLINE Verdict judge_transport(const View& v, const Inside& in, bool ip6) {
  const bool icmp = in.protocol == (ip6 ? kProtoIcmp6 : kProtoIcmp4);
  if (icmp && is_fragment(in)) return why::icmp_fragment;
  if (offset_of(in)) return kGoOn;
  if (WM_LIKELY(in.protocol == kProtoTcp)) {
    const auto* tcp = v.at<Tcp>(in.l4);
    if (!tcp || in.l4 + sizeof(Tcp) > in.end) return parse::why::tcp_header;
    const u32 length = (tcp->offset >> 4) * 4u;
    if (length < sizeof(Tcp) || (!has_more(in) && length > in.length)) return parse::why::tcp_header;
  } else if (icmp) {
    if (!v.at<Icmp>(in.l4) || in.l4 + sizeof(Icmp) > in.end) return parse::why::icmp_header;
  } else if (checksum_at(in.protocol) != kNoChecksum) {
    const auto* udp = v.at<Udp>(in.l4);
    if (!udp || in.l4 + sizeof(Udp) > in.end) return parse::why::udp_header;
    const u32 length = number(udp->length);
    if (in.protocol == kProtoUdp && (length < sizeof(Udp) || (!has_more(in) && length > in.length)))
      return parse::why::udp_header;
  }
  return kGoOn;
}

// Takes everything in front of `from` away and makes room for `head` bytes there, of which the link header is written.
// `end` is where the packet ends now.
template <class E>
WM_INLINE bool open_frame(E& env, u32 from, u32 end, u32 head, const Onward& way, u16 type) {
  env.step(Step::onward, u32(way.kind), way.interface, way.mtu);
  LinkAddresses link = way.link;  // by way of the kernel the frame stays addressed to us
  if (WM_UNLIKELY(way.kind != WayKind::direct)) {
    const auto* old = env.view().template at<Ethernet>(0);
    if (!old) return false;
    link = load_link(old);
  }
  if (WM_UNLIKELY(env.length() > end) && !env.trim(end)) return false;
  if (!env.resize(int(head) - int(from))) return false;
  auto* ethernet = env.view().template at<Ethernet>(0);
  if (!ethernet) return false;
  store_link(ethernet, link, wire16(type));
  return true;
}

// The end of a passage that was written wholly: the frame is what leaves by way.interface, unless the role puts more in
// front of it.
WM_INLINE Passed leaving(const Onward& way, bool ip6) {
  if (WM_LIKELY(way.kind == WayKind::direct)) return {ip6 ? why::to_ip6 : why::to_ip4, way.interface};
  return {ip6 ? why::to_ip6_by_kernel : why::to_ip4_by_kernel, 0};
}

// The kernel's own forwarding spends the hop where it takes the packet.
WM_INLINE u8 hops_left(u8 hops, const Onward& way) { return way.kind == WayKind::direct ? u8(hops - 1) : hops; }

}  // namespace waymark::translate
