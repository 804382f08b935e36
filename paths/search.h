// The cheapest paths of a graph by one set of rules. Backwards from where paths end, round by round, it computes what
// the way there costs from each POP with so many links and so many POPs of `through` still to come; forwards it follows
// these costs. They are of walks, which may pass a POP twice; where the cheapest walk does, paths are tried one by one,
// in the order of what they cost at least.
#pragma once

#include "paths/graph.h"

namespace waymark::paths {

class Search {
 public:
  // All of these are kept by reference.
  Search(const Graph& graph, const Rules& rules, const Down& down);

  // Where paths end from now on.
  void towards(u32 to);

  // The first of all paths by before(), or none. `from`: any POP.
  std::optional<Path> best(u32 from) const;

  // The first of them, in their order. `gave_up`: too many were tried.
  struct Few {
    std::vector<Path> paths;
    bool gave_up = false;
  };
  Few few(u32 from, std::size_t most) const;

  // The path with its present cost, if these rules allow it and nothing of it is down.
  std::optional<Path> judged(const Path& path) const;

 private:
  // Costs are 16 times what they are, and 1 a link, so that of alike ones the shorter path is cheaper.
  struct Edge {
    u32 pop, cost;  // where to (or from), by position; without the cost of any POP
  };
  static constexpr u32 kNever = ~0u;

  std::span<const Edge> out(u32 at) const { return {out_.data() + out_begin_[at], out_.data() + out_begin_[at + 1]}; }
  std::span<const Edge> in(u32 at) const { return {in_.data() + in_begin_[at], in_.data() + in_begin_[at + 1]}; }
  u32 position(u32 id) const;  // of a POP that is there
  u32 into(u32 pop) const { return pop == to_ ? 0 : cost_[pop]; }
  u32 state(u32 pop, u32 need) const { return need * u32(cost_.size()) + pop; }
  u32 rest(u32 links, u32 pop, u32 need) const { return rest_[links * states_ + state(pop, need)]; }
  u32 need_from(u32 pop) const { return all_ & ~bit_[pop] & ~bit_[to_]; }
  std::optional<Path> follow(u32 from) const;  // none where a POP would come twice
  void round(u32 links);

  const Graph& graph_;
  const Rules& rules_;
  const Down& down_;
  u32 links_ = 0;  // at most, of a path
  u32 all_ = 0;    // a bit for each POP of `through`
  u32 states_ = 0;
  u32 to_ = 0;
  bool hopeless_ = false;        // a POP of `through` is not there, or no path may end at to_
  std::vector<u32> cost_, bit_;  // by position
  std::vector<u8> open_;         // by position: neither down nor to be avoided
  std::vector<Edge> out_, in_;
  std::vector<u32> out_begin_, in_begin_;
  std::vector<u32> rest_;            // by links, need and POP
  std::vector<u32> changed_, next_;  // states of one round
  std::vector<u8> marked_;
};

}  // namespace waymark::paths
