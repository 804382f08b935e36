// What roles/gateway/role.cpp is put together from.
#pragma once

#include <optional>

#include "config/checks.h"
#include "config/holding.h"
#include "config/plans.h"
#include "roles/compile.h"
#include "roles/here.h"
#include "roles/role.h"

namespace waymark::gateway {

void check(config::Checking& in);
Status compile(const Compiling& c);
void look_here(const Config& config, Findings& out);

// The gateway's plan, where the file has it and it is one.
std::optional<AddressPlan> plan_of(const Config& config);

// What a flow's age is counted in, where the plan has a field for it.
Duration birth_unit(const Config& config);

// The address of a plan with these fields and zeros: of a gateway's own, number and `ip4` are 0.
Address plan_address(const Plan& plan, u64 id, u64 number, u32 ip4);

// What of the plan's prefix names an id that this node holds: one prefix for each id, or one for each id and tenant
// where the plan has `tenant` before `gateway`. Empty where `ipv4`, or what flows fill in, stands before `gateway`: no
// prefix tells ids apart.
std::vector<Prefix> specific_prefixes(const Config& config);

// What is announced of the ids that this node holds, each prefix once.
std::vector<Prefix> announced_prefixes(const Config& config);

bool announces(const GatewayConfig& config, GatewayRoutes what);

// The addresses of the ids that this node holds: of the plan, and where tenants' tunnels end.
std::vector<Address> own_addresses(const Config& config);

bool holds(const GatewayConfig& config, u64 id);
bool stays(const GatewayConfig& config, u64 id);  // and no other node is taking it over

// That its addresses on tenants' links are here: ARP announcements (RFC 5227, 2.3) of the ids that it holds for good.
std::vector<Greeting> greetings(const Config& config, std::span<const InterfaceFacts> interfaces);

// Its ids, where members of a [group] hold them in turn (Descriptor::holdings).
std::vector<Holding> holdings(const Config& config);
void hold(Config& config, const Holds& holds);

}  // namespace waymark::gateway
