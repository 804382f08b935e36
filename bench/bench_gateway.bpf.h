// The wrapper programs of the gateway's cases and of its firewall's; a part of bench.bpf.cpp.
//
// `xdp.gateway`: the whole role, which goes on in its further programs. `xdp.firewall`: what is asked of a packet whose
// key is known, and the answer; not in it are packet, tunnel and translation.
#pragma once

#include "bench/tenant_flow.h"

namespace waymark::bench {

struct InTunnel4 {
  u8 byte[94];
};
struct InVxlan4 {
  u8 byte[124];
};

// An IPv4 header and the first 20 bytes after it; the client is the flow's.
WM_INLINE void restore_client4(u8* frame, u32 l3, u32 flow) {
  restore_header4(frame, l3);
  restore_transport(frame, l3 + sizeof(Ip4));
  put_word4(frame, l3, l3 + 12, in<u32>(frame, l3 + 12) + (flow << 8));
  in<u64>(frame, l3 + sizeof(Ip4)) += (flow >> 24) << 8;  // the port's lower half
}

WM_INLINE bool begin_tenant(xdp_md* ctx) {
  u8* frame = resized<InTunnel4>(ctx, int(overhead()));
  if (!frame) return false;
  restore_ethernet(frame, 0);
  restore_outer6(frame);
  restore_client4(frame, kInner, next_flow());
  return true;
}

WM_INLINE bool begin_tenant_vxlan(xdp_md* ctx) {
  u8* frame = resized<InVxlan4>(ctx, int(overhead()));
  if (!frame) return false;
  restore_ethernet(frame, 0);
  restore_outer6(frame);
  for (u32 at = kInner; at < kInner + 8; at += 2) restore<u16>(frame, at);
  for (u32 at = kInner + 8; at < kInner + 16; at += 4) restore<u32>(frame, at);
  restore_ethernet(frame, kInner + 16);
  restore_client4(frame, kInner + kVxlanLength, next_flow());
  return true;
}

// From the server to an address of the plan.
WM_INLINE bool begin_reply(xdp_md* ctx) {
  u8* frame = resized<Headers6>(ctx, -int(overhead()));
  if (!frame) return false;
  const u32 flow = next_flow();
  restore_ethernet(frame, 0);
  restore_header6(frame, kL3);
  restore_transport(frame, kInner);
  in<u64>(frame, kDestination6 + 8) += u64(flow << 8) << 32;
  in<u64>(frame, kInner) += u64(flow >> 24) << 24;  // likewise
  return true;
}

WM_CASE(wm_gateway, wm_bench_tenant, begin_tenant, -int(overhead()), bpf::xdp_tx)
WM_CASE(wm_gateway, wm_bench_tenant_vxlan, begin_tenant_vxlan, -int(overhead()), bpf::xdp_tx)
WM_CASE(wm_gateway, wm_bench_reply, begin_reply, int(overhead()), bpf::xdp_tx)

// What the firewall is asked of the next flow's packet, which has the flags of the frame that none is made of.
WM_INLINE firewall::Asked asked_next() {
  const volatile Plan* plan = &wm_plan;
  const u8 flags = plan->frame[kFrameOffset + kL3 + sizeof(Ip4) + 13];
  return {tenant_key(next_flow()), {1, 1, flags}, firewall::Side::inside, 0};
}

extern "C" WM_SECTION("xdp") __attribute__((flatten)) int wm_bench_firewall(xdp_md* ctx) {
  KernelEnv env(ctx);
  firewall::Asked asked = asked_next();
  const Verdict verdict = firewall::admit(env, asked);
  if (WM_LIKELY(!ended(verdict))) return bpf::xdp_tx;
  if (u64* count = env.at(table::reasons, verdict.reason % kReasons)) *count += 1;
  return bpf::xdp_aborted;
}
extern "C" WM_SECTION("xdp") int wm_bench_firewall_null([[maybe_unused]] xdp_md* ctx) {
  const firewall::Asked a = asked_next();
  asm volatile("" : : "r"(a.key.word[0]), "r"(a.key.word[1]), "r"(u64(a.segment.flags)));
  return bpf::xdp_tx;
}

}  // namespace waymark::bench
