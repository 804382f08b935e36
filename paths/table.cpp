#include "paths/table.h"

#include <algorithm>

#include "paths/search.h"

namespace waymark::paths {

namespace {

std::optional<std::size_t> index_of(const std::vector<u32>& ids, u32 id) {
  const auto found = std::ranges::lower_bound(ids, id);
  if (found == ids.end() || *found != id) return {};
  return std::size_t(found - ids.begin());
}

bool takes_over(const Path& next, const Path& current, u32 hysteresis) {
  return u64(next.cost) * 100 < u64(current.cost) * (100 - hysteresis);
}

}  // namespace

Table::Table(const Graph& graph, const Down& down, std::vector<Rules> rules, std::vector<u32> to, u32 hysteresis,
             const Table* before)
    : to_(std::move(to)), rules_(std::move(rules)) {
  for (const Pop& pop : graph.pops) from_.push_back(pop.id);
  std::ranges::sort(to_);
  to_.erase(std::unique(to_.begin(), to_.end()), to_.end());
  paths_.reserve(rules_.size() * to_.size() * from_.size());
  for (const Rules& set : rules_) {
    Search search(graph, set, down);
    for (const u32 end : to_) {
      search.towards(end);
      for (const u32 from : from_) {
        Path best = search.best(from).value_or(Path{});
        const Path* had = before && best.hops ? before->find(from, end, set) : nullptr;
        if (const auto current = had ? search.judged(*had) : std::nullopt;
            current && !takes_over(best, *current, hysteresis))
          best = *current;
        paths_.push_back(best);
      }
    }
  }
}

const Path* Table::find(u32 from, u32 to, const Rules& rules) const {
  const auto set = std::ranges::find(rules_, rules);
  const auto begin = index_of(from_, from), end = index_of(to_, to);
  if (set == rules_.end() || !begin || !end) return nullptr;
  const Path& path = paths_[(std::size_t(set - rules_.begin()) * to_.size() + *end) * from_.size() + *begin];
  return path.hops ? &path : nullptr;
}

std::size_t Table::others_than(const Table& before) const {
  std::size_t others = 0;
  const Path* path = paths_.data();
  for (const Rules& set : rules_)
    for (const u32 end : to_)
      for (const u32 from : from_) {
        const Path* had = before.find(from, end, set);
        others += had ? *had != *path : path->hops != 0;
        ++path;
      }
  return others;
}

Table::Unreachable Table::unreachable(std::size_t rules) const {
  Unreachable out;
  const std::size_t each = to_.size() * from_.size();
  for (std::size_t i = 0; i < each; ++i) {
    const u32 to = to_[i / from_.size()], from = from_[i % from_.size()];
    if (paths_[rules * each + i].hops || from == to) continue;
    if (!out.pairs++) out.to = to, out.from = from;
  }
  return out;
}

}  // namespace waymark::paths
