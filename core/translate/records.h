// What translation between IPv4 and IPv6 is told by the role that translates. Shared with user space; see
// core/records.h.
#pragma once

#include "core/types.h"

namespace waymark::translate {

constexpr u32 kPlateaus = 16;
struct Settings {
  u32 lowest_ip6_mtu;
  u16 plateau[kPlateaus];  // falling; 0 after the last
  u8 zero_checksum_drops;  // 0: computed
  u8 class_is_set, traffic_class;
  u8 reserved;
};
static_assert(sizeof(Settings) == 40);

}  // namespace waymark::translate
