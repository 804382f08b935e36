#include "roles/path/asked.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/hash.h"
#include "roles/path/settings.h"
#include "roles/role.h"

namespace waymark::path {

namespace {

void add(u64& hash, u64 value) { hash = mix(hash ^ value) + 1; }
void add(u64& hash, const std::vector<u32>& values) {
  add(hash, values.size());
  for (const u32 value : values) add(hash, value);
}
void add(u64& hash, const paths::Rules& rules) {
  add(hash, rules.through);
  add(hash, rules.avoid);
  add(hash, rules.avoid_links.size());
  for (const auto& [a, b] : rules.avoid_links) add(hash, u64(a) << 32 | b);
  add(hash, rules.most_hops ? *rules.most_hops + 1 : 0);
}

// Null: questions to the address are answered; else why not.
const char* why_left(const Config& config, const Plan& clients, const Plan& servers, const Address& a) {
  if (a == Address{} || a == address_of(be32{0})) return "it stands for all addresses of this machine";
  if (in_prefix(clients, a) || in_prefix(servers, a)) return "it is in a plan of [path]";
  for (const RolesOwn& own : owners_of(config, a))
    if (own.role != Role::path && own.owned.kinds & Owned::entered) return "packets to it are another role's";
  return nullptr;
}

const PathPolicyConfig* policy_called(const PathConfig& path, const std::string& name) {
  const auto found = std::ranges::find(path.policy, name, &PathPolicyConfig::name);
  return found == path.policy.end() ? nullptr : &*found;
}

// Names that can be answered, each with its set of constraints; sets get their numbers as they come.
void add_names(AskedPlan& out, const Config& config, std::vector<paths::Rules>& sets) {
  std::size_t servers = 0;
  for (const DnsNameConfig& name : config.dns->name) {
    if (name.server.empty()) continue;
    const PathPolicyConfig* policy = policy_called(*config.path, name.policy);
    const auto count = std::size_t(std::ranges::count_if(name.server, [](auto& s) { return s.weight != 0; }));
    if (!policy || !count) continue;
    const bool many = count > kMostAskedServers, full = servers + count > kMaxAskedServers;
    if (many || full) {
      out.left.push_back(fmt::format(
          "questions for {} are answered by the daemon alone: {}", name.name,
          many ? fmt::format("it has {} servers, and XDP chooses among at most {}", count, kMostAskedServers)
               : fmt::format("XDP has room for {} servers of names", kMaxAskedServers)));
      continue;
    }
    const paths::Rules rules = rules_of(*policy);
    const u32 set = u32(std::ranges::find(sets, rules) - sets.begin());
    if (set == sets.size()) {
      sets.push_back(rules);
      out.policies.push_back(policy->index);
    }
    servers += count;
    out.names.push_back({&name, policy, set});
  }
}

}  // namespace

AskedPlan asked_plan(const Config& config) {
  AskedPlan out;
  if (!config.path || !config.dns || !config.dns->xdp) return out;
  const PathConfig& path = *config.path;
  const auto clients = plan_called(config, path.clients), servers = plan_called(config, path.servers);
  if (!clients || !servers) return out;
  if (has(servers->plan, FieldKind::tag) && !servers->plan.key_places) return out;
  for (const Address& a : config.dns->listen)
    if (const char* why = why_left(config, clients->plan, servers->plan, a))
      out.left.push_back(fmt::format("questions to {} are answered by the daemon alone: {}", text(a), why));
    else
      out.listen.push_back(a);
  for (const PathPopConfig& pop : path.pop) out.pops.push_back(pop.id);
  std::ranges::sort(out.pops);
  out.columns = server_pops(path);
  out.hops = field_of(servers->plan, FieldKind::path).count;
  out.width = field_of(servers->plan, FieldKind::path).width;
  std::vector<paths::Rules> sets;
  add_names(out, config, sets);
  if (out.ways() > kMaxPathWays) {
    out.left.push_back(
        fmt::format("all questions are answered by the daemon alone: {} POPs, {} of them with servers, and {} have {} "
                    "paths, and XDP has room for {}",
                    out.pops.size(), out.columns.size(),
                    counted(sets.size(), "set of constraints", "sets of constraints"), out.ways(), kMaxPathWays));
    return out;
  }
  if (out.names.empty() || out.listen.empty()) return out;
  add(out.layout, out.pops);
  add(out.layout, out.columns);
  for (const paths::Rules& rules : sets) add(out.layout, rules);
  add(out.layout, u64(out.hops) << 32 | out.width);
  for (const PathServerConfig& server : path.server) add(out.layout, u64(server.id) << 32 | server.pop);
  out.layout |= 1;  // never 0
  return out;
}

u64 way_word(const AskedPlan& plan, const std::vector<u32>& path) {
  if (path.empty() || path.size() > plan.hops) return 0;
  u64 out = 0;
  for (u32 i = 0; i < plan.hops; ++i) {
    const u32 hop = i < path.size() ? path[i] : 0;
    if (hop >> plan.width || (i < path.size() && !hop)) return 0;
    out = out << plan.width | hop;
  }
  return out;
}

}  // namespace waymark::path
