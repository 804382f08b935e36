#include "paths/search.h"

#include <algorithm>
#include <bit>
#include <queue>

namespace waymark::paths {

namespace {

constexpr u32 kScale = 16;                  // more than links of a path
constexpr std::size_t kMostTried = 10'000;  // beginnings of paths, for one pair of POPs

bool has(const std::vector<u32>& ids, u32 id) { return std::ranges::find(ids, id) != ids.end(); }

}  // namespace

Search::Search(const Graph& graph, const Rules& rules, const Down& down) : graph_(graph), rules_(rules), down_(down) {
  const std::size_t pops = graph.pops.size();
  const u32 hops = std::min({graph.most_hops, rules.most_hops.value_or(kMostPathPops), u32(kMostPathPops)});
  links_ = hops ? hops - 1 : 0;
  cost_.resize(pops);
  bit_.resize(pops);
  open_.resize(pops);
  for (std::size_t i = 0; i < pops; ++i) {
    const Pop& pop = graph.pops[i];
    cost_[i] = pop.cost * kScale;
    open_[i] = !down.pops.contains(pop.id) && !has(rules.avoid, pop.id);
  }
  for (std::size_t i = 0; i < rules.through.size(); ++i) {
    const Pop* pop = graph.pop(rules.through[i]);
    if (!pop) hopeless_ = true;
    if (pop) bit_[std::size_t(pop - graph.pops.data())] = 1u << i;
    all_ |= 1u << i;
  }
  states_ = u32(pops) << rules.through.size();
  std::vector<std::vector<Edge>> into(pops);
  for (const Link& link : graph.links) {
    const u32 from = position(link.from), to = position(link.to);
    const Ends ends = ends_of(link.from, link.to);
    out_begin_.resize(from + 1, u32(out_.size()));  // links come by ascending positions
    if (!open_[from] || !open_[to] || down.links.contains(ends) ||
        std::ranges::find(rules.avoid_links, ends) != rules.avoid_links.end())
      continue;
    out_.push_back({to, link.cost * kScale + 1});
    into[to].push_back({from, link.cost * kScale + 1});
  }
  out_begin_.resize(pops + 1, u32(out_.size()));
  for (const auto& edges : into) {
    in_begin_.push_back(u32(in_.size()));
    in_.insert(in_.end(), edges.begin(), edges.end());
  }
  in_begin_.push_back(u32(in_.size()));
  marked_.resize(states_);
}

u32 Search::position(u32 id) const { return u32(graph_.pop(id) - graph_.pops.data()); }

void Search::towards(u32 to) {
  to_ = position(to);
  rest_.assign(std::size_t(links_ + 1) * states_, kNever);
  if (!open_[to_]) return;
  rest_[state(to_, 0)] = 0;
  changed_ = {state(to_, 0)};
  for (u32 links = 1; links <= links_; ++links) round(links);
}

// What is reached by one link more. Only from what became cheaper in the round before can anything become so.
void Search::round(u32 links) {
  const u32 pops = u32(cost_.size());
  const u32* had = rest_.data() + std::size_t(links - 1) * states_;
  u32* now = rest_.data() + std::size_t(links) * states_;
  std::copy(had, had + states_, now);
  next_.clear();
  for (const u32 at : changed_) {
    const u32 pop = at % pops, need = at / pops, cost = had[at] + into(pop);
    for (const Edge& edge : in(pop)) {
      if (edge.pop == to_) continue;  // a path ends where it first comes to its end
      const auto reach = [&](u32 needed) {
        if (needed & bit_[edge.pop]) return;
        const u32 before = state(edge.pop, needed);
        if (cost + edge.cost >= now[before]) return;
        now[before] = cost + edge.cost;
        if (!marked_[before]) next_.push_back(before);
        marked_[before] = 1;
      };
      reach(need);
      if (bit_[pop]) reach(need | bit_[pop]);
    }
  }
  for (const u32 at : next_) marked_[at] = 0;
  changed_.swap(next_);
}

// Of what costs the same the lowest id at each step.
std::optional<Path> Search::follow(u32 from) const {
  Path path;
  u32 at = from, need = need_from(from), links = links_;
  path.add(graph_.pops[at].id);
  path.cost = rest(links, at, need) / kScale;
  while (at != to_) {
    const u32 left = rest(links, at, need);
    const auto edges = out(at);
    const auto step = std::ranges::find_if(edges, [&](const Edge& edge) {
      const u32 behind = rest(links - 1, edge.pop, need & ~bit_[edge.pop]);
      return behind != kNever && behind + into(edge.pop) + edge.cost == left;
    });
    at = step->pop;
    need &= ~bit_[at];
    --links;
    if (path.has(graph_.pops[at].id)) return {};
    path.add(graph_.pops[at].id);
  }
  return path;
}

std::optional<Path> Search::best(u32 from_id) const {
  const u32 from = position(from_id);
  if (hopeless_ || !open_[from] || rest(links_, from, need_from(from)) == kNever) return {};
  if (auto path = follow(from)) return path;
  const Few tried = few(from_id, 1);
  return tried.paths.empty() ? std::nullopt : std::optional(tried.paths.front());
}

Search::Few Search::few(u32 from_id, std::size_t most) const {
  struct Begun {
    u32 least, cost;  // of any path that begins so; of this beginning
    u32 at, need;
    Path path;
  };
  const auto later = [](const Begun& a, const Begun& b) {
    if (a.least != b.least) return a.least > b.least;
    return std::ranges::lexicographical_compare(b.path.pops(), a.path.pops());
  };
  std::priority_queue<Begun, std::vector<Begun>, decltype(later)> begun(later);
  const u32 from = position(from_id);
  const u32 whole = rest(links_, from, need_from(from));
  Few out;
  if (hopeless_ || !open_[from] || whole == kNever) return out;
  Path first;
  first.add(from_id);
  begun.push({whole, 0, from, need_from(from), first});
  std::size_t tried = 0;
  while (!begun.empty() && out.paths.size() < most) {
    const Begun b = begun.top();
    begun.pop();
    if (b.at == to_) {
      out.paths.push_back(b.path);
      out.paths.back().cost = b.cost / kScale;
      continue;
    }
    const u32 links = links_ + 1 - b.path.hops;  // still to come
    if (!links) continue;
    for (const Edge& edge : this->out(b.at)) {
      const u32 id = graph_.pops[edge.pop].id, need = b.need & ~bit_[edge.pop];
      const u32 behind = rest(links - 1, edge.pop, need), cost = b.cost + edge.cost + into(edge.pop);
      if (behind == kNever || b.path.has(id)) continue;
      if (++tried > kMostTried) {
        out.gave_up = true;
        return out;
      }
      Path path = b.path;
      path.add(id);
      begun.push({cost + behind, cost, edge.pop, need, path});
    }
  }
  return out;
}

std::optional<Path> Search::judged(const Path& path) const {
  if (path.hops > links_ + 1 || hopeless_) return {};
  Path out = path;
  u32 cost = 0, at = ~0u, met = 0;
  for (const u32 id : path.pops()) {
    if (!graph_.pop(id)) return {};
    const u32 next = position(id);
    if (!open_[next]) return {};
    met |= bit_[next];
    if (at != ~0u) {
      const auto edges = this->out(at);
      const auto edge = std::ranges::find(edges, next, &Edge::pop);
      if (edge == edges.end()) return {};
      cost += edge->cost + (id == path.last() ? 0 : cost_[next]);
    }
    at = next;
  }
  if (met != all_) return {};
  out.cost = cost / kScale;
  return out;
}

}  // namespace waymark::paths
