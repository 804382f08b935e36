#include "node/asked.h"

#include <gtest/gtest.h>

#include "config/parse.h"
#include "engine/replay/userspace.h"
#include "roles/role.h"

namespace waymark {
namespace {

using namespace std::chrono_literals;

// Three POPs, a server at 2 and at 3, a name that both have.
Config wan(const std::string& more = "", const std::string& second = "3") {
  std::string toml =
      "[node]\nname = \"pop-1\"\n[engine]\npins = 0\ninterfaces = { eth0 = \"wan\" }\n"
      "[plan.clients]\nprefix = \"3fff:c00::/40\"\nlayout = \"pop:8 policy:8 id:32 zero:40\"\n"
      "[plan.servers]\nprefix = \"3fff:a00::/40\"\nlayout = \"id:16 path:3x8 policy:4 epoch:2 tag:26 zero:16\"\n"
      "keys = { 1 = \"000102030405060708090a0b0c0d0e0f\" }\n"
      "[path]\nid = 1\nclients = \"clients\"\nservers = \"servers\"\nzone = \"wan\"\n";
  for (const char* id : {"1", "2", "3"})
    toml += std::string("[[path.pop]]\nid = ") + id + "\naddress = \"2001:db8:0:" + id + "::1\"\n";
  toml +=
      "[[path.server]]\nid = 7\npop = 2\naddress = \"2001:db8:0:47::7\"\n[[path.server]]\nid = 70\npop = " + second +
      "\naddress = \"2001:db8:0:47::70\"\n[[path.policy]]\nname = \"web\"\nindex = 2\nto_server = [\"tcp/80\"]\n"
      "[dns]\nlisten = \"2001:db8::53\"\n[[dns.zone]]\nname = \"svc.example\"\nns = \"ns.example.net\"\n"
      "[[dns.name]]\nname = \"www.svc.example\"\nserver = [{ id = 7 }, { id = 70 }]\npolicy = \"web\"\n" +
      more;
  const Parsed parsed = parse_config(toml, "f");
  EXPECT_TRUE(parsed.config) << (parsed.problems.empty() ? "" : parsed.problems[0].sentence);
  return parsed.config.value_or(Config{});
}

struct Tables {
  Config config = wan();
  UserspaceEngine engine{sizes_of(config)};
  Live live = engine.live();
  AskedTables asked{live};
  Time now = 100s;

