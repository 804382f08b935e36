// A site written by hand, straight into the tables: a second opinion beside what node/ compiles from a configuration.
// Service n has the addresses 198.51.100.n and 2001:db8:80::n, and its first target the slot of its own number:
//
//      service  tunnel      what is special                 service  what is special
//   1  by_ip6   IP in IPv6                               9  sticky   three targets 31..33, by client
//   2  by_ip4   IP in IPv4                              10  no_way   its target has no adjacency
//   3  by_gue6  GUE in IPv6                             11  old_way  its target's adjacency is out of date
//   4  by_gue4  GUE in IPv4                             12  narrow6  IP in IPv6, an MTU of 600 to its target
//   5  many     forty rules, too many for its front     13  narrow4  GUE in IPv4, an MTU of 600
//   6  empty    no target takes new flows               14  other    leaves by another interface than it came in
//   7  gone     its choice names a free slot            15  all      every TCP and UDP port
//   8  pool     three targets 21..23, by flow           16  tenant   198.51.100.1 in another zone
//  17  moved6   GUE, three targets 41, 42 in IPv6 and 43 in IPv4, which the choice named otherwise before
//  18  moved4   the same with 51, 52 in IPv4 and 53 in IPv6; a way of kNarrowMtu to 52
//  19  by_gre6  GRE in IPv6, 20 by_gre4 in IPv4; 21 by_key6 and 22 by_key4 the same with the key kKey; 23 by_vxlan6 and
//  24  by_vxlan4 VXLAN with the VNI kVni, its frames for kFrameEnd; 25 by_mac6 and 26 by_mac4 no tunnel, but the
//  target's MAC, 27 by_rewrite6 and 28 by_rewrite4 none either, but the target's address. The slots of these services'
//  targets are 60 more than their numbers.
//
// The choice of `pool` was another one before too. The same node ends tunnels at kHere4 and kHere6 from kDirector4 and
// kDirector6, for what kServed4 and kServed6 serve: two services, one of which (kShared) the hosts kFellow4 and
// kFellow6 serve as well. The ways there are the target slots kFellowSlot4 and kFellowSlot6. The slot kTakenOver of
// `all` has the tunnel of slot 22, to which its pins go over.
#pragma once

#include <string>
#include <vector>

#include "core/hash.h"
#include "core/verdict.h"
#include "dataplane/image.h"
#include "tests/kit/packets.h"

namespace waymark::fixture {

using packets::Bytes;
using packets::Payload;

enum Service : u32 {
  by_ip6 = 1,
  by_ip4,
  by_gue6,
  by_gue4,
  many,
  empty,
  gone,
  pool,
  sticky,
  no_way,
  old_way,
  narrow6,
  narrow4,
  other,
  all,
  tenant,
  moved6,
  moved4,
  by_gre6,
  by_gre4,
  by_key6,
  by_key4,
  by_vxlan6,
  by_vxlan4,
  by_mac6,
  by_mac4,
  by_rewrite6,
  by_rewrite4
};
constexpr u32 kLastService = by_rewrite4;

constexpr u32 kInterface = 1, kOtherInterface = 2;
constexpr u16 kGuePort = 6080, kVxlanPort = 4789;
constexpr u32 kKey = 0xfedc'ba98, kVni = 0xab'cdef;        // of targets, and of the tunnels that end here
inline const std::string kFrameEnd = "02:00:00:00:05:01";  // whom the frames in VXLAN to targets are for
constexpr u32 kPins = 400;                                 // 64 buckets
constexpr u32 kNarrowMtu = 600, kMtu = 1500;
constexpr u16 kVlan = 100, kInnerVlan = 200;        // public too, as tag and as (outer, inner) tags
constexpr u16 kVlanNoTunnels = 7, kVlanTenant = 8;  // public without tunnels; the tenant's zone
inline const std::string kClient4 = "203.0.113.7", kClient6 = "2001:db8:c::7";
inline const std::string kHere4 = "192.0.2.10", kHere6 = "2001:db8:5::10";
inline const std::string kDirector4 = "192.0.2.1", kDirector6 = "2001:db8:5::1";
// The director's own addresses that no tunnels of its begin at here; it is told to speak from the IPv6 one alone.
inline const std::string kOwn4 = "192.0.2.20", kOwn6 = "2001:db8:5::20";
inline const std::string kServed4 = "198.51.100.90", kServed6 = "2001:db8:90::1";

constexpr u32 kFellowSlot6 = 61, kFellowSlot4 = 62, kTakenOver = 70;
inline const std::string kFellow6 = "2001:db8:5::161", kFellow4 = "192.0.2.162";
constexpr u16 kShared = 3, kAlone = 4, kAlonePort = 8080;  // services of the host, and where only this one answers

constexpr u32 kPublic = zone_of("public", 6), kTenant = zone_of("tenant", 6);
constexpr u32 kPublicRealm = 0, kTenantRealm = 1;            // as both have the address of `by_ip6`
constexpr u32 kFragmentStamps = 10;                          // of 16 ticks
constexpr u32 kAnswerInterval = 1u << 28, kAnswerBurst = 8;  // some seconds between two: no case takes longer
constexpr u32 kStampShift = 8, kStaleStamps = 400, kEmbryoStamps = 40;

std::string address4(u32 service);
std::string address6(u32 service);
Address address(const std::string& text);

// The config tables, for tables of kPins pins, or none.
Image image(bool pins = true, u32 stamp_shift = kStampShift);

// The live tables as after a start at tick `now`: no pins.
void fill(const Live& live, u32 now);

// The keyed hash of a flow, written again from its description in core/hash.h, over the bytes of the addresses.
u64 flow_hash(u32 realm, const std::string& source, const std::string& destination, const Payload& payload);
u64 client_hash(u32 realm, const std::string& source);

// The slot that the choice of a service of three targets holds for a hash, and the one that it held before; 0: none.
u32 chosen(u32 service, u64 hash);
u32 chosen_before(u32 service, u64 hash);

// The slot of a service's only target, or of the first of three.
u32 slot_of(u32 service);

// Where a target's tunnels end.
std::string end_of(u32 slot);

// The frame that carries `inner` to the target in `slot`, written by the packet builder.
Bytes tunnelled(u32 slot, const Bytes& inner, u64 hash, u8 tos = 0, const packets::Link* link = nullptr,
                u32 candidate = 0);

}  // namespace waymark::fixture
