// The few kernel helpers that the program calls, declared here because libbpf's header is not C++.
#pragma once

#include "core/types.h"

struct xdp_md {  // linux/bpf.h
  waymark::u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

struct BpfSock {  // linux/bpf.h, struct bpf_sock
  waymark::u32 bound_dev_if, family, type, protocol, mark, priority, source_ip4, source_ip6[4], source_port;
  waymark::u16 destination_port, zero;
  waymark::u32 destination_ip4, destination_ip6[4], state;
};

struct SocketTuple {  // linux/bpf.h, struct bpf_sock_tuple: addresses and ports as on the wire
  union {
    struct {
      waymark::u32 source, destination;
      waymark::u16 source_port, destination_port;
    } ip4;
    struct {
      waymark::u32 source[4], destination[4];
      waymark::u16 source_port, destination_port;
    } ip6;
  };
};

struct FibLookup {  // linux/bpf.h, struct bpf_fib_lookup
  waymark::u8 family, protocol;
  waymark::u16 source_port, destination_port;
  waymark::u16 length_or_mtu;  // in: 0, out: the route's MTU
  waymark::u32 interface;      // in: where the packet came in; out: where it leaves
  waymark::u32 flow_or_tos;
  waymark::u32 source[4], destination[4];
  waymark::u32 vlan;
  waymark::u8 source_mac[6], destination_mac[6];
};
static_assert(sizeof(FibLookup) == 64);

namespace waymark::bpf {

constexpr u64 kCurrentNetns = ~u64(0);
constexpr u32 kTcpListen = 10;  // net/tcp_states.h

enum XdpAction : int { xdp_aborted, xdp_drop, xdp_pass, xdp_tx, xdp_redirect };

inline void* (*const map_lookup_elem)(const void* map,
                                      const void* key) = reinterpret_cast<void* (*)(const void*, const void*)>(1);
inline long (*const redirect)(u32 interface, u64 flags) = reinterpret_cast<long (*)(u32, u64)>(23);
inline long (*const perf_event_output)(void* ctx, void* map, u64 flags, void* data,
                                       u64 size) = reinterpret_cast<long (*)(void*, void*, u64, void*, u64)>(25);
inline long (*const adjust_head)(xdp_md* ctx, int by) = reinterpret_cast<long (*)(xdp_md*, int)>(44);
inline u64 (*const jiffies64)() = reinterpret_cast<u64 (*)()>(118);
inline u64 (*const ktime_boot_ns)() = reinterpret_cast<u64 (*)()>(125);
inline long (*const adjust_tail)(xdp_md* ctx, int by) = reinterpret_cast<long (*)(xdp_md*, int)>(65);
inline BpfSock* (*const sk_lookup_udp)(xdp_md* ctx, SocketTuple* tuple, u32 size, u64 netns, u64 flags) =
    reinterpret_cast<BpfSock* (*)(xdp_md*, SocketTuple*, u32, u64, u64)>(85);
inline long (*const sk_release)(BpfSock* socket) = reinterpret_cast<long (*)(BpfSock*)>(86);
inline BpfSock* (*const skc_lookup_tcp)(xdp_md* ctx, SocketTuple* tuple, u32 size, u64 netns, u64 flags) =
    reinterpret_cast<BpfSock* (*)(xdp_md*, SocketTuple*, u32, u64, u64)>(99);
inline long (*const tcp_check_syncookie)(BpfSock* socket, void* ip, u32 ip_length, void* tcp, u32 tcp_length) =
    reinterpret_cast<long (*)(BpfSock*, void*, u32, void*, u32)>(100);
enum FibResult : long { fib_found, fib_blackhole, fib_unreachable, fib_prohibit, fib_no_neighbour = 7 };
inline long (*const fib_lookup)(void* ctx, FibLookup* params, int size,
                                u32 flags) = reinterpret_cast<long (*)(void*, FibLookup*, int, u32)>(69);
inline u32 (*const prandom)() = reinterpret_cast<u32 (*)()>(7);

}  // namespace waymark::bpf

#define WM_SECTION(name) __attribute__((section(name), used))

// BTF-described maps, as libbpf reads them (libbpf's bpf_helpers.h: __uint, __type).
#define WM_MAP_UINT(name, value) int(*name)[value]
#define WM_MAP_TYPE(name, ...) __VA_ARGS__* name
