// Servers that register, as the director's pools and packets have it.
#include "node/agents_test.h"

namespace waymark {
namespace {

using Weights = std::map<std::string, u32>;
const Weights kOwn = {{"s1", 1'000}, {"s2", 1'000}, {"s3", 1'000}};

Weights with(Weights more) {
  more.insert(kOwn.begin(), kOwn.end());
  return more;
}
// No targets but those that register.
Config without_own(int servers) {
  Config config = director_config(servers);
  config.service[0].target.clear();
  config.announce.emplace();
  return config;
}

TEST(NodeAgents, AServerThatRegistersGetsNewFlowsWithoutALoad) {
  Town town;
  std::map<u16, u8> before;
  for (u16 n = 1; n <= 200; ++n) {
    before[n] = town.send(n, kSyn);
    town.send(n, kAck);
  }
  town.add(4);
  town.run(500ms);
  EXPECT_EQ(town.standing(4), "bound");
  EXPECT_EQ(town.weights(), with({{"srv-4", 1'000}}));
  EXPECT_TRUE(town.told.contains("binding.bound"));
  EXPECT_TRUE(town.director.control->take_repooled()) << "its next hop is looked for";
  EXPECT_FALSE(town.director.control->take_repooled());
  const auto to = town.spread(1'000);
  EXPECT_EQ(to.size(), 4u);
  EXPECT_GT(to.at(4), 60);
  for (const auto& [n, target] : before) EXPECT_EQ(town.send(n, kAck), target) << "flows stay where they are";
  EXPECT_EQ(town.director.loads, 1u);
}

TEST(NodeAgents, AServiceMayHaveNoOtherTargets) {
  Town town(without_own(2));
  town.run(500ms);
  EXPECT_TRUE(town.director.control->routes().empty());
  EXPECT_EQ(town.send(1, kSyn), 0);
  town.add(1), town.add(2);
  town.run(500ms);
  EXPECT_EQ(town.spread(1'000).size(), 2u);
  EXPECT_EQ(town.director.control->routes().size(), 2u) << "it is announced";
}

TEST(NodeAgents, LoadChangesTheWeight) {
  Town town;
  Machine& four = town.add(4);
  town.add(5);
  town.run(1s);
  ASSERT_TRUE(four.control->agents().set_load("web", {75, {}}, town.now));
  town.run(3s);
  EXPECT_EQ(town.weights(), with({{"srv-4", 250}, {"srv-5", 1'000}}));
  const auto to = town.spread(1'000);
  EXPECT_LT(2 * to.at(4), to.at(5));
  EXPECT_GT(to.at(4), 0);
  EXPECT_EQ(town.director.loads, 1u);
  ASSERT_TRUE(four.control->agents().set_load("web", {1'000, {}}, town.now));
  town.run(3s);
  EXPECT_LE(town.weights().at("srv-4"), 1u) << "more than it can is all that it can";
  const Status other = four.control->agents().set_load("wbe", {1, {}}, town.now);
  EXPECT_EQ(other.error().sentence, "no [[host.service]] with \"register\" is called \"wbe\"");
}

// Beside targets that weigh little: one that is idle is as its service has it, and all others in proportion.
TEST(NodeAgents, WeightsAreOfTheServicesScale) {
  Config config = director_config(6);
  config.service[0].registered->weight = 10;
  Town town(config);
  Machine& four = town.add(4);
  town.add(5);
  town.run(1s);
  EXPECT_EQ(town.weights(), with({{"srv-4", 10}, {"srv-5", 10}}));
  ASSERT_TRUE(four.control->agents().set_load("web", {70, {}}, town.now));
  town.run(3s);
  EXPECT_EQ(town.weights(), with({{"srv-4", 3}, {"srv-5", 10}}));
  ASSERT_TRUE(four.control->agents().set_load("web", {99, {}}, town.now));
  town.run(3s);
  EXPECT_EQ(town.weights(), with({{"srv-4", 1}, {"srv-5", 10}})) << "a little is not nothing";
  ASSERT_TRUE(four.control->drain("web", true, town.now));
  town.run(2s);
  EXPECT_EQ(town.weights(), with({{"srv-4", 0}, {"srv-5", 10}}));
}

TEST(NodeAgents, DrainedAtTheServerItKeepsItsFlowsAlone) {
  Town town;
  Machine& four = town.add(4);
  town.run(500ms);
  const u16 flow = town.flow_to(4, 1);
  ASSERT_NE(flow, 0);
  ASSERT_TRUE(four.control->drain("web", true, town.now));
  town.run(2s);
  EXPECT_EQ(town.standing(4), "idle");
  EXPECT_EQ(town.weights(), with({{"srv-4", 0}}));
  EXPECT_EQ(town.send(flow, kAck), 4);
  EXPECT_FALSE(town.spread(1'000).contains(4));
  ASSERT_TRUE(four.control->drain("web", false, town.now));
  town.run(2s);
  EXPECT_EQ(town.weights(), with({{"srv-4", 1'000}}));
  EXPECT_TRUE(town.spread(2'000).contains(4));
  EXPECT_FALSE(four.control->drain("wbe", true, town.now));
  EXPECT_EQ(town.director.control->agents().drain("web", true, town.now).error().sentence,
            "this node registers no service: no [[host.service]] has \"register\"");
}

TEST(NodeAgents, ALifetimeThatEndsWithdrawsTheService) {
  Town town(without_own(2));
  town.add(1);
  town.run(20s);
  EXPECT_EQ(town.director.control->routes().size(), 2u) << "it was renewed";
  town.cut = true;
  town.run(7s);
  EXPECT_EQ(town.spread(1).at(1), 400) << "a pause changes nothing";
  town.run(10s);
  EXPECT_TRUE(town.told.contains("binding.expired"));
  EXPECT_EQ(town.weights(), Weights());
  EXPECT_EQ(town.send(1'000, kSyn), 0);
  EXPECT_TRUE(town.director.control->routes().empty());
  town.cut = false;
  town.run(40s);
  EXPECT_EQ(town.send(2'000, kSyn), 1) << "it is heard again";
}

// What the operator wrote down stands.
TEST(NodeAgents, NamesAndAddressesOfConfiguredTargetsStayTheirOwn) {
  Config config = director_config(3);
  config.agents->peer[0].name = "s1";
  Town town(config);
  town.add(1, ip("2001:db8:5::7"));
  town.add(2, ip("2001:db8:5::2"));
  town.add(3, ip("2001:db8:5::8"));
  town.run(500ms);
  for (int n = 1; n <= 3; ++n) EXPECT_EQ(town.standing(n), "bound");
  EXPECT_EQ(town.weights(), with({{"srv-3", 1'000}}));
  EXPECT_EQ(town.spec("s1")->address, ip("2001:db8:5::1"));
  EXPECT_EQ(town.spec("s2")->address, ip("2001:db8:5::2"));
  EXPECT_EQ(town.director.control->node().targets().size(), 4u);
  EXPECT_EQ(town.spread(1'000).size(), 4u);
}

TEST(NodeAgents, OneAddressIsOneTarget) {
  Town town;
  town.add(4, ip("2001:db8:5::9")), town.add(5, ip("2001:db8:5::9"));
  town.run(500ms);
  EXPECT_EQ(town.weights(), with({{"srv-4", 1'000}})) << "packets of both would be the same";
}

TEST(NodeAgents, TargetsAreReachedFromAnAddressOfTheirFamily) {
  for (const bool has_both : {false, true}) {
    Config config = director_config(6);
    if (!has_both) config.director->address = {ip("2001:db8:d::1")};
    Town town(config);
    town.add(4), town.add(5, ip("192.0.2.5"));
    town.run(500ms);
    EXPECT_EQ(town.standing(5), "bound");
    EXPECT_EQ(town.weights(), has_both ? with({{"srv-4", 1'000}, {"srv-5", 1'000}}) : with({{"srv-4", 1'000}}));
    EXPECT_EQ(town.spec("srv-4")->source, ip("2001:db8:d::1"));
    if (!has_both) continue;
    EXPECT_EQ(town.spec("srv-5")->source, ip("192.0.2.1"));
  }
}

TEST(NodeAgents, TheirTunnelsAreTheServices) {
  Config config = director_config(6);
  config.service[0].registered = {Tunnel::gue, 6081};
  Town town(config);
  town.add(4);
  town.run(500ms);
  EXPECT_EQ(town.spec("srv-4")->tunnel, Tunnel::gue);
  EXPECT_EQ(town.spec("srv-4")->port, 6081);
  town.director.config.service[0].registered = {Tunnel::gue};
  ASSERT_TRUE(town.director.reload(town.now));
  EXPECT_EQ(town.spec("srv-4")->port, 6080);
  town.director.config.service[0].registered = {Tunnel::gre, 0, 7};
  ASSERT_TRUE(town.director.reload(town.now));
  EXPECT_EQ(town.spec("srv-4")->tunnel, Tunnel::gre);
  EXPECT_EQ(town.spec("srv-4")->key, 7u);
}

TEST(NodeAgents, AReloadKeepsWhoRegistered) {
  Town town;
  town.add(4);
  town.run(500ms);
  town.director.config.service[0].target[0].weight = 500;
  ASSERT_TRUE(town.director.load(town.now));
  EXPECT_TRUE(town.weights().contains("srv-4")) << "from the first packet on";
  EXPECT_TRUE(town.spread(1'000).contains(4));
  ASSERT_TRUE(town.director.control->configure_agents(town.director.config, town.director.keys, town.now));
  town.run(1s);
  EXPECT_EQ(town.weights(), (Weights{{"s1", 500}, {"s2", 1'000}, {"s3", 1'000}, {"srv-4", 1'000}}));
  EXPECT_FALSE(town.told.contains("binding.dropped"));
}

TEST(NodeAgents, AReloadEndsWhatItDoesNotPermit) {
  Town town;
  town.add(4), town.add(5);
  town.run(500ms);
  town.director.config.authorise[0].peer = {"srv-5"};
  ASSERT_TRUE(town.director.reload(town.now));
  town.round();
  EXPECT_EQ(town.weights(), with({{"srv-5", 1'000}}));
  EXPECT_TRUE(town.told.contains("binding.dropped"));
  town.director.config.agents.reset();
  ASSERT_TRUE(town.director.reload(town.now));
  town.run(500ms);
  EXPECT_EQ(town.weights(), kOwn);
  EXPECT_EQ(town.director.control->agents().registrar(), nullptr);
}

// Between draft and commit a program is loaded; what registers meanwhile waits for that.
TEST(NodeAgents, WhoComesWhileAConfigurationIsDraftedFollowsAfterIt) {
  for (const bool abandoned : {false, true}) {
    Town town;
    town.run(500ms);
    Control& control = *town.director.control;
    const auto draft = control.draft(std::make_shared<const Config>(town.director.config), kInterfaces, {});
    ASSERT_TRUE(draft);
    town.add(4);
    town.run(500ms);
    EXPECT_EQ(town.standing(4), "bound");
    EXPECT_EQ(town.weights(), kOwn);
    EXPECT_GT(control.deadline(), Time{}) << "the loop does not spin meanwhile";
    auto compiled = compile(*draft);
    ASSERT_TRUE(compiled);
    if (abandoned) {
      control.abandon();
    } else {
      control.introduce(*compiled);
      town.director.engine.load(compiled->image);
      control.commit(std::move(*compiled), town.now);
    }
    EXPECT_EQ(town.weights(), kOwn) << "as drafted";
    EXPECT_LE(control.deadline(), town.now) << "it is due at once";
    town.round();
    EXPECT_EQ(town.weights(), with({{"srv-4", 1'000}}));
    EXPECT_GT(control.deadline(), Time{});
  }
}

TEST(NodeAgents, ARestartedDirectorHasItsPoolBeforeAnyMessage) {
  Town town(without_own(6));
  for (int n = 1; n <= 3; ++n) town.add(n);
  town.run(500ms);
  ASSERT_TRUE(town.servers.at(3).control->drain("web", true, town.now));
  town.run(500ms);
  const u16 flow = town.flow_to(2, 1);
  const Weights before = {{"srv-1", 1'000}, {"srv-2", 1'000}, {"srv-3", 0}};
  ASSERT_EQ(town.weights(), before);
  const auto kept = town.director.control->agents().registrar()->kept(town.now);
  town.now += 3s;
  ASSERT_TRUE(town.director.start(town.now, kept, 3s));
  EXPECT_EQ(town.weights(), before);
  town.resolve();
  EXPECT_EQ(town.send(flow, kAck), 2);
  EXPECT_EQ(town.spread(1'000).size(), 2u);
  EXPECT_EQ(town.director.control->routes().size(), 2u);
  town.run(30s);
  EXPECT_EQ(town.weights(), before) << "and they renew it there";
}

// The state before was told by nobody, so all that was sent then would be taken again.
TEST(NodeAgents, WithoutWhatWasKeptItsServersComeAnew) {
  Town town;
  town.add(4);
  town.run(500ms);
  ASSERT_TRUE(town.director.start(town.now));
  EXPECT_EQ(town.weights(), kOwn);
  town.run(9s);
  EXPECT_EQ(town.weights(), with({{"srv-4", 1'000}})) << "by half of the lifetime";
}

TEST(NodeAgents, ARestartedServerIsHeard) {
  Town town;
  Machine& four = town.add(4);
  town.run(500ms);
  ASSERT_TRUE(four.start(town.now));
  town.run(500ms);
  EXPECT_EQ(town.standing(4), "bound");
  EXPECT_FALSE(town.told.contains("binding.refused"));
}

TEST(NodeAgents, AServiceIsRegisteredWhileItsCheckIsWell) {
  Town town;
  Machine& four = town.add(4);
  four.config.host->service[0].check.emplace().tcp = true;
  four.config.host->service[0].check->rise = four.config.host->service[0].check->fall = 1;
  ASSERT_TRUE(four.start(town.now));
  const auto answer = [&](CheckOutcome outcome) {
    for (const Time end = town.now + 8s; town.now < end; town.round())
      for (const Question& q : four.control->questions(town.now)) four.control->answer(q.id, outcome, "", town.now);
  };
  town.run(500ms);
  EXPECT_EQ(town.standing(4), "idle") << "nothing is known of it";
  answer(CheckOutcome::well);
  EXPECT_EQ(town.standing(4), "bound");
  EXPECT_EQ(town.weights(), with({{"srv-4", 1'000}}));
  answer(CheckOutcome::unwell);
  EXPECT_EQ(town.standing(4), "idle");
  EXPECT_EQ(town.weights(), with({{"srv-4", 0}}));
  answer(CheckOutcome::well);
  EXPECT_EQ(town.weights(), with({{"srv-4", 1'000}}));
  four.config.host->service[0].check.reset();
  ASSERT_TRUE(four.reload(town.now));
  answer(CheckOutcome::unwell);
  EXPECT_EQ(town.standing(4), "bound") << "nobody checks it any more";
}

// A key that another machine has, say: nothing of the configuration before is lost.
TEST(NodeAgents, AConfigurationThatCannotBeChangesNothing) {
  Town town;
  Machine& four = town.add(4);
  town.run(500ms);
  AgentKeys bad = town.director.keys;
  bad.peers[0].resize(7);
  Status done = town.director.control->configure_agents(town.director.config, bad, town.now);
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().sentence.starts_with("[agents]: peer srv-1: ")) << done.error().sentence;
  bad = four.keys;
  bad.directors[0].resize(7);
  done = four.control->configure_agents(four.config, bad, town.now);
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().sentence.starts_with("[host] register: director paris-1: ")) << done.error().sentence;
  town.run(20s);
  EXPECT_EQ(town.standing(4), "bound");
  EXPECT_EQ(town.weights(), with({{"srv-4", 1'000}}));
}

// One that is both loses neither side where the other cannot be.
TEST(NodeAgents, BothSidesChangeOrNone) {
  Config config = director_config(2);
  const Config host = server_config(1, "paris-1", ip("2001:db8:5::1"));
  config.host = host.host;
  AgentKeys keys{{agent_key(1), agent_key(2)}, {agent_key(1)}};
  Agents both(1, 1);
  ASSERT_TRUE(both.configure(config, keys, 1s));
  Config other = config;
  other.agents->peer.pop_back();
  other.host->service[0].name = "mail";
  keys.peers.pop_back();
  keys.directors[0].resize(7);
  ASSERT_FALSE(both.configure(other, keys, 1s));
  EXPECT_EQ(both.registrar()->peers().size(), 2u);
  EXPECT_TRUE(both.registers("web"));
  EXPECT_FALSE(both.registers("mail"));
}

}  // namespace
}  // namespace waymark
