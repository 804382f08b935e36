#include "dns/zones.h"

#include <algorithm>

#include "config/dns_name.h"
#include "config/dns_scope.h"
#include "config/plans.h"

namespace waymark::dns {

namespace {

u32 seconds(Duration d) { return std::max(1u, u32(std::chrono::duration_cast<std::chrono::seconds>(d).count())); }

void put16(std::string& out, u32 value) {
  out += char(value >> 8);
  out += char(value);
}
void put32(std::string& out, u32 value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}

std::string data_of(const Address& a) {
  u8 bytes[16];
  store_address(bytes, a);
  const char* begin = reinterpret_cast<const char*>(bytes);
  return is_ip4(a) ? std::string(begin + 12, 4) : std::string(begin, 16);
}

// RFC 1035, 3.3.13. Nobody transfers the zone, so refresh, retry and expire mean nothing.
Records soa_of(const DnsZoneConfig& zone) {
  std::string data =
      wire_name(zone.ns.front()) + wire_name(zone.mailbox.empty() ? "hostmaster." + zone.name : zone.mailbox);
  for (const u32 value : {zone.serial, 3600u, 600u, 604'800u, seconds(zone.negative_ttl)}) put32(data, value);
  return {wire_name(zone.name), Type::soa, seconds(zone.ttl), {data}};
}

// RFC 9460, 2.2: parameters in the order of their numbers.
std::string data_of(const DnsHttpsConfig& https) {
  std::string out;
  put16(out, https.priority);
  out += wire_name(https.target);
  if (!https.priority) return out;
  if (!https.alpn.empty()) {
    std::string list;
    for (const std::string& protocol : https.alpn) list += char(protocol.size()) + protocol;
    put16(out, 1);
    put16(out, u32(list.size()));
    out += list;
  }
  if (https.port) {
    put16(out, 3);
    put16(out, 2);
    put16(out, https.port);
  }
  return out;
}

// By what names of the file are looked up.
struct Index {
  std::unordered_map<u32, u32> pops;              // of servers
  std::unordered_map<std::string, u32> policies;  // by name
};

Index index_of(const PathConfig& path) {
  Index out;
  for (const PathServerConfig& server : path.server) out.pops[server.id] = server.pop;
  for (const PathPolicyConfig& policy : path.policy) out.policies[policy.name] = policy.index;
  return out;
}

Plan plan_called(const Config& config, const std::string& name) {
  for (const PlanConfig& plan : config.plan)
    if (plan.name == name)
      if (const auto compiled = compile_plan(plan)) return compiled->plan;
  return {};
}

}  // namespace

std::shared_ptr<const Zones> Zones::compile(const Config& config) {
  const DnsConfig& dns = *config.dns;
  const PathConfig& path = *config.path;
  auto out = std::make_shared<Zones>();
  out->clients_ = plan_called(config, path.clients);
  out->servers_ = plan_called(config, path.servers);
  for (const PathPopConfig& pop : path.pop) {
    if (out->pops_.size() <= pop.id) out->pops_.resize(pop.id + 1);
    out->pops_[pop.id] = true;
  }
  out->resolvers_ = dns.resolvers;
  out->ttl_ = seconds(dns.ttl);
  out->least_ = least_scope(out->clients_, out->servers_);
  out->scope_ = dns.scope.value_or(out->least_);
  out->rate_ = dns.rate;
  out->resolver_rate_ = dns.resolver_rate;
  for (const DnsZoneConfig& zone : dns.zone) out->add_zone(zone);
  const Index index = index_of(path);
  for (const DnsNameConfig& name : dns.name) {
    Node& node = out->add_name(name);
    if (name.server.empty()) continue;
    node.policy = index.policies.at(name.policy);
    for (const DnsServerConfig& server : name.server)
      node.servers.push_back({server.id, index.pops.at(server.id), server.weight});
  }
  return out;
}

Node& Zones::at(const std::string& name, u32 zone) {
  return nodes_.try_emplace(name, Node{zone, {}, {}, 0, {}}).first->second;
}

void Zones::add_zone(const DnsZoneConfig& zone) {
  Zone z{soa_of(zone), soa_of(zone), {wire_name(zone.name), Type::ns, seconds(zone.ttl), {}}};
  z.negative.ttl = std::min(z.soa.ttl, seconds(zone.negative_ttl));
  for (const std::string& ns : zone.ns) z.ns.data.push_back(wire_name(ns));
  Node& apex = at(z.soa.owner, u32(all_.size()));
  apex.records.push_back(z.soa);
  apex.records.push_back(z.ns);
  all_.push_back(std::move(z));
}

// The names between it and its zone's exist, too, without a record.
Node& Zones::add_name(const DnsNameConfig& name) {
  const std::string owner = wire_name(name.name);
  const Zone* zone = find(owner).zone;
  const u32 number = u32(zone - all_.data());
  for (std::string_view above = owner; above != zone->soa.owner; above = parent(above)) at(std::string(above), number);
  Node& node = at(owner, number);
  const u32 ttl = seconds(name.ttl);
  Records a{owner, Type::a, ttl, {}}, aaaa{owner, Type::aaaa, ttl, {}};
  for (const Address& address : name.address) (is_ip4(address) ? a : aaaa).data.push_back(data_of(address));
  if (!a.data.empty()) node.records.push_back(std::move(a));
  if (name.https) {
    DnsHttpsConfig https = *name.https;
    if (https.target == name.name) https.target.clear();
    node.records.push_back({owner, Type::https, ttl, {data_of(https)}});
  }
  if (aaaa.data.empty()) return node;
  if (name.server.empty())
    node.records.push_back(std::move(aaaa));
  else
    node.unknown = std::move(aaaa);
  return node;
}

Zones::Found Zones::find(std::string_view name) const {
  auto node = nodes_.find(name);
  if (node != nodes_.end()) return {&all_[node->second.zone], &node->second};
  while (node == nodes_.end() && !is_root(name)) node = nodes_.find(name = parent(name));
  if (node == nodes_.end()) return {};
  return {&all_[node->second.zone], nullptr};
}

bool Zones::is_resolver(const Address& from) const {
  return std::ranges::any_of(resolvers_, [&](const Prefix& p) { return contains(p, from); });
}

}  // namespace waymark::dns
