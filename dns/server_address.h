// A server's address for one client: which server, by which path, and the address that says so.
#pragma once

#include <optional>
#include <span>

#include "dns/ways.h"
#include "dns/zones.h"

namespace waymark::dns {

// The address of the plan that carries these, with the tag of the key that makes new addresses. None where the plan has
// no room for the path, or no key. The same one as `waymark provision server-address` prints.
std::optional<Address> address_of(const Plan& plan, const Address& client, u32 server, std::span<const u32> path,
                                  u32 policy);

// A server of the name's by their weights, the same one for a client as long as it is up. Of those that are lost only
// where all are. None: there is no way to any.
std::optional<Address> address_for(const Zones& zones, const Node& node, const Ways& ways, const Lost& lost,
                                   const Address& client, u32 pop);

}  // namespace waymark::dns
