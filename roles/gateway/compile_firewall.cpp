// The gateway's firewall in the tables: rules, limits and times.
#include <algorithm>

#include "core/firewall/bits.h"
#include "roles/gateway/bits.h"
#include "roles/gateway/firewall.h"
#include "roles/gateway/role.h"
#include "roles/mappings.h"
#include "roles/prefix_set.h"

namespace waymark::gateway {

namespace {

constexpr u32 kGraceFlows = 1'000;     // a second, of flows that outside packets find again, and so many at once
constexpr u32 kEmbryoStampsADrop = 4;  // an embryo's stamps are so many powers of two finer than a flow's
constexpr Duration kHalfOpen = std::chrono::seconds(60);

}  // namespace

std::size_t rules_in(const FirewallRuleConfig& rule) {
  const auto some = [](const auto& list) { return std::max<std::size_t>(1, list.size()); };
  return some(rule.ports) * some(rule.inside) * some(rule.outside);
}

std::vector<FirewallRule> rules_of(const FirewallRuleConfig& rule) {
  std::vector<FirewallRule> out;
  const std::vector<Prefix> all = {kAllIp4};
  const PortRange any = {Protocol{}, 0, 0xffff};
  for (const PortRange& ports : rule.ports.empty() ? std::vector<PortRange>{any} : rule.ports)
    for (const Prefix& inside : rule.inside.empty() ? all : rule.inside)
      for (const Prefix& outside : rule.outside.empty() ? all : rule.outside) {
        const auto bits = [](const Prefix& p) { return u32(mask_of(p.length, false).low); };
        const u8 protocol = rule.ports.empty() ? u8(rule.protocol.value_or(0)) : u8(ports.protocol);
        out.push_back({u32(numbers(inside).low), bits(inside), u32(numbers(outside).low), bits(outside), ports.first,
                       ports.last, protocol, u8(rule.direction), rule.from_valid ? kNeedsValid : u8(0), 0,
                       rule.allow ? kRuleAllows | rule_bits(rule) : 0});
      }
  return out;
}

bool is_guarded(const GatewayConfig& config) {
  return std::any_of(config.tenant.begin(), config.tenant.end(), [](const TenantConfig& t) { return t.firewall; });
}

void add_firewall(const Compiling& c, const GatewayConfig& config, const Plan& plan) {
  if (!is_guarded(config)) return;
  const Meta& meta = c.in.meta;
  FirewallSettings& s = c.image.settings.firewall;
  s.buckets = meta.flow_buckets;
  s.embryo_buckets = meta.flow_embryo_buckets;
  s.embryo_shift = meta.stamp_shift > kEmbryoStampsADrop ? meta.stamp_shift - kEmbryoStampsADrop : 0;
  s.stale_stamps = stamps_for(std::max(config.tcp_idle, config.udp_idle), meta);
  s.embryo_stamps = (ticks_of(kHalfOpen, meta) >> s.embryo_shift) + 1;
  s.pair_buckets = (meta.flow_buckets + 1) / 2;
  s.bits = places_of(plan).mask;
  const PlanField birth = field_of(plan, FieldKind::birth);
  if (!birth.width) return;
  s.birth_bits = ((1u << birth.width) - 1) << firewall::kBirthShift;
  s.birth_scale = u32((u64(1) << 32) / ticks_of(birth_unit(c.in.config), meta));
}

u32 add_policy(const Compiling& c, const GatewayConfig& config, const TenantConfig& tenant, u32 index) {
  if (!tenant.firewall) return 0;
  FirewallPolicy p{};
  p.owner = u32(tenant.number);
  p.count = index;
  p.first = u32(c.image.firewall_rules.size());
  for (const FirewallRuleConfig& rule : tenant.rule)
    for (const FirewallRule& one : rules_of(rule)) c.image.firewall_rules.push_back(one);
  p.rules = u32(c.image.firewall_rules.size()) - p.first;
  p.most = tenant.flows;
  p.interval = interval_of(tenant.new_flows, c.in.meta.ticks_per_second);
  p.burst = std::max(1u, tenant.new_flows);
  if (config.grace_from == GraceFrom::both) {
    p.grace_interval = interval_of(kGraceFlows, c.in.meta.ticks_per_second);
    p.grace_burst = kGraceFlows;
  }
  p.otherwise = kRuleOut;
  c.image.firewall_policies.push_back(p);
  return u32(c.image.firewall_policies.size());
}

}  // namespace waymark::gateway
