// A POP's descriptor.
#include "roles/role.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/checks.h"
#include "config/kinds.h"
#include "config/ranges.h"
#include "roles/path/role.h"

namespace waymark::path {

namespace {

bool has_work(const Config& config) { return config.path.has_value(); }

std::string summary(const Config& config) {
  const PathConfig& path = *config.path;
  const auto here = std::ranges::count(path.server, path.id, &PathServerConfig::pop);
  return fmt::format("is POP {} of {}, with {} and {}", path.id, path.pop.size(), counted(std::size_t(here), "server"),
                     counted(path.policy.size(), "policy", "policies"));
}

void settle(Config& config) {
  if (!config.path) return;
  for (PathPolicyConfig& policy : config.path->policy) {
    policy.to_server = config::merged(std::move(policy.to_server));
    policy.to_client = config::merged(std::move(policy.to_client));
  }
}

void owns(const config::Checking& in, std::vector<Owned>& out) {
  if (!in.config.path) return;
  const PathConfig& path = *in.config.path;
  for (const PlanConfig& plan : in.config.plan) {
    if ((plan.name != path.clients && plan.name != path.servers) || !in.places.good(plan.prefix)) continue;
    const std::string whose =
        plan.name == path.clients ? "the prefix of [path]'s clients" : "the prefix of [path]'s servers";
    out.push_back({plan.prefix, Owned::entered, path.zone, whose, in.places.at(plan.prefix, plan)});
    if (!path.access_zone.empty() && path.access_zone != path.zone)
      out.push_back({plan.prefix, Owned::entered, path.access_zone, whose, in.places.at(plan.prefix, plan)});
  }
  for (const PathPopConfig& pop : path.pop) {
    if (!in.places.good(pop)) continue;
    const u8 kinds = pop.id == path.id ? Owned::entered | Owned::tunnel : Owned::tunnel;
    for (const Address& a : pop.address)
      out.push_back({Prefix(a), kinds, path.zone, fmt::format("an address of POP {}", pop.id), in.places.at(a)});
  }
}

std::vector<std::string_view> zones(const Config& config) {
  const PathConfig& path = *config.path;
  if (path.access_zone.empty()) return {path.zone};
  return {path.zone, path.access_zone};
}

std::vector<std::string_view> policies(const Config& config) {
  std::vector<std::string_view> out;
  if (config.path)
    for (const PathPolicyConfig& policy : config.path->policy) out.push_back(policy.name);
  return out;
}

const InterfaceConfig* usual_interface(const Config& config, bool ip6) {
  for (const InterfaceConfig& interface : config.engine.interfaces)
    if (ip6 && config::text(interface) == config.path->interface) return &interface;
  return nullptr;
}

}  // namespace

extern const Descriptor kDescriptor = {.role = Role::path,
                                       .work = "[path]",
                                       .has_work = has_work,
                                       .precedence = 5,
                                       .address_text = "this POP's own address",
                                       .prefix_text = "in the prefix of a plan that POPs forward by",
                                       .summary = summary,
                                       .check = check,
                                       .settle = settle,
                                       .owns = owns,
                                       .zones = zones,
                                       .thing = "path policy",
                                       .things = policies,
                                       .compile = compile,
                                       .told_to_group = true,
                                       .look_here = look_here,
                                       .usual_interface = usual_interface,
                                       .goes_by_routes = true};

}  // namespace waymark::path
