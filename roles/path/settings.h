// A POP's constants of one load (Settings::role).
#pragma once

#include "core/plan.h"
#include "core/prefix_records.h"

namespace waymark::path {

constexpr u32 kMostHops = 8, kMostHopBits = 16;  // of a path, which together have 64 bits at most

// How questions for names are answered (packet_ask.h).
struct AskedSettings {
  u64 layout;      // of path_ways, as AskedHead has it; 0: questions are the daemon's
  u64 seed;        // of path_asked_index, of 2^bits buckets
  SipKey tag_key;  // the one of the servers' plan that makes new addresses, if that has a tag
  u32 bits;
  u32 columns, sets;   // of path_ways: POPs that have servers, sets of constraints
  be32 ttl;            // of answers
  u32 interval, rate;  // of sources that prove nothing: as take_turn() wants it, and answers a second
  u32 resolver_interval, resolver_rate;
  u32 ticks_per_second, life;  // how long a head is believed, in ticks
  u16 port;                    // host order
  u8 scope;
  u8 reserved;
  u32 reserved2;
};
static_assert(sizeof(AskedSettings) == 80);

struct OwnSettings {
  Plan clients, servers;
  Space access, network;   // the zones; access is kAnySpace where there are no clients
  u32 pop;                 // this one's id
  u32 hops, width;         // of a path: how many, and of how many bits
  u32 offset, bits;        // where the path stands in a server's address
  u32 behind;              // 64 less `bits`: moves the path to a word's upper end
  u32 down;                // 64 less `width`: moves the uppermost hop to a word's lower end
  u16 gue_port, reserved;  // where tunnels of that kind end, host order
  u32 revoked_buckets;     // of a half
  u32 reserved2;
  AskedSettings asked;
};
static_assert(sizeof(OwnSettings) == 2 * sizeof(Plan) + 56 + sizeof(AskedSettings));

}  // namespace waymark::path
