#include "daemon/dns/ways.h"

#include "roles/path/role.h"

namespace waymark {

Result<std::shared_ptr<const ChosenWays>> ChosenWays::choose(const Config& config, const std::set<u32>& lost,
                                                             const ChosenWays* before) {
  const PathConfig& path = *config.path;
  const auto graph = path::graph_of(config);
  if (!graph) return graph.error();
  const auto out = std::make_shared<ChosenWays>();
  out->lost_ = lost;
  for (const PathPolicyConfig& policy : path.policy) out->rules_[policy.index] = path::rules_of(policy);
  const std::vector<paths::Rules> rules = path::all_rules(path);
  const std::vector<u32> to = path::server_pops(path);
  const auto table = [&](const std::set<u32>& down, const paths::Table* had) {
    return paths::Table(*graph, {down, {}}, rules, to, path.hysteresis, had);
  };
  const std::set<u32> by_file(path.down.begin(), path.down.end());
  out->with_ = table(by_file, before ? &before->with_ : nullptr);
  std::set<u32> all = by_file;
  all.insert(lost.begin(), lost.end());
  out->without_ = all == by_file ? out->with_ : table(all, before ? &before->without_ : &out->with_);
  return std::shared_ptr<const ChosenWays>(out);
}

std::optional<std::vector<u32>> ChosenWays::path(u32 from_pop, u32 to_pop, u32 policy) const {
  const auto rules = rules_.find(policy);
  if (rules == rules_.end()) return {};
  const paths::Path* chosen = without_.find(from_pop, to_pop, rules->second);
  if (!chosen) chosen = with_.find(from_pop, to_pop, rules->second);
  if (!chosen) return {};
  return std::vector<u32>(chosen->pops().begin(), chosen->pops().end());
}

}  // namespace waymark
