// The wrapper programs of a POP's cases; a part of bench.bpf.cpp. What leaves is as long as what arrives.
#pragma once

namespace waymark::bench {

WM_INLINE bool begin_path(xdp_md* ctx) {
  u8* frame = resized<Headers6>(ctx, 0);
  if (!frame) return false;
  restore_ethernet(frame, 0);
  restore_ip6(frame, kL3, kSource6, 0);
  return true;
}

WM_INLINE bool begin_path_tunnel(xdp_md* ctx) {
  u8* frame = resized<Tunnelled6>(ctx, 0);
  if (!frame) return false;
  restore_ethernet(frame, 0);
  restore_outer6(frame);
  restore_ip6(frame, kInner, kInner + 8, 0);
  return true;
}

// A question, in place of its answer, which is as much longer behind its end.
constexpr u32 kQuestion = 158;
struct Question {
  u8 byte[kQuestion];
};
WM_INLINE bool begin_ask(xdp_md* ctx) {
  const int grown = int(ctx->data_end - ctx->data) - int(kQuestion);
  if (grown && bpf::adjust_tail(ctx, -grown)) return false;
  u8* frame = resized<Question>(ctx, 0);
  if (!frame) return false;
  restore_ethernet(frame, 0);
  restore_ip6(frame, kL3, kSource6, 0);
  for (u32 at = kL3 + sizeof(Ip6) + 20; at + 8 <= kQuestion; at += 8) restore<u64>(frame, at);
  restore<u32>(frame, kQuestion - 4);
  return true;
}
extern "C" WM_SECTION("xdp") __attribute__((flatten)) int wm_bench_ask(xdp_md* ctx) {
  return begin_ask(ctx) ? wm_path(ctx) : bpf::xdp_aborted;
}
extern "C" WM_SECTION("xdp") int wm_bench_ask_null(xdp_md* ctx) {
  return begin_ask(ctx) && !bpf::adjust_tail(ctx, 28) ? bpf::xdp_tx : bpf::xdp_aborted;
}

WM_CASE(wm_path, wm_bench_path, begin_path, 0, bpf::xdp_tx)
WM_CASE(wm_path, wm_bench_path_tunnel, begin_path_tunnel, 0, bpf::xdp_tx)

}  // namespace waymark::bench
