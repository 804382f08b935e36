// Flows of edges between members, over the channel: what is told to whom, and when all have come.
#include "group/net_test.h"

namespace waymark::group {
namespace {

// An edge's table as the group knows it: flows by place.
struct Edge : EdgeFlows {
  u32 size = 8;
  std::map<u32, EdgeFlowRecord> flows;
  EdgeChanges news;
  u32 primed = 0;

  u32 buckets() const override { return size; }
  void prime() override { ++primed; }
  void scan(Time, u32, EdgeChanges& out) override { std::swap(out, news), news = {}; }
  bool read_all(u32& next, u32 buckets, std::vector<EdgeFlowRecord>& out) override {
    const u32 end = next + std::min(buckets, 100u);
    for (; next < end; ++next)
      if (const auto at = flows.find(next); at != flows.end()) out.push_back(at->second);
    return next >= 1'000;
  }
  u64 lent() const override { return 5; }
  void apply(const std::vector<EdgeFlowRecord>& some, Time) override {
    for (const EdgeFlowRecord& f : some) flows[f.place] = f;
  }
  void erase(const std::vector<GoneEdgeFlow>& some, Time) override {
    for (const GoneEdgeFlow& g : some) flows.erase(g.place);
  }
  void add(u32 place) {
    news.flows.push_back({1, place, {2, 3, 4, place}, {5, 6}, 7, place * 8});
    flows[place] = news.flows.back();
  }
  void remove(u32 place) {
    news.gone.push_back({1, place, place * 8});
    flows.erase(place);
  }
};

struct Edges : Net {
  std::deque<Edge> edges;
  explicit Edges(size_t count) : Net(count, 100, 2s), edges(count) {
    for (size_t i = 0; i < count; ++i) {
      node(i).edges = &edges[i];
      start(i);
    }
    wires.clear();
  }
};

TEST(SharedEdges, TellWhatChangesAndAllAtFirst) {
  Edges e(3);
  for (u32 place = 0; place < 500; ++place) e.edges[0].add(place);
  e.edges[0].news = {};
  e.run(3s);
  EXPECT_EQ(e.edges[1].flows, e.edges[0].flows);
  EXPECT_EQ(e.edges[2].flows, e.edges[0].flows);
  EXPECT_EQ(e.edges[0].primed, 1u);
  EXPECT_TRUE(e.member(0, 1).shares_edges);
  EXPECT_EQ(e.group(0).view().lent_flows, 5u);
  EXPECT_GE(e.member(1, 0).edge_flows_received, 500u);
  e.edges[0].add(700);
  e.edges[0].remove(3);
  e.run(500ms);
  EXPECT_EQ(e.edges[1].flows, e.edges[0].flows);
  EXPECT_TRUE(e.edges[1].flows.contains(700) && !e.edges[1].flows.contains(3));
}

TEST(SharedEdges, TablesOfAnotherSizeOrKeyShareNothing) {
  for (const bool size : {true, false}) {
    Edges e(2);
    if (size)
      e.edges[1].size = 9;
    else
      e.node(1).digest.key = 99;
    e.start(1);
    e.run(3s);
    e.edges[0].add(1);
    e.run(500ms);
    EXPECT_TRUE(e.edges[1].flows.empty());
    EXPECT_FALSE(e.member(0, 1).shares_edges);
    EXPECT_EQ(e.member(0, 1).flows_unshared,
              size ? "its tables of an edge's flows have 9 buckets, ours 8" : "its keys of flows are others");
  }
}

// An edge that returns announces nothing before its flows are there.
TEST(SharedEdges, WhoReturnsWaitsForThem) {
  Edges e(2);
  e.run(3s);
  e.kill(0);
  for (u32 place = 0; place < 500; ++place) e.edges[1].add(place);
  e.edges[0].flows.clear();
  e.run(1s);
  e.start(0);
  ASSERT_TRUE(e.until([&] { return e.group(0).in_step(); }));
  EXPECT_EQ(e.edges[0].flows.size(), 500u);
}

TEST(SharedEdges, WhoDoesNotReadIsSentAllLater) {
  Edges e(2);
  e.run(3s);
  e.slow.insert(1);
  for (u32 n = 0; n < 9'000; ++n) {
    e.edges[0].add(n % 1'000);
    if (n % 30 == 0) e.run(20ms);
  }
  e.slow.clear();
  e.run(2s);
  EXPECT_EQ(e.edges[1].flows, e.edges[0].flows);
}

// Links that break again and again, and for longer: what changed meanwhile comes with all the rest.
TEST(SharedEdges, ASplitIsMadeUpFor) {
  Edges e(3);
  e.run(3s);
  u32 place = 0;
  for (int split = 0; split < 6; ++split) {
    const size_t lone = size_t(split) % 3;
    for (size_t other = 0; other < 3; ++other)
      if (other != lone) e.cut.insert({lone, other});
    for (int n = 0; n < 40; ++n) {
      e.edges[size_t(n) % 3].add(place++);
      e.run(50ms + split * 60ms);
    }
    e.cut.clear();
    ASSERT_TRUE(e.until([&] {
      return e.edges[0].flows.size() == place && e.edges[1].flows == e.edges[0].flows &&
             e.edges[2].flows == e.edges[0].flows;
    })) << split;
  }
}

}  // namespace
}  // namespace waymark::group
