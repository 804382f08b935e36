// What must hold of whatever a gateway makes of a frame, where no case says what to expect: nothing of one tenant's is
// ever another's. At the usual site (tests/gateway/cases.h).
#pragma once

#include <string>
#include <vector>

#include "dataplane/image.h"
#include "tests/gateway/cases.h"

namespace waymark::gateway_cases {

// Empty, or a sentence that says what is wrong with the frames that left for the one that came in.
std::string mixed_up(const Bytes& frame, const std::vector<Bytes>& out);

// The same of one frame at link_site(): whether it came by a link, and left by one. Of tunnels red alone has one there.
std::string mixed_up_at_links(const Bytes& frame, bool by_link, const Bytes& left, bool to_link);

// The packet of an Ethernet frame with up to two tags; empty: there is none.
Bytes packet_in(const Bytes& frame);

// Likewise of the neighbours that are known by now: none is beyond its overlay, or what its overlay may know. `own`:
// the gateway's MAC address where they are learnt: in the overlay of the usual site, or on the links of link_site().
std::string wrongly_known(const Live& live, const Mac& own);
constexpr Mac kOverlayMac = {{2, 0x57, 0, 0, 0, 4}}, kLinkMac = {{2, 0x57, 0, 0, 0, 1}};

}  // namespace waymark::gateway_cases
