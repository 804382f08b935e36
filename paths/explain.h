// Why a path is the chosen one, in words and as a picture.
#pragma once

#include "paths/graph.h"

namespace waymark::paths {

struct Alternative {
  Path path;
  std::string why_not;  // "costs 5 more"
};
struct Explanation {
  std::optional<Path> chosen;
  std::string why_none;  // a sentence, where nothing is chosen
  std::vector<Alternative> others;
  bool gave_up = false;  // there may be more
};
// Both are POPs of the graph. Of the others the first few that the rules allow, and those before the chosen one that
// they do not.
Explanation explain(const Graph& graph, const Rules& rules, const Down& down, u32 from, u32 to);

// How long a packet takes by it, where each link's latency is known.
std::optional<Duration> latency_of(const Graph& graph, const Path& path);

// The graph in the language of Graphviz; the path in bold.
std::string as_dot(const Graph& graph, const Rules& rules, const Down& down, const std::optional<Path>& chosen);

}  // namespace waymark::paths
