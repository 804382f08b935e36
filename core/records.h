// Records that the packet path and user space share. Declared here once; sizes and meanings are guarded by a golden
// file. Words marked "flipped" are changed in place while packets read them; everything else is written before it is
// reachable.
#pragma once

#include "core/firewall/records.h"
#include "core/overlay/records.h"
#include "core/prefix_records.h"
#include "core/verdict.h"
// Roles' other headers include this one, and are included in the same way.
#pragma push_macro("WM_ROLE_FILE")
#undef WM_ROLE_FILE
#define WM_ROLE_FILE settings.h
#include "roles/include_each.h"
#undef WM_ROLE_FILE
#define WM_ROLE_FILE records.h
#include "roles/include_each.h"
#pragma pop_macro("WM_ROLE_FILE")

#define WM_ROLE_SETTINGS(NAME) \
  namespace waymark::NAME {    \
  struct OwnSettings;          \
  }
WM_ROLES(WM_ROLE_SETTINGS)
#undef WM_ROLE_SETTINGS

namespace waymark {

// Addresses that a role has to speak from. None of a family: :: or 0.
struct OwnAddresses {
  Address ip6;
  u32 ip4;  // host order
  u32 reserved;
};
static_assert(sizeof(OwnAddresses) == 24);

// Which tunnels end at this node. Ports in host order.
struct TunnelEnds {
  u16 gue_port, vxlan_port;
  u32 gre_key, vxlan_key;  // of the latter the VNI
  Mac mac;                 // whom frames in VXLAN are for; all zeros: the interface that they come in by
  u8 kinds;                // bits of Target::tunnel
  u8 gre_has_key;
  u32 reserved;
};
static_assert(sizeof(TunnelEnds) == 24);

constexpr u32 kMostAnswerKinds = 16;  // of AnswerKind

enum class Echo : u8 { answer = 0, target = 1, kernel = 2 };

// What each role adds to them: struct OwnSettings of settings.h in its folder, where it has one.
struct NoSettings {
  u64 reserved;
};
template <class T, class = void>
struct SettingsOf {
  using Type = NoSettings;
};
template <class T>
struct SettingsOf<T, decltype(void(sizeof(T)))> {
  using Type = T;
};
struct RoleSettings {
#define WM_ROLE_SETTINGS(NAME) SettingsOf<NAME::OwnSettings>::Type NAME;
  WM_ROLES(WM_ROLE_SETTINGS)
#undef WM_ROLE_SETTINGS
};

// Constants of one load of the program, in read-only memory. User space compares two by their bytes: there is no
// padding.
struct Settings {
  u64 steer_seed;      // makes the steer table free of overfull buckets; found by control
  u64 port_seed;       // the same for the table of ports
  u64 heir_seed;       // and for the table of heirs, of 2^heir_bits buckets; 0 bits: no two services share a target
  u32 pin_key[12];     // keyed hash of flows (core/hash.h); as old as the pins
  u32 steer_bits;      // log2 of the number of steer buckets
  u32 pin_buckets;     // 0: no pins
  u32 embryo_buckets;  //
  u32 stamp_shift;     // a pin's age counts units of 2^stamp_shift ticks
  u32 stale_stamps;    // a pin older than this is beyond every service's idle time and may be overwritten
  u32 embryo_stamps;   // likewise for an embryonic pin
  u32 capture;         // 1: copy packets to the capture ring on the way in and out
  u16 reserved;
  u8 second_candidate;  // 1: GUE tunnels of adopted flows name the previous choice
  u8 heir_bits;
  u32 answer_interval[kMostAnswerKinds];  // by AnswerKind: between two answers, in units of 2^-16 ticks; 0: none at all
  u32 answer_burst[kMostAnswerKinds];     // so many may come at once
  u32 fragment_stamps;                    // so long a datagram's fragments follow its first one (core/memo.h)
  u32 early_interval;  // as answer_interval, of fragments that the daemon is given to hold (core/early.h)
  Space prefix_space;  // the one that all prefixes are in, or kAnySpace
  u8 prefix_role;      // the one that all prefixes are of, by number; kManyRoles; or kNoRole: there are none
  u8 serves_prefixes;  // 1: a prefix is among what this host serves
  Echo echo;           // what becomes of a ping of a service's address
  u8 reserved2;
  u32 way_ticks;  // how long a cached route is believed; 0: each packet asks, and the kernel sends it
  TunnelEnds tunnel_ends;
  FirewallSettings firewall;
  OwnAddresses own[kModules];  // by the number of the role's module (WM_REASONS): where its ICMP errors come from
  RoleSettings role;
};
static_assert(sizeof(Settings) ==
              280 + sizeof(FirewallSettings) + kModules * sizeof(OwnAddresses) + sizeof(RoleSettings));

// An (interface, VLAN, VLAN) that Waymark listens on.
constexpr u32 kPortBits = 10;
struct Port {
  u32 interface;  // 0: empty
  u16 outer_vlan, inner_vlan;
  u32 zone;  // zone_of(name)
  Mac mac;
  u8 accepts_tunnels;
  u8 owner;  // whose all is that comes in here: a role's number and 1, or 0
  u16 mtu;   // of IP packets; 0: unknown
  u16 reserved2;
};
static_assert(sizeof(Port) == 24);

// Protocol and ports that one service takes: protocol:16 port:16 from `first` on, and `span` more. One subtraction and
// one comparison say whether a packet is among them.
struct Rule {
  u32 first;
  u16 span;
  u16 service;  // its index: stable as long as a pin may name one of its targets
};
static_assert(sizeof(Rule) == 8);
constexpr Rule rule_of(u8 protocol, u16 first, u16 last, u16 service) {
  return {u32(protocol) << 16 | first, u16(last - first), service};
}
constexpr Rule kNoRule = {~0u, 0, 0};  // no protocol has this number

// A front is one address in one space that this node does something for.
constexpr u32 kFrontRules = 4;
struct Front {
  Address address;
  Space space;
  u8 role;         // whose packets to it are: its number in dataplane/roles.h
  u8 realm;        // tells it from the same address in another zone: part of the flow hash, as no zone's name is
  u16 rule_count;  // when they do not fit here: how many in table::rules, disjoint, sorted by `first`; else 0
  // kNoRule where there is none. A fellow's "protocol and port" is a service of this host that it shares, and "service"
  // an entry of table::fellows.
  Rule rule[kFrontRules];
  u32 index;  // the role's: of the first in table::rules, or of what the address stands for
};
static_assert(sizeof(Front) == 64);
WM_INLINE constexpr bool has_rules(const Front* front) {
  return front->rule_count || front->rule[0].first != kNoRule.first;
}

constexpr u32 kSteerWays = 4;
struct SteerBucket {
  u32 way[kSteerWays];  // tag of the address:16, front + 1:16; 0: empty
};
static_assert(sizeof(SteerBucket) == 16);

struct Service {
  u8 affinity;  // 0 flow, 1 client
  u8 reserved[7];
};
static_assert(sizeof(Service) == 8);

// The slots of targets that several services have, by service and Target::end: whose a flow is by now whose pin names
// another service's slot (DESIGN.md, "Slots and incarnations").
constexpr u32 kHeirWays = 8;
struct HeirBucket {
  u32 slot[kHeirWays];  // 0: empty
};
static_assert(sizeof(HeirBucket) == 32);

// The way to another host.
struct Fellow {
  u32 slot;  // of a target
  u32 reserved;
};
static_assert(sizeof(Fellow) == 8);

// A target of a service, as one incarnation: another address or tunnel is another incarnation in another slot. Its
// tunnel's header stands ready (core/outer.h), whatever its kind; the longest that is common ends with the first line.
constexpr u32 kOuterLength = 72;
struct alignas(64) Target {
  u64 route;        // flipped: adjacency:32 (0: the kernel routes), kTargetDown
  u32 service;      // index
  u8 tunnel;        // kTunnelIp and so on
  u8 in_use;        // 0: the slot is free
  u8 outer_length;  // bytes of `outer`, and of what follows it: all that the tunnel adds
  u8 reserved1;
  u8 outer[kOuterLength];
  be16 port;  // with the address, what the target is to other directors; whether the tunnel has one or not
  u8 reserved2[6];
  u64 end;  // hash of that address and port, and of a key (end_hash in core/outer.h)
  u8 reserved3[24];
};
static_assert(sizeof(Target) == 128);
constexpr u64 kTargetDown = u64(1) << 32;  // its server died: flows that belong to it are told so

// The way to a next hop, as the kernel's routes and neighbours gave it. A changed one gets a fresh slot.
struct Adjacency {
  u32 interface;    // 0: empty
  u32 valid_until;  // flipped: ticks; after it the kernel routes the tunnelled packet
  Mac destination, source;
  u16 mtu;     // of the outer IP packet
  u8 gateway;  // 1: the next hop is a router, not the address that leads here
  u8 reserved;
  u64 reserved2;
};
static_assert(sizeof(Adjacency) == 32);

// The way to one destination, as the kernel's routes gave it. Written in place by packets: `seal` covers all that is
// before it, so a record that is half another one's counts as missing.
struct alignas(64) CachedRoute {
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
static_assert(sizeof(CachedRoute) == 64);
enum class WayKind : u8 { kernel = 0, direct = 1, unreachable = 2 };
constexpr u32 kWayBits = 14;

// Where a consistent choice lies, of one service and region of clients. There is one region: its head has the service's
// number, and those above are there for others. One per half (head_at()).
struct Choice {
  u32 table;    // first entry in table::choices
  u32 size;     // how many entries; 0: no target takes new flows
  u32 members;  // first entry in table::members
  u32 count;
  u32 previous;       // first entry in table::previous
  u32 previous_size;  // how many entries; 0: there was no other choice before
  u32 reserved[2];
};
static_assert(sizeof(Choice) == 32);
constexpr u16 kNoMember = 0xffff;  // in table::previous: this entry has had one owner only

constexpr u32 kPinWays = 7;
struct alignas(64) PinBucket {
  u64 spill;          // filter:48, changes:16 (core/pins.h)
  u64 pin[kPinWays];  // flipped
};
static_assert(sizeof(PinBucket) == 64);

constexpr u32 kEmbryoWays = 8;
struct alignas(64) EmbryoBucket {
  u64 pin[kEmbryoWays];  // flipped
};
static_assert(sizeof(EmbryoBucket) == 64);

struct TargetCounters {
  u64 packets, bytes, flows;  // bytes of inner IP packets
};
static_assert(sizeof(TargetCounters) == 24);

// Who a target slot belongs to: for the daemon and for people; packets never read it.
constexpr u32 kNameLength = 64;  // with a closing 0
struct SlotName {
  char service[kNameLength], target[kNameLength];
  u64 scope;  // hash of its service's addresses and ports, whatever its name (node/services.h)
  u32 incarnation;
  u8 configured;  // 1: the configuration in force names it; else it only serves its pins
  u8 realm;       // its service's (Front)
  u16 reserved;
  // What operators decided; outlives restarts. The later version is in force, on all directors of a group.
  u32 drained;  // 1: it takes no new flows
  u32 weight;   // in place of the configuration's; kNoWeight: none
  u64 version;  // 0: nobody decided anything
  u64 origin;   // hash of the node's name where it was decided
};
static_assert(sizeof(SlotName) == 168);
constexpr u32 kNoWeight = ~0u;

// What this node knows of a thing that members of a group hold in turn (group/holdings.h), for the next daemon.
constexpr u32 kHeldAsOwn = 0, kHeldHere = 1, kHeldElsewhere = 2;
struct HeldRecord {
  char name[kNameLength];    // with a closing 0; empty: nothing stands here
  char member[kNameLength];  // to which operators gave it; empty: to nobody
  u64 version;               // 0: nobody decided anything
  u64 origin;                // hash of the node's name where it was decided
  u32 held;                  // kHeldAsOwn: as its file says
  u32 reserved;
};
static_assert(sizeof(HeldRecord) == 152);
constexpr u32 kMaxHeld = 1'024;

// Answers that this node gives, each kind with a bucket of its own.
enum class AnswerKind : u8 {
  reset = 0,        // a director, in a dead target's place
  unreachable = 1,  // likewise
  error = 2,        // who translates, as a router
  echo = 3,         // who translates, pinged
  closed = 4,       // a director, for ports that no service has
  told = 5,         // a director, as a router
  pinged = 6,       // a director, for a service
  routed = 7,       // a gateway, as a router
  edge = 8,         // an edge, as a router
  path = 9,         // a POP, as a router
};
constexpr u32 kAnswerKinds = 10;
constexpr u32 kEarlyLimit = kMostAnswerKinds - 1;  // among the same limits: no answer, but bounded as they are
static_assert(kAnswerKinds <= kEarlyLimit);

// What must fit for pinned tables to be taken over by another build (DESIGN.md, "Upgrade").
constexpr u32 kLayoutVersion = 4;
struct Meta {
  u32 layout;       // kLayoutVersion of who made the tables; 0: just created
  u32 pin_key[12];  // made once, from the kernel's randomness
  u32 pin_buckets, embryo_buckets;
  u32 ticks_per_second, stamp_shift;
  u32 next_incarnation;
  u32 targets;  // slots
  u32 flow_buckets, flow_embryo_buckets, edge_buckets, edge_buckets4, edge_pool;
  u32 edge_prefixes;  // a hash of those that edges' flows have addresses in, as no record has them; 0: there are none
  u32 revocations;
  u32 reserved[10];
};
static_assert(sizeof(Meta) == 144);

constexpr u32 kMaxFronts = 65'535, kMaxRules = 65'536, kMaxServices = 16'384, kMaxFellows = 65'536,
              kMaxHeirs = 1u << 18, kUsualTargets = 65'536, kMaxTargets = 262'144, kMaxChoices = 1u << 22,
              kMaxMembers = 524'288, kMaxChoiceHeads = 65'536;
constexpr u32 head_at(u32 half, u32 service) { return half * kMaxChoiceHeads + service; }

}  // namespace waymark
