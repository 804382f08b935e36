// A POP's constants of one load (Settings::role).
#pragma once

#include "core/plan.h"
#include "core/prefix_records.h"

namespace waymark::path {

constexpr u32 kMostHops = 8, kMostHopBits = 16;  // of a path, which together have 64 bits at most

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
};
static_assert(sizeof(OwnSettings) == 2 * sizeof(Plan) + 56);

}  // namespace waymark::path
