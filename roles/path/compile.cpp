// A POP's part of the tables: fronts, other POPs, servers, policies, and its plans.
#include "roles/compile.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/kinds.h"
#include "core/steer.h"
#include "roles/path/packet_policy.h"
#include "roles/path/role.h"

namespace waymark::path {

namespace {

bool has(const std::vector<u32>& ids, u32 id) { return std::ranges::find(ids, id) != ids.end(); }

Address of_family(const std::vector<Address>& all, bool ip4) {
  for (const Address& a : all)
    if (is_ip4(a) == ip4) return a;
  return {};
}

template <class T>
T& at(std::vector<T>& table, u32 index) {
  if (table.size() <= index) table.resize(index + 1);
  return table[index];
}

u8 pings_of(const PathPolicyConfig& policy) {
  const auto has_tcp = [](const std::vector<PortRange>& ports) {
    return std::ranges::any_of(ports, [](const PortRange& r) { return r.protocol == Protocol::tcp; });
  };
  return u8((has_tcp(policy.to_server) ? bit_of(Towards::server) : 0) |
            (has_tcp(policy.to_client) ? bit_of(Towards::client) : 0));
}

// The rate in what packets count (packet_rate.h). The burst is 10 ms of it, and no less than two ticks, or a few
// packets: a slow connection comes in bursts, too.
constexpr u32 kBurstBytes = 16'384;
void set_rate(PathPolicy& p, u64 bits_per_second, u32 ticks_per_second) {
  const u64 bytes = bits_per_second / 8, time = u64(ticks_per_second) << 36;
  p.batch = u32(std::clamp<u64>(bytes / 4'096, 1, 65'536));
  p.pace = (time + bytes / 2) / bytes;
  p.burst = std::max({(u64(ticks_per_second) << 16) / 100, u64(2) << 16, kBurstBytes * p.pace >> 20});
}

void add_policy(const Compiling& c, const PathPolicyConfig& policy) {
  PathPolicy& p = at(c.image.path_policies, policy.index);
  for (const u8 protocol : policy.protocols) p.protocols[protocol >> 6] |= u64(1) << (protocol & 63);
  for (std::size_t i = 0; i < policy.mandatory.size(); ++i) p.mandatory |= u64(policy.mandatory[i]) << (16 * i);
  p.known = 1;
  p.sets_class = policy.dscp.has_value();
  p.dscp = policy.dscp.value_or(0);
  p.pings = pings_of(policy);
  if (policy.rate) set_rate(p, policy.rate, c.in.meta.ticks_per_second);
  const auto add = [&](const std::vector<PortRange>& ports, Towards way) {
    if (!ports.empty()) add_rules(front(c.fronts, Role::path, ports_space(policy.index, way), kPortsAddress), ports, 0);
  };
  add(policy.to_server, Towards::server);
  add(policy.to_client, Towards::client);
}

void add_destinations(const Compiling& c, const PathConfig& path) {
  const std::vector<Destination> all = destinations(path);
  const std::span<const u32> slots = c.in.fellows.last(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (const PathPopConfig* pop = all[i].pop)
      at(c.image.path_pops, pop->id) = {slots[i], 1, has(path.plain, pop->id), has(path.down, pop->id), 0};
    if (const PathServerConfig* server = all[i].server) at(c.image.path_servers, server->id).slot = slots[i];
  }
  for (const PathServerConfig& server : path.server) {
    PathServer& s = at(c.image.path_servers, server.id);
    s.pop = u16(server.pop);
    s.known = 1;
  }
}

void add_fronts(const Compiling& c, const PathConfig& path, const OwnSettings& s) {
  const auto add = [&](Space space, const Prefix& p) -> FrontDraft& { return front(c.fronts, Role::path, space, p); };
  for (const Plan* plan : {&s.clients, &s.servers})
    for (const Space zone : {s.network, s.access})
      if (zone != kAnySpace) add(zone, {plan->prefix, plan->prefix_length});
  for (const Address& own : own_pop(path)->address) add(s.network, own);
  for (const PathPopConfig& pop : path.pop)
    for (const Address& address : pop.address)
      if (pop.id != path.id) add(space_of(0, SpaceKind::pop), address).index = pop.id;
  for (const PathAccessConfig& access : path.access)
    for (const InterfaceConfig& interface : c.in.config.engine.interfaces) {
      if (config::text(interface) != access.interface) continue;
      for (const InterfaceFacts& facts : c.in.interfaces)
        if (facts.name == interface.name)
          for (const Prefix& p : access.prefix)
            add(space_of(facts.index, SpaceKind::access, u32(interface.outer_vlan) << 12 | interface.inner_vlan), p);
    }
}

}  // namespace

std::vector<Destination> destinations(const PathConfig& path) {
  std::vector<Destination> out;
  const auto add = [&](const std::vector<Address>& addresses, Destination d, Tunnel tunnel, u16 port) {
    for (const bool ip4 : {false, true}) {
      const Address source = own_address(path, ip4), to = of_family(addresses, ip4);
      if (source == Address{} || to == Address{}) continue;
      d.target = {d.pop ? fmt::format("pop {}", d.pop->id) : fmt::format("server {}", d.server->id), source, to, tunnel,
                  port};
      out.push_back(d);
      return;
    }
  };
  for (const PathPopConfig& pop : path.pop)
    if (pop.id != path.id)
      add(pop.address, {&pop, nullptr, {}}, has(path.plain, pop.id) ? Tunnel::mac : pop.tunnel, pop.port);
  for (const PathServerConfig& server : path.server)
    if (server.pop == path.id) add({server.address}, {nullptr, &server, {}}, server.tunnel, server.port);
  return out;
}

const PathPopConfig* own_pop(const PathConfig& path) {
  for (const PathPopConfig& pop : path.pop)
    if (pop.id == path.id) return &pop;
  return nullptr;
}

Address own_address(const PathConfig& path, bool ip4) {
  const PathPopConfig* own = own_pop(path);
  return own ? of_family(own->address, ip4) : Address{};
}

std::optional<AddressPlan> plan_called(const Config& config, const std::string& name) {
  for (const PlanConfig& plan : config.plan)
    if (plan.name == name)
      if (auto compiled = compile_plan(plan)) return std::move(*compiled);
  return {};
}

Status compile(const Compiling& c) {
  const PathConfig& path = *c.in.config.path;
  const auto clients = plan_called(c.in.config, path.clients), servers = plan_called(c.in.config, path.servers);
  if (!clients || !servers) return Error{"[path] has no plans"};
  OwnSettings& s = c.image.settings.role.path;
  s.clients = clients->plan;
  s.servers = servers->plan;
  s.network = space_of(zone_number(path.zone));
  s.access = path.access_zone.empty() ? kAnySpace : space_of(zone_number(path.access_zone));
  s.pop = path.id;
  const PlanField hops = field_of(s.servers, FieldKind::path);
  s.hops = hops.count;
  s.width = hops.width;
  s.offset = hops.offset;
  s.bits = s.hops * s.width;
  s.behind = 64 - s.bits;
  s.down = 64 - s.width;
  s.gue_port = own_pop(path)->port;
  s.revoked_buckets = revoked_buckets_for(c.in.meta.revocations);
  set_own(c.image.settings, kModule, own_pop(path)->address);
  set_limit(c.image.settings, AnswerKind::path, path.errors, c.in.meta.ticks_per_second);
  add_fronts(c, path, s);
  add_destinations(c, path);
  for (const PathPolicyConfig& policy : path.policy) add_policy(c, policy);
  return compile_asked(c, s);
}

}  // namespace waymark::path
