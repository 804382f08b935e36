// The translator's constants of one load (Settings::role).
#pragma once

#include "core/prefix_records.h"
#include "core/translate/records.h"

namespace waymark::translator {

struct AddressRange {
  u32 first, count;  // host order
};

constexpr u32 kPoolRanges = 8;
struct OwnSettings {
  Space space;    // its zone
  u32 pool_size;  // addresses in all ranges
  AddressRange pool[kPoolRanges];
  translate::Settings translation;
  u8 hairpins;  // 1: some IPv6 hosts have explicit IPv4 addresses
  u8 reserved[3];
};
static_assert(sizeof(OwnSettings) == 120);

}  // namespace waymark::translator
