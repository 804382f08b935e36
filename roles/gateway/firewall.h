// The gateway's firewall as the configuration has it, in the terms of the tables.
#pragma once

#include <vector>

#include "core/plan.h"
#include "roles/compile.h"
#include "roles/gateway/config.h"

namespace waymark::gateway {

// A rule taken apart: one for each of its ports, of its prefixes inside and of those outside.
std::vector<FirewallRule> rules_of(const FirewallRuleConfig& rule);
std::size_t rules_in(const FirewallRuleConfig& rule);  // how many

bool is_guarded(const GatewayConfig& config);  // any tenant of it

// Whether a tenant's number fits into a flow's key.
constexpr u64 kMostGuarded = 0xffffff;

void add_firewall(const Compiling& c, const GatewayConfig& config, const Plan& plan);
// A tenant's rules and limits; its Tenant::policy. `index`: its place among the tenants.
u32 add_policy(const Compiling& c, const GatewayConfig& config, const TenantConfig& tenant, u32 index);

}  // namespace waymark::gateway
