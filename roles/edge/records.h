// The edge's flows, and what it catches. Shared with user space; see core/records.h.
#pragma once

#include "core/exact_records.h"

namespace waymark {

// A flow from a client to an anycast address (core/exact.h; roles/edge/packet_flow.h has its words).
struct alignas(64) EdgeRecord {
  u64 key[4];     // the client; the lower half of the anycast address; number:24 protocol:8 client's port:16 port:16
  u64 server[2];  // the server's address, once the state says that it is learnt; before, TCP's first sequence number
  u64 state;
  u64 user;  // the lower half of the flow's own address, as on the wire
};
static_assert(sizeof(EdgeRecord) == 64);

// IPv4 flows have ExactRecord4:
//   key    client:32 anycast address:32, as on the wire; protocol:8 client's port:16 port:16
//   user   server:32, or TCP's first sequence number | the pool's address, by its place in the pool:16 | port:16
//
// Flows share the pool's addresses; a port, or a ping's identifier, of one of them is one flow's alone, of whichever
// protocol:
//   place of the flow's record + 1:24 | the lowest of the generation of its way:8
// It is taken as long as the way has this generation and is not free, so nobody needs to give it back.
constexpr u32 kEdgeNumbersOfLine = 16, kEdgeLines = 65'536 / kEdgeNumbersOfLine;  // lines of each address
struct alignas(64) EdgeNumbers {
  u32 flow[kEdgeNumbersOfLine];  // flipped
};
static_assert(sizeof(EdgeNumbers) == 64);
constexpr u32 kMaxEdgePool = 1'024;  // addresses

// What genuine replies of a service come from: `count` in table::edge_servers.
struct EdgeService {
  u32 first, count;
};
struct EdgeServer {
  u64 high, low, high_mask, low_mask;  // as on the wire
};
static_assert(sizeof(EdgeService) == 8 && sizeof(EdgeServer) == 32);

// The upper half of anycast addresses, by the number that stands for it in flows' keys, the same in every load.
constexpr u32 kEdgeAnycastBits = 12, kMostEdgeAnycasts = 256;
struct EdgeAnycast {
  u64 high;  // as on the wire
  u32 number;
  u32 in_use;
};
static_assert(sizeof(EdgeAnycast) == 16);

// Packets that name no ports, and whose flow's place follows from another one:
//   place:24 | fingerprint:24 | stamp:16, a stamp being a tick; the fingerprint is not 0
constexpr u32 kEdgeFollowerWays = 8, kEdgeFollowerBuckets = 4'096;
struct alignas(64) EdgeFollowers {
  u64 way[kEdgeFollowerWays];  // flipped
};
static_assert(sizeof(EdgeFollowers) == 64);

// Clients' flows are counted in two rows (DESIGN.md, "Anycast at the edge").
constexpr u32 kEdgeUseRow = 65'536;

constexpr u32 kMaxEdgeServices = 1'024, kMaxEdgeServers = 16'384;

}  // namespace waymark
