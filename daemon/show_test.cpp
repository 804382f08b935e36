#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/address_text.h"
#include "daemon/snapshot.h"
#include "daemon/wellness.h"
#include "engine/replay/userspace.h"

namespace waymark {

namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

Snapshot site() {
  Snapshot s;
  s.version = "0.1.0";
  s.program_tag = "0123456789abcdef";
  s.pid = 7;
  s.uptime = std::chrono::seconds(90);
  s.generation = 3;
  s.pin_buckets = pin_buckets_for(10'000);
  Config config;
  config.name = "paris-1";
  ServiceConfig web;
  web.name = "web";
  web.address = {*parse_address("2001:db8:80::1"), *parse_address("198.51.100.80")};
  web.ports = {{Protocol::tcp, 80, 80}, {Protocol::udp, 1000, 2000}, {Protocol::tcp, 0, 65535}};
  web.check.emplace().http = "/";
  config.service = {web};
  s.config = std::make_shared<const Config>(std::move(config));
  s.interfaces = {{"eth0", 2, InterfaceState::native, ""},
                  {"eth1", 3, InterfaceState::generic, "its driver has no native XDP"},
                  {"eth2", 0, InterfaceState::missing, ""},
                  {"eth3", 4, InterfaceState::held, "", "program 12 (xdp_filter)"},
                  {"eth4", 5, InterfaceState::bare, ""}};
  s.targets = {
      {0, "web", "s1", *parse_address("10.5.0.1"), Tunnel::ip, 10, true, false, false, 4, "02:00:00:00:00:01 mtu 1500"},
      {2, "web", "s2", *parse_address("10.5.0.2"), Tunnel::gue, 5, true, true, false, 2, "no route: the kernel routes"},
      {3, "web", "s3", *parse_address("10.5.0.3"), Tunnel::gre, 0, false, false, false, 1, "", 7}};
  s.traffic = {{100, 10'000, 9}, {}, {7, 700, 3}};
  s.adjacencies = {{*parse_address("10.5.0.1"), true, "eth1", {{2, 0, 0, 0, 0, 9}}, {{2, 0, 0, 0, 0, 1}}, 1500, ""},
                   {*parse_address("10.5.0.2"), false, "", {}, {}, 0, "there is no route to it"}};
  s.now = std::chrono::seconds(100);
  s.health = {
      {"web", "s1", "http", false, Wellness::down, true, false, std::chrono::seconds(90), "HTTP status 503", 9, 3},
      {"web", "s2", "http", true, Wellness::up, false, false, std::chrono::seconds(40), "", 5, 0},
      {"mail", "", "tcp", false, Wellness::down, true, false, std::chrono::seconds(99), "connection refused", 2, 2}};
  group::MemberView near, far;
  near.name = "paris-2", near.address = "[2001:db8:5::e]:6090", near.up = near.sharing = true;
  near.since = std::chrono::seconds(70), near.lag = std::chrono::microseconds(1500), near.pins_sent = 12;
  near.digest = group::Digest{.pool = 0xabc, .ready = true};
  near.differs = {"history"};
  far.name = "paris-3", far.address = "[2001:db8:5::f]:6090", far.why = "connection refused";
  group::MemberView other;
  other.name = "paris-4", other.refused = true, other.why = "paris-4 has another key than this node";
  s.group = group::GroupView{true, {near, far, other}, 4, "a wrong proof", 5};
  s.announced = {
      {Prefix(*parse_address("198.51.100.80")), {"web"}, true, "1 of 1 services is live", std::chrono::seconds(10)},
      {Prefix(*parse_address("2001:db8:80::1")), {"web", "dns"}, false, "no live target", std::chrono::seconds(95)}};
  s.swept.proven = 6;
  s.swept.embryonic = 1;
  s.counters.reasons[all_reasons()[0].verdict.reason] = 42;
  s.counters.notes[0] = 5;
  return s;
}

Json shown(Show::What what, const std::string& service = "") {
  const Result<Rows> rows = show(site(), Show{what, service, {}});
  EXPECT_TRUE(rows);
  return Json::parse(to_json(*rows));
}

TEST(ShowRows, EveryTableHasItsColumnsInEveryRow) {
  using enum Show::What;
  for (const auto what : {status, services, targets, pins, counters, adjacencies, health, group, announce}) {
    const Json json = shown(what);
    ASSERT_FALSE(json["rows"].empty());
    for (const Json& row : json["rows"]) {
      EXPECT_EQ(row.size(), json["columns"].size());
      for (const Json& column : json["columns"]) EXPECT_TRUE(row.contains(column));
    }
  }
}

TEST(ShowRows, ServicesSumTheirTargets) {
  const Json row = shown(Show::What::services)["rows"][0];
  EXPECT_EQ(row["address"], "2001:db8:80::1 198.51.100.80");
  EXPECT_EQ(row["ports"], "tcp/80 udp/1000-2000 tcp/*");
  EXPECT_EQ(row["targets"], 2);
  EXPECT_EQ(row["taking_new"], 1);
  EXPECT_EQ(row["pins"], 7);
  EXPECT_EQ(row["packets"], 107);
  EXPECT_EQ(row["flows"], 12);
}

TEST(ShowRows, TargetsTellTheirState) {
  const Json rows = shown(Show::What::targets)["rows"];
  EXPECT_EQ(rows[0]["state"], "active");
  EXPECT_EQ(rows[1]["state"], "drained");
  EXPECT_EQ(rows[2]["state"], "removed");
  EXPECT_EQ(rows[2]["packets"], 0) << "a slot that has no counter yet";
}

TEST(ShowRows, StatusHasTheFallBackAsAWarning) {
  std::set<std::string> lines;
  const Json json = shown(Show::What::status);
  for (const Json& row : json["rows"]) lines.insert(row["item"].get<std::string>() + "=" + row["value"].dump());
  EXPECT_TRUE(lines.contains("interface eth1=\"generic XDP\""));
  EXPECT_TRUE(lines.contains("interface eth2=\"missing\""));
  EXPECT_TRUE(lines.contains("interface eth3=\"held by another program 12 (xdp_filter)\""));
  EXPECT_TRUE(lines.contains("interface eth4=\"no program\""));
  EXPECT_TRUE(lines.contains("warning=\"interface eth1 is served in generic mode: its driver has no native XDP\""));
  EXPECT_TRUE(lines.contains("pins_used=6"));
  Snapshot s = site();
  Config config;
  config.translator.emplace().map.resize(2);
  s.config = std::make_shared<const Config>(config);
  const std::string without = to_json(*show(s, Show{Show::What::status, "", {}}));
  EXPECT_NE(without.find("\"translates by 0 prefixes and 2 maps\""), without.npos) << without;
  EXPECT_EQ(without.find("in_step"), without.npos) << "nothing waits for it";
  config.announce.emplace();
  s.config = std::make_shared<const Config>(config);
  EXPECT_NE(to_json(*show(s, Show{Show::What::status, "", {}})).find("in_step"), without.npos);
  EXPECT_TRUE(lines.contains("uptime_seconds=90"));
  EXPECT_TRUE(lines.contains("pins_capacity=" + std::to_string(pin_capacity(site()))));
  EXPECT_GE(pin_capacity(site()), 10'000u);
}

TEST(ShowRows, PuntedPacketsAreATranslatorsAlone) {
  Snapshot s = site();
  EXPECT_EQ(to_json(*show(s, Show{})).find("punted"), std::string::npos);
  EXPECT_EQ(metrics_text(s).find("waymark_punted"), std::string::npos);
  s.punts = PuntCounts{.sent = 7, .failed = 2, .lost = 1, .why = "there is no way"};
  const std::string status = to_json(*show(s, Show{})), metrics = metrics_text(s);
  EXPECT_NE(status.find("a punted packet was not sent: there is no way"), std::string::npos) << status;
  EXPECT_NE(metrics.find("waymark_punted_packets_total{result=\"sent\"} 7\n"), std::string::npos);
  EXPECT_NE(metrics.find("waymark_punted_packets_total{result=\"failed\"} 2\n"), std::string::npos);
  EXPECT_NE(metrics.find("waymark_punted_packets_total{result=\"lost\"} 1\n"), std::string::npos);
}

TEST(ShowRows, PinsOfAnUnknownServiceAreASentence) {
  EXPECT_EQ(shown(Show::What::pins, "web")["rows"].size(), 3u);
  const Result<Rows> none = show(site(), Show{Show::What::pins, "wbe", {}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().sentence, "no service is called \"wbe\"");
}

TEST(ShowRows, CountersHoldEveryReasonAndNote) {
  const Json rows = shown(Show::What::counters)["rows"];
  EXPECT_EQ(rows.size(), all_reasons().size() + kNotes);
  EXPECT_EQ(rows[0]["packets"], 42);
  EXPECT_EQ(rows[all_reasons().size()]["reason"], "pin_adopted");
}

TEST(ShowRows, WhatDriversRefusedIsOneCounter) {
  Snapshot s;
  s.refused = {{"eth0", 5}, {"eth1", 7}};
  Show what;
  what.what = Show::What::counters;
  const auto rows = show(s, what);
  ASSERT_TRUE(rows);
  const Json last = Json::parse(to_json(*rows))["rows"].back();
  EXPECT_EQ(last["reason"], "forward.refused");
  EXPECT_EQ(last["packets"], 12);
}

TEST(ShowRows, WhatIsNotUtf8IsStillJson) {
  const Json json = Json::parse(error_json("no target is called \"\xff\""), nullptr, false);
  EXPECT_FALSE(json.is_discarded());
}

// The exposition format: each family's HELP and TYPE once, before its samples, which stand together; no sample twice.
TEST(Metrics, FollowTheFormat) {
  Snapshot s = site();
  s.targets[0].target = "a\"b\\c\nd";
  std::istringstream text(metrics_text(s));
  std::set<std::string> families, samples;
  std::string family;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(family).second) << line;
      ASSERT_TRUE(std::getline(text, line));
      const bool total = family.ends_with("_total");
      EXPECT_EQ(line, "# TYPE " + family + (total ? " counter" : " gauge"));
      continue;
    }
    const auto space = line.rfind(' ');
    ASSERT_NE(space, std::string::npos) << line;
    EXPECT_EQ(line.substr(0, line.find_first_of("{ ")), family);
    EXPECT_TRUE(samples.insert(line.substr(0, space)).second) << line;
    EXPECT_EQ(line.find_first_not_of("0123456789", space + 1), std::string::npos) << line;
  }
  EXPECT_TRUE(samples.contains(R"(waymark_target_packets_total{service="web",target="a\"b\\c\nd",slot="0"})"));
  EXPECT_TRUE(samples.contains("waymark_generation"));
  EXPECT_TRUE(samples.contains(R"(waymark_adjacency_usable{target="10.5.0.2"})"));
  EXPECT_TRUE(families.contains("waymark_packets_total"));
  EXPECT_TRUE(families.contains("waymark_build_info"));
}

TEST(ShowRows, HealthSaysWhoseVerdictItIs) {
  const Json rows = shown(Show::What::health)["rows"];
  EXPECT_EQ(rows[0]["target"], "web/s1");
  EXPECT_EQ(rows[0]["verdict"], "own");
  EXPECT_EQ(rows[0]["seconds"], 10);
  EXPECT_EQ(rows[0]["why"], "HTTP status 503");
  EXPECT_EQ(rows[1]["check"], "http through");
  EXPECT_EQ(rows[1]["verdict"], "opinion");
  EXPECT_EQ(rows[2]["target"], "mail") << "a local service";
  Snapshot s = site();
  s.targets[0].down = true;
  EXPECT_EQ(Json::parse(to_json(*show(s, Show{Show::What::targets, "", {}})))["rows"][0]["state"], "down");
}

TEST(ShowRows, TheGroupIsToldByMember) {
  const Json rows = shown(Show::What::group)["rows"];
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0]["link"], "up");
  EXPECT_EQ(rows[0]["lag_us"], 1500);
  EXPECT_EQ(rows[0]["pool"], "0000000000000abc");
  EXPECT_EQ(rows[0]["differs"], "history");
  EXPECT_EQ(rows[1]["link"], "down");
  EXPECT_EQ(rows[1]["why"], "connection refused");
  EXPECT_EQ(rows[2]["link"], "refused");
  EXPECT_EQ(rows[3]["refused"], 4) << "connections that proved nothing";
  EXPECT_TRUE(shown(Show::What::status).dump().find("paris-4 answers, but is refused") != std::string::npos);
  Snapshot alone = site();
  alone.group.reset();
  EXPECT_TRUE(show_group(alone).rows.empty());
}

TEST(ShowRows, AnnouncementsSayWhyNot) {
  const Json rows = shown(Show::What::announce)["rows"];
  EXPECT_EQ(rows[0]["announced"], true);
  EXPECT_EQ(rows[1]["services"], "web dns");
  EXPECT_EQ(rows[1]["why"], "no live target");
}

// 24,000 targets in 8,000 services: in time that grows with their number alone, and of bounded length.
TEST(ShowRows, ALargeSiteIsTextInNoTime) {
  Snapshot s = site();
  Config config = *s.config;
  config.service.clear();
  s.targets.clear();
  for (u32 i = 0; i < 24'000; ++i) {
    if (i % 3 == 0) {
      ServiceConfig service;
      service.name = "service-" + std::to_string(i / 3);
      config.service.push_back(service);
    }
    s.targets.push_back({i, "service-" + std::to_string(i / 3), "target-" + std::to_string(i),
                         *parse_address("10.5.0.1"), Tunnel::ip, 10, true, false, false, 4,
                         "02:00:00:00:00:01 mtu 1500"});
    s.health.push_back({s.targets.back().service, s.targets.back().target, "http", false, Wellness::up, true, false,
                        std::chrono::seconds(90), "", 9, 3});
  }
  s.config = std::make_shared<const Config>(std::move(config));
  const auto begin = std::chrono::steady_clock::now();
  const std::string metrics = metrics_text(s);
  EXPECT_LT(metrics.size(), 24u << 20);
  for (const auto what : {Show::What::services, Show::What::targets, Show::What::health, Show::What::pins})
    EXPECT_LT(to_json(*show(s, Show{what, "", {}})).size(), 12u << 20);
  EXPECT_EQ(Json::parse(to_json(*show(s, Show{Show::What::services, "", {}})))["rows"][7999]["targets"], 3);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  std::printf("metrics: %zu bytes\n", metrics.size());
}

TEST(HttpShowTest, RefusedGuestsAreAMetricByServerAndReason) {
  Snapshot s = site();
  HttpCounts http{"metrics", 5, 128, 77, {}, ""};
  http.refused[std::size_t(Refused::places)] = 9;
  s.http = {http};
  const std::string text = metrics_text(s);
  EXPECT_NE(text.find("waymark_http_connections{server=\"metrics\"} 5\n"), std::string::npos) << text;
  EXPECT_NE(text.find("waymark_http_answers_total{server=\"metrics\"} 77\n"), std::string::npos);
  EXPECT_NE(text.find("waymark_http_refused_total{server=\"metrics\",reason=\"places\"} 9\n"), std::string::npos);
}

TEST(WellnessBoardTest, AnswersByServiceOrForAll) {
  WellnessBoard board;
  EXPECT_EQ(board.answer("").status, 200) << "nothing is known yet, so nobody is sent away";
  Snapshot s = site();
  board.put(s.health);
  EXPECT_EQ(board.answer("web").status, 404) << "the director's view of others is not ours to tell";
  EXPECT_EQ(board.answer("mail").status, 503);
  EXPECT_EQ(board.answer("").body, "mail is down: connection refused\n");
  s.health.back().state = Wellness::up;
  board.put(s.health);
  EXPECT_EQ(board.answer("").body, "up\n");
  EXPECT_EQ(board.answer("mail").status, 200);
  board.put({});
  EXPECT_EQ(board.answer("").status, 404);
}

TEST(WellnessBoardTest, WhatIsNotKnownIsNotDown) {
  Snapshot s;
  const auto answer = [&s] {
    WellnessBoard board;
    board.put(s.health);
    return board.answer("mail");
  };
  s.health.push_back({.service = "mail", .target = "", .kind = "tcp"});
  EXPECT_EQ(answer().status, 200) << "a daemon that has just started takes no service out";
  EXPECT_EQ(answer().body, "mail is unknown\n");
  s.health[0].unknown_since = 3s, s.health[0].unknown_why = "too many open files";
  EXPECT_EQ(answer().status, 200);
  EXPECT_EQ(answer().body, "mail is unknown: too many open files\n");
  s.health[0].state = Wellness::down, s.health[0].why = "connection refused";
  EXPECT_EQ(answer().status, 503) << "and a verdict that is held is one";
}

TEST(ShowRows, StatusWarnsOfChecksThatCannotBeCarriedOut) {
  const auto warnings = [](const Snapshot& s) {
    std::string all;
    const Rows rows = *show(s, Show{Show::What::status, "", {}});
    for (const auto& row : rows.rows)
      if (std::get<std::string>(row[0]) == "warning") all += std::get<std::string>(row[1]) + "\n";
    return all;
  };
  Snapshot s;
  EXPECT_EQ(warnings(s), "");
  s.now = 100s;
  s.unrenewed = {2, 88s, "too many open files"};
  EXPECT_EQ(warnings(s),
            "checks of 2 targets cannot be carried out since 12 s: too many open files; the last verdicts stand\n");
  s.unrenewed = {};
  s.checks = {256, 256, 2500ms};
  EXPECT_TRUE(warnings(s).starts_with("checks are late by 2.5 s: 256 are in flight, as many as may be")) << warnings(s);
  s.checks = {10, 256, 900ms};
  EXPECT_EQ(warnings(s), "");
}

TEST(ShowRows, HealthSaysSinceWhenItIsNotKnown) {
  Snapshot s;
  s.now = 100s;
  s.health.push_back({.service = "web",
                      .target = "s1",
                      .kind = "tcp",
                      .state = Wellness::up,
                      .own = true,
                      .unknown = 7,
                      .unknown_since = 88s,
                      .unknown_why = "too many open files"});
  const Json row = Json::parse(to_json(show_health(s)))["rows"][0];
  EXPECT_EQ(row["state"], "up") << "the last verdict is held";
  EXPECT_EQ(row["unknown"], 7);
  EXPECT_EQ(row["unknown_seconds"], 12);
  EXPECT_EQ(row["why"], "the check cannot be carried out: too many open files");
}

}  // namespace

}  // namespace waymark
