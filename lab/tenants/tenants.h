// Lab `tenants`: two tenants with the same IPv4 address reach an IPv6 server by any of two gateways that share nothing,
// while server and gateways move; and the same with a plain NAT64 in each gateway.
#pragma once

#include "lab/kit/daemons.h"
#include "lab/kit/verdict.h"

namespace waymark::lab {

Verdict run_tenants(const Tools& tools, const Say& say);
// The site with both gateways and its servers, all of which stay.
Status raise_tenants(const Tools& tools);

}  // namespace waymark::lab
