// What translation between IPv4 and IPv6 shares with user space. Included by core/records.h; see there.
#pragma once

#include "core/prefix_records.h"

namespace waymark {

struct AddressRange {
  u32 first, count;  // host order
};

constexpr u32 kPoolRanges = 8, kPlateaus = 16;
struct TranslatorSettings {
  Space space;    // its zone
  u32 pool_size;  // addresses in all ranges
  AddressRange pool[kPoolRanges];
  u32 lowest_ip6_mtu;
  u16 plateau[kPlateaus];  // falling; 0 after the last
  u8 zero_checksum_drops;  // 0: computed
  u8 class_is_set, traffic_class;
  u8 hairpins;  // 1: some IPv6 hosts have explicit IPv4 addresses
};
static_assert(sizeof(TranslatorSettings) == 120);

}  // namespace waymark