  void follow(const Config& next) {
    path::AskedPlan plan = path::asked_plan(next);
    std::vector<u64> words = asked_ways(plan, dns::DirectWays());
    asked.follow(std::move(plan), std::move(words));
  }
  u64 in_force() { return live.path_asked[0]; }
  void step(Duration by = 0s) {
    now += by;
    asked.step(now, u32(now / 4ms), u32(now / 1s));
  }
};

TEST(Asked, NothingIsInForceBeforeAllIsWritten) {
  Tables t;
  t.step();
  EXPECT_EQ(t.in_force(), 0u);
  t.follow(t.config);
  t.step();
  EXPECT_EQ(t.in_force(), 0u) << "cookies are not known yet";
  EXPECT_FALSE(t.asked.view().answers);
  t.asked.set_cookies({1, 2});
  t.step();
  ASSERT_NE(t.in_force(), 0u);
  EXPECT_TRUE(t.asked.view().answers);
  EXPECT_EQ(t.asked.view().names, 1u);
  const AskedHead& head = t.live.path_asked_heads[t.in_force() & 1];
  EXPECT_EQ(head.layout, path::asked_plan(t.config).layout);
  EXPECT_TRUE((head.cookies == SipKey{1, 2}));
  EXPECT_EQ(head.seconds, 100u);
  // From POP 1, 2 and 3 to 2 and to 3.
  const u64 words[] = {0x010200, 0x010300, 0x020000, 0x020300, 0x030200, 0x030000};
  for (std::size_t i = 0; i < std::size(words); ++i) EXPECT_EQ(t.live.path_ways[i], words[i]) << i;
}

TEST(Asked, ItSaysThatItIsThere) {
  Tables t;
  t.follow(t.config);
  t.asked.set_cookies({1, 2});
  t.step();
  const u64 first = t.in_force();
  EXPECT_LE(t.asked.deadline(), t.now + 10s);
  t.step(5s);
  EXPECT_EQ(t.in_force(), first);
  t.step(6s);
  EXPECT_NE(t.in_force() & 1, first & 1) << "by the other head";
  EXPECT_EQ(t.in_force() >> 32, u32(t.now / 4ms));
  t.asked.set_cookies({3, 4});
  t.step(1ms);
  EXPECT_TRUE((t.live.path_asked_heads[t.in_force() & 1].cookies == SipKey{1, 2})) << "packets may read the other one";
  t.step(30ms);
  EXPECT_TRUE((t.live.path_asked_heads[t.in_force() & 1].cookies == SipKey{3, 4}));
}

TEST(Asked, OnlyWhatDiffersIsWritten) {
  Tables t;
  t.follow(t.config);
  t.asked.set_cookies({1, 2});
  t.step();
  const std::size_t before = t.asked.written();
  t.asked.lose(asked_lost(*t.config.path, {{3}, {}}));
  t.step(1s);
  EXPECT_EQ(t.live.path_lost[0], 0u);
  EXPECT_EQ(t.live.path_lost[1], u64(1) << 6) << "server 70 is at POP 3";
  EXPECT_EQ(t.asked.written(), before + 1);
  t.asked.lose(asked_lost(*t.config.path, {{}, {7}}));
  t.step(1s);
  EXPECT_EQ(t.live.path_lost[0], u64(1) << 7);
  EXPECT_EQ(t.live.path_lost[1], 0u);
  EXPECT_EQ(t.asked.written(), before + 3);
  std::vector<u64> other(6, 0x010203);
  t.asked.go(other);
  t.step(1s);
  EXPECT_EQ(t.live.path_ways[5], 0x010203u);
}

// Packets that still go by what the tables were are let go before they become something else.
TEST(Asked, AnotherLayoutIsWrittenWhileNothingIsInForce) {
  Tables t;
  t.follow(t.config);
  t.asked.set_cookies({1, 2});
  t.step();
  const u64 word = t.live.path_ways[1];
  t.follow(wan("", "1"));  // server 70 is elsewhere
  t.step(1s);
  EXPECT_EQ(t.in_force(), 0u);
  EXPECT_EQ(t.live.path_ways[1], word);
  t.step(30ms);
  EXPECT_NE(t.in_force(), 0u);
  EXPECT_NE(t.live.path_ways[1], word);
  t.follow(wan("[[dns.name]]\nname = \"new.svc.example\"\nserver = [{ id = 7 }]\npolicy = \"web\"\n", "1"));
  t.step(1s);
  EXPECT_NE(t.in_force(), 0u) << "the same layout stays in force";
}

// A daemon that was killed leaves what answers go on by; the next one takes it over without a gap.
TEST(Asked, TheNextDaemonGoesOn) {
  Tables t;
  t.follow(t.config);
  t.asked.set_cookies({1, 2});
  t.step();
  const u64 before = t.in_force();
  t.asked = AskedTables(t.live);
  t.step(1s);
  EXPECT_EQ(t.in_force(), before);
  t.asked.set_cookies({5, 6});
  t.follow(t.config);
  EXPECT_EQ(t.in_force(), before);
  t.step(1s);
  EXPECT_NE(t.in_force(), 0u);
  EXPECT_NE(t.in_force(), before);
  Config none = t.config;
  none.dns->xdp = false;
  t.follow(none);
  t.step(1s);
  EXPECT_EQ(t.in_force(), 0u);
  EXPECT_FALSE(t.asked.view().answers);
}

TEST(Asked, WhatHasNoRoomIsLeft) {
  Config config = wan();
  config.dns->listen.push_back({});
  DnsNameConfig many = config.dns->name[0];
  many.name = "many.svc.example";
  many.server.clear();
  for (u32 i = 0; i <= kMostAskedServers; ++i) many.server.push_back({7 + i, 10});
  config.dns->name.push_back(many);
  path::AskedPlan plan = path::asked_plan(config);
  EXPECT_NE(plan.layout, 0u);
  EXPECT_EQ(plan.names.size(), 1u);
  ASSERT_EQ(plan.left.size(), 2u);
  EXPECT_EQ(plan.left[0],
            "questions to :: are answered by the daemon alone: it stands for all addresses of this machine");
  EXPECT_EQ(plan.left[1],
            "questions for many.svc.example are answered by the daemon alone: it has 17 servers, and XDP chooses among "
            "at most 16");
  config = wan();
  for (u32 id = 4; id < 700; ++id) {
    config.path->pop.push_back(config.path->pop[0]);
    config.path->pop.back().id = id;
    config.path->server.push_back({.id = 100 + id, .pop = id});
  }
  plan = path::asked_plan(config);
  EXPECT_EQ(plan.layout, 0u);
  ASSERT_EQ(plan.left.size(), 1u);
  EXPECT_NE(plan.left[0].find("all questions are answered by the daemon alone: 699 POPs, 698 of them with servers"),
            std::string::npos)
      << plan.left[0];
}

TEST(Asked, AWayIsAWord) {
  path::AskedPlan plan;
  plan.hops = 3;
  plan.width = 8;
  EXPECT_EQ(path::way_word(plan, {1, 2, 3}), 0x010203u);
  EXPECT_EQ(path::way_word(plan, {9}), 0x090000u);
  EXPECT_EQ(path::way_word(plan, {}), 0u);
  EXPECT_EQ(path::way_word(plan, {1, 2, 3, 4}), 0u);
  EXPECT_EQ(path::way_word(plan, {256}), 0u);
  EXPECT_EQ(path::way_word(plan, {1, 0, 3}), 0u);
}

}  // namespace
}  // namespace waymark
