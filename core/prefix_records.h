// Prefixes as packets look them up: what each leads to, and which lengths there are. Included by core/records.h; see
// there.
#pragma once

#include "core/address.h"
#include "core/wire.h"

namespace waymark {

// Among whose addresses one is looked up. A space is exact: its whole word is compared, and a hash of it only leads
// there, so that nobody who chooses keys comes into another's.
enum class SpaceKind : u8 {
  zone = 0,      // where packets of a zone are for
  served = 1,    // where packets in tunnels that end here are for
  director = 2,  // whose tunnels are believed, in a zone
  fellow = 3,    // which other hosts there are, in a zone
  // Of gateways (roles/gateway/packet.h). In place of the zone stands what is said here.
  gateway = 4,       // nothing: who shares the plan, by its own address
  tenant = 5,        // nothing: who there is, by the plan's bits of its number
  tenant_map = 6,    // a tenant's index and 1, or 0 for all: their destinations in IPv6
  tenant_route = 7,  // a tenant's index: its addresses
  tenant_link = 8,   // nothing: links that tenants come in by (core/link.h)
  // Of POPs (roles/path/packet.h). In place of the zone stands what is said here.
  pop = 9,        // nothing: where their tunnels come from
  policy = 10,    // a policy's index; the key says which way: ports that connections are begun to
  access = 11,    // an interface's index, the key its VLANs: sources that clients have there
  resolver = 12,  // nothing: whose Client Subnet is believed
  tunnel = 16,    // a tunnel's key: far ends of tenants' tunnels; and 2 for each kind, and 1 with a key
};
using Space = u64;  // zone:32 kind:8 key:24
WM_INLINE constexpr Space space_of(u32 zone, SpaceKind kind = SpaceKind::zone, u32 key = 0) {
  return u64(zone) << 32 | u64(kind) << 24 | (key & 0xffffff);
}
constexpr Space kServed = space_of(0, SpaceKind::served);
WM_INLINE constexpr Space tunnel_space(u8 kind, bool has_key, u32 key) {
  return space_of(has_key ? key : 0, SpaceKind(u8(SpaceKind::tunnel) + 2 * kind + has_key));
}

// What a prefix is for.
constexpr u8 kMapExplicit = 1;  // IPv4 and IPv6 addresses that stand for each other (RFC 7757)
constexpr u8 kMapEmbedded = 2;  // IPv4 addresses embedded in IPv6 ones (RFC 6052)
constexpr u8 kMapNone = 4;      // never translated: a role's front, or the kernel's routes (RFC 7915, 4.6, 5.6)
constexpr u32 kAnyMap = kMapExplicit | kMapEmbedded;

constexpr u8 kMapZeroOctet = 1;   // bits 64 to 71 must be zero (RFC 6052, 2.2)
constexpr u8 kMapGlobalOnly = 2;  // the well-known prefix: no private IPv4 addresses (RFC 6052, 3.1)

constexpr u8 kNoRole = 0xff, kManyRoles = 0xfe;
constexpr Space kAnySpace = ~Space(0);

// One prefix of a space; or a pair of an IPv4 and an IPv6 one, and where the bits of an IPv4 address beyond its prefix
// stand in the IPv6 address: some at the end of its upper half, the others in its lower half. All words are numbers in
// host order, the first wire byte uppermost.
struct alignas(64) Mapping {
  u64 high, low;            // the IPv6 prefix
  u64 high_mask, low_mask;  // the bits of an IPv6 address that come from the IPv4 address
  Space space;
  u32 ip4, ip4_mask;  // the IPv4 prefix; its bits that are free
  u8 high_shift, low_shift;
  u8 ip6_length, ip4_length;
  u8 kind, flags;
  u8 role;     // whose packets to it are: its number in dataplane/roles.h; or kNoRole, the kernel's
  u8 returns;  // 1, by its IPv4 prefix: what a destination becomes would be translated back here
  u32 front;   // the role's, in table::fronts, and 1; 0: it has none
  u32 index;   // the role's own: of what it leads to, and 1
};
static_assert(sizeof(Mapping) == 64);

// Mappings by either of their prefixes: each length that there is is asked for, the longest first.
struct PrefixLength {
  u64 high_mask, low_mask;  // of this length, in host order
  u64 seed;                 // of the hash, where there are several prefixes of this length
  u32 only;                 // the mapping and 1, where there is only one
  u8 length, kinds;         // the latter of its mappings: 0 behind the last length
  u16 reserved;
};
static_assert(sizeof(PrefixLength) == 32);
constexpr u32 kPrefixWays = 4, kMaxMappings = 65'535;
struct PrefixBucket {
  u64 tags;      // of the prefixes, 16 bits each, the first way's lowest: kind:3 above, 0 where the way is empty
  u64 mappings;  // likewise: the mapping and 1
};
static_assert(sizeof(PrefixBucket) == 16);

// The lengths of all prefixes, and the halves of the tables that hold them: one is in force, the other one is written
// and becomes the one in force by a single word, without loading anew.
constexpr u32 kLengths4 = 34, kLengths6 = 130;  // and one behind the last
struct PrefixLengths {
  u32 bits;             // log2 of the number of buckets
  u32 bucket, mapping;  // where this half begins in table::prefixes and table::mappings
  u32 reserved;
  PrefixLength length4[kLengths4];  // falling
  PrefixLength length6[kLengths6];
};
struct Prefixes {
  u32 half;  // flipped: the one in force, 0 or 1
  u32 reserved;
  PrefixLengths of[2];
};

}  // namespace waymark
