// The flows of the edge's cases: a flow's number makes 16 bits of its client's address and 16 of its client's port, so
// that a million of them has 16 clients, each with its own way back. Shared by wrapper programs and user space.
#pragma once

#include "core/wire.h"

namespace waymark::bench {

constexpr u16 kEdgeClientPort = 40'000;

// The lower half of the client's address, and its port, as they stand on the wire.
WM_INLINE constexpr u64 edge_client(u64 first, u32 flow) { return first + (u64(flow >> 16) << 48); }
WM_INLINE constexpr u16 edge_port(u32 flow) { return u16(wire16(kEdgeClientPort).raw + flow); }

}  // namespace waymark::bench
