#include "paths/seen.h"

#include <gtest/gtest.h>

namespace waymark::paths {
namespace {

using namespace std::chrono_literals;

constexpr Sight kUp = Sight::up, kSilent = Sight::silent, kUnknown = Sight::unknown;

TEST(Seen, WhomNobodyHearsIsDown) {
  const Down down = down_of({{{1, 3}, {kSilent}}, {{2, 3}, {kSilent}}, {{1, 2}, {kUp}}, {{2, 1}, {kUp}}});
  EXPECT_EQ(down, (Down{{3}, {{1, 3}, {2, 3}}}));
}

TEST(Seen, WhomSomebodyHearsIsUpAndTheLinkIsDown) {
  EXPECT_EQ(down_of({{{1, 3}, {kSilent}}, {{2, 3}, {kUp}}}), (Down{{}, {{1, 3}}}));
  EXPECT_EQ(down_of({{{3, 1}, {kSilent}}, {{2, 1}, {kUp}}}), (Down{{}, {{1, 3}}})) << "the lower id first";
}

TEST(Seen, WhatIsNotKnownIsNotDown) {
  EXPECT_EQ(down_of({}), Down());
  EXPECT_EQ(down_of({{{1, 2}, {kUnknown, 3ms}}}), Down());
  EXPECT_EQ(down_of({{{1, 3}, {kSilent}}, {{2, 3}, {kUnknown}}}), (Down{{3}, {{1, 3}}}));
}

TEST(Seen, CostIsHalfARoundTripAndLoss) {
  EXPECT_EQ(cost_of({kUp, 20ms, 0}), 100u);
  EXPECT_EQ(cost_of({kUp, 20ms, 100}), 200u) << "1% is as dear as 10 ms";
  EXPECT_EQ(cost_of({kUp, 60us, 0}), 1u);
  EXPECT_EQ(cost_of({kUp, {}, 0}), 1u);
  EXPECT_EQ(cost_of({kUp, -1ms, 0}), 1u);
  EXPECT_EQ(cost_of({kUp, 10h, 10'000}), 60'000u);
}

Graph triangle() {
  Graph graph;
  graph.pops = {{1, 0}, {2, 0}, {3, 0}};
  graph.links = {{1, 2, 10, {}}, {1, 3, 10, {}}, {2, 1, 7, {}, true}, {2, 3, 30, 3ms}, {3, 2, 10, {}}};
  return graph;
}

TEST(Seen, MeasuredLinksCostWhatTheirOwnEndMeasured) {
  Graph graph = triangle();
  measure(graph, {{{1, 2}, {kUp, 8ms, 0}}, {{2, 1}, {kUp, 9ms, 0}}, {{3, 2}, {kSilent, 2ms, 0}}});
  EXPECT_EQ(graph.link(1, 2)->cost, 40u);
  EXPECT_EQ(graph.link(1, 2)->latency, 4ms);
  EXPECT_EQ(graph.link(2, 1)->cost, 7u) << "a file says so";
  EXPECT_EQ(graph.link(2, 1)->latency, 4500us);
  EXPECT_EQ(graph.link(2, 3)->cost, 10u) << "the other end measured it";
  EXPECT_EQ(graph.link(3, 2)->cost, 10u);
}

TEST(Seen, WhatNobodySawIsAsDearAsTheDearest) {
  Graph graph = triangle();
  measure(graph, {{{1, 2}, {kUp, 8ms, 0}}});
  EXPECT_EQ(graph.link(1, 3)->cost, 40u);
  EXPECT_EQ(graph.link(2, 3)->cost, 30u) << "a file tells its latency";
  graph = triangle();
  measure(graph, {{{1, 2}, {kUp, 100us, 0}}});
  EXPECT_EQ(graph.link(1, 3)->cost, 10u) << "and never cheaper than it is by file";
  graph = triangle();
  measure(graph, {});
  EXPECT_EQ(graph.link(1, 3)->cost, 10u);
}

}  // namespace
}  // namespace waymark::paths
