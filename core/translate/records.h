// What translation between IPv4 and IPv6 shares with user space. Included by core/records.h; see there.
#pragma once

#include "core/prefix_records.h"

namespace waymark {

// The way to one destination, as the kernel's routes gave it. Written in place by packets: `seal` covers all that is
// before it, so a record that is half another one's counts as missing.
struct alignas(64) Way {
  Address destination;
  u32 interface;    // 0: the kernel sends
  u32 valid_until;  // ticks
  Mac next_hop, source;
  u16 mtu;  // of the IP packet; 0: unknown
  u8 kind;  // WayKind
  u8 reserved;
  u64 seal;
  u64 reserved2[2];
};
static_assert(sizeof(Way) == 64);
enum class WayKind : u8 { kernel = 0, direct = 1, unreachable = 2 };
constexpr u32 kWayBits = 14;

struct AddressRange {
  u32 first, count;  // host order
};

constexpr u32 kPoolRanges = 8, kPlateaus = 16;
struct TranslatorSettings {
  Space space;    // its zone
  Address own6;   // where ICMP errors of our own come from; :: where there is none
  u32 own4;       // likewise, host order; 0: none
  u32 pool_size;  // addresses in all ranges
  AddressRange pool[kPoolRanges];
  u32 lowest_ip6_mtu;
  u32 way_ticks;           // how long a way is believed
  u16 plateau[kPlateaus];  // falling; 0 after the last
  u8 zero_checksum_drops;  // 0: computed
  u8 class_is_set, traffic_class;
  u8 hairpins;  // 1: some IPv6 hosts have explicit IPv4 addresses
};
static_assert(sizeof(TranslatorSettings) == 144);

}  // namespace waymark
