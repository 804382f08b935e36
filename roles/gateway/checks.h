// Parts of the gateway's check.
#pragma once

#include <optional>
#include <string>

#include "config/checks.h"
#include "config/plans.h"

namespace waymark::gateway {

// Whose gateway has each site of a tenant's, and that nothing else is said of its addresses. `whose`: "tenant \"red\"".
void check_sites(config::Checking& in, const GatewayConfig& gateway, const TenantConfig& tenant,
                 const std::string& whose);

// That what is to be announced is a prefix, is not too much, and that somebody announces it. No plan: its error is
// told.
void check_routes(config::Checking& in, const GatewayConfig& gateway, const std::optional<AddressPlan>& plan);

}  // namespace waymark::gateway
