// What a firewall has to show.
#include <fmt/format.h>

#include "base/address_text.h"
#include "core/firewall/bits.h"
#include "daemon/snapshot.h"
#include "roles/gateway/firewall.h"

namespace waymark {

namespace {

// Rules stand in the tables taken apart. The place in the file, from 1 on, of the one that this is of; 0: none.
u64 place_of(const TenantConfig& tenant, u32 rule) {
  std::size_t last = 0;
  for (std::size_t i = 0; i < tenant.rule.size() && rule; ++i) {
    last += gateway::rules_in(tenant.rule[i]);
    if (rule <= last) return i + 1;
  }
  return 0;
}

// A ping's identifier stands where the tenant's port does.
std::string end_text(const FlowSeen& f, u32 ip4, u16 port, bool inside) {
  const std::string address = text(address_of(wire32(ip4)));
  const bool ping = f.protocol == kProtoIcmp4;
  return (ping ? inside : f.inside_port || f.outside_port) ? fmt::format("{}:{}", address, port) : address;
}

}  // namespace

std::string protocol_text(u8 protocol) {
  return protocol == kProtoTcp                                ? "tcp"
         : protocol == kProtoUdp                              ? "udp"
         : protocol == kProtoIcmp4 || protocol == kProtoIcmp6 ? "icmp"
                                                              : std::to_string(protocol);
}

Result<const TenantConfig*> find_tenant(const Snapshot& s, const std::string& name) {
  if (s.config->gateway)
    for (const TenantConfig& tenant : s.config->gateway->tenant)
      if (tenant.name == name) return &tenant;
  return Error{fmt::format("no tenant is called \"{}\"", name)};
}

std::vector<TenantFlows> tenant_flows(const Snapshot& s) {
  std::vector<TenantFlows> all;
  if (!s.config->gateway) return all;
  std::map<u32, TenantFlows> known;
  if (s.flows) {
    for (const FlowsSwept::Owned& owned : s.flows->swept.owned)
      known[owned.owner].flows = owned.flows, known[owned.owner].half_open = owned.half_open;
    for (const auto& [owner, taken] : s.flows->taken) known[owner].taken = taken;
  }
  for (const TenantConfig& tenant : s.config->gateway->tenant) {
    all.push_back(tenant.firewall ? known[u32(tenant.number)] : TenantFlows{});
    all.back().tenant = &tenant;
  }
  return all;
}

Result<Rows> show_firewall(const Snapshot& s, const std::string& tenant) {
  Rows rows{{"tenant", "firewall", "rules", "flows", "half_open", "counted", "flows_limit", "new_flows_limit"}, {}};
  if (!tenant.empty()) WM_TRY(find_tenant(s, tenant));
  for (const TenantFlows& t : tenant_flows(s))
    if (tenant.empty() || t.tenant->name == tenant)
      rows.rows.push_back({t.tenant->name, t.tenant->firewall, u64(t.tenant->rule.size()), t.flows, t.half_open,
                           t.taken, u64(t.tenant->flows), u64(t.tenant->new_flows)});
  return rows;
}

Result<Rows> show_flows(const Snapshot& s, const Show& show) {
  Rows rows{{"tenant", "protocol", "inside", "outside", "stage", "begun_by", "found_again", "lent", "rule",
             "idle_seconds", "dscp", "valid", "age_seconds"},
            {}};
  FlowFilter filter;
  filter.most = show.count;
  if (show.address) filter.address = number(ip4_of(*show.address));
  if (!show.tenant.empty()) {
    const auto tenant = find_tenant(s, show.tenant);
    if (!tenant) return tenant.error();
    filter.owner = u32((*tenant)->number);
  }
  if (!s.list_flows) return rows;
  std::map<u32, const TenantConfig*> tenants;
  if (s.config->gateway)
    for (const TenantConfig& tenant : s.config->gateway->tenant) tenants[u32(tenant.number)] = &tenant;
  for (const FlowSeen& f : s.list_flows(filter)) {
    const auto found = tenants.find(f.owner);
    const TenantConfig* tenant = found == tenants.end() ? nullptr : found->second;
    rows.rows.push_back({tenant ? tenant->name : fmt::format("number {}", f.owner), protocol_text(f.protocol),
                         end_text(f, f.inside, f.inside_port, true), end_text(f, f.outside, f.outside_port, false),
                         std::string(name_of(f.stage)), std::string(f.outside_began ? "outside" : "inside"),
                         f.found_again, f.lent, tenant ? place_of(*tenant, f.rule) : u64(0), u64(f.idle_seconds),
                         u64(f.bits & firewall::kDscpBits), (f.bits & firewall::kValidBit) != 0, f.age_seconds});
  }
  return rows;
}

}  // namespace waymark
