// The gateway's constants of one load (Settings::role).
#pragma once

#include "core/firewall/records.h"
#include "core/prefix_records.h"
#include "core/translate/records.h"

namespace waymark::gateway {

struct OwnSettings {
  Space space;                  // its zone
  Address prefix, prefix_mask;  // the plan's
  Address must_be_zero;         // bits that no good address of the plan has
  Address own_mask;             // the prefix and the field `gateway`: what is left is that gateway's own address
  Address tenant_mask;          // the field `tenant`
  u32 held;                     // how many gateways this node does the work of
  u32 routes_on;                // 1: what is for another gateway goes there by the network's routes
  // Answers and questions in an overlay, as Settings::answer_interval and answer_burst.
  u32 overlay_interval, overlay_burst;
  u32 neighbour_fresh, neighbour_idle;  // ticks: a neighbour's time is written anew; it is known no more
  u16 gue_port, vxlan_port;             // where tenants' tunnels of these kinds end, host order
  u32 reserved;
  translate::Settings translation;
  FlowPlaces places;       // of the plan's fields that flows fill in
  Address without_places;  // all bits of an address but theirs
};
static_assert(sizeof(OwnSettings) == 256);

}  // namespace waymark::gateway
