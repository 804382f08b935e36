#include "paths/graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

namespace waymark::paths {

namespace {

constexpr auto kByEnds = [](const Link& link) { return std::tuple(link.from, link.to); };

}  // namespace

void sort(Graph& graph) {
  std::ranges::sort(graph.pops, {}, &Pop::id);
  std::ranges::sort(graph.links, {}, kByEnds);
}

const Link* Graph::link(u32 from, u32 to) const {
  const auto found = std::ranges::lower_bound(links, std::tuple(from, to), {}, kByEnds);
  return found != links.end() && found->from == from && found->to == to ? &*found : nullptr;
}

const Pop* Graph::pop(u32 id) const {
  const auto found = std::ranges::lower_bound(pops, id, {}, &Pop::id);
  return found != pops.end() && found->id == id ? &*found : nullptr;
}

bool Path::has(u32 id) const { return std::ranges::find(pops(), u16(id)) != pops().end(); }

bool before(const Path& a, const Path& b) {
  if (a.cost != b.cost) return a.cost < b.cost;
  if (a.hops != b.hops) return a.hops < b.hops;
  return a.pop < b.pop;
}

std::string text(const Path& path) { return fmt::format("{}", fmt::join(path.pops(), ",")); }
std::string text(const Ends& ends) { return fmt::format("{}-{}", ends.first, ends.second); }

}  // namespace waymark::paths
