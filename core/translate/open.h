// The first half of a translation: whose the packet is, what it holds, and its addresses in the other IP version.
#pragma once

#include "core/complain.h"
#include "core/steer.h"
#include "core/translate/errors.h"

namespace waymark::translate {

WM_INLINE constexpr Verdict verdict_of(Refused r) {
  if (r == Refused::reserved_bits) return why::reserved_bits;
  if (r == Refused::nonglobal) return why::nonglobal;
  return why::martian;
}

// How a packet ends whose sender should be told `verdict`, and cannot be.
WM_INLINE constexpr Verdict untold(Verdict verdict) {
  if (verdict.reason == why::source_unknown_told.reason) return why::source_unknown;
  if (verdict.reason == why::nonglobal_told.reason) return why::nonglobal;
  return why::error_withheld;
}

// A packet in its first half: looked into, and both addresses found. Every field is of the packet as it came.
struct Opened {
  Packet p;
  Inside in;
  Ends to;
  u8 kind;       // of the mapping that has the destination
  u8 returns;    // likewise
  u8 nonglobal;  // 1: the destination's translation is not one that may be shown
};

// What a translation knows of its packet, and T (core/translate/role.h) of its own. Too much for the kernel's stack, so
// it has a place of its own on each CPU, which Env::scratch() gives; steps of their own find there what those before
// them wrote.
template <class T>
struct Scratch {
  Opened o;
  Quoted q;
  Onward way;
  T role;
};

WM_INLINE bool is_error(const View& v, const Inside& in, bool ip6) {
  if (in.protocol != (ip6 ? kProtoIcmp6 : kProtoIcmp4) || offset_of(in)) return false;
  const auto* icmp = v.at<Icmp>(in.l4);
  return icmp && is_icmp_error(ip6, icmp->type);
}

// `verdict` is told to the packet's sender, unless no error may be sent about this packet.
WM_INLINE Verdict told(const View& v, const Opened& o, Verdict verdict) {
  return may_complain(v, o.p, offset_of(o.in)) ? verdict : untold(verdict);
}

// What is discarded for its addresses: a hop limit that ends here comes first, or no traceroute would show this node.
WM_INLINE constexpr Verdict discarded(const Packet& p, Verdict verdict) {
  return p.hops > 1 ? verdict : why::hop_limit;
}

// The source has no translation, for reason `otherwise`. That of an ICMP error is a router's, which may well have none,
// or a private address: the error comes from an address of the role's choice, as path MTU discovery hangs on it (RFC
// 6791).
template <class E, class T>
WM_INLINE Verdict open_error(E& env, T& role, bool ip6, const View& v, Opened& o, Verdict otherwise) {
  if (!is_error(v, o.in, ip6)) return discarded(o.p, otherwise);
  o.to.source = role.error_source(env, ip6, o.p.source);
  if (ip6 ? !ip4_of(o.to.source).raw : o.to.source == Address{}) return untold(otherwise);
  return kGoOn;
}

// From steer on: whether the packet is to be translated, what it holds, and its addresses in the other version.
// `target` is the destination's mapping where steer found it.
template <class E, class T>
WM_INLINE Verdict open(E& env, T& role, bool ip6, Opened& o, const Mapping* target) {
  Packet& p = o.p;
  const AddressBits to = ip6 ? bits6(p.destination) : bits4(p.destination);
  if (!ip6 && is_martian(u32(to.low))) return steer::why::not_ours;
  if (!target) target = role.target(env, to, ip6);
  if (!target || target->kind == kMapNone) return steer::why::not_ours;
  const u8 kind = o.kind = target->kind;
  o.returns = target->returns;
  const u32 ip4 = ip6 ? to_ip4(target, to) : u32(to.low);
  const Refused refused = judge(target, ip6 ? to : AddressBits{}, ip4);
  o.nonglobal = refused == Refused::nonglobal;
  if (WM_UNLIKELY(refused != Refused::no && !o.nonglobal)) return verdict_of(refused);
  o.to.destination = ip6 ? address4(ip4) : address6(to_ip6(target, ip4));

  if (p.end > env.length() || p.end < p.l4) return parse::why::ip_length;
  const bool illegal = ip6 ? is_martian(p.source) : is_martian(number(ip4_of(p.source)));
  if (WM_UNLIKELY(illegal && ip6)) return parse::why::martian_source;
  if (p.source == p.destination) return parse::why::land;
  const View v = env.view();
  if (ip6) {
    Verdict end = kGoOn;
    if (!look_inside6(env, p.l3, p.end, o.in, end)) return parse::why::ip_length;
    if (WM_UNLIKELY(ended(end))) return end;
  } else {
    if (p.l4 < p.l3 + sizeof(Ip4)) return parse::why::ip4_header;
    if (!look_inside4(v, p.l3, p.end, o.in)) return parse::why::ip_length;
    // A router must look (RFC 1812, 5.2.2): in IPv6 nothing would tell any more that the header is corrupt.
    const u64 sum = sum_header<Ip4>(env, o.in);
    if (WM_UNLIKELY(sum == kNoSum || fold(sum) != 0xffff)) return why::header_checksum;
    if (is_strange4(o.in.protocol)) return why::protocol;
    // Of an ICMPv4 error it is translated, "for the purpose of trouble shooting" (RFC 7915, 4.1).
    if (WM_UNLIKELY(illegal) && !is_error(v, o.in, false)) return parse::why::martian_source;
  }
  if (WM_UNLIKELY(is_fragment(o.in)) && is_beyond(o.in)) return why::fragment;
  p.l4 = o.in.l4;
  p.protocol = o.in.protocol;
  if (WM_UNLIKELY(o.nonglobal)) return discarded(p, why::nonglobal_told);

  const AddressBits from = ip6 ? bits6(p.source) : bits4(p.source);
  const Mapping* source = role.source(env, from, ip6);
  env.step(Step::mapped, kind, source ? source->kind : 0, 0);
  if (WM_UNLIKELY(!source)) return open_error(env, role, ip6, v, o, why::source_unknown_told);
  const u32 source4 = ip6 ? to_ip4(source, from) : u32(from.low);
  const Refused bad = judge(source, ip6 ? from : AddressBits{}, source4);
  if (WM_UNLIKELY(bad == Refused::nonglobal) && !is_martian(source4))
    return open_error(env, role, ip6, v, o, why::nonglobal_told);
  if (WM_UNLIKELY(bad != Refused::no) && (ip6 || bad != Refused::martian)) return verdict_of(bad);
  o.to.source = ip6 ? address4(source4) : address6(to_ip6(source, source4));
  return kGoOn;
}

}  // namespace waymark::translate
