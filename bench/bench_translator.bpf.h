// The wrapper programs of the translator's cases and of address tags; a part of bench.bpf.cpp.
//
// `xdp.translator`: the whole program. `xdp.translate`: the translation alone, of a packet whose IP header's place is
// known, with both addresses' mapping known: reading its headers, the new addresses and checksums, the way out of the
// cache, writing the other version's headers. Not in it: Ethernet, port, steer, the search for the prefixes, the role's
// judgements, counters, and the calls of the functions that the program has these steps in.
#pragma once

#include "bench/translation.h"

namespace waymark::bench {

constexpr u32 kInterfaceMtu = 1500;

extern "C" {
WM_SECTION(".data.destinations") extern u32 wm_destinations[kDestinations] = {};  // as on the wire
WM_SECTION(".data.address_plan") extern waymark::Plan wm_address_plan = {};
}

// Failures are counted; what went well is not, which is no part of a translation.
WM_INLINE int judged(KernelEnv& env, Verdict verdict) {
  const u16 reason = verdict.reason;
  if (WM_LIKELY(reason == translator::why::to_ip4.reason || reason == translator::why::to_ip6.reason))
    return bpf::xdp_tx;
  if (u64* count = env.at(table::reasons, reason % kReasons)) *count += 1;
  return bpf::xdp_aborted;
}

template <bool ip6>
WM_INLINE int translated(xdp_md* ctx) {
  KernelEnv env(ctx);
  Packet p = {};
  translate::Inside in;
  translate::Ends to;
  Onward way;
  KnownMapping role;
  if (!look<ip6>(env, role, p, in, to)) return judged(env, parse::why::ip_short);
  return judged(
      env, (ip6 ? translate::pass_to_ip4(env, role, p, in, to, way) : translate::pass_to_ip6(env, role, p, in, to, way))
               .verdict);
}

template <bool ip6>
WM_INLINE int error_translated(xdp_md* ctx) {
  KernelEnv env(ctx);
  Packet p = {};
  translate::Inside in;
  translate::Ends to;
  auto* s = env.scratch<translator::Scratch>();  // the stack has no room for these two
  if (!s) return bpf::xdp_aborted;
  translate::Quoted& q = s->q;
  Onward& way = s->way;
  KnownMapping role;
  if (!look<ip6>(env, role, p, in, to) || !translate::is_error(env.view(), in, ip6))
    return judged(env, parse::why::ip_short);
  if (const Verdict end = translate::look_at_error(env, role, ip6, in, to, q, way); ended(end)) return judged(env, end);
  if constexpr (ip6) return judged(env, translate::error_to_ip4(env, role, p, in, to, q, way, kInterfaceMtu).verdict);
  if (const Verdict end = translate::prepare_error6(env, role, in, to, q, way, kInterfaceMtu); ended(end))
    return judged(env, end);
  return judged(env, translate::write_error6(env, role, in, to, q, way).verdict);
}

struct Error4 {
  u8 byte[82];
};
struct Error6 {
  u8 byte[122];
};

WM_INLINE void restore_header4(u8* frame, u32 at) {
  for (u32 i = 0; i < sizeof(Ip4); i += 4) restore<u32>(frame, at + i);
}
WM_INLINE void restore_header6(u8* frame, u32 at) {
  for (u32 i = 0; i < sizeof(Ip6); i += 8) restore<u64>(frame, at + i);
}
WM_INLINE void restore_transport(u8* frame, u32 at) {
  restore<u64>(frame, at);
  restore<u64>(frame, at + 8);
  restore<u32>(frame, at + 16);
}

// Another word in an IPv4 header, and the checksum with it.
WM_INLINE void put_word4(u8* frame, u32 l3, u32 at, u32 word) {
  const u32 ttl_to_checksum = in<u32>(frame, l3 + 8);
  const u64 sum = u64(u16(~(ttl_to_checksum >> 16))) + taken(in<u32>(frame, at)) + word;
  in<u32>(frame, l3 + 8) = (ttl_to_checksum & 0xffff) | u32(u16(~fold(sum))) << 16;
  in<u32>(frame, at) = word;
}

// TCP, UDP and echo: 20 bytes behind the IP header.
WM_INLINE bool begin_to6(xdp_md* ctx) {
  u8* frame = resized<Headers4>(ctx, -int(overhead()));
  if (!frame) return false;
  restore_ethernet(frame, 0);
  restore_header4(frame, kL3);
  restore_transport(frame, kL3 + sizeof(Ip4));
  return true;
}

WM_INLINE bool begin_to4(xdp_md* ctx) {
  u8* frame = resized<Headers6>(ctx, int(overhead()));
  if (!frame) return false;
  restore_ethernet(frame, 0);
  restore_header6(frame, kL3);
  restore_transport(frame, kInner);
  return true;
}

WM_INLINE bool begin_error_to6(xdp_md* ctx) {
  u8* frame = resized<Error4>(ctx, -int(overhead()));
  if (!frame) return false;
  constexpr u32 icmp = kL3 + sizeof(Ip4), inner = icmp + sizeof(Icmp);
  restore_ethernet(frame, 0);
  restore_header4(frame, kL3);
  restore<u64>(frame, icmp);
  restore_header4(frame, inner);
  restore_transport(frame, inner + sizeof(Ip4));
  return true;
}

WM_INLINE bool begin_error_to4(xdp_md* ctx) {
  u8* frame = resized<Error6>(ctx, int(overhead()));
  if (!frame) return false;
  constexpr u32 icmp = kInner, inner = icmp + sizeof(Icmp);
  restore_ethernet(frame, 0);
  restore_header6(frame, kL3);
  restore<u64>(frame, icmp);
  restore_header6(frame, inner);
  restore_transport(frame, inner + sizeof(Ip6));
  return true;
}

// To a random one of the destinations.
WM_INLINE bool begin_mapped(xdp_md* ctx) {
  u8* frame = resized<Headers4>(ctx, -int(overhead()));
  if (!frame) return false;
  restore_ethernet(frame, 0);
  restore_header4(frame, kL3);
  restore_transport(frame, kL3 + sizeof(Ip4));
  const u32* destinations = wm_destinations;
  asm("" : "+r"(destinations));
  put_word4(frame, kL3, kL3 + 16, destinations[next_flow() & (kDestinations - 1)]);
  return true;
}

// One tag of the destination, by the key that its epoch names.
WM_INLINE int tag_checked(xdp_md* ctx) {
  KernelEnv env(ctx);
  const auto* ip = env.view().at<Ip6>(kL3);
  if (!ip) return bpf::xdp_aborted;
  const waymark::Plan* plan = &wm_address_plan;
  asm("" : "+r"(plan));
  return check_tag(*plan, load_address(ip->destination), {}) == TagCheck::good ? bpf::xdp_tx : bpf::xdp_drop;
}

WM_CASE(translated<false>, wm_bench_to6, begin_to6, int(overhead()), bpf::xdp_tx)
WM_CASE(translated<true>, wm_bench_to4, begin_to4, -int(overhead()), bpf::xdp_tx)
WM_CASE(error_translated<false>, wm_bench_error_to6, begin_error_to6, int(overhead()), bpf::xdp_tx)
WM_CASE(error_translated<true>, wm_bench_error_to4, begin_error_to4, -int(overhead()), bpf::xdp_tx)
WM_CASE(wm_translator, wm_bench_role_to6, begin_to6, int(overhead()), bpf::xdp_tx)
WM_CASE(wm_director, wm_bench_role_to6_jumped, begin_to6, int(overhead()), bpf::xdp_tx)
WM_CASE(wm_translator, wm_bench_role_to4, begin_to4, -int(overhead()), bpf::xdp_tx)
WM_CASE(wm_translator, wm_bench_role_mapped, begin_mapped, int(overhead()), bpf::xdp_tx)
WM_CASE(tag_checked, wm_bench_tag, begin_to4, 0, bpf::xdp_tx)

}  // namespace waymark::bench
