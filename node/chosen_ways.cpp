#include "node/chosen_ways.h"

#include "roles/path/role.h"

namespace waymark {

Result<std::shared_ptr<const ChosenWays>> ChosenWays::choose(const Config& config, const paths::Links& wan,
                                                             const ChosenWays* before) {
  const PathConfig& path = *config.path;
  auto graph = path::graph_of(config);
  if (!graph) return graph.error();
  paths::measure(*graph, wan.sights);
  const auto out = std::make_shared<ChosenWays>();
  out->wan_ = wan;
  for (const PathPolicyConfig& policy : path.policy) out->rules_[policy.index] = path::rules_of(policy);
  const std::vector<paths::Rules> rules = path::all_rules(path);
  const std::vector<u32> to = path::server_pops(path);
  const auto table = [&](const paths::Down& down, const paths::Table* had) {
    return paths::Table(*graph, down, rules, to, path.hysteresis, had);
  };
  const paths::Down by_file = path::down_by_file(path);
  out->with_ = table(by_file, before ? &before->with_ : nullptr);
  paths::Down all = by_file;
  all.pops.insert(wan.down.pops.begin(), wan.down.pops.end());
  all.links.insert(wan.down.links.begin(), wan.down.links.end());
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
