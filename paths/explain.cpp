#include "paths/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "paths/search.h"

namespace waymark::paths {

namespace {

constexpr std::size_t kOthers = 5;

bool has(const auto& all, const auto& one) { return std::ranges::find(all, one) != all.end(); }

// What refuses this path, or "".
std::string refused(const Rules& rules, const Down& down, const Path& path) {
  std::vector<std::string> why;
  for (std::size_t i = 0; i < path.hops; ++i) {
    const u32 pop = path.pop[i];
    if (down.pops.contains(pop)) why.push_back(fmt::format("POP {} is down", pop));
    if (has(rules.avoid, pop)) why.push_back(fmt::format("the policy avoids POP {}", pop));
    if (i + 1u == path.hops) continue;
    const Ends link = ends_of(pop, path.pop[i + 1]);
    if (down.links.contains(link)) why.push_back(fmt::format("link {} is down", text(link)));
    if (has(rules.avoid_links, link)) why.push_back(fmt::format("the policy avoids link {}", text(link)));
  }
  for (const u32 pop : rules.through)
    if (!path.has(pop)) why.push_back(fmt::format("the policy leads through POP {}", pop));
  if (rules.most_hops && path.hops > *rules.most_hops)
    why.push_back(fmt::format("it has {} hops, and the policy allows {}", path.hops, *rules.most_hops));
  return fmt::format("{}", fmt::join(why, "; "));
}

std::string beaten(const Path& path, const Path& chosen) {
  if (path.cost > chosen.cost) return fmt::format("costs {} more", path.cost - chosen.cost);
  if (path.hops > chosen.hops) return "costs the same, and has more hops";
  return "costs the same with as many hops, and the other has the lower id where they part";
}

std::string why_none(const Rules& rules, const Down& down, u32 from, u32 to, bool any) {
  for (const u32 end : {from, to}) {
    if (down.pops.contains(end)) return fmt::format("POP {} is down", end);
    if (has(rules.avoid, end))
      return fmt::format("the policy avoids POP {}, where the path {}", end, end == from ? "begins" : "ends");
  }
  const std::string way = fmt::format("from POP {} to POP {}", from, to);
  if (!any) return fmt::format("no links lead {} by as few hops as the servers' plan has room for", way);
  return fmt::format("the policy, and what is down, leave no path {}", way);
}

}  // namespace

Explanation explain(const Graph& graph, const Rules& rules, const Down& down, u32 from, u32 to) {
  const Rules no_rules;
  const Down nothing;
  Search allowed(graph, rules, down), all(graph, no_rules, nothing);
  allowed.towards(to);
  all.towards(to);
  Search::Few good = allowed.few(from, kOthers + 1), any = all.few(from, kOthers);
  Explanation out;
  out.gave_up = good.gave_up || any.gave_up;
  if (good.paths.empty())
    out.why_none =
        out.gave_up ? fmt::format("too many paths from POP {} to POP {} were tried, and none fits the policy", from, to)
                    : why_none(rules, down, from, to, !any.paths.empty());
  else
    out.chosen = good.paths.front();
  for (const Path& path : any.paths) {
    if (has(good.paths, path) || (out.chosen && before(*out.chosen, path))) continue;
    out.others.push_back({path, refused(rules, down, path)});
  }
  for (std::size_t i = 1; i < good.paths.size(); ++i)
    out.others.push_back({good.paths[i], beaten(good.paths[i], *out.chosen)});
  return out;
}

std::optional<Duration> latency_of(const Graph& graph, const Path& path) {
  Duration sum(0);
  for (std::size_t i = 1; i < path.hops; ++i) {
    const Link* link = graph.link(path.pop[i - 1], path.pop[i]);
    if (!link || !link->latency) return {};
    sum += *link->latency;
  }
  return sum;
}

std::string as_dot(const Graph& graph, const Rules& rules, const Down& down, const std::optional<Path>& chosen) {
  std::string out = "digraph wan {\n  node [shape=circle];\n  edge [fontsize=10];\n";
  const auto look = [](bool dead, bool avoided, bool bold) {
    return dead ? "style=dotted, color=red" : avoided ? "style=dotted" : bold ? "penwidth=3" : "color=gray40";
  };
  for (const Pop& pop : graph.pops)
    out += fmt::format("  {} [{}];\n", pop.id,
                       look(down.pops.contains(pop.id), has(rules.avoid, pop.id), chosen && chosen->has(pop.id)));
  for (const Link& link : graph.links) {
    const Link* back = graph.link(link.to, link.from);
    const bool alike = back && back->cost == link.cost;
    const Ends ends = ends_of(link.from, link.to);
    bool forward = false, backward = false;
    for (std::size_t i = 1; chosen && i < chosen->hops; ++i) {
      forward |= chosen->pop[i - 1] == link.from && chosen->pop[i] == link.to;
      backward |= chosen->pop[i - 1] == link.to && chosen->pop[i] == link.from;
    }
    if (alike && link.from > link.to) continue;  // one line for both
    const char* arrow = !alike || forward ? "forward" : backward ? "back" : "none";
    out += fmt::format("  {} -> {} [label={}, dir={}, {}];\n", link.from, link.to, link.cost, arrow,
                       look(down.links.contains(ends), has(rules.avoid_links, ends), forward || (alike && backward)));
  }
  return out + "}\n";
}

}  // namespace waymark::paths
