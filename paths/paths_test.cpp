// Against brute force: every simple path of small graphs, by the rules as they read.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <random>

#include "paths/explain.h"
#include "paths/search.h"
#include "paths/table.h"

namespace waymark::paths {
namespace {

Graph graph_of(std::vector<Pop> pops, std::vector<Link> links, u32 most_hops = kMostPathPops) {
  Graph graph = {std::move(pops), std::move(links), most_hops};
  sort(graph);
  return graph;
}
Graph both_ways(std::vector<Pop> pops, const std::vector<Link>& links, u32 most_hops = kMostPathPops) {
  std::vector<Link> all = links;
  for (const Link& link : links) all.push_back({link.to, link.from, link.cost, link.latency});
  return graph_of(std::move(pops), all, most_hops);
}

bool has(const auto& all, const auto& one) { return std::ranges::find(all, one) != all.end(); }

// All that are allowed, in the order of before().
std::vector<Path> all_paths(const Graph& graph, const Rules& rules, const Down& down, u32 from, u32 to) {
  std::vector<Path> out;
  const auto open = [&](u32 id) { return !down.pops.contains(id) && !has(rules.avoid, id); };
  std::function<void(Path)> go_on = [&](const Path& path) {
    if (path.last() == to) {
      for (const u32 id : rules.through)
        if (!path.has(id)) return;
      return out.push_back(path);
    }
    if (path.hops == std::min(graph.most_hops, rules.most_hops.value_or(8))) return;
    for (const Link& link : graph.links) {
      const Ends ends = ends_of(link.from, link.to);
      if (link.from != path.last() || path.has(link.to) || !open(link.to)) continue;
      if (down.links.contains(ends) || has(rules.avoid_links, ends)) continue;
      Path next = path;
      next.add(link.to);
      next.cost += link.cost + (link.to == to ? 0 : graph.pop(link.to)->cost);
      go_on(next);
    }
  };
  Path first;
  first.add(from);
  if (open(from)) go_on(first);
  std::ranges::sort(out, before);
  return out;
}

// A random graph, rules and what is down. Costs are few, so that many are alike.
struct Drawn {
  Graph graph;
  Rules rules;
  Down down;
};
class Draw {
 public:
  u32 operator()(u32 from, u32 to) { return from + u32(random_() % (to + 1 - from)); }
  bool once_in(u32 n) { return random_() % n == 0; }

  Drawn drawn() {
    const u32 pops = (*this)(2, 7);
    const auto pop = [&] { return (*this)(1, pops); };
    Drawn d;
    for (u32 id = 1; id <= pops; ++id) d.graph.pops.push_back({id, (*this)(0, 2)});
    std::set<std::pair<u32, u32>> seen;
    for (u32 i = (*this)(1, 15); i; --i) {
      const u32 from = pop(), to = pop(), cost = (*this)(1, 4);
      if (from != to && seen.insert({from, to}).second) d.graph.links.push_back({from, to, cost, {}});
      if (from != to && !once_in(4) && seen.insert({to, from}).second)
        d.graph.links.push_back({to, from, once_in(3) ? cost + 1 : cost, {}});
    }
    sort(d.graph);
    d.graph.most_hops = (*this)(1, 8);
    for (u32 id = 1; id <= pops && d.rules.through.size() < 3; ++id)
      if (once_in(5)) d.rules.through.push_back(id);
    if (once_in(3)) d.rules.avoid = {pop()};
    if (once_in(2)) d.rules.avoid_links = {ends_of(pop(), pop())};
    if (once_in(3)) d.rules.most_hops = (*this)(1, 8);
    if (once_in(4)) d.down.pops = {pop()};
    if (once_in(4)) d.down.links = {ends_of(pop(), pop())};
    return d;
  }

