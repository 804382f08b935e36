#include "rtnetlink/tracker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "base/address_text.h"
#include "rtnetlink/decide.h"

namespace waymark {

namespace {

using State = NeighbourFact::State;
using std::chrono::milliseconds;
using std::chrono::seconds;

Address at(const char* written) { return *parse_address(written); }
Address numbered(u32 n) { return address_of(wire32(0x0a000000 + n)); }

const LinkInfo kEth0{.index = 3,
                     .name = "eth0",
                     .mac = {{2, 0, 0, 0, 0, 1}},
                     .mtu = 1500,
                     .up = true,
                     .carrier = true,
                     .ethernet = true};
const RouteFact kOnLink{.kind = RouteFact::Kind::unicast, .interface = 3};
RouteFact via(const char* gateway) {
  return {.kind = RouteFact::Kind::unicast, .interface = 3, .gateway = at(gateway)};
}
NeighbourFact neighbour(const char* address, State state, u8 mac = 9, bool kept = false) {
  return {.hop = {3, at(address)}, .state = state, .mac = {{2, 0, 0, 0, 0, mac}}, .kept = kept};
}

struct TrackerTest : testing::Test {
  Tracker tracker;
  Time now = seconds(1000);

  TrackerTest() { tracker.set_links({kEth0}); }

  void answer(const RouteFact& route) {  // every question, in as many rounds as it takes
    for (auto asked = tracker.lookups(now += Tracker::kLookupGap); !asked.empty();
         asked = tracker.lookups(now += Tracker::kLookupGap))
      for (const Address& target : asked) tracker.set_route(target, route);
  }
  std::vector<Resolution> settle() {
    tracker.probes(now);
    return tracker.changes();
  }
};

}  // namespace

TEST_F(TrackerTest, TellsEachTargetOnceAndThenOnlyChanges) {
  tracker.watch({at("10.0.0.1"), at("10.0.0.2"), at("10.0.0.2")});
  EXPECT_TRUE(tracker.changes().empty()) << "nothing is known yet";
  answer(kOnLink);
  EXPECT_EQ(settle().size(), 2u);
  EXPECT_TRUE(settle().empty());
  tracker.set_neighbour(neighbour("10.0.0.1", State::usable));
  const auto changed = settle();
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].target, at("10.0.0.1"));
  EXPECT_TRUE(changed[0].adjacency);
  tracker.set_neighbour(neighbour("10.0.0.1", State::usable));
  EXPECT_TRUE(settle().empty());
}

TEST_F(TrackerTest, AGatewaysMacServesAllItsTargets) {
  tracker.watch({at("192.0.2.1"), at("192.0.2.2"), at("2001:db8::1")});
  answer(via("10.0.0.254"));
  EXPECT_EQ(tracker.probes(now), std::vector<Hop>({{3, at("10.0.0.254")}})) << "one neighbour, asked once";
  tracker.changes();
  tracker.set_neighbour(neighbour("10.0.0.254", State::usable));
  EXPECT_EQ(settle().size(), 3u);
}

TEST_F(TrackerTest, RepeatsWhatIsNotAnsweredEverSlower) {
  tracker.watch({at("10.0.0.1")});
  answer(kOnLink);
  std::vector<long> gaps;
  for (Time last = now; gaps.size() < 7; last = now) {
    EXPECT_EQ(tracker.probes(now).size(), 1u);
    EXPECT_TRUE(tracker.probes(now).empty());
    now = tracker.deadline();
    gaps.push_back(long(std::chrono::duration_cast<seconds>(now - last).count()));
  }
  EXPECT_EQ(gaps, std::vector<long>({1, 2, 4, 8, 15, 15, 15}));
}

TEST_F(TrackerTest, KeepsNeighboursAliveSpreadOverTime) {
  std::vector<Address> targets;
  for (u32 i = 1; i <= 200; ++i) targets.push_back(numbered(i));
  tracker.watch(targets);
  answer(kOnLink);
  for (u32 i = 1; i <= 200; ++i) tracker.set_neighbour({.hop = {3, numbered(i)}, .state = State::usable});
  EXPECT_EQ(tracker.probes(now).size(), 200u);
  const Time start = now;
  std::size_t asked = 0, most = 0;
  while ((now = tracker.deadline()) <= start + Tracker::kKeepAlive + Tracker::kSpread) {
    EXPECT_GE(now, start + Tracker::kKeepAlive);
    const std::size_t count = tracker.probes(now += milliseconds(100)).size();
    asked += count;
    most = std::max(most, count);
  }
  EXPECT_EQ(asked, 200u);
  EXPECT_LT(most, 20u) << "not all at once";
}

