// The wrapper programs of `waymark bench`, run by BPF_PROG_TEST_RUN. The kernel does not restore the packet between
// repeats, so each wrapper does: it takes back what the program did to the packet's length, writes the headers anew and
// varies the flow; then it runs the program itself. Its null does all of that, with the same pair of resizes, and does
// not run it. The difference is the program.
//
// Fields are written as wide as the program reads them: a read that spans two recent writes would wait for both.
#include "bench/plan.h"
#include "core/plan.h"
#include "engine/xdp/waymark.bpf.cpp"

namespace waymark::bench {

extern "C" {
WM_SECTION(".data.plan") extern Plan wm_plan = {};
}

struct Headers4 {
  u8 byte[54];
};
struct Headers6 {
  u8 byte[74];
};
struct Tunnelled6 {
  u8 byte[114];
};
struct Named6 {
  u8 byte[146];
};

WM_INLINE u32 next_flow() {
  Plan* plan = &wm_plan;
  asm("" : "+r"(plan));
  if (plan->order == kAmong) return reduce(bpf::prandom(), plan->flows);
  const u64 n = plan->packets++;
  return plan->order == kTwice ? u32(n >> 1) : plan->order == kOnce ? u32(n) : kNewFlows + u32(n);
}

template <class T>
WM_INLINE T& in(u8* frame, u32 offset) {
  return *reinterpret_cast<T*>(frame + offset);
}

template <class T>
WM_INLINE void restore(u8* frame, u32 offset) {
  Plan* plan = &wm_plan;
  asm("" : "+r"(plan));
  in<T>(frame, offset) = in<T>(plan->frame + kFrameOffset, offset);
}

WM_INLINE void restore_ethernet(u8* frame, u32 at) {
  restore<u64>(frame, at);
  restore<u32>(frame, at + 8);
  restore<u16>(frame, at + 12);
}

// An IPv6 header and the first 20 bytes after it; the address at `vary` bytes is the flow's.
WM_INLINE void restore_ip6(u8* frame, u32 l3, u32 vary, u32 flow) {
  restore<u32>(frame, l3);
  restore<u16>(frame, l3 + 4);
  restore<u16>(frame, l3 + 6);
  for (u32 at = l3 + 8; at < l3 + 40; at += 8) restore<u64>(frame, at);
  restore<u32>(frame, l3 + 40);
  restore<u64>(frame, l3 + 44);
  restore<u32>(frame, l3 + 52);
  restore<u32>(frame, l3 + 56);
  Plan* plan = &wm_plan;
  asm("" : "+r"(plan));
  in<u64>(frame, vary + 8) = in<u64>(plan->frame + kFrameOffset, vary + 8) + (u64(flow) << 32);
}

WM_INLINE void restore_ip4(u8* frame, u32 l3, u32 flow) {
  restore<u32>(frame, l3);
  restore<u16>(frame, l3 + 4);
  restore<u16>(frame, l3 + 6);
  restore<u16>(frame, l3 + 8);
  restore<u16>(frame, l3 + 10);
  restore<u32>(frame, l3 + 16);
  restore<u32>(frame, l3 + 20);
  restore<u64>(frame, l3 + 24);
  restore<u32>(frame, l3 + 32);
  restore<u32>(frame, l3 + 36);
  Plan* plan = &wm_plan;
  asm("" : "+r"(plan));
  in<u32>(frame, l3 + 12) = in<u32>(plan->frame + kFrameOffset, l3 + 12) + (flow << 8);
}

constexpr u32 kL3 = sizeof(Ethernet), kSource6 = kL3 + 8, kDestination6 = kL3 + 24, kInner = kL3 + sizeof(Ip6);

// The IPv6 header of a tunnel.
WM_INLINE void restore_outer6(u8* frame) {
  restore<u32>(frame, kL3);
  restore<u16>(frame, kL3 + 4);
  restore<u16>(frame, kL3 + 6);
  for (u32 at = kL3 + 8; at < kInner; at += 8) restore<u64>(frame, at);
}

// The frame's first bytes after it became `longer` bytes longer; null where that fails.
template <class T>
WM_INLINE u8* resized(xdp_md* ctx, int longer) {
  if (longer && bpf::adjust_head(ctx, -longer)) return nullptr;
  const View v = {reinterpret_cast<u8*>(long(ctx->data)), reinterpret_cast<u8*>(long(ctx->data_end))};
  T* frame = v.at<T>(0);
  return frame ? frame->byte : nullptr;
}

WM_INLINE u32 overhead() {
  const volatile Plan* plan = &wm_plan;
  return plan->overhead;
}

WM_INLINE bool begin_pass(xdp_md* ctx) {
  u8* frame = resized<Headers6>(ctx, 0);
  if (!frame) return false;
  restore_ethernet(frame, 0);
  restore_ip6(frame, kL3, kDestination6, next_flow());
  return true;
}

WM_INLINE bool begin_direct6(xdp_md* ctx) {
  u8* frame = resized<Headers6>(ctx, -int(overhead()));
  if (!frame) return false;
  restore_ethernet(frame, 0);
  restore_ip6(frame, kL3, kSource6, next_flow());
  return true;
}

WM_INLINE bool begin_direct4(xdp_md* ctx) {
  u8* frame = resized<Headers4>(ctx, -int(overhead()));
  if (!frame) return false;
  restore_ethernet(frame, 0);
  restore_ip4(frame, kL3, next_flow());
  return true;
}

// An IPv6 packet in an IPv6 tunnel: what restores the inner transport header's place too.
WM_INLINE bool begin_host(xdp_md* ctx) {
  u8* frame = resized<Tunnelled6>(ctx, int(overhead()));
  if (!frame) return false;
  restore_ethernet(frame, 0);
  restore_outer6(frame);
  restore_ip6(frame, kInner, kInner + 8, next_flow());
  return true;
}

// An IPv6 packet in GUE that names a second candidate, in place of the same without one, which is shorter.
WM_INLINE bool begin_stray(xdp_md* ctx) {
  u8* frame = resized<Named6>(ctx, int(overhead()));
  if (!frame) return false;
  constexpr u32 inner = kL3 + sizeof(Ip6) + kGueLength + sizeof(GueCandidate);
  restore_ethernet(frame, 0);
  restore_outer6(frame);
  for (u32 at = kInner; at < kInner + 8; at += 2) restore<u16>(frame, at);
  for (u32 at = kInner + 8; at < kInner + 16; at += 4) restore<u32>(frame, at);
  restore<u64>(frame, kInner + 16);
  restore<u64>(frame, kInner + 24);
  restore_ip6(frame, inner, inner + 8, next_flow());
  return true;
}

// PROGRAM is one that an interface would run; packets of another role jump from it, where that one is loaded besides.
#define WM_CASE(PROGRAM, NAME, BEGIN, AGAIN, VERDICT)                             \
  extern "C" WM_SECTION("xdp") __attribute__((flatten)) int NAME(xdp_md* ctx) {   \
    return BEGIN(ctx) ? PROGRAM(ctx) : bpf::xdp_aborted;                          \
  }                                                                               \
  extern "C" WM_SECTION("xdp") int NAME##_null(xdp_md* ctx) {                     \
    if (!BEGIN(ctx)) return bpf::xdp_aborted;                                     \
    const int longer = AGAIN;                                                     \
    return longer && bpf::adjust_head(ctx, -longer) ? bpf::xdp_aborted : VERDICT; \
  }

WM_CASE(wm_director, wm_bench_pass, begin_pass, 0, bpf::xdp_pass)
WM_CASE(wm_director, wm_bench_direct6, begin_direct6, int(overhead()), bpf::xdp_tx)
WM_CASE(wm_director, wm_bench_direct4, begin_direct4, int(overhead()), bpf::xdp_tx)
WM_CASE(wm_host, wm_bench_host, begin_host, -int(overhead()), bpf::xdp_pass)
WM_CASE(wm_director, wm_bench_host_jumped, begin_host, -int(overhead()), bpf::xdp_pass)
WM_CASE(wm_host, wm_bench_stray, begin_stray, -int(overhead()), bpf::xdp_tx)

}  // namespace waymark::bench

#include "bench/bench_edge.bpf.h"
#include "bench/bench_path.bpf.h"
#include "bench/bench_translator.bpf.h"
// Behind it, as it uses what stands there.
#include "bench/bench_gateway.bpf.h"
