// What changes costs what changed, and comes to the same as if all had been made anew: a node goes through random
// verdicts, decisions, reloads and drafts, and is compared with what follows from its configuration alone, and with a
// node that starts on its tables.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "base/address_text.h"
#include "core/outer.h"
#include "engine/replay/userspace.h"
#include "node/control.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

const std::vector<InterfaceFacts> kFacts = {{"eth0", 2, {{2, 0, 0, 0, 0, 1}}}};

Address server(u32 n) { return {u64(0x0db80120), (u64(n) + 1) << 32}; }

Config director() {
  Config config;
  config.engine.pins = 1'000;
  config.engine.interfaces = {{"eth0", 0, 0, "public"}};
  config.director = DirectorConfig{{*parse_address("2001:db8:d::1"), *parse_address("192.0.2.1")}};
  return config;
}

// Services with `targets` targets each; `first` is the number of the first one's server.
Config services(u32 count, u32 targets, u32 first = 0) {
  Config config = director();
  for (u32 i = 0; i < count; ++i) {
    ServiceConfig service;
    service.name = fmt::format("service-{}", i);
    service.address = {Address{u64(0x0db80120), u64(i) + 1}};
    service.ports = {{Protocol::tcp, 80, 80}};
    for (u32 t = 0; t < targets; ++t)
      service.target.push_back({fmt::format("s{}", t), server(first + i * targets + t), 10, Tunnel::ip, 6080});
    config.service.push_back(service);
  }
  return config;
}

// Two to five services of up to four of some servers.
Config draw_config() {
  Config config = director();
  const u32 count = *rc::gen::inRange(1u, 5u);
  for (u32 i = 0; i < count; ++i) {
    ServiceConfig service;
    service.name = fmt::format("service-{}", *rc::gen::inRange(0u, 3u) * 5 + i);
    service.address = {Address{u64(0x0db80120), u64(i) + 1}};
    service.ports = {{Protocol::tcp, 80, 80}};
    for (u32 t = 0; t < 4; ++t)
      if (*rc::gen::inRange(0, 4))
        service.target.push_back({fmt::format("s{}", t), server(*rc::gen::inRange(0u, 3u) * 4 + t),
                                  u32(*rc::gen::element(0, 1, 10, 20)), Tunnel::ip, 6080});
    config.service.push_back(service);
  }
  return config;
}

