#include "rtnetlink/decide.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/address_text.h"

namespace waymark {

namespace {

using State = NeighbourFact::State;

Address at(const char* written) { return *parse_address(written); }

struct Facts {
  Address target = at("192.0.2.9");
  RouteFact route{.kind = RouteFact::Kind::unicast, .interface = 3};
  LinkInfo link{.index = 3,
                .name = "eth0",
                .mac = {{2, 0, 0, 0, 0, 1}},
                .mtu = 1500,
                .up = true,
                .carrier = true,
                .ethernet = true};
  NeighbourFact neighbour{.hop = {3, at("192.0.2.9")}, .state = State::usable, .mac = {{2, 0, 0, 0, 0, 9}}};
  bool listed = true;
  int probe_error = 0;

  Resolution decided() const { return decide(target, route, listed ? &link : nullptr, &neighbour, probe_error); }
};

}  // namespace

TEST(Decide, AKnownNeighbourGivesAnAdjacency) {
  const Resolution found = Facts{}.decided();
  const WayOut expected{3, {{2, 0, 0, 0, 0, 1}}, {{2, 0, 0, 0, 0, 9}}, 1500};
  EXPECT_EQ(found.adjacency, expected);
  EXPECT_EQ(found.why, "");
}

TEST(Decide, TheHopIsTheGatewayElseTheTarget) {
  Facts facts;
  EXPECT_EQ(next_hop(facts.target, facts.route), (Hop{3, facts.target}));
  EXPECT_FALSE(facts.decided().adjacency->gateway);
  facts.route.gateway = at("fe80::1");  // IPv4 by way of an IPv6 gateway
  EXPECT_EQ(next_hop(facts.target, facts.route), (Hop{3, at("fe80::1")}));
  EXPECT_TRUE(facts.decided().adjacency->gateway);
}

TEST(Decide, TheSmallestMtuCounts) {
  Facts facts;
  facts.route.mtu = 1400;
  EXPECT_EQ(facts.decided().adjacency->mtu, 1400);
  facts.link.mtu6 = 1280;
  EXPECT_EQ(facts.decided().adjacency->mtu, 1400) << "IPv6's own MTU is not IPv4's";
  facts.target = at("2001:db8::9");
  EXPECT_EQ(facts.decided().adjacency->mtu, 1280);
  facts.link.mtu = 100000;
  facts.link.mtu6 = 0;
  facts.route.mtu = 0;
  EXPECT_EQ(facts.decided().adjacency->mtu, 65535);
}

TEST(Decide, EveryObstacleHasItsSentence) {
  const auto why = [](auto change) {
    Facts facts;
    change(facts);
    const Resolution found = facts.decided();
    EXPECT_FALSE(found.adjacency) << found.why;
    return found.why;
  };
  const auto no_route = [&](int error) {
    return why([&](Facts& f) { f.route = {.kind = RouteFact::Kind::none, .error = error}; });
  };
  EXPECT_EQ(no_route(ENETUNREACH), "there is no route to 192.0.2.9");
  EXPECT_EQ(no_route(EHOSTUNREACH), "the route to 192.0.2.9 says unreachable");
  EXPECT_EQ(no_route(EACCES), "the route to 192.0.2.9 says prohibited");
  EXPECT_EQ(no_route(EINVAL), "the route to 192.0.2.9 is a black hole");
  EXPECT_EQ(no_route(ENOMEM), "the kernel gives no route to 192.0.2.9: Cannot allocate memory");
  EXPECT_EQ(why([](Facts& f) { f.route.kind = RouteFact::Kind::local; }),
            "192.0.2.9 is an address of this machine itself");
  EXPECT_EQ(why([](Facts& f) { f.route.kind = RouteFact::Kind::other; }),
            "192.0.2.9 is a broadcast, multicast or anycast address here");
  EXPECT_EQ(why([](Facts& f) { f.target = at("224.0.0.5"); }), "224.0.0.5 is no address of a single machine");
  EXPECT_EQ(why([](Facts& f) { f.target = at("fe80::5"); }),
            "fe80::5 is link-local, so it does not say which interface leads there");
  EXPECT_EQ(why([](Facts& f) { f.route.encapsulated = true; }),
            "the route to 192.0.2.9 adds headers of its own, so the kernel must forward");
  EXPECT_EQ(why([](Facts& f) { f.listed = false; }),
            "the route to 192.0.2.9 leaves through interface 3, which is gone");
  EXPECT_EQ(
      why([](Facts& f) { f.link.kind = "vlan"; }),
      "the route to 192.0.2.9 leaves through eth0 (vlan), which takes no ready Ethernet frames, so the kernel must "
      "forward");
  EXPECT_EQ(why([](Facts& f) { f.link.ethernet = false; }),
            "the route to 192.0.2.9 leaves through eth0 (not Ethernet), which takes no ready Ethernet frames, so the "
            "kernel must forward");
  EXPECT_EQ(why([](Facts& f) { f.link.up = false; }), "interface eth0, the way to 192.0.2.9, is down");
  EXPECT_EQ(why([](Facts& f) { f.link.carrier = false; }), "interface eth0, the way to 192.0.2.9, has no carrier");
  EXPECT_EQ(why([](Facts& f) { f.neighbour.state = State::resolving; }),
            "next hop 192.0.2.9 on eth0 is being asked for its MAC");
  EXPECT_EQ(why([](Facts& f) { f.neighbour.state = State::failed; }), "next hop 192.0.2.9 on eth0 does not answer");
  EXPECT_EQ(why([](Facts& f) { f.neighbour.state = State::failed, f.probe_error = EPERM; }),
            "next hop 192.0.2.9 on eth0 cannot be asked for its MAC: Operation not permitted");
}

TEST(Decide, DriversThatTakeFrames) {
  for (const auto& [kind, takes] : {std::pair{"", true},
                                    {"veth", true},
                                    {"bond", true},
                                    {"tun", true},
                                    {"vlan", false},
                                    {"bridge", false},
                                    {"vxlan", false},
                                    {"macvlan", false},
                                    {"dummy", false}}) {
    Facts facts;
    facts.link.kind = kind;
    EXPECT_EQ(facts.decided().adjacency.has_value(), takes) << kind;
  }
}

}  // namespace waymark
