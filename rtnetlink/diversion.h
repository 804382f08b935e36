// Policy routing that leads chosen packets of this machine into one interface, whatever the other routes say.
#pragma once

#include "base/result.h"
#include "core/address.h"

namespace waymark {

struct Diversion {
  u32 number;     // the mark of the packets, and the number of the routing table
  u32 interface;  // where they go
};

// Sockets with the mark send into the interface, in one family. What is there already is fine.
Status divert_marked(const Diversion& diversion, bool ip6);

// Answers that come from `there` to `here` pass the reverse path filter, which wants a route back that leads somewhere.
// For IPv4; IPv6 has no such filter.
Status expect_answers(const Diversion& diversion, const Address& there, const Address& here);

// Takes the rules away; the routes vanish with the interface.
void end_diversion(u32 number);

}  // namespace waymark