 private:
  std::mt19937 random_{7};
};

TEST(Search, FindsWhatBruteForceFinds) {
  Draw draw;
  std::size_t pairs = 0, reached = 0;
  for (u32 i = 0; i < 3'000; ++i) {
    const Drawn d = draw.drawn();
    Search search(d.graph, d.rules, d.down);
    for (const Pop& to : d.graph.pops) {
      search.towards(to.id);
      for (const Pop& from : d.graph.pops) {
        const auto all = all_paths(d.graph, d.rules, d.down, from.id, to.id);
        const auto best = search.best(from.id);
        ++pairs;
        ASSERT_EQ(best.has_value(), !all.empty()) << "graph " << i << ", from " << from.id << " to " << to.id;
        if (!best) continue;
        ++reached;
        ASSERT_EQ(text(*best), text(all.front())) << "graph " << i;
        ASSERT_EQ(best->cost, all.front().cost) << "graph " << i;
        const auto few = search.few(from.id, 4);
        ASSERT_FALSE(few.gave_up);
        ASSERT_EQ(few.paths.size(), std::min<std::size_t>(4, all.size()));
        for (std::size_t k = 0; k < few.paths.size(); ++k) {
          ASSERT_EQ(text(few.paths[k]), text(all[k])) << "graph " << i;
          ASSERT_EQ(few.paths[k].cost, all[k].cost) << "graph " << i;
        }
      }
    }
  }
  EXPECT_GT(reached, pairs / 5);
}

TEST(Search, JudgesPathsOfOtherRules) {
  Draw draw;
  std::size_t good = 0, bad = 0;
  for (u32 i = 0; i < 1'000; ++i) {
    const Drawn d = draw.drawn();
    Drawn other = draw.drawn();
    if (i % 2) other.graph = d.graph;
    Search search(d.graph, d.rules, d.down);
    for (const Pop& to : other.graph.pops)
      for (const Pop& from : other.graph.pops)
        for (const Path& path : all_paths(other.graph, other.rules, other.down, from.id, to.id)) {
          const bool there = d.graph.pop(from.id) && d.graph.pop(to.id);
          const auto all = there ? all_paths(d.graph, d.rules, d.down, from.id, to.id) : std::vector<Path>{};
          const auto same = std::ranges::find(all, path);
          const auto judged = search.judged(path);
          ASSERT_EQ(judged.has_value(), same != all.end()) << "graph " << i << ", path " << text(path);
          if (judged) {
            ASSERT_EQ(judged->cost, same->cost);
          }
          ++(judged ? good : bad);
        }
  }
  EXPECT_GT(good, 500u);
  EXPECT_GT(bad, 500u);
}

// From 1 to 4: by 2 for 20, by 3 for 22, straight for 50.
const std::vector<Pop> kFour = {{1, 0}, {2, 0}, {3, 0}, {4, 0}};
Graph diamond(u32 by_3 = 11) {
  return both_ways(kFour, {{1, 2, 10, {}}, {2, 4, 10, {}}, {1, 3, by_3, {}}, {3, 4, by_3, {}}, {1, 4, 50, {}}});
}

TEST(Table, KeepsAPathUntilAnotherIsCheaperByTheMargin) {
  const std::vector<Rules> rules(1);
  const auto chosen = [](const Table& table) { return text(*table.find(1, 4, {})); };
  const Table at_first(diamond(), {}, rules, {4}, 10);
  EXPECT_EQ(chosen(at_first), "1,2,4");
  EXPECT_EQ(chosen({diamond(9), {}, rules, {4}, 10, &at_first}), "1,2,4") << "18 is not less than nine tenths of 20";
  EXPECT_EQ(chosen({diamond(8), {}, rules, {4}, 10, &at_first}), "1,3,4");
  EXPECT_EQ(chosen({diamond(9), {}, rules, {4}, 0, &at_first}), "1,3,4");
  EXPECT_EQ(chosen({diamond(9), {}, rules, {4}, 10}), "1,3,4") << "without one before there is nothing to keep";
  EXPECT_EQ(chosen({diamond(1), {}, rules, {4}, 100, &at_first}), "1,2,4");
}

TEST(Table, LeavesAPathThatIsNoLongerPossible) {
  const std::vector<Rules> rules(1);
  const Table at_first(diamond(), {}, rules, {4}, 50);
  const Table without(diamond(), {{2}, {}}, rules, {4}, 50, &at_first);
  EXPECT_EQ(text(*without.find(1, 4, {})), "1,3,4");
  const Table back(diamond(), {}, rules, {4}, 50, &without);
  EXPECT_EQ(text(*back.find(1, 4, {})), "1,3,4") << "POP 2 is back, and is not better by half";
  const Table cut(diamond(), {{}, {{1, 2}, {1, 3}}}, rules, {4}, 50, &at_first);
  EXPECT_EQ(text(*cut.find(1, 4, {})), "1,4");
  EXPECT_EQ(Table(diamond(), {{4}, {}}, rules, {4}, 50, &at_first).find(1, 4, {}), nullptr);
}

TEST(Table, HasEachSetOfRules) {
  const std::vector<Rules> rules = {
      {}, {.through = {3}}, {.through = {2, 3}}, {.avoid_links = {{1, 2}}, .most_hops = 2}};
  const Table table(diamond(), {}, rules, {4, 2, 4});
  const auto chosen = [&](std::size_t i, u32 from = 1) {
    const Path* path = table.find(from, 4, rules[i]);
    return path ? text(*path) : "none";
  };
  EXPECT_EQ(chosen(0), "1,2,4");
  EXPECT_EQ(chosen(1), "1,3,4");
  EXPECT_EQ(chosen(2), "none") << "by 2 and 3 it would have 1 or 4 twice";
  EXPECT_EQ(chosen(2, 2), "2,1,3,4");
  EXPECT_EQ(chosen(3), "1,4");
  EXPECT_EQ(table.find(1, 3, {}), nullptr) << "no servers there";
  EXPECT_EQ(table.find(1, 4, {.avoid = {9}}), nullptr);
  EXPECT_EQ(table.unreachable(0).pairs, 0u);
  const auto lacks = table.unreachable(2);
  EXPECT_EQ(lacks.pairs, 1u) << "between a POP and itself none is missed";
  EXPECT_EQ(lacks.from, 1u);
  EXPECT_EQ(lacks.to, 4u);
}

std::string others(const Explanation& e) {
  std::string out;
  for (const Alternative& other : e.others) out += text(other.path) + ": " + other.why_not + "\n";
  return out;
}

TEST(Explain, SaysWhyTheOthersLost) {
  const Explanation e = explain(diamond(), {.avoid = {2}}, {}, 1, 4);
  EXPECT_EQ(text(e.chosen.value()), "1,3,4");
  EXPECT_EQ(others(e), "1,2,4: the policy avoids POP 2\n1,4: costs 28 more\n");
  const Explanation dead = explain(diamond(), {.most_hops = 2}, {{3}, {{1, 2}}}, 1, 4);
  EXPECT_EQ(text(dead.chosen.value()), "1,4");
  EXPECT_EQ(others(dead),
            "1,2,4: link 1-2 is down; it has 3 hops, and the policy allows 2\n"
            "1,3,4: POP 3 is down; it has 3 hops, and the policy allows 2\n");
  const Explanation even = explain(diamond(10), {.through = {}}, {}, 1, 4);
  EXPECT_EQ(
      others(even),
      "1,3,4: costs the same with as many hops, and the other has the lower id where they part\n1,4: costs 30 more\n");
  EXPECT_EQ(others(explain(diamond(), {.through = {3}}, {}, 1, 4)), "1,2,4: the policy leads through POP 3\n");
}

TEST(Explain, SaysWhyThereIsNone) {
  EXPECT_EQ(explain(diamond(), {}, {{4}, {}}, 1, 4).why_none, "POP 4 is down");
  EXPECT_EQ(explain(diamond(), {.avoid = {1}}, {}, 1, 4).why_none, "the policy avoids POP 1, where the path begins");
  EXPECT_EQ(explain(diamond(), {.through = {2, 3}}, {}, 1, 4).why_none,
            "the policy, and what is down, leave no path from POP 1 to POP 4");
  EXPECT_EQ(explain(both_ways(kFour, {{1, 2, 1, {}}}), {}, {}, 1, 4).why_none,
            "no links lead from POP 1 to POP 4 by as few hops as the servers' plan has room for");
}

TEST(Explain, DrawsTheGraph) {
  const auto chosen = explain(diamond(), {.avoid = {3}}, {}, 4, 1).chosen;
  const std::string dot = as_dot(diamond(), {.avoid = {3}}, {{}, {{1, 4}}}, chosen);
  EXPECT_NE(dot.find("  1 -> 2 [label=10, dir=back, penwidth=3];\n"), std::string::npos) << dot;
  EXPECT_NE(dot.find("  3 [style=dotted];\n"), std::string::npos);
  EXPECT_NE(dot.find("  1 -> 4 [label=50, dir=none, style=dotted, color=red];\n"), std::string::npos);
}

TEST(Explain, AddsLatenciesUp) {
  using std::chrono::milliseconds;
  const Graph graph = both_ways(kFour, {{1, 2, 10, milliseconds(3)}, {2, 3, 10, milliseconds(4)}, {3, 4, 10, {}}});
  EXPECT_EQ(latency_of(graph, explain(graph, {}, {}, 1, 3).chosen.value()), milliseconds(7));
  EXPECT_EQ(latency_of(graph, explain(graph, {}, {}, 1, 4).chosen.value()), std::nullopt);
}

// A WAN as large as is spoken of: 250 POPs, 2,000 links, 16 sets of rules. How long it takes is printed, not asserted.
TEST(Table, OfALargeWanIsWhole) {
  std::mt19937 random(1);
  Graph graph;
  std::set<Ends> links;
  for (u32 id = 1; id <= 250; ++id) graph.pops.push_back({id, u32(random() % 5)});
  for (u32 id = 2; id <= 250; ++id) links.insert({1 + u32(random() % (id - 1)), id});
  while (links.size() < 2'000)
    if (const u32 a = 1 + u32(random() % 250), b = 1 + u32(random() % 250); a != b) links.insert(ends_of(a, b));
  for (const Ends& link : links) {
    const u32 cost = 1 + u32(random() % 300);
    graph.links.push_back({link.first, link.second, cost, {}});
    graph.links.push_back({link.second, link.first, cost, {}});
  }
  sort(graph);
  std::vector<u32> to;
  for (const Pop& pop : graph.pops) to.push_back(pop.id);
  for (const u32 most_through : {0u, 2u, 4u}) {
    std::vector<Rules> rules(16);
    for (std::size_t i = 1; i < rules.size(); ++i) {
      rules[i].avoid = {u32(16 * i)};
      for (u32 k = 0; k < most_through && k <= i % (most_through + 1); ++k)
        rules[i].through.push_back(u32(16 * i + 1 + k));
      if (i % 4 == 3) rules[i].most_hops = 6;
    }
    const std::clock_t begin = std::clock();
    const Table table(graph, {}, rules, to);
    const double took = double(std::clock() - begin) / CLOCKS_PER_SEC;
    printf("250 POPs, 2,000 links, all pairs, 16 sets of up to %u POPs to go through: %.2f s of one core\n",
           most_through, took);
    EXPECT_EQ(table.unreachable(0).pairs, 0u);
    EXPECT_EQ(table.find(250, 16, rules[1]), nullptr) << "it is avoided";
    if (most_through) {
      EXPECT_TRUE(table.find(100, 200, rules[1])->has(17));
    }
  }
}

}  // namespace
}  // namespace waymark::paths
