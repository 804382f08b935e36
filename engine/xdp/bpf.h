// The few kernel helpers that the program calls, declared here because libbpf's header is not C++.
#pragma once

#include "core/types.h"

struct xdp_md {  // linux/bpf.h
  waymark::u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

namespace waymark::bpf {

enum XdpAction : int { xdp_aborted, xdp_drop, xdp_pass, xdp_tx, xdp_redirect };

inline void* (*const map_lookup_elem)(const void* map,
                                      const void* key) = reinterpret_cast<void* (*)(const void*, const void*)>(1);
inline long (*const redirect)(u32 interface, u64 flags) = reinterpret_cast<long (*)(u32, u64)>(23);
inline long (*const perf_event_output)(void* ctx, void* map, u64 flags, void* data,
                                       u64 size) = reinterpret_cast<long (*)(void*, void*, u64, void*, u64)>(25);
inline long (*const adjust_head)(xdp_md* ctx, int by) = reinterpret_cast<long (*)(xdp_md*, int)>(44);
inline u64 (*const jiffies64)() = reinterpret_cast<u64 (*)()>(118);
inline u64 (*const ktime_boot_ns)() = reinterpret_cast<u64 (*)()>(125);
inline u32 (*const prandom)() = reinterpret_cast<u32 (*)()>(7);

}  // namespace waymark::bpf

#define WM_SECTION(name) __attribute__((section(name), used))

// BTF-described maps, as libbpf reads them (libbpf's bpf_helpers.h: __uint, __type).
#define WM_MAP_UINT(name, value) int(*name)[value]
#define WM_MAP_TYPE(name, ...) __VA_ARGS__* name
