// Tenants, their tunnels and gateways, as packets find them. Shared with user space; see core/records.h.
#pragma once

#include "core/prefix_records.h"

namespace waymark {

// One of the gateways that share the plan, whichever node holds it.
constexpr u16 kNotHeld = 0xffff;
struct Gateway {
  Address own;  // the plan's address with its id and zeros: where tunnels between gateways end
  u32 end;      // the header of a tunnel to it, in table::gateway_ends
  u16 turn;     // among those that are held here; kNotHeld: it is not
  u8 has_mac;   // 0: frame_source() of where the tunnel ends
  Mac mac;      // its own in VXLANs
  u8 reserved[3];
};
static_assert(sizeof(Gateway) == 32);

// A tenant as one of the gateways has it that are held here: tenants in their order, and of each the gateways' turns.
struct alignas(64) Tenant {
  Mapping plan;  // its addresses in IPv4, and the plan's with this gateway's id
  Space maps;    // its destinations in IPv6
  Space routes;  // its addresses in IPv4: Mapping::index is a tunnel's and 1
  u32 policy;    // its firewall's, in table::firewall_policies, and 1; 0: it has none
  u32 owner;     // as FirewallPolicy::owner
  u64 reserved[5];
};
static_assert(sizeof(Tenant) == 128);

// A tenant's tunnel, whichever id it is to. Its headers stand ready in table::gateway_ends, one for each id that is
// held here, in their turn; one whose Target::in_use is 0 cannot be: the id has no address of the far end's family.
//
// A link (core/link.h) belongs to one id, and has a header in that one's turn alone.
//
// In VXLAN, and on a link whose neighbours are learnt, it leads into an overlay, an Ethernet that tunnels to several
// far ends may share: they follow one another. Where the gateway has addresses of its own there, the overlay has a
// place in table::neighbours. The route to an address of the tenant's (Tenant::routes) says by Mapping::low which
// neighbour is the next hop, 0 being the address itself, and by Mapping::high who asks for it.
constexpr u32 kOverlayAddresses = 4, kMostMembers = 1'024;
struct alignas(64) TenantTunnel {
  u32 tenant;     // index
  u32 end;        // the first of its headers
  u32 ip4, mask;  // the first prefix behind it, host order
  u64 owner;      // of the overlay's neighbours: a hash of whose it is
  u32 first_bucket, buckets;
  u32 first;                   // tunnel of the overlay's
  u16 members;                 // tunnels of the overlay
  u8 learns;                   // 1: neighbours say whom frames are for; else the header does
  u8 silent;                   // 1: another node takes the link's id, so nothing is said there of this one
  u32 own[kOverlayAddresses];  // the gateway's addresses in the overlay, host order; 0: none
  u16 turn;                    // of the id that a link leads to; kNotHeld: another node does its work
  u16 reserved2[3];
};
static_assert(sizeof(TenantTunnel) == 64);

constexpr u32 kMaxGateways = 4'096, kMaxTenants = 65'536, kMaxTenantTunnels = 65'536, kMaxGatewayEnds = 262'144;

}  // namespace waymark
