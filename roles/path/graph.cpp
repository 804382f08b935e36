// What paths are chosen by, from a POP's file.
#include <fmt/format.h>

#include <algorithm>

#include "roles/path/role.h"
#include "roles/path/settings.h"

namespace waymark::path {

namespace {

constexpr u32 kUsualCost = 10;

u32 cost_of(const PathLinkConfig& link) {
  if (link.cost) return *link.cost;
  if (link.latency) return u32(*link.latency / std::chrono::microseconds(100));
  return kUsualCost;
}

void add_mesh(paths::Graph& graph) {
  for (const paths::Pop& from : graph.pops)
    for (const paths::Pop& to : graph.pops)
      if (from.id != to.id) graph.links.push_back({from.id, to.id, kUsualCost, {}});
}

std::vector<u32> sorted(std::vector<u32> ids) {
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace

Result<paths::Graph> graph_of(const Config& config) {
  const PathConfig& path = *config.path;
  const std::size_t most = path.link.empty() ? paths::kMostMesh : paths::kMostPops;
  if (path.pop.size() > most)
    return Error{fmt::format("paths are chosen among at most {} POPs{}, and [path] has {}", most,
                             path.link.empty() ? " where there is no [[path.link]]" : "", path.pop.size())};
  paths::Graph graph;
  for (const PathPopConfig& pop : path.pop) graph.pops.push_back({pop.id, pop.cost});
  for (const PathLinkConfig& link : path.link) {
    const u32 from = link.between.at(0), to = link.between.at(1);
    const bool fixed = link.cost.has_value();
    graph.links.push_back({from, to, cost_of(link), link.latency, fixed});
    if (!link.one_way) graph.links.push_back({to, from, cost_of(link), link.latency, fixed});
  }
  if (path.link.empty()) add_mesh(graph);
  if (const auto plan = plan_called(config, path.servers))
    graph.most_hops = std::min(u32(field_of(plan->plan, FieldKind::path).count), kMostHops);
  paths::sort(graph);
  return graph;
}

paths::Rules rules_of(const PathPolicyConfig& policy) {
  paths::Rules rules = {sorted(policy.through), {}, {}, policy.most_hops};
  for (const PathAvoidConfig& avoid : policy.avoid) {
    if (avoid.pop) rules.avoid.push_back(avoid.pop);
    if (!avoid.pop) rules.avoid_links.push_back(paths::ends_of(avoid.first, avoid.second));
  }
  rules.avoid = sorted(rules.avoid);
  std::ranges::sort(rules.avoid_links);
  return rules;
}

std::vector<paths::Rules> all_rules(const PathConfig& path) {
  std::vector<paths::Rules> all;
  for (const PathPolicyConfig& policy : path.policy) all.push_back(rules_of(policy));
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<u32> server_pops(const PathConfig& path) {
  std::vector<u32> pops;
  for (const PathServerConfig& server : path.server) pops.push_back(server.pop);
  return sorted(pops);
}

paths::Down down_by_file(const PathConfig& path) { return {{path.down.begin(), path.down.end()}, {}}; }

}  // namespace waymark::path
