// The flows of the gateway's cases: TCP from many clients of one tenant to one server. Shared by wrapper programs, user
// space and the frames: a flow's number makes 24 bits of its client's address and 8 of its client's port.
#pragma once

#include "core/firewall/flow.h"

namespace waymark::bench {

constexpr u32 kTenant = 1;               // its number
constexpr u32 kFirstClient = 10u << 24;  // 10.0.0.0, and its prefix has 8 bits
constexpr u32 kServer = 0xc6336450;      // 198.51.100.80
constexpr u16 kClientPort = 40'000, kServerPort = 80;
constexpr u32 kBits = 46;  // of its flows, where their addresses say something of them: a class of service
constexpr u32 kTcpLength = sizeof(Tcp);

// The client's address as a word of the packet's.
WM_INLINE constexpr u32 client_word(u32 flow) { return wire32(kFirstClient).raw + (flow << 8); }
WM_INLINE constexpr u16 client_port(u32 flow) { return u16(kClientPort + (flow >> 24)); }

WM_INLINE constexpr ExactKey<2> tenant_key(u32 flow) {
  return firewall::key_of(kTenant, kProtoTcp, number(be32{client_word(flow)}), kServer, client_port(flow), kServerPort);
}

// Both sides have acknowledged what all packets of the cases begin with.
WM_INLINE u64 open_state() {
  using namespace firewall;
  return with_acknowledged(with_acknowledged(in_stage(0, Stage::open), Side::inside, 1), Side::outside, 1);
}

}  // namespace waymark::bench
