// What the kernel's routes say of a destination, kept in the cache of ways. For the BPF program alone.
#pragma once

#include "core/steer.h"
#include "core/way.h"
#include "engine/xdp/kernel_env.h"

namespace waymark {

// Waymark's program stands on this interface: a packet may be sent there past the kernel, which for some drivers wants
// a program on both ends.
WM_INLINE bool is_ours(KernelEnv& env, u32 interface) {
  const Port* port = env.at(table::ports, port_hash(env.settings().port_seed, interface, 0, 0));
  return port && port->interface == interface && !port->outer_vlan;
}

WM_INLINE void put_address(u32 (&words)[4], const Address& a) {
  if (is_ip4(a)) {
    words[0] = ip4_of(a).raw;
  } else {
    words[0] = u32(a.high);
    words[1] = u32(a.high >> 32);
    words[2] = u32(a.low);
    words[3] = u32(a.low >> 32);
  }
}

// The packet that asks goes by the kernel in any case: so the kernel uses the neighbour now and then, and looks after
// it. What its routes do not take, or take elsewhere, is asked about again soon.
// The question has what a packet's own way through the kernel would be chosen by, for all that is alike in a flow.
WM_INLINE u32 route_to(xdp_md* ctx, const Address& from, const Address& to) {
  constexpr u32 kInet = 2, kInet6 = 10, kSoon = 16;
  KernelEnv env(ctx);
  auto* asked = env.scratch<FibLookup, 1>();
  if (!asked) return u32(WayKind::kernel);
  FibLookup& fib = *asked;
  fib = {};
  fib.interface = env.interface();
  fib.family = is_ip4(to) ? kInet : kInet6;
  put_address(fib.source, from);
  put_address(fib.destination, to);
  const long result = bpf::fib_lookup(ctx, asked, sizeof fib, 0);
  WayKind kind = WayKind::kernel;
  if (result == bpf::fib_blackhole || result == bpf::fib_unreachable || result == bpf::fib_prohibit)
    kind = WayKind::unreachable;
  u32 mtu = result == bpf::fib_found ? fib.length_or_mtu : 0;
  if (result == bpf::fib_found && is_ours(env, fib.interface)) kind = WayKind::direct;
  const Port* port = env.at(table::ports, port_hash(env.settings().port_seed, fib.interface, 0, 0));
  const bool is_way_out = result == bpf::fib_found || result == bpf::fib_no_neighbour;  // else it is the way in
  if (is_way_out && port && port->interface == fib.interface && port->mtu && (!mtu || port->mtu < mtu)) mtu = port->mtu;
  // In halves of words: the verifier wants what lies on the stack aligned.
  const u8 *to_mac = fib.destination_mac, *from_mac = fib.source_mac;
  const LinkAddresses link = {
      u64(load16(to_mac)) | u64(load16(to_mac + 2)) << 16 | u64(load16(to_mac + 4)) << 32 | u64(load16(from_mac)) << 48,
      u32(load16(from_mac + 2)) | u32(load16(from_mac + 4)) << 16};
  if (const u32 lasts = env.settings().way_ticks)
    keep_way(env, to, kind, kind == WayKind::direct ? fib.interface : 0, link, mtu,
             kind == WayKind::direct ? lasts : kSoon);
  return u32(kind == WayKind::direct ? WayKind::kernel : kind) | mtu << 8;
}

}  // namespace waymark
