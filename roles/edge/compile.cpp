// The edge's part of the tables: fronts, genuine servers, keys.
#include "roles/compile.h"

#include <algorithm>
#include <bit>

#include "config/prefixes.h"
#include "roles/edge/packet_answer.h"
#include "roles/edge/role.h"

namespace waymark::edge {

namespace {

constexpr Duration kFollow = std::chrono::seconds(60);  // RFC 8200, 4.5: a datagram's rest is waited for so long
constexpr u32 kSeedTries = 1'000'000;

// Keys of the edge's own, as old as the pins', of which they tell nothing.
u64 derived(const Meta& meta, u64 label) {
  SipHash hash(SipKey{load64(meta.pin_key), load64(meta.pin_key + 2)});
  for (u32 i = 4; i < 12; i += 2) hash.add(load64(meta.pin_key + i));
  hash.add(label);
  return hash.finish(0, 40);
}

void set_keys(OwnSettings& s, const Meta& meta) {
  s.nonce = {derived(meta, 1), derived(meta, 2)};
  for (u32 i = 0; i < 8; ++i) {
    s.round[i] = u32(derived(meta, 16 + i));
    s.use_key[i] = u32(derived(meta, 32 + i));
  }
  for (u32 i = 0; i < 2; ++i) s.pool_key[i] = u32(derived(meta, 48 + i));
}

Status add_anycasts(Image& image, const EdgeConfig& edge) {
  const std::vector<u64> halves = anycast_halves(edge);
  u64& seed = image.settings.role.edge.anycast_seed;
  for (seed = 1; seed <= kSeedTries; ++seed) {
    image.edge_anycasts.assign(1u << kEdgeAnycastBits, EdgeAnycast{});
    const bool fits = std::ranges::all_of(halves, [&](u64 half) {
      EdgeAnycast& place = image.edge_anycasts[anycast_place(seed, number_of(half))];
      const bool free = !place.in_use;
      place = {half, number_of(half), 1};
      return free;
    });
    if (fits) return Done{};
  }
  return Error{"no arrangement of the anycast addresses of [edge] was found"};
}

void add_services(const Compiling& c, const EdgeConfig& edge) {
  const Space zone = space_of(zone_number(edge.zone));
  for (u32 i = 0; i < edge.service.size(); ++i) {
    const EdgeServiceConfig& service = edge.service[i];
    for (const Prefix& p : service.anycast) add_rules(front(c.fronts, Role::edge, zone, p), service.ports, i);
    c.image.edge_services.push_back({u32(c.image.edge_servers.size()), u32(service.servers.size())});
    for (const Prefix& p : service.servers) {
      const Address mask = waymark::mask_of(p);
      c.image.edge_servers.push_back({p.address.high, p.address.low, mask.high, mask.low});
    }
  }
}

// A prefix of a pool has a front that says where its first address stands among all.
void add_pool(const Compiling& c, const EdgeConfig& edge, const std::vector<Prefix>& pool) {
  for (const Prefix& p : pool) {
    for (const std::string& zone : {outside_of(edge), edge.zone})  // of servers among the clients, too
      front(c.fronts, Role::edge, space_of(zone_number(zone)), p).index = u32(c.image.edge_pool.size());
    const u32 first = number(ip4_of(p.address));
    for (u64 i = 0; i < u64(1) << (32 - p.length); ++i)
      c.image.edge_pool.push_back(address_of(wire32(first + u32(i))).low);
  }
}

}  // namespace

Status compile(const Compiling& c) {
  const EdgeConfig& edge = *c.in.config.edge;
  const Meta& meta = c.in.meta;
  OwnSettings& s = c.image.settings.role.edge;
  s.zone = space_of(zone_number(edge.zone));
  s.outside = space_of(zone_number(outside_of(edge)));
  const std::vector<Prefix> prefixes = prefixes_of(edge);
  s.regions = std::max(1u, u32(prefixes.size()));
  for (u32 i = 0; i < kMostRegions; ++i)
    s.prefix[i] = prefixes.empty() ? kNoPrefix : prefixes[i < prefixes.size() ? i : 0].address.high;
  s.buckets =
      s.regions == 1 ? meta.edge_buckets : std::min(edge_buckets_for(edge.flows), meta.edge_buckets / s.regions);
  const std::vector<std::vector<Prefix>> pools = pools_of(edge);
  s.regions4 = std::max(1u, u32(pools.size()));
  s.buckets4 =
      s.regions4 == 1 ? meta.edge_buckets4 : std::min(edge_buckets_for(edge.flows), meta.edge_buckets4 / s.regions4);
  s.pool = u32(pool_size(edge.pool));
  s.place_bits = u32(std::bit_width(std::max(1u, s.buckets) * kExactWays - 1));
  s.stale_stamps = stamps_for(std::max(edge.tcp_idle, edge.udp_idle), meta);
  s.quota = edge.quota;
  s.interval = interval_of(edge.new_flows, meta.ticks_per_second);
  s.burst = edge.new_flows;
  s.follow_ticks = std::min(ticks_of(kFollow, meta), 0x7fffu);
  set_keys(s, meta);
  if (has_ip6(edge)) set_own(c.image.settings, kModule, {{edge.address}});
  if (has_ip4(edge)) set_own(c.image.settings, kModule, {{edge.address4}});
  set_limit(c.image.settings, AnswerKind::edge, edge.errors, meta.ticks_per_second);
  for (const Prefix& prefix : prefixes) {
    front(c.fronts, Role::edge, s.outside, prefix);
    if (!(s.zone == s.outside)) front(c.fronts, Role::edge, s.zone, prefix);  // of servers among the clients
  }
  for (const std::vector<Prefix>& pool : pools) add_pool(c, edge, pool);
  add_services(c, edge);
  return add_anycasts(c.image, edge);
}

}  // namespace waymark::edge