TEST_F(TrackerTest, NeverProbesWhatOthersKeep) {
  tracker.watch({at("10.0.0.1")});
  answer(kOnLink);
  tracker.set_neighbour(neighbour("10.0.0.1", State::usable, 9, true));
  for (int i = 0; i < 10; ++i, now += seconds(30)) EXPECT_TRUE(tracker.probes(now).empty());
  tracker.set_neighbour({.hop = {3, at("10.0.0.1")}});  // deleted
  EXPECT_EQ(tracker.probes(now).size(), 1u);
}

TEST_F(TrackerTest, ANeighbourThatFailsIsAskedSoonAndItsAdjacencyIsTaken) {
  tracker.watch({at("10.0.0.1")});
  answer(kOnLink);
  tracker.set_neighbour(neighbour("10.0.0.1", State::usable));
  settle();
  now += seconds(10);
  tracker.set_neighbour(neighbour("10.0.0.1", State::failed));
  EXPECT_LE(tracker.deadline(), now);
  const auto changed = settle();
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].why, "next hop 10.0.0.1 on eth0 does not answer");
}

TEST_F(TrackerTest, ARefusedProbeIsSaidUntilItSucceeds) {
  tracker.watch({at("10.0.0.1")});
  answer(kOnLink);
  settle();
  tracker.probed({3, at("10.0.0.1")}, 1);
  ASSERT_EQ(tracker.changes().size(), 1u);
  tracker.probed({3, at("10.0.0.1")}, 0);
  const auto changed = tracker.changes();
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].why, "next hop 10.0.0.1 on eth0 is being asked for its MAC");
}

TEST_F(TrackerTest, ARouteEventAsksOnlyForWhatItCovers) {
  tracker.watch({at("10.0.0.1"), at("10.0.1.0"), at("10.0.1.255"), at("10.0.2.0"), at("2001:db8::1"), at("::1:0:0:1")});
  answer(kOnLink);
  now += seconds(1);
  tracker.touch_routes(at("10.0.1.77"), 96 + 24);
  EXPECT_EQ(tracker.lookups(now), std::vector<Address>({at("10.0.1.0"), at("10.0.1.255")}));
  tracker.touch_routes(at("2001:db8::"), 32);
  EXPECT_EQ(tracker.lookups(now += seconds(1)), std::vector<Address>({at("2001:db8::1")}));
  tracker.touch_routes(at("2001:db8::1"), 128);
  EXPECT_EQ(tracker.lookups(now += seconds(1)).size(), 1u);
  tracker.touch_routes(at("0.0.0.0"), 96);
  EXPECT_EQ(tracker.lookups(now += seconds(1)).size(), 4u) << "the IPv4 default route, IPv4 alone";
  tracker.touch_routes(at("::"), 0);
  EXPECT_EQ(tracker.lookups(now += seconds(1)).size(), 6u);
}

TEST_F(TrackerTest, AStormOfRoutesIsLookedUpInRounds) {
  tracker.watch({at("10.0.0.1")});
  answer(kOnLink);
  now += seconds(1);
  tracker.touch_routes();
  EXPECT_EQ(tracker.lookups(now).size(), 1u) << "the first event at once";
  tracker.touch_routes();
  EXPECT_TRUE(tracker.lookups(now + milliseconds(9)).empty());
  settle();
  EXPECT_EQ(tracker.deadline(), now + milliseconds(10));
  tracker.touch_routes();
  EXPECT_EQ(tracker.lookups(now + milliseconds(10)).size(), 1u);
  tracker.watch({at("10.0.0.1"), at("10.0.0.7")});
  EXPECT_EQ(tracker.lookups(now + milliseconds(11)).size(), 1u) << "a new target does not wait";
}

TEST_F(TrackerTest, LinkChangesReachTheirTargets) {
  tracker.watch({at("10.0.0.1")});
  answer(kOnLink);
  tracker.set_neighbour(neighbour("10.0.0.1", State::usable));
  settle();
  LinkInfo link = kEth0;
  link.mtu = 1400;
  tracker.set_link(link);
  auto changed = settle();
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].adjacency->mtu, 1400);
  link.up = false;
  tracker.set_link(link);
  changed = settle();
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].why, "interface eth0, the way to 10.0.0.1, is down");
  EXPECT_EQ(tracker.lookups(now += seconds(1)).size(), 1u) << "its routes may have gone with it";
  EXPECT_TRUE(tracker.probes(now += seconds(60)).empty()) << "nobody is asked through a link that is down";
  tracker.set_links({});
  EXPECT_EQ(settle()[0].why, "the route to 10.0.0.1 leaves through interface 3, which is gone");
}

