// What translation between IPv4 and IPv6 shares with user space. Included by core/records.h; see there.
#pragma once

#include "core/address.h"
#include "core/wire.h"

namespace waymark {

// What an entry of the table of prefixes is for.
constexpr u8 kMapExplicit = 1;  // IPv4 and IPv6 addresses that stand for each other (RFC 7757)
constexpr u8 kMapEmbedded = 2;  // IPv4 addresses embedded in IPv6 ones (RFC 6052)
constexpr u8 kMapNative = 4;    // never translated: a more specific route wins (RFC 7915, 4.6, 5.6)

constexpr u8 kMapZeroOctet = 1;   // bits 64 to 71 must be zero (RFC 6052, 2.2)
constexpr u8 kMapGlobalOnly = 2;  // the well-known prefix: no private IPv4 addresses (RFC 6052, 3.1)

// A pair of prefixes, and where the bits of an IPv4 address beyond its prefix stand in the IPv6 address: some at the
// end of its upper half, the others in its lower half. All words are numbers in host order, the first wire byte
// uppermost.
struct Mapping {
  u64 high, low;            // the IPv6 prefix
  u64 high_mask, low_mask;  // the bits of an IPv6 address that come from the IPv4 address
  u32 ip4, ip4_mask;        // the IPv4 prefix; its bits that are free
  u8 high_shift, low_shift;
  u8 ip6_length, ip4_length;
  u8 kind, flags;
  u16 reserved;
};
static_assert(sizeof(Mapping) == 48);

// Mappings by either of their prefixes: each length that there is is asked for, the longest first.
struct PrefixLength {
  u64 high_mask, low_mask;  // of this length; all words are numbers in host order
  u64 high, low;            // the prefix, where there is only one of this length
  u64 seed;                 // of the hash, where there are several
  u32 only;                 // the mapping and 1, where there is only one
  u8 length, kinds;         // of mappings that have it
  u16 reserved;
};
static_assert(sizeof(PrefixLength) == 48);
constexpr u32 kPrefixWays = 4, kMaxMappings = 65'535;
struct PrefixBucket {
  u64 tags;      // of the prefixes, 16 bits each, the first way's lowest: kind:3 above, 0 where the way is empty
  u64 mappings;  // likewise: the mapping and 1
};
static_assert(sizeof(PrefixBucket) == 16);

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

constexpr u32 kPoolRanges = 8, kPlateaus = 16, kLengths4 = 33, kLengths6 = 129;
struct TranslatorSettings {
  u64 prefix_seed;
  Address own6;  // where ICMP errors of our own come from; :: where there is none
  u32 own4;      // likewise, host order; 0: none
  u32 zone;      // zone_of(its name)
  u32 prefix_bits;
  u32 pool_size;  // addresses in all ranges
  AddressRange pool[kPoolRanges];
  u32 lowest_ip6_mtu;
  u32 way_ticks;           // how long a way is believed
  u16 plateau[kPlateaus];  // falling; 0 after the last
  u8 on;
  u8 zero_checksum_drops;  // 0: computed
  u8 class_is_set, traffic_class;
  u8 hairpins;            // 1: some IPv6 hosts have explicit IPv4 addresses
  u8 lengths4, lengths6;  // how many there are
  u8 reserved;
  PrefixLength length4[kLengths4];  // falling
  PrefixLength length6[kLengths6];
};
static_assert(sizeof(TranslatorSettings) == 152 + 48 * (kLengths4 + kLengths6));

}  // namespace waymark
