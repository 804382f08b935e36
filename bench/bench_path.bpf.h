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

WM_CASE(wm_path, wm_bench_path, begin_path, 0, bpf::xdp_tx)
WM_CASE(wm_path, wm_bench_path_tunnel, begin_path_tunnel, 0, bpf::xdp_tx)

}  // namespace waymark::bench
