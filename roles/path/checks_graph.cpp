// What must hold between links, and what policies want of paths.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/checks.h"
#include "paths/table.h"
#include "roles/path/role.h"

namespace waymark::path {

using namespace config;

namespace {

bool is_pop(const PathConfig& path, u32 id) {
  return std::ranges::find(path.pop, id, &PathPopConfig::id) != path.pop.end();
}

void check_links(Checking& in, const PathConfig& path) {
  std::set<std::pair<u32, u32>> seen;
  for (const PathLinkConfig& link : path.link) {
    if (in.problems.full()) return;
    if (!in.places.good(link) || !in.places.good(link.between)) continue;
    const Mark at = in.places.at(link.between, link);
    if (link.between.size() != 2 || link.between[0] == link.between[1]) {
      in.problems.error(at, "\"between\" in [[path.link]] must be two different POPs such as [1, 2]");
      continue;
    }
    const u32 from = link.between[0], to = link.between[1];
    const std::string whose = fmt::format("the link between POPs {} and {}", from, to);
    for (const u32 id : link.between)
      if (in.places.good(path.pop) && !is_pop(path, id))
        in.problems.error(in.places.at(id, link),
                          fmt::format("{} names a POP, {}, of which there is no [[path.pop]]", whose, id));
    const bool is_new = seen.insert({from, to}).second;
    const bool is_new_back = link.one_way || seen.insert({to, from}).second;
    if (!is_new || !is_new_back)
      in.problems.error(
          at, fmt::format("{} is defined twice; two links with \"one_way\" give each direction a cost", whose));
  }
  if (!path.link.empty() && path.pop.size() > paths::kMostPops && in.places.good(path.pop))
    in.problems.error(in.places.at(path.link, path),
                      fmt::format("[path] has {} POPs; with [[path.link]] at most {} are supported", path.pop.size(),
                                  paths::kMostPops));
}

void check_rules(Checking& in, const PathConfig& path, const PathPolicyConfig& policy, u32 most_hops) {
  const std::string whose = title("path policy", policy.name);
  const auto known = [&](Mark at, u32 id, const char* key) {
    if (in.places.good(path.pop) && !is_pop(path, id))
      in.problems.error(at,
                        fmt::format("{} has {} in \"{}\", and there is no [[path.pop]] of that id", whose, id, key));
  };
  for (const u32 id : policy.through) known(in.places.at(id), id, "through");
  for (const PathAvoidConfig& avoid : policy.avoid) {
    const Mark at = in.places.at(avoid);
    for (const u32 id : {avoid.pop, avoid.first, avoid.second})
      if (id) known(at, id, "avoid");
    const auto is_it = [&](const PathLinkConfig& link) {
      return link.between.size() == 2 &&
             paths::ends_of(link.between[0], link.between[1]) == paths::ends_of(avoid.first, avoid.second);
    };
    if (!avoid.pop && !path.link.empty() && std::ranges::none_of(path.link, is_it))
      in.problems.warn(at, fmt::format("{} avoids the link between POPs {} and {}, and there is none", whose,
                                       avoid.first, avoid.second));
    if (avoid.pop && std::ranges::find(policy.through, avoid.pop) != policy.through.end())
      in.problems.error(at, fmt::format("{} has POP {} in \"through\" and in \"avoid\"", whose, avoid.pop));
  }
  if (policy.through.size() > paths::kMostThrough)
    in.problems.error(in.places.at(policy.through, policy),
                      fmt::format("{} has {} POPs in \"through\"; at most {} are supported", whose,
                                  policy.through.size(), paths::kMostThrough));
  if (policy.avoid.size() > paths::kMostAvoided)
    in.problems.error(in.places.at(policy.avoid, policy),
                      fmt::format("{} has {} POPs and links in \"avoid\"; at most {} are supported", whose,
                                  policy.avoid.size(), paths::kMostAvoided));
  if (policy.through.size() > policy.most_hops.value_or(most_hops))
    in.problems.error(in.places.at(policy.through, policy),
                      fmt::format("{} has {} POPs in \"through\", and its paths have at most {} hops", whose,
                                  policy.through.size(), policy.most_hops.value_or(most_hops)));
  if (policy.most_hops > most_hops)
    in.problems.warn(in.places.at(policy.most_hops, policy),
                     fmt::format("{} has most_hops = {}, and the plan \"{}\" has room for {} hops alone", whose,
                                 *policy.most_hops, path.servers, most_hops));
}

std::string whose_are(const PathConfig& path, const paths::Rules& rules) {
  std::string names;
  for (const PathPolicyConfig& policy : path.policy)
    if (rules_of(policy) == rules) names += (names.empty() ? "" : ", ") + title("path policy", policy.name);
  return names;
}

// For pairs that none of the policies' addresses can be made for: that may be meant so.
void check_pairs(Checking& in, const PathConfig& path) {
  const std::vector<paths::Rules> rules = all_rules(path);
  const std::vector<u32> to = server_pops(path);
  if (rules.size() > paths::kMostRules)
    return in.problems.error(in.places.at(path.policy, path),
                             fmt::format("the policies of [path] have {} different sets of \"through\", \"avoid\" and "
                                         "\"most_hops\"; at most {} are supported",
                                         rules.size(), paths::kMostRules));
  if (path.link.empty() && rules == std::vector{paths::Rules{}}) return;  // each two POPs have a link
  const std::size_t count = rules.size() * to.size() * path.pop.size();
  if (count > paths::kMostPaths)
    return in.problems.error(
        in.places.at(path.link, path),
        fmt::format("{} POPs, {} POPs with servers and {} sets of policies' \"through\", \"avoid\" and "
                    "\"most_hops\" make {} paths; at most {} are supported",
                    path.pop.size(), to.size(), rules.size(), count, paths::kMostPaths));
  const auto graph = graph_of(in.config);
  if (!graph) return in.problems.warn(in.places.at(path.policy, path), graph.error().sentence + ": none is chosen");
  const paths::Table table(*graph, {}, rules, to);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto lacks = table.unreachable(i);
    if (!lacks.pairs) continue;
    const std::string more = lacks.pairs > 1 ? fmt::format(", nor between {} other pairs", lacks.pairs - 1) : "";
    in.problems.warn(in.places.at(path.link, path),
                     fmt::format("{}: no path leads from POP {} to POP {}, which has servers{}",
                                 whose_are(path, rules[i]), lacks.from, lacks.to, more));
  }
}

}  // namespace

void check_graph(Checking& in) {
  const PathConfig& path = *in.config.path;
  const auto servers = plan_called(in.config, path.servers);
  if (!servers || !has(servers->plan, FieldKind::path) || !in.places.good(path.policy) || !in.places.good(path.link))
    return;
  check_links(in, path);
  const u32 most_hops = field_of(servers->plan, FieldKind::path).count;
  for (const PathPolicyConfig& policy : path.policy)
    if (in.places.good(policy) && in.places.good(policy.through) && in.places.good(policy.avoid) && !in.problems.full())
      check_rules(in, path, policy, most_hops);
  if (!in.problems.any_error()) check_pairs(in, path);
}

}  // namespace waymark::path
