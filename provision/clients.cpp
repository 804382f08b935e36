#include "provision/clients.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/kinds.h"
#include "config/plan_values.h"
#include "config/prefixes.h"
#include "paths/search.h"
#include "roles/path/role.h"

namespace waymark::provision {

namespace {

Result<const PathConfig*> paths_of(const Config& config) {
  if (config.path) return &*config.path;
  return Error{"the configuration has no [path], which tells of clients, POPs and policies"};
}

bool has_pop(const PathConfig& path, u32 id) {
  return std::ranges::find(path.pop, id, &PathPopConfig::id) != path.pop.end();
}

std::optional<u64> making_epoch(const AddressPlan& plan) {
  if (!has(plan.plan, FieldKind::epoch)) return {};
  return maker_of(plan.plan).epoch;
}

Result<Address> encode(const Config& config, const std::string& name, std::vector<std::string> words,
                       std::optional<u64> epoch) {
  const auto plans = compile_plans(config);
  const auto plan = std::ranges::find(plans, name, &AddressPlan::name);
  if (epoch) words.push_back(fmt::format("epoch={}", *epoch));
  return encode_address(plans, *plan, words);
}

}  // namespace

Result<u32> policy_called(const PathConfig& path, const std::string& policy) {
  const auto named = std::ranges::find(path.policy, policy, &PathPolicyConfig::name);
  if (named != path.policy.end()) return named->index;
  const auto index = config::decimal(policy, 0, 65'535);
  if (index && std::ranges::find(path.policy, u32(*index), &PathPolicyConfig::index) != path.policy.end())
    return u32(*index);
  std::string names;
  for (const PathPolicyConfig& p : path.policy) names += (names.empty() ? "; there are " : ", ") + p.name;
  return Error{fmt::format("there is no policy {} in [path]{}", policy, names)};
}

Status check_name(const std::string& name) {
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == '@' || c == ':';
  });
  if (plain && !name.empty() && name.size() <= 120) return Done{};
  return Error{"a client's name has 1 to 120 letters, digits, \".\", \"_\", \"-\", \"@\" or \":\""};
}

Result<std::string> plan_text(const Config& config) {
  const auto path = paths_of(config);
  if (!path) return path.error();
  const PlanConfig& plan = *std::ranges::find(config.plan, (*path)->clients, &PlanConfig::name);
  return fmt::format("{}, {}", text(plan.prefix), plan.layout);
}

Result<u64> most_ids(const Config& config) {
  const auto path = paths_of(config);
  if (!path) return path.error();
  const auto plan = path::plan_called(config, (*path)->clients);  // the checks have found it good
  const u32 width = field_of(plan->plan, FieldKind::id).width;
  return width >= 63 ? ~u64(0) >> 1 : (u64(1) << width) - 1;  // what the store can count
}

Result<Place> place_of(const Config& config, u32 pop, const std::string& policy) {
  const auto path = paths_of(config);
  if (!path) return path.error();
  if (!has_pop(**path, pop)) return Error{fmt::format("there is no POP {} in [path]", pop)};
  const auto index = policy_called(**path, policy);
  if (!index) return index.error();
  const auto plan = path::plan_called(config, (*path)->clients);  // the checks have found it good
  return Place{pop, *index, making_epoch(*plan)};
}

Result<Address> address_of(const Config& config, u64 id, const Place& place) {
  const auto path = paths_of(config);
  if (!path) return path.error();
  return encode(config, (*path)->clients,
                {fmt::format("pop={}", place.pop), fmt::format("policy={}", place.policy), fmt::format("id={}", id)},
                place.epoch);
}

// Only a POP's own file tells what its clients' interfaces may send.
std::string warning_of(const Config& config, const Place& place, const Address& address) {
  if (!config.path || config.path->id != place.pop) return "";
  for (const PathAccessConfig& access : config.path->access)
    for (const Prefix& prefix : access.prefix)
      if (contains(prefix, address)) return "";
  return fmt::format("no [[path.access]] of this file has {} in its prefix: POP {} will drop what comes from it",
                     text(address), place.pop);
}

Result<Address> server_address(const Config& config, const Address& client, u32 server, const std::string& path,
                               const std::string& policy) {
  const auto all = paths_of(config);
  if (!all) return all.error();
  const auto known = std::ranges::find((*all)->server, server, &PathServerConfig::id);
  if (known == (*all)->server.end()) return Error{fmt::format("there is no server {} in [path]", server)};
  const auto index = policy_called(**all, policy);
  if (!index) return index.error();
  const auto plan = path::plan_called(config, (*all)->servers);  // the checks have found it good
  std::vector<std::string> words = {fmt::format("id={}", server), "path=" + path, fmt::format("policy={}", *index)};
  if (plan->plan.over_pair) words.push_back("client=" + text(client));
  const auto address = encode(config, (*all)->servers, words, making_epoch(*plan));
  if (!address) return address;
  u64 last = 0;
  for (u32 hop = 0; hop < field_of(plan->plan, FieldKind::path).count; ++hop) {
    const u64 pop = read_field(plan->plan, FieldKind::path, *address, hop);
    if (pop && !has_pop(**all, u32(pop))) return Error{fmt::format("there is no POP {} in [path]", pop)};
    if (pop) last = pop;
  }
  if (last != known->pop)
    return Error{fmt::format("the path ends at POP {}, and server {} is at POP {}", last, server, known->pop)};
  return address;
}

Result<std::string> path_to(const Config& config, u32 pop, u32 server, const std::string& policy) {
  const auto path = paths_of(config);
  if (!path) return path.error();
  const auto known = std::ranges::find((*path)->server, server, &PathServerConfig::id);
  if (known == (*path)->server.end()) return Error{fmt::format("there is no server {} in [path]", server)};
  if (!has_pop(**path, pop)) return Error{fmt::format("there is no POP {} in [path]", pop)};
  const auto index = policy_called(**path, policy);
  if (!index) return index.error();
  const auto graph = path::graph_of(config);
  if (!graph) return graph.error();
  const auto rules = path::rules_of(*std::ranges::find((*path)->policy, *index, &PathPolicyConfig::index));
  const paths::Down down = path::down_by_file(**path);
  paths::Search search(*graph, rules, down);
  search.towards(known->pop);
  const auto best = search.best(pop);
  if (best) return paths::text(*best);
  return Error{
      fmt::format("no path leads from POP {} to server {} at POP {} by policy {}: `waymark paths {} {} --policy "
                  "{}` says why",
                  pop, server, known->pop, policy, pop, server, policy)};
}

Result<Addressed> addressed(const Config& config, const Client& client) {
  const auto whose = [&](const Error& error) {
    return Error{fmt::format("client {}: {}", client.name, error.sentence)};
  };
  const auto address = address_of(config, client.id, client.place);
  if (!address) return whose(address.error());
  Addressed out = {client, *address, {}};
  for (const Former& former : client.former) {
    const auto before = address_of(config, client.id, former.place);
    if (!before) return whose(before.error());
    out.former.push_back({*before, former.until});
  }
  return out;
}

}  // namespace waymark::provision