TEST_F(TrackerTest, WhatAFullReadDoesNotListIsGone) {
  tracker.watch({at("10.0.0.1"), at("10.0.0.2")});
  answer(kOnLink);
  tracker.set_neighbours({neighbour("10.0.0.1", State::usable), neighbour("10.0.0.2", State::usable)});
  EXPECT_EQ(settle().size(), 2u);
  tracker.set_neighbours({neighbour("10.0.0.2", State::usable)});
  const auto changed = settle();
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].target, at("10.0.0.1"));
  EXPECT_FALSE(changed[0].adjacency);
}

TEST_F(TrackerTest, ReplacingTheSetKeepsWhatStays) {
  tracker.watch({at("10.0.0.1"), at("10.0.0.2"), at("10.0.0.3")});
  answer(kOnLink);
  settle();
  tracker.watch({at("10.0.0.4"), at("10.0.0.3")});
  EXPECT_EQ(tracker.lookups(now), std::vector<Address>({at("10.0.0.4")}));
  EXPECT_TRUE(settle().empty());
  tracker.set_neighbour(neighbour("10.0.0.1", State::usable));
  tracker.set_neighbour(neighbour("10.0.0.3", State::usable));
  const auto changed = settle();
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].target, at("10.0.0.3"));
}

TEST_F(TrackerTest, TwoHundredThousandTargetsComeInRounds) {
  std::vector<Address> targets;
  for (u32 i = 1; i <= 200000; ++i) targets.push_back(numbered(i));
  tracker.watch(targets);
  EXPECT_EQ(tracker.lookups(now).size(), Tracker::kLookupsPerRound);
  tracker.watch(targets);
  answer(via("10.0.0.254"));
  EXPECT_EQ(settle().size(), 200000u);
  tracker.touch_routes();
  answer(via("10.0.0.253"));
  tracker.set_neighbour(neighbour("10.0.0.253", State::usable));
  EXPECT_EQ(settle().size(), 200000u);
}

// Whatever the order of facts, what was told agrees in the end with a decision made afresh from all of them.
TEST(TrackerProperty, AgreesWithADecisionMadeAfresh) {
  std::mt19937 random(7);
  const auto upto = [&](u32 n) { return u32(random() % n); };
  for (int run = 0; run < 200; ++run) {
    Tracker tracker;
    std::map<u32, LinkInfo> links;
    std::map<u32, RouteFact> routes;                          // by target number
    std::map<std::pair<u32, u32>, NeighbourFact> neighbours;  // by interface and number
    std::map<u32, Resolution> told;
    std::vector<u32> watched;
    Time now{};
    for (int step = 0; step < 200; ++step) {
      const u32 n = upto(8), index = 1 + upto(2);
      switch (upto(5)) {
        case 0: {
          watched.clear();
          std::vector<Address> set;
          for (u32 i = 0; i < 8; ++i)
            if (upto(2)) watched.push_back(i), set.push_back(numbered(i));
          tracker.watch(set);
          std::erase_if(
              told, [&](const auto& t) { return std::find(watched.begin(), watched.end(), t.first) == watched.end(); });
          break;
        }
        case 1: {
          LinkInfo link = kEth0;
          link.index = index, link.mtu = 1400 + upto(2), link.up = upto(3);
          if (upto(4))
            links[index] = link, tracker.set_link(link);
          else
            links.erase(index), tracker.drop_link(index);
          break;
        }
        case 2: {
          const Hop hop{index, numbered(n)};
          const NeighbourFact fact{.hop = hop, .state = State(upto(4)), .mac = {{2, 0, 0, 0, 0, u8(upto(3))}}};
          neighbours[{index, n}] = fact;
          tracker.set_neighbour(fact);
          break;
        }
        case 3: {
          RouteFact route{.kind = upto(4) ? RouteFact::Kind::unicast : RouteFact::Kind::local, .interface = index};
          if (upto(2)) route.gateway = numbered(upto(8));
          routes[n] = route;
          tracker.touch_routes(numbered(n), 128);
          break;
        }
        default:
          tracker.probes(now);
          break;
      }
      now += seconds(1);
      for (const Address& asked : tracker.lookups(now)) tracker.set_route(asked, routes[u32(byte_of(asked, 15))]);
      for (const Resolution& r : tracker.changes()) told[u32(byte_of(r.target, 15))] = r;
    }
    for (u32 i : watched) {
      const RouteFact& route = routes[i];
      const auto link = links.find(route.interface);
      const Hop hop = next_hop(numbered(i), route);
      const auto found = neighbours.find({hop.interface, u32(byte_of(hop.address, 15))});
      const NeighbourFact* fact =
          found == neighbours.end() || found->second.state == State::unknown ? nullptr : &found->second;
      const Resolution fresh = decide(numbered(i), route, link == links.end() ? nullptr : &link->second, fact, 0);
      ASSERT_TRUE(told.count(i)) << "run " << run;
      EXPECT_EQ(told[i], fresh) << "run " << run << ": " << told[i].why << " / " << fresh.why;
    }
  }
}

}  // namespace waymark
