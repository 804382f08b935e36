// What is known of the hosts in tenants' overlays (DESIGN.md, "Neighbours"). Included by core/records.h.
#pragma once

#include "core/wire.h"

namespace waymark {

// A host that was heard: whose MAC address an IPv4 address has. Written in place by packets: `seal` covers all but the
// time, so a record that is half another one's is none.
struct Neighbour {
  u64 owner;   // TenantTunnel::owner: of which overlay
  u32 ip4;     // host order
  u32 heard;   // ticks; flipped
  Mac mac;     //
  u16 member;  // by which of its tunnels: so many behind the first
  u64 seal;
};
static_assert(sizeof(Neighbour) == 32);

// Each overlay has so many buckets of its own, side by side, a power of two. In the first of them stand its limits:
// when the next answer, question and so on is due (core/turn.h).
constexpr u32 kNeighbourWays = 7, kOverlayTurns = 4;
struct alignas(64) NeighbourBucket {
  Neighbour way[kNeighbourWays];
  u64 due[kOverlayTurns];
};
static_assert(sizeof(NeighbourBucket) == 256);
constexpr u32 kNeighbourBuckets = 16'384;

}  // namespace waymark
