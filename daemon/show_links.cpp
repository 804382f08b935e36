// The links between POPs: what was measured of them, what of them is down, and what they cost.
#include <fmt/format.h>

#include "daemon/snapshot.h"
#include "roles/path/role.h"

namespace waymark {

namespace {

std::string state_of(const paths::Links& wan, const paths::Link& link) {
  if (wan.down.pops.contains(link.from) || wan.down.pops.contains(link.to) ||
      wan.down.links.contains(paths::ends_of(link.from, link.to)))
    return "down";
  for (const auto& who : {std::pair(link.from, link.to), std::pair(link.to, link.from)})
    if (const auto at = wan.sights.find(who); at != wan.sights.end() && at->second.sight == paths::Sight::up)
      return "up";
  return "unknown";
}

}  // namespace

Rows show_links(const Snapshot& s) {
  Rows rows{{"from", "to", "state", "round_trip_us", "lost_per_10000", "cost", "by"}, {}};
  if (!s.config->path) return rows;
  auto graph = path::graph_of(*s.config);
  if (!graph) return rows;  // too many POPs: no path is chosen here
  const paths::Graph by_file = *graph;
  paths::measure(*graph, s.wan.sights);
  for (std::size_t i = 0; i < graph->links.size(); ++i) {
    const paths::Link& link = graph->links[i];
    const paths::Seen* seen = paths::measured(s.wan.sights, link.from, link.to);
    rows.rows.push_back({u64(link.from), u64(link.to), state_of(s.wan, link),
                         seen ? Value(u64(*seen->round_trip / std::chrono::microseconds(1))) : Value(std::string("-")),
                         seen ? Value(u64(seen->lost)) : Value(std::string("-")), u64(link.cost),
                         std::string(link.fixed || (!seen && link.cost == by_file.links[i].cost) ? "file"
                                     : seen                                                      ? "measured"
                                            : "dearest measured")});
  }
  return rows;
}

}  // namespace waymark
