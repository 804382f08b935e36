#include "node/events.h"

#include <gtest/gtest.h>

#include "base/address_text.h"
#include "core/hash.h"

namespace waymark {

namespace {

Address ip(const std::string& written) { return *parse_address(written); }
u64 number_of(const std::string& name) { return zone_of(name.data(), u32(name.size())); }

Config config_of(int targets) {
  Config config;
  config.name = "d1";
  config.group.emplace();
  config.group->member = {{"d2", "[2001:db8::2]:1"}};
  ServiceConfig web;
  web.name = "web";
  for (int i = 1; i <= targets; ++i) {
    TargetConfig target;
    target.name = "s" + std::to_string(i);
    target.address = ip("2001:db8:5::1");
    web.target.push_back(target);
  }
  config.service = {web};
  return config;
}

Decided decided(const std::string& target, bool drained, u32 weight, const std::string& by) {
  return {"web", target, {drained, weight, 1, number_of(by)}};
}

std::vector<std::string> told(NodeEvents& events) {
  std::vector<std::string> out;
  for (const Event& e : events.take()) {
    EXPECT_NE(find_event_kind(e.kind), nullptr) << e.kind;
    out.push_back(e.kind + " " + e.subject + ": " + e.text);
  }
  return out;
}

using Told = std::vector<std::string>;

}  // namespace

TEST(NodeEvents, DecisionsAreToldWithWhoMadeThem) {
  const Config config = config_of(2);
  NodeEvents events;
  events.configured(config, {decided("s2", true, kNoWeight, "d1")});
  EXPECT_EQ(told(events), Told{}) << "what was decided before the daemon came is no news";
  events.decided(config, {decided("s1", true, kNoWeight, "d1"), decided("s2", true, 20, "d2")});
  EXPECT_EQ(told(events), (Told{"target.drained web/s1: web/s1 is drained by an operator here",
                                "target.weight web/s2: weight of web/s2 is 20 instead of 10, by an operator at member "
                                "d2"}));
  events.decided(config, {decided("s1", false, kNoWeight, "d7"), decided("s2", true, kNoWeight, "d1")});
  EXPECT_EQ(told(events),
            (Told{"target.undrained web/s1: web/s1 takes new flows again, by an operator at another member",
                  "target.weight web/s2: weight of web/s2 is 10 instead of 20, as configured, by an "
                  "operator here"}));
  events.decided(config, {decided("s1", false, kNoWeight, "d7"), decided("s2", true, kNoWeight, "d1")});
  EXPECT_EQ(told(events), Told{});
}

TEST(NodeEvents, TargetsGoUpAndDownWithTheirReason) {
  NodeEvents events;
  using enum Wellness;
  const Health::Change found{"web", "s1", unknown, up, true, false, false, ""};
  const Health::Change died{"web", "s1", up, down, true, false, true, "no answer in 1 s"};
  const Health::Change held{"web", "s2", up, down, true, false, false, "HTTP status 503"};
  const Health::Change let_go{"web", "s2", down, down, true, false, true, "HTTP status 503"};
  const Health::Change kept_again{"web", "s1", down, down, true, true, false, "no answer in 1 s"};
  const Health::Change confirmed{"web", "s3", up, up, true, false, false, ""};
  const Health::Change opinion{"web", "s4", unknown, down, false, false, true, ""};
  const Health::Change local{"dns", "", up, down, true, false, true, "refused"};
  const Health::Change gone{"web", "s5", down, unknown, false, true, false, ""};
  events.health({found, died, held, let_go, kept_again, confirmed, opinion, local, gone}, {});
  EXPECT_EQ(told(events),
            (Told{"target.up web/s1: web/s1 is up", "target.down web/s1: web/s1 is down: no answer in 1 s",
                  "target.held web/s2: web/s2 fails its checks: HTTP status 503; fail_static keeps it in",
                  "target.down web/s2: web/s2 is down: HTTP status 503",
                  "target.held web/s1: web/s1 fails its checks: no answer in 1 s; fail_static keeps it in",
                  "target.down web/s4: web/s4 is down, as another member or daemon found",
                  "target.down dns: dns is down: refused"}));
}

TEST(NodeEvents, ChecksThatCannotBeCarriedOutAreToldOnce) {
  NodeEvents events;
  events.health({}, {3, Time(), "too many open files"});
  events.health({}, {5, Time(), "too many open files"});
  EXPECT_EQ(told(events),
            Told{"checks.unknown : this machine cannot carry out a check, and the last verdict holds: too "
                 "many open files"});
  events.health({}, {});
  events.health({}, {});
  EXPECT_EQ(told(events), Told{"checks.known : all checks are carried out again"});
}

TEST(NodeEvents, NextHopsAreLostAndFound) {
  NodeEvents events;
  const Address to = ip("2001:db8:5::1");
  const Node::Behind five{{"web/s1", "web/s2", "web/s3"}, 5};
  events.next_hop({to, true, 2, {}, {}, 1500, ""}, HopNews::found, five);
  events.next_hop({to, false, 0, {}, {}, 0, "it does not answer"}, HopNews::lost, five);
  events.next_hop({to, false, 0, {}, {}, 0, "eth0 takes no frames", NextHop::Reach::kernel}, HopNews::found,
                  {{"web/s1"}, 1});
  events.next_hop({to, false, 0, {}, {}, 0, "there is no route"}, HopNews::lost, {});
  EXPECT_EQ(
      told(events),
      (Told{"next_hop.found 2001:db8:5::1: the next hop to 2001:db8:5::1 (web/s1, web/s2, web/s3 and 2 more) is found",
            "next_hop.lost 2001:db8:5::1: the next hop to 2001:db8:5::1 (web/s1, web/s2, web/s3 and 2 more) is lost: "
            "it does not answer",
            "next_hop.found 2001:db8:5::1: the kernel forwards to 2001:db8:5::1 (web/s1): eth0 takes no frames",
            "next_hop.lost 2001:db8:5::1: the next hop to 2001:db8:5::1 is lost: there is no route"}));
}

TEST(NodeEvents, WhatNobodyTakesIsBounded) {
  NodeEvents events;
  for (std::size_t i = 0; i < NodeEvents::kMost + 10; ++i)
    events.tell({Severity::info, "target.up", "web/s1", std::to_string(i)});
  const std::vector<Event> kept = events.take();
  EXPECT_EQ(kept.size(), NodeEvents::kMost);
  EXPECT_EQ(kept.back().text, std::to_string(NodeEvents::kMost + 9));
}

}  // namespace waymark
