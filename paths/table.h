// The chosen path between each POP and each where servers are, by each set of rules.
#pragma once

#include "paths/graph.h"

namespace waymark::paths {

class Table {
 public:
  Table() = default;

  // `to`: ids of POPs of the graph. A path of `before` stays, as long as it is possible, until another one is cheaper
  // by so many percent.
  Table(const Graph& graph, const Down& down, std::vector<Rules> rules, std::vector<u32> to, u32 hysteresis = 0,
        const Table* before = nullptr);

  const std::vector<Rules>& rules() const { return rules_; }
  const Path* find(u32 from, u32 to, const Rules& rules) const;  // or null: there is none

  // How many of its paths are others than those of `before`, or are not there.
  std::size_t others_than(const Table& before) const;

  // Which pairs of two POPs have none by a set of rules: how many, and the first one.
  struct Unreachable {
    std::size_t pairs = 0;
    u32 from = 0, to = 0;
  };
  Unreachable unreachable(std::size_t rules) const;

 private:
  std::vector<u32> from_, to_;  // ascending
  std::vector<Rules> rules_;
  std::vector<Path> paths_;  // by rules, to, from; hops 0: none
};

}  // namespace waymark::paths