struct Machine {
  UserspaceEngine engine{1'000};
  std::unique_ptr<Node> node;
  Time now = 100s;
  std::map<std::string, Decision> decided;  // by "service/target": what is in force
  std::set<std::string> down;
  std::map<std::pair<u64, u64>, bool> hops;
  u64 version = 0;
  bool forgetful = false;  // slots were freed: a restart does not know whom they stood for

  Machine() {
    engine.live().meta[0] = new_meta(sizes_for(1'000), 250, [] { return 7u; });
    start();
  }
  void start() { node = std::make_unique<Node>(engine.live(), Clock{0s, 1'000, 250}); }
  Live& live() { return node->live(); }
  void reload(const Config& config) {
    const auto image = node->prepare(config, kFacts);
    RC_ASSERT(bool(image));
    node->commit(now += 1s);
    follow_names();
  }
  Result<Draft> draft(const Config& config) {
    return node->draft(std::make_shared<const Config>(config), services_of(config), kFacts);
  }
  // Who has another name now, or takes what others left, is told by the node (regroup_test.cpp shows that it is right).
  void follow_names() {
    for (const ServiceConfig& service : node->config().service)
      for (const TargetConfig& target : service.target) decided.erase(service.name + "/" + target.name);
    for (const Decided& d : node->decisions()) decided[d.service + "/" + d.target] = d.decision;
    down = node->down();
  }

  void tick() {
    forgetful |= !node->tick(now).empty();
    std::set<std::pair<u64, u64>> wanted;
    for (const Address& a : node->next_hops_wanted()) wanted.insert({a.high, a.low});
    std::erase_if(hops, [&](const auto& hop) { return !wanted.contains(hop.first); });
  }

  // A verdict, a drain, a weight, a member's decision, or a next hop; of targets that may not be configured.
  void draw_event() {
    const std::string service = fmt::format("service-{}", *rc::gen::inRange(0u, 15u)),
                      target = fmt::format("s{}", *rc::gen::inRange(0u, 4u)), name = service + "/" + target;
    const bool on = *rc::gen::inRange(0, 2), known = node->configured(service, target);
    const Time before = now;
    now += *rc::gen::element(Duration(0ms), Duration(5ms), Duration(1s));
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        if (!known) break;
        node->set_down(std::vector<TargetHealth>{{service, target, on}}, now);
        on ? void(down.insert(name)) : void(down.erase(name));
        break;
      case 1:
        if (node->drain(name, on, now)) decided[name].drained = on;
        break;
      case 2: {
        const std::optional<u32> weight = on ? std::optional<u32>(*rc::gen::inRange(0u, 30u)) : std::nullopt;
        if (node->reweigh(name, weight, now)) decided[name].weight = weight.value_or(kNoWeight);
        break;
      }
      case 3: {
        version = std::max(version, u64(1'000)) + 1'000;
        node->learn({service, target, {on, 7, version, 3}}, now);
        decided[name] = {on, 7, version, 3};
        break;
      }
      case 4: {
        const Address address = server(*rc::gen::inRange(0u, 12u));
        node->on_next_hop({address, on, 3, {{2, 0, 0, 0, 1, 1}}, {{2}}, 1500, "it is silent"}, now);
        const auto wanted = node->next_hops_wanted();
        if (std::find(wanted.begin(), wanted.end(), address) != wanted.end()) hops[{address.high, address.low}] = on;
        break;
      }
      default:
        now = before + 6s;
        tick();
    }
  }

  // What an index of the choice in force leads to, by position: slots.
  std::vector<u32> owners(u32 service) {
    const Choice& c = live().choice_heads[head_at(live().half[0] & 1, service)];
    std::vector<u32> slots;
    for (u32 i = 0; i < c.size; ++i) slots.push_back(live().members[c.members + live().choices[c.table + i]]);
    return slots;
  }

  // The configuration, what was decided, and who is down, say what must stand in the tables.
  void check() {
    for (int i = 0; i < 4; ++i) now += 25ms, tick();
    std::map<std::string, u32> slots;
    for (const TargetView& view : node->targets()) {
      const std::string name = view.service + "/" + view.target;
      RC_ASSERT(view.down == down.contains(name));
      const Target& target = live().targets[view.slot];
      const Address address = outer_destination(target);
      const auto hop = hops.find({address.high, address.low});
      const u32 adjacency = u32(target.route);
      RC_ASSERT((adjacency != 0) == (hop != hops.end() && hop->second));
      if (adjacency) RC_ASSERT(live().adjacencies[adjacency].interface == 3u);
      if (view.configured) RC_ASSERT(slots.emplace(name, view.slot).second);
    }
    std::vector<std::pair<std::string, bool>> alive;
    for (const ServiceConfig& service : node->config().service) {
      std::vector<std::pair<PoolMember, u32>> pool;
      bool lives = false;
      for (const TargetConfig& target : service.target) {
        const std::string name = service.name + "/" + target.name;
        RC_ASSERT(slots.contains(name));
        const Decision& d = decided[name];
        const u32 weight = d.drained || down.contains(name) ? 0 : d.weight == kNoWeight ? target.weight : d.weight;
        lives |= !down.contains(name);
        pool.push_back({{end_hash(target.address, target.port), weight}, slots[name]});
      }
      alive.emplace_back(service.name, lives);
      if (pool.empty()) continue;
      std::sort(pool.begin(), pool.end(), [](auto& a, auto& b) { return a.first.hash < b.first.hash; });
      std::vector<PoolMember> members;
      for (const auto& [member, slot] : pool) members.push_back(member);
      std::vector<u32> want;
      for (u16 m : maglev_table(members, table_size(members.size()))) want.push_back(pool[m].second);
      RC_ASSERT(owners(live().targets[pool[0].second].service) == want);
    }
    RC_ASSERT(node->live_services() == alive);
  }

  // Another node over the same tables is of the same mind.
  void check_restart() {
    const u64 pool = node->pool_digest(), history = node->history_digest();
    const Config config = node->config();
    start();
    reload(config);
    RC_ASSERT(node->pool_digest() == pool);
    RC_ASSERT(forgetful || node->history_digest() == history);
    for (const auto& [address, usable] : std::exchange(hops, {})) {
      const NextHop hop{{address.first, address.second}, usable, 3, {{2}}, {{2}}, 1500, "it is silent"};
      const auto wanted = node->next_hops_wanted();
      if (std::find(wanted.begin(), wanted.end(), hop.target) == wanted.end()) continue;
      node->on_next_hop(hop, now);
      hops[address] = usable;
    }
    check();
  }
};

}  // namespace

RC_GTEST_PROP(Increments, ComeToTheSameAsAllAnew, ()) {
  Machine m;
  m.reload(draw_config());
  const int rounds = *rc::gen::inRange(1, 5);
  for (int round = 0; round < rounds; ++round) {
    const int events = *rc::gen::inRange(0, 12);
    for (int i = 0; i < events; ++i) m.draw_event();
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        m.reload(draw_config());
        break;
      case 1: {  // a reload on whose way things happen
        const auto draft = m.draft(draw_config());
        RC_ASSERT(bool(draft));
        RC_ASSERT(!m.draft(*draft->config));  // one at a time
        for (int i = *rc::gen::inRange(0, 6); i > 0; --i) m.draw_event();
        auto compiled = compile(*draft);
        RC_ASSERT(bool(compiled));
        for (int i = *rc::gen::inRange(0, 3); i > 0; --i) m.draw_event();
        m.node->introduce(*compiled);
        for (int i = *rc::gen::inRange(0, 6); i > 0; --i) m.draw_event();
        if (*rc::gen::inRange(0, 3)) {
          m.node->commit(std::move(*compiled), m.now);
        } else {
          m.node->abandon();
        }
        m.follow_names();
        break;
      }
      default:
        break;
    }
    m.check();
  }
  m.check_restart();
}

// The choices write the pools that changed, once for each half, and no others.
TEST(Increments, AChangeWritesItsOwnPoolsAlone) {
  Machine m;
  ASSERT_TRUE(m.node->prepare(services(1'000, 3), kFacts));
  m.node->commit(m.now += 1s);
  m.node->tick(m.now += 1s);
  const auto work = [&](const auto& change) {
    const Choices::Work before = m.node->work();
    change();
    EXPECT_EQ(m.node->work().halves, before.halves);
    return m.node->work().pools - before.pools;
  };
  ASSERT_TRUE(m.node->drain("service-1/s1", true, m.now += 1s));  // the half that never was in force is written whole
  for (u32 i = 100; i < 140; ++i) {
    const std::string service = fmt::format("service-{}", i);
    EXPECT_LE(work([&] { ASSERT_TRUE(m.node->drain(service + "/s1", true, m.now += 1s)); }), 2u);
    EXPECT_LE(work([&] { m.node->set_down(std::vector<TargetHealth>{{service, "s0", true}}, m.now += 1s); }), 2u);
    EXPECT_EQ(work([&] { m.node->tick(m.now += 1s); }), 0u);
  }
  ASSERT_TRUE(m.node->prepare(services(1'000, 3), kFacts)) << "the same once more";
  EXPECT_EQ(work([&] { m.node->commit(m.now += 1s); }), 0u);
}

// What comes all at once is written in several flips, and no flip makes more tables than the loop has time for.
TEST(Increments, AThousandVerdictsTakeTurns) {
  Machine m;
  ASSERT_TRUE(m.node->prepare(services(2'000, 3), kFacts));
  m.node->commit(m.now += 1s);
  std::vector<TargetHealth> all;
  for (u32 i = 0; i < 2'000; ++i) all.push_back({fmt::format("service-{}", i), "s1", true});
  const u64 generation = m.node->generation();
  m.node->set_down(all, m.now += 1s);
  for (int i = 0; i < 20; ++i) m.node->tick(m.now += 25ms);
  EXPECT_GT(m.node->generation(), generation + 2);
  for (const TargetView& view : m.node->targets()) EXPECT_EQ(view.down, view.target == "s1");
  for (const ServiceConfig& service : m.node->config().service) EXPECT_TRUE(m.node->configured(service.name, "s1"));
}

// What a node serves need not be in its configuration (Services): it is checked like all else, and its targets fail.
TEST(Increments, TargetsFromElsewhereAreChecked) {
  Machine m;
  Config both = services(2, 2);
  for (ServiceConfig& service : both.service) service.check.emplace().tcp = true;
  both.service[1].check->through = true;
  both.service[0].fail_static = 50;
  const auto draft = m.node->draft(std::make_shared<const Config>(services(0, 0)), services_of(both), kFacts);
  ASSERT_TRUE(draft);
  auto compiled = compile(*draft);
  ASSERT_TRUE(compiled);
  const auto& asked = compiled->checks.entries;
  ASSERT_EQ(asked.size(), 4u);
  EXPECT_EQ(asked[0].subject.address, server(0));
  EXPECT_EQ(asked[3].subject.service, "service-1");
  EXPECT_EQ(asked[3].subject.address, both.service[1].address[0]) << "through the tunnel";
  EXPECT_EQ(asked[3].subject.tunnel_end, server(3));
  EXPECT_EQ(compiled->checks.shares.at(asked[3].share).most_out, 2u);
  EXPECT_EQ(compiled->checks.shares.at(asked[0].share).most_out, 1u);
  m.node->introduce(*compiled);
  m.node->commit(std::move(*compiled), m.now += 1s);
  EXPECT_EQ(m.node->serves().service.size(), 2u);
  EXPECT_TRUE(m.node->config().service.empty());
}

// Slots of a draft are nobody's yet: no sweep may free them, whatever time the draft takes.
TEST(Increments, ADraftKeepsItsSlots) {
  Machine m;
  ASSERT_TRUE(m.node->prepare(services(1, 3), kFacts));
  m.node->commit(m.now += 1s);
  const auto draft = m.draft(services(2, 3));
  ASSERT_TRUE(draft);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(m.node->tick(m.now += 6s).empty());
  auto compiled = compile(*draft);
  ASSERT_TRUE(compiled);
  m.node->introduce(*compiled);
  m.node->commit(std::move(*compiled), m.now += 1s);
  EXPECT_EQ(m.node->targets().size(), 6u);
  const auto other = m.draft(services(3, 3));
  ASSERT_TRUE(other);
  m.node->abandon();
  u32 freed = 0;
  for (int i = 0; i < 10; ++i) freed += u32(m.node->tick(m.now += 6s).size());
  EXPECT_EQ(freed, 3u) << "of what was abandoned";
}

}  // namespace waymark
