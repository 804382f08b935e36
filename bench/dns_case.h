// The case of a name server: a listed resolver's question for one client, with Client Subnet and a good cookie, becomes
// the answer with an address made for this client. Without sockets.
#pragma once

#include "bench/case.h"

namespace waymark::bench {

std::unique_ptr<Case> make_dns();

}  // namespace waymark::bench
