#include "roles/gateway/bits.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/firewall/bits.h"
#include "core/prefix.h"
#include "roles/role.h"

namespace waymark::gateway {

using namespace config;

namespace {

// A flow's bits have so many of each, from `shift` on.
struct Flows {
  FieldKind kind;
  u8 shift, least, most;
};
constexpr Flows kFields[] = {
    {FieldKind::dscp, 0, 6, 6},
    {FieldKind::valid, 6, 1, 1},
    {FieldKind::birth, firewall::kBirthShift, 1, 8},
};
static_assert(std::size(kFields) == kFlowFields);

void check_widths(Checking& in, const GatewayConfig& gateway, const AddressPlan& plan) {
  for (const Flows& f : kFields) {
    const u32 width = field_of(plan.plan, f.kind).width;
    if (!width || (width >= f.least && width <= f.most)) continue;
    const std::string most = f.least == f.most ? counted(f.most, "bit") : fmt::format("at most {} bits", f.most);
    in.problems.error(in.places.at(gateway.plan, gateway),
                      fmt::format("{} has {} of \"{}\"; a gateway's has {}", title(plan), counted(width, "bit"),
                                  name_of(f.kind), most));
  }
}

// Who loses its table of flows finds flows again by what the outside's packets say of them, or by its group.
void check_birth(Checking& in, const GatewayConfig& gateway, const AddressPlan& plan) {
  if (!has(plan.plan, FieldKind::birth)) return;
  if (in.config.group && in.config.group->mirror) return;
  const Mark at = in.places.at(gateway.plan, gateway);
  const bool inside = gateway.grace_from == GraceFrom::inside;
  if (gateway.grace == Duration(0)) return;
  in.problems.warn(at, fmt::format("{} has \"birth\", which a tenant's packet does not say: without a [group] that "
                                   "mirrors flows, in time of grace {}",
                                   title(plan),
                                   inside ? "with grace_from = \"inside\" no flow is found again"
                                          : "only packets from outside find a flow again"));
}

void check_rule(Checking& in, const FirewallRuleConfig& rule, const GatewayConfig& gateway, const AddressPlan& plan,
                const std::string& whose) {
  const auto say = [&](const auto& field, const char* key, const std::string& what) {
    in.problems.error(in.places.at(field, rule), fmt::format("a rule of {} has \"{}\", {}", whose, key, what));
  };
  const auto needs = [&](const auto& field, const char* key, FieldKind kind) {
    if (!has(plan.plan, kind)) say(field, key, fmt::format("but {} has no field \"{}\"", title(plan), name_of(kind)));
  };
  const auto marks = [&](const auto& field, const char* key, FieldKind kind) {
    if (!rule.allow) return say(field, key, "but refuses its flows");
    if (rule.direction != FlowDirection::out)
      return say(field, key, "and is not for flows \"out\" alone: who begins one from outside has chosen its address");
    needs(field, key, kind);
  };
  if (rule.dscp) marks(rule.dscp, "dscp", FieldKind::dscp);
  if (rule.valid) marks(rule.valid, "valid", FieldKind::valid);
  if (!rule.from_valid) return;
  if (rule.direction != FlowDirection::in)
    return say(rule.from_valid, "from_valid", "and is not for flows \"in\" alone: of others nothing says it");
  if (gateway.onward == OnwardBy::route)
    return say(rule.from_valid, "from_valid",
               "which is believed of packets in gateways' tunnels alone, but \"onward\" in [gateway] is by route");
  needs(rule.from_valid, "from_valid", FieldKind::valid);
}

}  // namespace

bool is_of_flow(FieldKind kind) {
  return std::any_of(std::begin(kFields), std::end(kFields), [&](const Flows& f) { return f.kind == kind; });
}

bool has_flow_fields(const AddressPlan& plan) {
  return std::any_of(plan.layout.begin(), plan.layout.end(), [](const LayoutField& f) { return is_of_flow(f.kind); });
}

bool flow_fields_before(const Plan& plan, u32 offset) {
  return std::any_of(std::begin(kFields), std::end(kFields),
                     [&](const Flows& f) { return has(plan, f.kind) && field_of(plan, f.kind).offset < offset; });
}

FlowPlaces places_of(const Plan& plan) {
  FlowPlaces out{};
  for (const Flows& f : kFields) {
    const PlanField field = field_of(plan, f.kind);
    if (!field.width) continue;
    const AddressBits bits = bits6(write_field(plan, f.kind, Address{}, ~u64(0)));
    out.of[out.count++] = {bits.high, bits.low, u8((128 - field.offset - field.width) % 64), f.shift, {}};
    out.mask |= ((1u << field.width) - 1) << f.shift;
  }
  return out;
}

u32 rule_bits(const FirewallRuleConfig& rule) {
  u32 bits = rule.valid ? firewall::kValidBit : 0;
  if (rule.dscp && *rule.dscp != kCopyClass) bits |= *rule.dscp;
  return bits << kRuleBits | (rule.dscp == kCopyClass ? kRuleClass : 0);
}

void check_bits(Checking& in, const GatewayConfig& gateway, const AddressPlan& plan) {
  check_widths(in, gateway, plan);
  check_birth(in, gateway, plan);
  for (const TenantConfig& tenant : gateway.tenant) {
    if (in.problems.full() || !in.places.good(tenant)) continue;
    const std::string whose = title("tenant", tenant.name);
    if (!tenant.firewall && has_flow_fields(plan))
      in.problems.warn(
          in.places.at(tenant.firewall, tenant),
          fmt::format("{} has no firewall, which fills in what addresses of {} say of flows: its have zeros", whose,
                      title(plan)));
    if (!in.places.good(tenant.rule)) continue;
    for (const FirewallRuleConfig& rule : tenant.rule)
      if (in.places.good(rule)) check_rule(in, rule, gateway, plan, whose);
  }
}

}  // namespace waymark::gateway
