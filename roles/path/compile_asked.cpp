// What XDP answers questions for names by, as far as the file says it (packet_ask.h).
#include <algorithm>
#include <bit>

#include "config/dns_name.h"
#include "config/dns_scope.h"
#include "core/steer.h"
#include "roles/compile.h"
#include "roles/path/asked.h"
#include "roles/path/packet_ask.h"

namespace waymark::path {

namespace {

constexpr Duration kLife = std::chrono::hours(1);  // without a daemon
constexpr u32 kSeedTries = 10'000;

AskedName record_of(const DnsNameConfig& name) {
  AskedName out{};
  const std::string wire = dns::wire_name(name.name);
  for (std::size_t i = 0; i < wire.size(); ++i) out.word[i / 8] |= u64(u8(wire[i])) << (i % 8 * 8);
  out.words = u32((wire.size() + 7) / 8);
  return out;
}

u64 hash_of(const AskedName& name, u64 seed) {
  u64 hash = seed;
  for (u32 i = 0; i < name.words; ++i) hash = add_to_hash(hash, name.word[i]);
  return end_hash(hash);
}

// Tries seeds, in a fixed order, until no bucket overflows or has a tag twice.
Status arrange_names(Image& image, AskedSettings& s) {
  s.bits = std::max<u32>(4, u32(std::bit_width(image.path_asked_names.size())) + 2);
  for (u64 seed = 1; seed <= kSeedTries; ++seed) {
    s.seed = mix(seed);
    image.path_asked_index.assign(std::size_t(1) << s.bits, AskedBucket{});
    bool fits = true;
    for (u32 i = 0; i < image.path_asked_names.size() && fits; ++i) {
      const u64 hash = hash_of(image.path_asked_names[i], s.seed);
      auto& ways = image.path_asked_index[hash >> (64 - s.bits)].way;
      u32* way = std::find(std::begin(ways), std::end(ways), 0u);
      fits = way != std::end(ways) &&
             std::none_of(std::begin(ways), way, [&](u32 w) { return !((w ^ tag_of_name(hash)) >> 16); });
      if (fits) *way = tag_of_name(hash) | (i + 1);
    }
    if (fits) return Done{};
  }
  return Error{"no arrangement of the names in [dns] was found"};
}

// A server's address but for what depends on the client.
Address address_of_server(const Plan& plan, u32 id, u32 policy) {
  Address out = write_field(plan, FieldKind::policy, write_field(plan, FieldKind::id, plan.prefix, id), policy);
  if (!has(plan, FieldKind::epoch) || !plan.key_places) return out;
  return write_field(plan, FieldKind::epoch, out, maker_of(plan).epoch);
}

void add_names(Image& image, const AskedPlan& asked, const PathConfig& path, const Plan& servers) {
  for (const auto& [name, policy, set] : asked.names) {
    AskedName record = record_of(*name);
    record.first = u32(image.path_asked_servers.size());
    record.set = set;
    std::vector<DnsServerConfig> chosen = name->server;
    std::erase_if(chosen, [](const DnsServerConfig& s) { return !s.weight; });
    std::ranges::sort(chosen, {}, &DnsServerConfig::id);
    for (const DnsServerConfig& server : chosen) {
      const u32 pop = std::ranges::find(path.server, server.id, &PathServerConfig::id)->pop;
      const u32 to = u32(std::ranges::lower_bound(asked.columns, pop) - asked.columns.begin());
      image.path_asked_servers.push_back(
          {address_of_server(servers, server.id, policy->index), server.id, server.weight, to, 0});
    }
    record.count = u32(chosen.size());
    image.path_asked_names.push_back(record);
  }
}

void add_fronts(const Compiling& c, const AskedPlan& asked, const OwnSettings& s) {
  for (const Address& a : asked.listen)
    for (const Space zone : {s.network, s.access}) {
      if (zone == kAnySpace) continue;
      const bool own = c.fronts.contains({zone, Prefix(a)});  // tunnels end there, too
      front(c.fronts, Role::path, zone, Prefix(a)).index |= own ? kAnswersHere : kAnswersHere | kAnswersAlone;
    }
  for (const Prefix& p : c.in.config.dns->resolvers) front(c.fronts, Role::path, space_of(0, SpaceKind::resolver), p);
}

}  // namespace

Status compile_asked(const Compiling& c, OwnSettings& s) {
  const AskedPlan asked = asked_plan(c.in.config);
  if (!asked.layout) return Done{};
  const DnsConfig& dns = *c.in.config.dns;
  AskedSettings& a = s.asked;
  a.layout = asked.layout;
  if (s.servers.key_places) a.tag_key = maker_of(s.servers).key;
  a.columns = u32(asked.columns.size());
  a.sets = u32(asked.policies.size());
  a.ttl = wire32(u32(std::chrono::duration_cast<std::chrono::seconds>(dns.ttl).count()));
  a.interval = interval_of(dns.rate, c.in.meta.ticks_per_second);
  a.rate = dns.rate;
  a.resolver_interval = interval_of(dns.resolver_rate, c.in.meta.ticks_per_second);
  a.resolver_rate = dns.resolver_rate;
  a.ticks_per_second = c.in.meta.ticks_per_second;
  a.life = ticks_of(kLife, c.in.meta);
  a.port = dns.port;
  a.scope = u8(dns.scope.value_or(least_scope(s.clients, s.servers)));
  for (u32 i = 0; i < asked.pops.size(); ++i) {
    auto& rows = c.image.path_asked_pops;
    if (rows.size() <= asked.pops[i]) rows.resize(asked.pops[i] + 1);
    rows[asked.pops[i]] = i + 1;
  }
  add_names(c.image, asked, *c.in.config.path, s.servers);
  add_fronts(c, asked, s);
  return arrange_names(c.image, a);
}

}  // namespace waymark::path
