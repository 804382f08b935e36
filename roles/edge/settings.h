// The edge's constants of one load (Settings::role).
#pragma once

#include "core/prefix_records.h"
#include "core/siphash.h"

namespace waymark::edge {

constexpr u64 kNoPrefix = ~u64(0);  // multicast: no packet that is routed here is to it

// Prefixes that a node has IPv6 flows of, and pools of IPv4 flows: its own, and those of others whose work it may take.
// Each has a region of the table (packet_region.h).
constexpr u32 kMostRegions = 4;

struct OwnSettings {
  Space zone, outside;       // the clients' and the network's
  u64 prefix[kMostRegions];  // upper halves of flows' own addresses, as on the wire; behind the last: the first again.
                             // kNoPrefix: there is no IPv6
  u64 anycast_seed;          // table::edge_anycasts has no two of its numbers in one place by it
  SipKey nonce;              // where flows' nonces come from
  u32 round[8];              // keys of the permutation, two for each round
  u32 use_key[8];            // of the hash that counts clients
  u32 pool_key[2];           // of the hash that gives a client its address of the pool
  u32 buckets, buckets4;     // of each region, of IPv6 and of IPv4
  u32 pool;                  // how many addresses this node has for IPv4 flows
  u32 place_bits;            // of a flow's address; as many as a region's places need
  u32 stale_stamps;          // a flow unused for longer is beyond every idle time
  u32 quota;                 // flows that a client has at once; 0: any number
  u32 interval, burst;       // of a client's new flows, as Settings::answer_interval; 0: any number
  u32 follow_ticks;          // so long fragments and echoes follow another packet
  u32 regions, regions4;     // at least 1: this node's own
  u32 reserved;
};
static_assert(sizeof(OwnSettings) == 192);

}  // namespace waymark::edge
