// Two edges of a group: flows are known at both, so that either carries the other's prefix and its clients' packets.
#include <gtest/gtest.h>

#include "roles/edge/packet_region.h"
#include "tests/edge/impossible.h"
#include "tests/edge/judge.h"

namespace waymark::edge_cases {
namespace {

using group::EdgeChanges;
using group::EdgeFlowRecord;

struct Edges {
  EdgeSite a{member_site(true)}, b{member_site(false)};

  static EdgeMirror& mirror(EdgeSite& s) { return s.scene().node().edge_mirror(); }
  Edges() {
    mirror(a).prime();
    mirror(b).prime();
  }
  static EdgeChanges changes(EdgeSite& s) {
    EdgeChanges out;
    for (int i = 0; i < 12; ++i) mirror(s).scan(s.scene().now(), 10, out);
    return out;
  }
  static u64 tell(EdgeSite& from, EdgeSite& to) {
    const EdgeChanges news = changes(from);
    mirror(to).apply(news.flows, to.scene().now());
    mirror(to).erase(news.gone, to.scene().now());
    return news.flows.size() + news.gone.size();
  }
  static std::vector<EdgeFlowRecord> all(EdgeSite& s) {
    std::vector<EdgeFlowRecord> out;
    for (u32 next = 0; !mirror(s).read_all(next, 7, out);) {
    }
    return out;
  }
};

TEST(EdgeMembers, AFlowGoesOnAtTheOther) {
  Edges e;
  const std::string own = open_flow(e.a);
  expect_end(e.b.from_client(packet(kClient, kAny, segment(40'000))), "edge.unknown_flow");
  expect_end(e.b.from_network(packet(kServer, own, answer(40'000))), "edge.no_such_flow");
  EXPECT_EQ(e.tell(e.a, e.b), 1u);
  expect_carried(e.b, own);
  expect_carried(e.a, own);
  expect_end(e.b.from_network(packet(kServer2, own, answer(40'000))), "edge.wrong_server");
}

TEST(EdgeMembers, WhateverIsOfAFlowIsFoundAtTheOther) {
  Edges e;
  const std::string own = open_flow(e.a), asks = begin_flow(e.a, udp(5000, 53));
  e.a.from_network(packet(kServer, asks, udp(53, 5000)));
  EXPECT_EQ(e.tell(e.a, e.b), 2u);
  carries_a_members_flows(e.b, own, asks);
}

TEST(EdgeMembers, FlowsOfIp4GoOnAtTheOtherByTheirNumbers) {
  Edges e;
  const std::string other = other_of(e.a);
  const Own own = open_flow4(e.a), others = open_flow4(e.a, 40'000, kServer4, other),
            asks = begin_flow4(e.a, udp(5000, 53));
  ASSERT_EQ(own.address, others.address);
  ASSERT_NE(own.port, others.port);
  expect_end(e.b.from_client(packet4(kClient4, kAny4, segment(40'000))), "edge.unknown_flow");
  expect_end(e.b.from_network(packet4(kServer4, own.address, answer(own.port))), "edge.no_such_flow");
  e.a.from_network(packet4(kServer4, asks.address, udp(53, asks.port)));
  EXPECT_EQ(e.tell(e.a, e.b), 3u);
  carries_a_members_flows4(e.b, own, asks, other, others);
  expect_carried4(e.a, own);
}

// Its own flows get numbers of its own addresses; those of the other's stay the other's.
TEST(EdgeMembers, AtEitherEdgeTheSamePortsOfIp4AreAFlow) {
  Edges e;
  const Own first = open_flow4(e.a), second = open_flow4(e.b);
  EXPECT_NE(first.address, second.address);
  EXPECT_EQ(e.tell(e.a, e.b), 1u);
  EXPECT_EQ(e.tell(e.b, e.a), 1u);
  for (EdgeSite* s : {&e.a, &e.b})
    for (const Own& own : {first, second})
      expect_sent(s->from_network(packet4(kServer4, own.address, answer(own.port))), "edge.back",
                  sent_on4(kAny4, kClient4, answer(40'000)));
}

// RFC 4787 lets a client's next flow by the same port have the same number: another client's, too, once it is free.
TEST(EdgeMembers, ANumberOfIp4IsWhoseItWasToldLast) {
  Edges e;
  const std::string other = other_of(e.a);
  const Own own = open_flow4(e.a);
  e.tell(e.a, e.b);
  e.a.from_client(packet4(kClient4, kAny4, segment(40'000, "R")));
  e.a.scene().advance(std::chrono::minutes(10));  // it is over, and gone
  EXPECT_EQ(open_flow4(e.a, 40'000, kServer4, other), own);
  e.tell(e.a, e.b);
  expect_carried4(e.b, own, other);
  expect_end(e.b.from_client(packet4(kClient4, kAny4, segment(40'000))), "edge.unknown_flow");
}

// Who lost its table gets it back, but for numbers that it has given anew.
TEST(EdgeMembers, ANumberOfIp4ThatIsGivenAnewIsKept) {
  Edges e, fresh;
  const std::string other = other_of(e.a);
  const Own own = open_flow4(e.a), beside = open_flow4(e.a, 40'001);
  e.tell(e.a, e.b);
  EXPECT_EQ(open_flow4(fresh.a, 40'000, kServer4, other), own);
  fresh.mirror(fresh.a).apply(e.all(e.b), fresh.a.scene().now());
  expect_carried4(fresh.a, own, other);
  expect_end(fresh.a.from_client(packet4(kClient4, kAny4, segment(40'000))), "edge.unknown_flow");
  expect_sent(fresh.a.from_network(packet4(kServer4, beside.address, answer(beside.port))), "edge.back",
              sent_on4(kAny4, kClient4, answer(40'001)));
}

TEST(EdgeMembers, ALiarPutsNoFlowOfIp4WhereItCannotBe) {
  Edges e;
  open_flow4(e.a);
  const EdgeFlowRecord good = e.changes(e.a).flows.at(0);
  const auto refused = [&](auto&& spoil) {
    EdgeFlowRecord r = good;
    spoil(r);
    e.mirror(e.b).apply({r}, e.b.scene().now());
    return e.all(e.b).empty();
  };
  EXPECT_TRUE(refused([](auto& r) { r.prefix ^= 1; })) << "a pool that nobody has";
  EXPECT_TRUE(refused([](auto& r) { r.place = ~0u; })) << "a place beyond all";
  EXPECT_TRUE(refused([](auto& r) { r.key[0] ^= 1; })) << "a key whose buckets are others";
  EXPECT_TRUE(refused([](auto& r) { r.key[2] = 1; })) << "more of a key than there is";
  EXPECT_TRUE(refused([](auto& r) { r.key[1] |= u64(1) << 41; })) << "likewise";
  EXPECT_TRUE(refused([](auto& r) { r.server[1] = 1; })) << "an IPv6 server";
  EXPECT_TRUE(refused([](auto& r) { r.user += u64(5) << 16; })) << "an address beyond its pool";
  EXPECT_TRUE(refused([](auto& r) { r.user ^= u64(1) << 40; })) << "another first number than its state has";
  EXPECT_TRUE(refused([](auto& r) { r.state = edge::in_stage(r.state, edge::Stage::syn); })) << "half open";
  EXPECT_TRUE(refused([](auto& r) { r.state |= edge::kLearning; })) << "a server that is just being learnt";
  EXPECT_FALSE(refused([](auto&) {}));
  Edges fresh;  // of its own pool, whose numbers are followed by the other's
  EdgeFlowRecord beyond = good;
  beyond.user += u64(5) << 16;
  fresh.mirror(fresh.a).apply({beyond}, fresh.a.scene().now());
  EXPECT_TRUE(fresh.all(fresh.a).empty()) << "an address of another's pool";
}

// By the same number and at the same place, as UDP may be, another client's flow is another flow.
TEST(EdgeMembers, AFlowOfIp4ByTheSameNumberAndPlaceIsAnotherClients) {
  Edges e;
  const Own own = begin_flow4(e.a, udp(5000, 53));
  e.a.from_network(packet4(kServer4, own.address, udp(53, own.port)));
  EdgeFlowRecord r = e.changes(e.a).flows.at(0);
  const u64 first = r.key[0];
  e.mirror(e.b).apply({r}, e.b.scene().now());
  for (u32 client = 1; client < 100'000 && e.all(e.b).at(0).key[0] == first; ++client) {
    r.key[0] = u64(client) << 32 | u32(first);  // most have other buckets
    e.mirror(e.b).apply({r}, e.b.scene().now());
    if (e.all(e.b).empty()) break;
  }
  ASSERT_EQ(e.all(e.b).size(), 1u);
  EXPECT_NE(e.all(e.b).at(0).key[0], first);
}

TEST(EdgeMembers, EachPrefixHasPlacesOfItsOwn) {
  edge::OwnSettings s{};
  s.buckets = 5;
  s.regions = 3;
  for (u32 i = 0; i < edge::kMostRegions; ++i) s.prefix[i] = 100 + i % 3;  // behind the last the first again
  const u32 places = 5 * kExactWays;
  for (u32 region = 0; region < 3; ++region) {
    EXPECT_EQ(edge::region_of(s, 100 + region), region);
    EXPECT_EQ(edge::place_in_table(s, region, 7), region * places + 7);
    EXPECT_EQ(edge::prefix_at(s, region * places), 100 + region);
    EXPECT_EQ(edge::prefix_at(s, region * places + places - 1), 100 + region);
  }
  EXPECT_EQ(edge::region_of(s, 103), edge::kMostRegions);
}

TEST(EdgeMembers, HalfOpenFlowsAreNotTold) {
  Edges e;
  begin_flow(e.a, syn());
  begin_flow(e.a, udp(5000, 53));
  EXPECT_EQ(e.tell(e.a, e.b), 0u);
}

TEST(EdgeMembers, WhatIsToldIsNotToldBack) {
  Edges e;
  const std::string own = open_flow(e.a);
  e.tell(e.a, e.b);
  EXPECT_EQ(e.tell(e.b, e.a), 0u);
  EXPECT_EQ(e.mirror(e.b).lent(), 1u);
  EXPECT_EQ(e.tell(e.a, e.b), 0u) << "once";
  e.a.scene().advance(std::chrono::seconds(20));
  e.b.scene().advance(std::chrono::seconds(20));
  e.b.from_client(packet(kClient, kAny, segment(40'000, "FA")));
  EXPECT_EQ(e.tell(e.b, e.a), 1u) << "what its packets changed";
  EXPECT_EQ(e.mirror(e.b).lent(), 0u);
  EXPECT_EQ(edge::stage_of(e.all(e.a).at(0).state), edge::Stage::closing);
}

TEST(EdgeMembers, AFlowThatIsOverIsTakenBack) {
  Edges e;
  open_flow(e.a);
  e.tell(e.a, e.b);
  e.a.from_client(packet(kClient, kAny, syn(40'000, 5'000)));  // another flow by the same ports
  EXPECT_EQ(e.tell(e.a, e.b), 1u);
  EXPECT_TRUE(e.all(e.b).empty());
}

TEST(EdgeMembers, WhoLosesItsTableGetsItBack) {
  Edges e;
  std::vector<std::string> own;
  for (u16 i = 0; i < 200; ++i) own.push_back(open_flow(e.a, u16(40'000 + i)));
  e.tell(e.a, e.b);
  EXPECT_EQ(e.all(e.b).size(), 200u);
  Edges fresh;
  fresh.mirror(fresh.a).apply(e.all(e.b), fresh.a.scene().now());
  for (u16 i = 0; i < 200; ++i)
    expect_sent(fresh.a.from_network(packet(kServer, own[i], answer(u16(40'000 + i)))), "edge.back",
                sent_on(kAny, kClient, answer(u16(40'000 + i))));
  EXPECT_EQ(fresh.all(fresh.a).size(), 200u);
}

TEST(EdgeMembers, ALiarPutsNothingWhereItCannotBe) {
  Edges e;
  open_flow(e.a);
  const EdgeFlowRecord good = e.changes(e.a).flows.at(0);
  const auto refused = [&](const EdgeFlowRecord& r) {
    e.mirror(e.b).apply({r}, e.b.scene().now());
    return e.all(e.b).empty();
  };
  for (const auto& [record, what] : impossible(good)) EXPECT_TRUE(refused(record)) << what;
  EXPECT_FALSE(refused(good));
}

TEST(EdgeMembers, OursStands) {
  Edges e;
  const std::string own = open_flow(e.a);
  EdgeFlowRecord r = e.all(e.a).at(0);
  r.server[0] ^= 1;
  e.mirror(e.a).apply({r}, e.a.scene().now());
  expect_carried(e.a, own);
  r = e.all(e.a).at(0);
  e.mirror(e.a).erase({{r.prefix, r.place, r.user}}, e.a.scene().now());
  expect_carried(e.a, own);
}

}  // namespace
}  // namespace waymark::edge_cases
