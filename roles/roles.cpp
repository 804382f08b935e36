#include <fmt/format.h>

#include <algorithm>

#include "config/checks.h"
#include "config/prefixes.h"
#include "dataplane/image.h"
#include "roles/role.h"

namespace waymark {

#define WM_ROLE_DESCRIPTOR(NAME)       \
  namespace NAME {                     \
  extern const Descriptor kDescriptor; \
  }
WM_ROLES(WM_ROLE_DESCRIPTOR)
#undef WM_ROLE_DESCRIPTOR

const Descriptor& descriptor_of(Role role) {
#define WM_ROLE_ADDRESS(NAME) &NAME::kDescriptor,
  static constexpr const Descriptor* kAll[] = {WM_ROLES(WM_ROLE_ADDRESS)};
#undef WM_ROLE_ADDRESS
  return *kAll[u32(role)];
}

std::vector<const Descriptor*> roles_at_work(const Config& config) {
  std::vector<const Descriptor*> out;
  for (u32 role = 0; role < kRoles; ++role)
    if (const Descriptor& d = descriptor_of(Role(role)); d.has_work(config)) out.push_back(&d);
  return out;
}

std::vector<RolesOwn> owners_of(const Config& config, const Address& address) {
  const config::Places nowhere;
  config::Problems none("");
  const config::Checking in{config, nowhere, none};
  std::vector<RolesOwn> out;
  for (u32 role = 0; role < kRoles; ++role) {
    std::vector<Owned> all;
    if (const auto owns = descriptor_of(Role(role)).owns) owns(in, all);
    for (Owned& one : all) {
      if (!contains(one.prefix, address)) continue;
      const u8 longest = out.empty() ? 0 : out[0].owned.prefix.length;
      if (one.prefix.length > longest) out.clear();
      if (one.prefix.length >= longest) out.push_back({Role(role), std::move(one)});
    }
  }
  return out;
}

std::vector<Holding> holdings_of(const Config& config) {
  std::vector<Holding> out;
  for (const Descriptor* role : roles_at_work(config)) {
    if (!role->holdings) continue;
    const std::vector<Holding> some = role->holdings(config);
    out.insert(out.end(), some.begin(), some.end());
  }
  return out;
}

std::shared_ptr<const Config> holding(std::shared_ptr<const Config> config, const Holds& holds) {
  if (holds.empty()) return config;
  auto out = std::make_shared<Config>(*config);
  for (const Descriptor* role : roles_at_work(*config))
    if (role->hold) role->hold(*out, holds);
  return out;
}

std::vector<Prefix> winners_of(const Config& config, std::span<const Prefix> natives) {
  std::vector<Prefix> out;
  for (const Descriptor* role : roles_at_work(config)) {
    if (!role->winners) continue;
    const std::vector<Prefix> some = role->winners(config, natives);
    out.insert(out.end(), some.begin(), some.end());
  }
  return out;
}

std::vector<Greeting> greetings_of(const Config& config, std::span<const InterfaceFacts> interfaces) {
  std::vector<Greeting> out;
  for (const Descriptor* role : roles_at_work(config)) {
    if (!role->greets) continue;
    const std::vector<Greeting> some = role->greets(config, interfaces);
    out.insert(out.end(), some.begin(), some.end());
  }
  return out;
}

bool follows_routes(const Config& config) {
  const std::vector<const Descriptor*> roles = roles_at_work(config);
  return std::any_of(roles.begin(), roles.end(), [](const Descriptor* role) { return role->winners; });
}

std::optional<Keeping> keeping(const Config& config, FlowKind kind) {
  for (const Descriptor* role : roles_at_work(config)) {
    if (!role->keeps) continue;
    if (std::optional<Keeping> kept = role->keeps(config); kept && kept->kind == kind) return kept;
  }
  return std::nullopt;
}

u32 room_for_flows(const Config& config, FlowKind kind) {
  const std::optional<Keeping> kept = keeping(config, kind);
  return kept ? kept->room : 0;
}

TableSizes sizes_of(const Config& config) {
  const Keeping edge = keeping(config, FlowKind::edge).value_or(Keeping{});
  return sizes_for(config.engine.pins, config.engine.targets, room_for_flows(config, FlowKind::firewall),
                   edge.prefixes.empty() ? 0 : edge.room, edge.room4, edge.addresses,
                   config.path ? config.path->revocations : 0);
}

RoleSet roles_of(const Config& config) {
  RoleSet roles = 0;
#define WM_ROLE_IN(NAME) \
  if (config.NAME) roles |= role_bit(Role::NAME);
  WM_ROLES(WM_ROLE_IN)
#undef WM_ROLE_IN
  return roles;
}

Role first_role(const Config& config) {
  if (config.engine.first != Role::count) return config.engine.first;
  const RoleSet roles = roles_of(config);
  Role first = Role::count;
  for (u32 i = 0; i < kRoles; ++i)
    if (const Role role = Role(i); roles & role_bit(role))
      if (first == Role::count || descriptor_of(role).precedence < descriptor_of(first).precedence) first = role;
  return first == Role::count ? Role::director : first;
}

bool only_plans(const Config& config) { return roles_at_work(config).empty(); }

std::string counted(std::size_t n, const std::string& what, const std::string& several) {
  return fmt::format("{} {}", n, n == 1 ? what : several.empty() ? what + "s" : several);
}

}  // namespace waymark
