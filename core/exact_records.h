// The records of the exact state (core/exact.h), as tables hold them.
#pragma once

#include "core/types.h"

namespace waymark {

constexpr u32 kExactWays = 7, kExactEmbryoWays = 8;
struct alignas(64) ExactBucket {
  u64 spill;            // filter:48, changes:16
  u64 way[kExactWays];  // flipped
};
struct alignas(64) ExactEmbryoBucket {
  u64 way[kExactEmbryoWays];  // flipped
};

// IPv4 flows have keys of 2 words (addresses, ports, protocol and 16 bits more), IPv6 flows of 6.
// They are no templates, and have no static members: the kernel's BTF takes neither.
struct alignas(32) ExactRecord4 {
  u64 key[2];
  u64 state;  // the owner's:43 | frozen:1 | generation:20
  u64 user;   // the owner's; constant while the flow lives, but see above
};
struct alignas(64) ExactRecord6 {
  u64 key[6];
  u64 state, user;
};
static_assert(sizeof(ExactBucket) == 64 && sizeof(ExactEmbryoBucket) == 64);
static_assert(sizeof(ExactRecord4) == 32 && sizeof(ExactRecord6) == 64);

}  // namespace waymark
