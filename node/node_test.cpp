#include "node/node.h"

#include <fmt/format.h>

#include <set>

#include "node/site_test.h"

namespace waymark {

namespace {

constexpr u16 kFlows = 500;

}  // namespace

// The numbers of slots have 18 bits, in pins and in all that leads to one.
TEST(Node, PinsHoldTheLastSlotThereIs) {
  Site s(kMaxTargets, kMaxTargets - 4);
  std::set<u32> slots;
  for (const TargetView& t : s.node->targets())
    if (t.configured) slots.insert(t.slot);
  EXPECT_EQ(slots, (std::set<u32>{kMaxTargets - 3, kMaxTargets - 2, kMaxTargets - 1}));
  std::vector<u8> first;
  for (u16 n = 0; n < kFlows; ++n) first.push_back(s.send(n, kSyn)), s.send(n, kAck);
  EXPECT_EQ(std::set<u8>(first.begin(), first.end()), (std::set<u8>{1, 2, 3}));
  Config config = site();
  for (u32 i = 0; i < 2; ++i) config.service[0].target[i].weight = 0;
  s.configure(config);
  for (u16 n = 0; n < kFlows; ++n) ASSERT_EQ(s.send(n, kAck), first[n]) << n;
}

TEST(Node, PinnedFlowsNeverMove) {
  Site s;
  std::vector<u8> first;
  for (u16 n = 0; n < kFlows; ++n) first.push_back(s.send(n, kSyn)), s.send(n, kAck);
  auto unmoved = [&] {
    for (u16 n = 0; n < kFlows; ++n)
      if (s.send(n, kAck) != first[n]) return false;
    return true;
  };
  ASSERT_TRUE(unmoved());
  Config config = site();
  TargetConfig fourth = config.service[0].target[0];
  fourth.name = "s4", fourth.address = ip("2001:db8:5::4");
  config.service[0].target.push_back(fourth);
  s.configure(config);
  EXPECT_TRUE(unmoved()) << "a target was added";
  config.service[0].target[0].weight = 100;
  s.configure(config);
  EXPECT_TRUE(unmoved()) << "a target was re-weighted";
  ASSERT_TRUE(s.node->drain("s2", true, s.now += 1s));
  EXPECT_TRUE(unmoved()) << "a target was drained";
  config.service[0].target.erase(config.service[0].target.begin());
  s.configure(config);
  EXPECT_TRUE(unmoved()) << "a target was removed";
  s.restart();
  EXPECT_TRUE(unmoved()) << "the daemon was gone";
  s.configure(config);
  EXPECT_TRUE(unmoved()) << "and came back";
}

TEST(Node, ADrainedTargetGetsNoNewFlowsAndCountsDown) {
  Site s;
  for (u16 n = 0; n < kFlows; ++n) s.send(n, kSyn), s.send(n, kAck);
  ASSERT_TRUE(s.node->drain("web/s2", true, s.now += 1s));
  for (u16 n = kFlows; n < 2 * kFlows; ++n) EXPECT_NE(s.send(n, kSyn), 2);
  auto pins = [&] {
    for (const TargetView& t : s.node->targets())
      if (t.target == "s2") return t.pins;
    return 0u;
  };
  s.later(6s);
  EXPECT_GT(pins(), kFlows / 5u);
  s.later(std::chrono::hours(1) + 60s);
  EXPECT_EQ(pins(), 0u);
  ASSERT_TRUE(s.node->drain("s2", false, s.now));
  bool seen = false;
  for (u16 n = 5000; n < 5100; ++n) seen |= s.send(n, kSyn) == 2;
  EXPECT_TRUE(seen);
  EXPECT_FALSE(s.node->drain("nobody", true, s.now));
}

TEST(Node, ADrainOutlivesTheDaemon) {
  Site s;
  ASSERT_TRUE(s.node->drain("s1", true, s.now += 1s));
  s.restart();
  s.configure(site());
  for (u16 n = 0; n < 100; ++n) EXPECT_NE(s.send(n, kSyn), 1);
}

TEST(Node, WhatOthersDecidedOfATargetHoldsOnceItIsConfigured) {
  Site s;
  EXPECT_FALSE(s.node->learn({"web", "s4", {true, kNoWeight, 7, 1}}, s.now += 1s)) << "it changes nothing yet";
  Config config = site();
  TargetConfig fourth = config.service[0].target[0];
  fourth.name = "s4", fourth.address = ip("2001:db8:5::4");
  config.service[0].target.push_back(fourth);
  s.configure(config);
  for (u16 n = 0; n < 200; ++n) EXPECT_NE(s.send(n, kSyn), 4);
  ASSERT_EQ(s.node->decisions().size(), 1u);
  EXPECT_FALSE(s.node->learn({"web", "s4", {false, kNoWeight, 6, 1}}, s.now += 1s)) << "an older word";
  EXPECT_TRUE(s.node->learn({"web", "s4", {false, kNoWeight, 8, 1}}, s.now += 1s));
}

TEST(Node, ASlotIsReusedOnlyWhenNoPinNamesIt) {
  Site s;
  for (u16 n = 0; n < kFlows; ++n) s.send(n, kSyn), s.send(n, kAck);
  Config config = site();
  config.service[0].target.erase(config.service[0].target.begin());
  s.configure(config);
  s.later(60s);
  EXPECT_EQ(s.node->targets().size(), 3u) << "removed, but its flows go on";
  s.later(std::chrono::hours(1) + 60s);
  EXPECT_EQ(s.node->targets().size(), 2u);
  s.later(2s);
  u32 adjacencies = 0;
  for (const Adjacency& a : s.engine.live().adjacencies) adjacencies += a.interface != 0;
  EXPECT_EQ(adjacencies, 2u) << "the way to it is forgotten too";
}

TEST(Node, AChangedAddressIsAnotherIncarnation) {
  Site s;
  const u8 old = s.send(1, kSyn);
  s.send(1, kAck);
  Config config = site();
  for (TargetConfig& t : config.service[0].target) t.address.low ^= u64(0x40) << 56;
  s.configure(config);
  EXPECT_EQ(s.send(1, kAck), old);
  EXPECT_GE(s.send(2, kSyn), 0x40);
}

TEST(Node, WithoutTheDaemonAdjacenciesEnd) {
  Site s;
  EXPECT_NE(s.send(1, kSyn), 0);
  s.now += 61s;  // no tick: the daemon is dead
  EXPECT_EQ(s.send(1, kAck), 0) << "the kernel routes";
  EXPECT_EQ(s.engine.counters().reasons[forward::why::by_kernel.reason], 1u);
}

TEST(Node, RefusedConfigurationsChangeNothing) {
  Site s;
  std::vector<u8> before;
  Config config = site();
  config.service[0].target.resize(1);
  for (u32 i = 0; i < kUsualTargets; ++i)  // more than there are slots
    config.service[0].target.push_back({.name = "t" + std::to_string(i), .address = {0x20010db9, i}, .port = 6080});
  EXPECT_FALSE(s.node->prepare(config, kInterfaces));
  s.node->abandon();
  std::set<u8> seen;
  for (u16 n = 0; n < 200; ++n) seen.insert(s.send(n, kSyn));
  EXPECT_EQ(seen, (std::set<u8>{1, 2, 3}));
}

// Rules may choose a route by where its packets are from.
TEST(Node, ANextHopHasTheSourceOfItsTunnels) {
  Site s;
  for (const Address& to : s.node->next_hops_wanted()) EXPECT_EQ(s.node->next_hop_source(to), ip("2001:db8:d::1"));
  Config moved = site();
  moved.director->address[0] = ip("2001:db8:d::2");
  s.configure(moved);
  const std::vector<Address> wanted = s.node->next_hops_wanted();
  EXPECT_EQ(wanted.size(), 3u) << "a way to each, though there are old slots as well";
  for (const Address& to : wanted) EXPECT_EQ(s.node->next_hop_source(to), ip("2001:db8:d::2"));
  Config host;
  host.host.emplace();
  host.host->address = {ip("2001:db8:5::1")};
  host.host->service.emplace_back().hosts = {ip("2001:db8:5::2")};
  const Services services = services_of(host);
  ASSERT_EQ(services.fellow.size(), 1u);
  EXPECT_EQ(services.fellow[0].source, ip("2001:db8:5::1")) << "a stray's tunnel to another host begins at this one";
}

TEST(Node, ANextHopIsNewsOnceItIsLostOrFound) {
  Site s;
  const Address to = s.node->next_hops_wanted().front();
  const NextHop found{to, true, 3, {{2, 0, 0, 0, 1, 1}}, {{2}}, 1500, ""};
  const NextHop asking{to, false, 0, {}, {}, 0, "it is being asked for its MAC", NextHop::Reach::pending};
  const NextHop silent{to, false, 0, {}, {}, 0, "it does not answer", NextHop::Reach::none};
  const NextHop tunnel{to, false, 0, {}, {}, 0, "eth0 takes no frames", NextHop::Reach::kernel};
  EXPECT_EQ(s.node->on_next_hop(found, s.now), HopNews::none) << "it was found before";
  EXPECT_EQ(s.node->on_next_hop(asking, s.now), HopNews::none) << "that may take a moment";
  EXPECT_EQ(s.node->on_next_hop(silent, s.now), HopNews::lost);
  EXPECT_EQ(s.node->on_next_hop(silent, s.now), HopNews::none);
  EXPECT_EQ(s.node->on_next_hop(asking, s.now), HopNews::none);
  EXPECT_EQ(s.node->on_next_hop(tunnel, s.now), HopNews::found) << "by another route";
  EXPECT_EQ(s.node->on_next_hop(found, s.now), HopNews::none) << "one way or the other it is reached";
  EXPECT_EQ(s.node->on_next_hop({ip("2001:db8:77::1"), true, 3, {}, {}, 1500, ""}, s.now), HopNews::none) << "nobody's";
  s.restart();
  s.configure(site());
  EXPECT_EQ(s.node->on_next_hop(silent, s.now), HopNews::lost);
}

TEST(Node, ATargetSentToByItsMacIsOnALink) {
  Site s;
  Config config = site();
  config.service[0].target[0].tunnel = Tunnel::mac;
  s.configure(config);
  const Address to = config.service[0].target[0].address, other = config.service[0].target[1].address;
  NextHop hop{to, true, 3, {{2, 0, 0, 0, 1, 1}}, {{2}}, 1400, ""};
  const auto said = [&](const Address& address, Tunnel tunnel) -> std::string {
    for (const TargetView& t : s.node->targets())
      if (t.address == address && t.tunnel == tunnel) return t.next_hop;
    return "no such target";
  };
  s.node->on_next_hop(hop, s.now);
  EXPECT_EQ(said(to, Tunnel::mac), "02:00:00:00:01:01 mtu 1400");
  hop.gateway = true;
  s.node->on_next_hop(hop, s.now);
  EXPECT_EQ(said(to, Tunnel::mac), "its route has a gateway: packets are dropped, as only its MAC could lead there");
  EXPECT_EQ(said(to, Tunnel::ip), "02:00:00:00:01:01 mtu 1400") << "flows from before still go by the tunnel";
  s.node->on_next_hop({to, false, 0, {}, {}, 0, "it does not answer"}, s.now);
  EXPECT_EQ(said(to, Tunnel::mac), "it does not answer: packets are dropped");
  s.node->on_next_hop({other, false, 0, {}, {}, 0, "it does not answer"}, s.now);
  EXPECT_EQ(said(other, Tunnel::ip), "it does not answer: the kernel routes");
}

TEST(Node, AnotherKeyOrMacIsAnotherTunnel) {
  Site s;
  Config config = site();
  TargetConfig& target = config.service[0].target[0];
  target.tunnel = Tunnel::vxlan, target.key = 7, target.mac = Mac{{2, 0, 0, 0, 0, 1}};
  const auto slot = [&] {
    s.configure(config);
    for (const TargetView& t : s.node->targets())
      if (t.configured && t.target == "s1") return std::pair(t.slot, t.key);
    return std::pair(0u, std::optional<u32>());
  };
  const auto first = slot();
  EXPECT_EQ(first.second, 7u);
  EXPECT_EQ(slot(), first) << "nothing is new";
  target.key = 8;
  const auto second = slot();
  EXPECT_NE(second.first, first.first);
  target.mac = Mac{{2, 0, 0, 0, 0, 2}};
  const auto third = slot();
  EXPECT_NE(third.first, second.first);
  EXPECT_NE(third.first, first.first);
  EXPECT_EQ(s.engine.live().targets[second.first].end, s.engine.live().targets[third.first].end) << "the same server";
  EXPECT_NE(s.engine.live().targets[first.first].end, s.engine.live().targets[second.first].end) << "another end";
}

TEST(Node, AHostsTunnelEndsAreWhatItIsToTake) {
  Site s;
  Config config;
  config.engine = site().engine;
  config.host.emplace();
  config.host->address = {ip("2001:db8:5::1")};
  config.host->port = 6081;
  const auto ends = [&] {
    const TunnelEnds taken = s.node->prepare(config, kInterfaces)->settings.tunnel_ends;
    s.node->abandon();
    return taken;
  };
  EXPECT_EQ(ends().kinds, 1u << kTunnelIp | 1u << kTunnelGue);
  EXPECT_EQ(ends().gue_port, 6081);
  config.host->tunnel = {{Tunnel::gre, 0, 0}, {Tunnel::vxlan, 0, 9, Mac{{2, 0, 0, 0, 0, 1}}}};
  EXPECT_EQ(ends().kinds, 1u << kTunnelGre | 1u << kTunnelVxlan);
  EXPECT_EQ(ends().gre_has_key, 1);
  EXPECT_EQ(ends().gre_key, 0u);
  EXPECT_EQ(ends().vxlan_port, 4789);
  EXPECT_EQ(ends().vxlan_key, 9u);
  EXPECT_EQ(ends().mac.byte[5], 1);
  config.host->tunnel = {{Tunnel::gre}};
  EXPECT_EQ(ends().gre_has_key, 0);
}

TEST(Node, NamesTheTargetsAtAnAddress) {
  Site s;
  Config config = site();
  ServiceConfig other = config.service[0];
  other.name = "other", other.address = {ip("2001:db8:80::2")};
  config.service.push_back(other);
  s.configure(config);
  const TargetConfig& first = config.service[0].target[0];
  const Node::Behind all = s.node->targets_at(first.address, 3), one = s.node->targets_at(first.address, 1);
  EXPECT_EQ(all.first, (std::vector<std::string>{config.service[0].name + "/" + first.name, "other/" + first.name}));
  EXPECT_EQ(all.all, 2u);
  EXPECT_EQ(one.first.size(), 1u);
  EXPECT_EQ(one.all, 2u);
  EXPECT_EQ(s.node->targets_at(ip("2001:db8:77::1"), 3).all, 0u);
  s.configure(site());
  EXPECT_EQ(s.node->targets_at(first.address, 3).all, 1u) << "the other only serves its flows";
}

TEST(Node, FindsAFlowsPin) {
  Site s;
  s.send(4000, kSyn);
  auto pin = s.node->find_pin("public", Protocol::tcp, ip("2001:db8:c::1"), 4000, ip("2001:db8:80::1"), 80);
  ASSERT_TRUE(pin);
  EXPECT_EQ(pin->state, PinState::embryonic);
  s.send(4000, kAck);
  pin = s.node->find_pin("public", Protocol::tcp, ip("2001:db8:c::1"), 4000, ip("2001:db8:80::1"), 80);
  ASSERT_TRUE(pin);
  EXPECT_EQ(pin->state, PinState::proven);
  EXPECT_FALSE(s.node->find_pin("servers", Protocol::tcp, ip("2001:db8:c::1"), 4000, ip("2001:db8:80::1"), 80));
}

// Ten thousand services, with the same targets or each with its own.
Config ten_thousand(bool own_targets) {
  Config config = site();
  const ServiceConfig web = config.service[0];
  config.service.clear();
  for (u32 i = 0; i < 10'000; ++i) {
    ServiceConfig service = web;
    service.name = fmt::format("service-{}", i);
    service.address = {ip(fmt::format("2001:db8:80::{}:{}", i % 10, i / 10).c_str())};
    for (u32 t = 0; own_targets && t < 3; ++t)
      service.target[t].address = ip(fmt::format("10.{}.{}.{}", t, i / 250, i % 250 + 1).c_str());
    config.service.push_back(service);
  }
  return config;
}

TEST(Node, TenThousandServices) {
  Site s;
  s.configure(ten_thousand(false));
  EXPECT_EQ(s.node->targets().size(), 30'000u + 3);
  EXPECT_EQ(s.engine.image().services.size(), 10'001u);
}

TEST(Node, TenThousandPools) {
  Site s;
  s.configure(ten_thousand(true));
  for (u32 i : {0u, 1u, 4'711u, 9'999u}) {
    const Choice& choice = s.engine.live().choice_heads[head_at(s.node->generation() & 1, i + 1)];
    EXPECT_EQ(choice.size, 404u) << i;
  }
}

}  // namespace waymark
