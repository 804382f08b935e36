#include "dns/client.h"

#include <algorithm>

namespace waymark::dns {

namespace {

// Of how many bits `a` and `b` have in common, from the first on.
u32 common_bits(const Address& a, const Address& b) {
  const Address differ = a ^ b;
  const u64 high = __builtin_bswap64(differ.high), low = __builtin_bswap64(differ.low);
  return high ? u32(__builtin_clzll(high)) : low ? 64 + u32(__builtin_clzll(low)) : 128;
}

// The client's POP, where the address is one of the clients' plan as it should be: only what is given of it is looked
// at, which is at least what an answer depends on.
std::optional<u32> pop_of(const Zones& zones, const Address& address) {
  const Plan& plan = zones.clients();
  if (!in_prefix(plan, address) || !zeros_hold(plan, address)) return {};
  const u64 pop = read_field(plan, FieldKind::pop, address);
  if (pop > ~u32(0) || !zones.has_pop(u32(pop))) return {};
  if (has(plan, FieldKind::tag) && check_tag(plan, address, {}) != TagCheck::good) return {};
  return u32(pop);
}

constexpr u32 kAnyTime = ~u32(0);

// For a listed resolver's client. An answer that is not its own is kept for as many addresses around it as are no
// clients of the plan; where a client's own address may be among those that are asked for, for no time.
Asker by_subnet(const Zones& zones, const Subnet& subnet) {
  if (!subnet.bits) return {{}, 0, 0, 0};
  if (is_ip4(subnet.address)) return {{}, 0, subnet.bits, kAnyTime};
  const Plan& plan = zones.clients();
  if (const u32 common = common_bits(subnet.address, plan.prefix);
      common < std::min<u32>(subnet.bits, plan.prefix_length))
    return {{}, 0, u8(common + 1), kAnyTime};
  if (subnet.bits < zones.least()) return {{}, 0, u8(zones.least()), 0};
  if (const auto pop = pop_of(zones, subnet.address)) return {subnet.address, *pop, u8(zones.scope()), zones.ttl()};
  return {{}, 0, 128, 0};
}

}  // namespace

Asker asker_of(const Zones& zones, const Address& from, const std::optional<Subnet>& subnet) {
  if (zones.is_resolver(from)) return subnet ? by_subnet(zones, *subnet) : Asker{};
  const u8 scope = subnet && subnet->bits ? subnet->most() : 0;
  if (is_ip4(from)) return {{}, 0, scope, 0};
  if (const auto pop = pop_of(zones, from)) return {from, *pop, scope, zones.ttl()};
  return {{}, 0, scope, 0};
}

}  // namespace waymark::dns
