// What user space tells the wrapper programs: the packet to restore before each repeat, and how its flow varies.
#pragma once

#include "core/types.h"

namespace waymark::bench {

enum : u32 {
  kAmong = 0,  // a random one of `flows` flows
  kTwice = 1,  // each flow in turn, two packets of it: the first pins it, the second proves it
  kOnce = 2,   // each flow in turn, one packet of it
  kNew = 3,    // a flow never seen before
};

constexpr u32 kRoom = 160;       // bytes a frame may have, at most
constexpr u32 kFrameOffset = 2;  // so that the IP header is aligned

struct Plan {
  u64 packets;  // counted by kTwice, kOnce and kNew
  u32 flows;
  u32 order;
  u32 overhead;  // bytes of the tunnel header
  u32 reserved;
  u8 frame[kFrameOffset + kRoom + 6];
};
static_assert(sizeof(Plan) == 192);

constexpr u32 kDestinations = 16'384;  // at most, of explicit maps

// The number that makes the flow: it is added to the packet's varying address.
constexpr u32 kNewFlows = 0x80000000;

}  // namespace waymark::bench
