// The wrapper programs of the edge's cases; a part of bench.bpf.cpp.
//
// The flows' own addresses stand in the site's pins, which it has no other use for, and are taken in turn: what is read
// one after the other is in the cache before it is asked for, while the flows' places are spread as they are.
#pragma once

#include "bench/edge_flow.h"

namespace waymark::bench {

WM_INLINE bool begin_edge_out(xdp_md* ctx) {
  u8* frame = resized<Headers6>(ctx, 0);
  if (!frame) return false;
  const u32 flow = next_flow();
  restore_ethernet(frame, 0);
  restore_ip6(frame, kL3, kSource6, 0);
  in<u64>(frame, kSource6 + 8) = edge_client(in<u64>(frame, kSource6 + 8), flow);
  in<u32>(frame, kInner) = (in<u32>(frame, kInner) & 0xffff0000) | edge_port(flow);
  return true;
}

WM_INLINE u32 next_in_turn() {
  Plan* plan = &wm_plan;
  asm("" : "+r"(plan));
  const u32 n = plan->packets < plan->flows ? u32(plan->packets) : 0;
  plan->packets = n + 1;
  return n;
}

WM_INLINE bool begin_edge_back(xdp_md* ctx) {
  KernelEnv env(ctx);
  const u32 flow = next_in_turn(), way = forget(flow % kPinWays);
  const PinBucket* own = env.at(table::pins, flow / kPinWays);
  u8* frame = resized<Headers6>(ctx, 0);
  if (!own || way >= kPinWays || !frame) return false;
  restore_ethernet(frame, 0);
  restore_ip6(frame, kL3, kDestination6, 0);
  in<u64>(frame, kDestination6 + 8) = own->pin[way];
  in<u32>(frame, kInner) = (in<u32>(frame, kInner) & 0xffff) | u32(edge_port(flow)) << 16;
  return true;
}

WM_CASE(wm_edge, wm_bench_edge_out, begin_edge_out, 0, bpf::xdp_tx)
WM_CASE(wm_edge, wm_bench_edge_back, begin_edge_back, 0, bpf::xdp_tx)

// What a client sends, for the kernel's own way (snat_case.cpp).
WM_INLINE int to_kernel(xdp_md*) { return bpf::xdp_pass; }
WM_CASE(to_kernel, wm_bench_kernel, begin_edge_out, 0, bpf::xdp_pass)

}  // namespace waymark::bench
