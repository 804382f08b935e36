// Lab `tenants`: two tenants with the same IPv4 address reach an IPv6 server by any of two gateways that share nothing.
#pragma once

#include "lab/kit/daemons.h"
#include "lab/kit/verdict.h"

namespace waymark::lab {

Verdict run_tenants(const Tools& tools, const Say& say);

}  // namespace waymark::lab
