// Frames on tenants' own links, one after the other: untagged, with VLAN tags (IEEE 802.1Q), with MPLS labels (RFC
// 3032). Through both builds. Each case begins without a neighbour. Written by hand.
#pragma once

#include "tests/gateway/overlay_cases.h"

namespace waymark::gateway_cases {

struct LinkStep {
  Bytes in;      // a frame
  bool by_link;  // by eth0, which is tenants'; else by eth1, the cloud's
  std::string reason;
  Bytes out = {};  // the frame that leaves by a link, or the packet that leaves for the cloud; none: whatever leaves
};
struct LinkCase {
  std::string name, why;
  std::vector<LinkStep> steps;  // at link_site()
};
const std::vector<LinkCase>& link_cases();

// "red" has eth0 untagged and a label there, "blue" VLAN 100 and stacks of two labels; VLAN 7 in 200 is red's, too, and
// VLAN 400 is of a gateway that this node does not hold.
std::string link_site(const std::string& keys = "");

// Of whatever leaves by eth0, at that site: whose it is by its tags and labels; 0: nobody's.
unsigned tenant_of_link(const Bytes& frame);
// The frame that left, or its packet, with zeros for an identification that nobody foresees.
Bytes left_so(const Bytes& frame, bool by_link);

}  // namespace waymark::gateway_cases
