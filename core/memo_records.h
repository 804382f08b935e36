// What is remembered for a while (core/memo.h), as tables hold it.
#pragma once

#include "core/types.h"

namespace waymark {

constexpr u32 kMemoWays = 8;
struct alignas(64) MemoBucket {
  u64 way[kMemoWays];  // flipped: fingerprint:32 | value:18 | stamp:14; 0: free
};
static_assert(sizeof(MemoBucket) == 64);

constexpr u32 kFragmentBuckets = 4'096;

}  // namespace waymark
