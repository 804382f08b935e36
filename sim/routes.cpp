// Routers: they learn what directors announce, find out when a director does not answer (BFD), and spread flows over
// what is left (ECMP).
#include "sim/world.h"

namespace waymark::sim {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLearnLeast = 20ms, kLearnMost = 200ms;  // a routing daemon's way from kernel to router

u64 hash_of(const Segment& flow) {
  return mix(flow.source.low ^ mix(flow.source.high ^ mix(flow.destination.low ^ mix(flow.destination.high))) ^
             (u64(flow.protocol) << 32 | u64(flow.source_port) << 16 | flow.destination_port));
}

}  // namespace

void World::learn_routes(Machine& m) {
  for (Router& router : routers_)
    events_.after(random_.between(kLearnLeast, kLearnMost), [this, &router, &m] {
      Router::Peering& peering = router.to[m.number];
      peering.routes = m.up ? m.kernel_routes : 0;
      note(u64(router.place) << 40 | u64(m.place) << 32 | peering.routes);
    });
}

// Sessions end where the way or the machine has been gone, and come back where it is there again.
void World::review_sessions(Duration after) {
  events_.after(after, [this] {
    for (Router& router : routers_)
      for (u32 d = 0; d < plan_.directors; ++d) {
        Router::Peering& peering = router.to[d];
        const bool alive = director(d).up && !network_.cut(router.place, director(d).place);
        if (alive && !peering.session) peering.routes = director(d).kernel_routes;
        peering.session = alive;
      }
  });
}

std::optional<u32> World::next_hop(const Router& router, const Segment& flow) const {
  u32 bit = 0;
  while (bit < 2 * plan_.services.size() && !(plan_.services[bit / 2].address[bit % 2] == flow.destination)) ++bit;
  u32 hops[8], count = 0;
  for (u32 d = 0; d < plan_.directors; ++d) {
    const Router::Peering& peering = router.to[d];
    if (peering.session && !peering.flapped && peering.routes >> bit & 1) hops[count++] = d;
  }
  if (!count) return std::nullopt;
  const u64 hash = mix(hash_of(flow) ^ router.seed);
  if (!router.sticky) return hops[reduce(u32(hash >> 32), count)];
  u32 best = 0;
  for (u32 i = 1; i < count; ++i)
    if (mix(hash ^ hops[i]) > mix(hash ^ hops[best])) best = i;
  return hops[best];
}

}  // namespace waymark::sim
