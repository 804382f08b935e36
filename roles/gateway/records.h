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
struct TenantTunnel {
  u32 tenant;     // index
  u32 end;        // the first of its headers
  u32 ip4, mask;  // the first prefix behind it, host order
};
static_assert(sizeof(TenantTunnel) == 16);

constexpr u32 kMaxGateways = 4'096, kMaxTenants = 65'536, kMaxTenantTunnels = 65'536, kMaxGatewayEnds = 262'144;

}  // namespace waymark
