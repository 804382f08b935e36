// Two gateways of a group: what one holds, the other takes, gives back and is told.
#include "node/control_test.h"

namespace waymark {

namespace {

PlanConfig cloud() {
  PlanConfig plan;
  plan.name = "cloud";
  plan.prefix = Prefix(ip("3fff:c00::"), 32);
  plan.layout = "gateway:16 tenant:32 zero:16 ipv4:32";
  return plan;
}

// Gateway `self`, which stands in for the other.
Config gateway_of(int self) {
  Config config = config_of(self, false);
  config.director.reset();
  config.service.clear();
  config.plan = {cloud()};
  GatewayConfig gateway;
  gateway.plan = "cloud";
  gateway.holds = {u64(self)};
  gateway.stand_in = {u64(3 - self)};
  for (const u64 id : {1, 2}) gateway.id.push_back({id, {ip("192.0.2." + std::to_string(id))}});
  gateway.prefix.resize(1);
  gateway.prefix[0].prefix = Prefix(ip("3fff:64::"), 96);
  TenantConfig tenant;
  tenant.name = "red";
  tenant.number = 1;
  tenant.firewall = false;
  TenantTunnelConfig tunnel;
  tunnel.remote = ip("192.0.2.71");
  tunnel.ip4 = {Prefix(ip("10.0.0.0"), 24)};
  tenant.tunnel = {tunnel};
  gateway.tenant = {tenant};
  config.gateway = gateway;
  return config;
}

struct Gateways : Pair {
  Gateways() {
    for (Director* d : {&one, &two}) {
      d->config = gateway_of(d == &one ? 1 : 2);
      EXPECT_TRUE(d->start(now, false));
    }
    other_end.clear();
  }
  // As the daemon does: what is to be held is loaded.
  void go(Duration time) {
    for (const Time end = now + time; now < end;) {
      run(10ms);
      for (Director* d : {&one, &two}) {
        if (!d->control || !d->control->wants_other_holdings()) continue;
        EXPECT_TRUE(d->reload(now));
      }
    }
  }
  static std::set<std::string> ends(const Director& d) {
    std::set<std::string> all;
    for (const Prefix& route : d.control->routes())
      if (is_ip4(route.address)) all.insert(text(route.address));
    return all;
  }
  static std::set<std::string> told(Director& d) {
    std::set<std::string> kinds;
    for (const Event& e : d.control->take_events()) kinds.insert(e.kind + " " + e.subject);
    return kinds;
  }
};

using Ends = std::set<std::string>;

}  // namespace

TEST(HeldInTurn, ALostMembersIdIsTakenAndGivenBack) {
  Gateways g;
  g.go(5s);
  EXPECT_EQ(g.ends(g.one), Ends{"192.0.2.1"});
  EXPECT_EQ(g.ends(g.two), Ends{"192.0.2.2"});
  g.told(g.one);
  g.two.control.reset();
  g.go(6s);
  EXPECT_EQ(g.ends(g.one), (Ends{"192.0.2.1", "192.0.2.2"}));
  EXPECT_TRUE(g.told(g.one).contains("holding.taken gateway 2"));
  EXPECT_TRUE(g.one.control->holdings().views()[1].is_stand_in);
  ASSERT_TRUE(g.two.start(g.now, true)) << "on the tables it had";
  g.go(10s);
  EXPECT_EQ(g.ends(g.one), Ends{"192.0.2.1"});
  EXPECT_EQ(g.ends(g.two), Ends{"192.0.2.2"});
  EXPECT_TRUE(g.told(g.one).contains("holding.left gateway 2"));
}

TEST(HeldInTurn, WhatIsTakenIsAnnouncedByOneOrBothAndNeverByNobody) {
  Gateways g;
  g.go(5s);
  ASSERT_TRUE(g.one.control->take("gateway 2", g.now));
  bool both = false;
  for (int i = 0; i < 100; ++i) {
    g.go(50ms);
    Ends all = g.ends(g.one), two = g.ends(g.two);
    all.merge(two);
    ASSERT_EQ(all, (Ends{"192.0.2.1", "192.0.2.2"}));
    const auto& held = g.two.control->holdings().held();
    both |= held.at("gateway 2") == Hold::leaving && g.ends(g.two).empty();
  }
  EXPECT_TRUE(both) << "who lets go translates on, unannounced, until routers have followed";
  EXPECT_EQ(g.ends(g.one), (Ends{"192.0.2.1", "192.0.2.2"}));
  EXPECT_EQ(g.two.control->holdings().held().at("gateway 2"), Hold::no);
  EXPECT_TRUE(g.two.control->routes().empty()) << "who holds nothing announces nothing, the plan's prefix neither";

  // The daemons are started again, on the tables that they had: all stays as it was decided.
  for (Director* d : {&g.one, &g.two}) {
    ASSERT_TRUE(d->start(g.now, true, d->control->routes()));
    g.go(5s);
    EXPECT_EQ(g.ends(g.one), (Ends{"192.0.2.1", "192.0.2.2"}));
    EXPECT_TRUE(g.two.control->routes().empty());
  }
  ASSERT_TRUE(g.one.control->give("gateway 2", "", g.now));
  g.go(5s);
  EXPECT_EQ(g.ends(g.two), Ends{"192.0.2.2"});
  EXPECT_EQ(g.ends(g.one), Ends{"192.0.2.1"});
}

// A file is the operator's, too: what is no longer in it ends, whatever the other has.
TEST(HeldInTurn, ANewFileEndsWhatItNoLongerHas) {
  Gateways g;
  g.go(5s);
  g.one.config.gateway->holds.clear();
  ASSERT_TRUE(g.one.reload(g.now));
  g.go(5s);
  EXPECT_EQ(g.ends(g.one), Ends{});
  EXPECT_EQ(g.ends(g.two), (Ends{"192.0.2.1", "192.0.2.2"})) << "the other stands in, as nobody else would have it";
  g.one.config.group.reset();
  g.one.config.gateway->holds = {1};
  g.one.config.gateway->stand_in.clear();
  ASSERT_TRUE(g.one.reload(g.now));
  g.go(100ms);
  EXPECT_EQ(g.ends(g.one), Ends{"192.0.2.1"});
  EXPECT_EQ(g.one.control->take("gateway 1", g.now).error().sentence,
            "this node is in no [group], from whose members it could take gateway 1");
}

}  // namespace waymark
