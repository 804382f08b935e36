#include "lab/kit/report.h"

#include <gtest/gtest.h>

namespace waymark::lab {
namespace {

TEST(Stats, ReportsSurviveTheWayBetweenToolAndLab) {
  ClientReport report{.live = 3, .opened = 9, .closed = 6, .under_way = 1, .answered = 70, .probes_answered = 11};
  Window w;
  w.name = "killed";
  w.broken = {1, 2, 3, 4};
  w.longest_stall_ms = 12.5;
  w.fresh_at = {{"s1", 5}, {"s3", 6}};
  report.windows.push_back(w);
  const auto read = client_report(to_json(report));
  ASSERT_TRUE(read) << read.error().sentence;
  EXPECT_EQ(to_json(*read), to_json(report));
  EXPECT_EQ(read->windows[0].broken.total(), 10u);
  EXPECT_EQ(read->windows[0].fresh_at.at("s3"), 6u);
}

TEST(Stats, NonsenseIsAnErrorThatSaysWhose) {
  const auto read = server_report("{\"name\": 7}");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().sentence.find("server's report"), std::string::npos);
}

TEST(Stats, TwoClientsAddUpWindowByWindow) {
  ClientReport a, b;
  a.windows.resize(1);
  b.windows.resize(2);
  a.windows[0].spanning = 1000;
  b.windows[0].spanning = 900;
  a.windows[0].longest_stall_ms = 5;
  b.windows[0].longest_stall_ms = 7;
  b.windows[1].name = "end";
  a.add(b);
  ASSERT_EQ(a.windows.size(), 2u);
  EXPECT_EQ(a.windows[0].spanning, 1900u);
  EXPECT_EQ(a.windows[0].longest_stall_ms, 7);
  EXPECT_EQ(a.windows[1].name, "end");
}

TEST(Report, OneFailedCheckFailsTheWhole) {
  Verdict v;
  v.check(true, "all is well");
  EXPECT_TRUE(v.passed());
  v.check(false, "three were lost");
  EXPECT_FALSE(v.passed());
  EXPECT_EQ(checks(v, true), "ok    all is well\nFAIL  three were lost\n");
  EXPECT_NE(to_json(v).find("\"passed\": false"), std::string::npos);
}

TEST(Report, WhatTheTableShowsIsSaidAgainOnlyWhereItFailed) {
  Verdict v;
  v.checks = {{"seen", true, true}, {"seen and bad", false, true}, {"not seen", true, false}};
  EXPECT_EQ(checks(v, false), "FAIL  seen and bad\nok    not seen\n");
}

TEST(Report, AScheduleThatStoppedFailsEvenIfAllChecksHold) {
  Verdict v;
  v.check(true, "all is well");
  v.stopped_by = "the daemon of d is not ready";
  EXPECT_FALSE(v.passed());
  EXPECT_NE(checks(v, true).find("FAIL  the schedule stopped: the daemon of d is not ready"), std::string::npos);
}

TEST(Report, TheTableHasTheControlBesideEachEvent) {
  Verdict v;
  EventResult e{"added", "target s4 added", "pins = 0", {}, {}};
  e.real.spanning = 2000;
  e.control.broken.reset = 491;
  v.events.push_back(e);
  const std::string text = table(v);
  const std::string line = text.substr(text.find("target s4 added"));
  const size_t end = line.find('\n');
  EXPECT_LT(line.find("2000"), line.find("pins = 0"));
  EXPECT_LT(line.find("pins = 0"), line.find("491"));
  EXPECT_LT(line.find("491"), end);
  EXPECT_LE(end, 120u);
}

TEST(Report, ClientsAndServersThatDisagreeFail) {
  ClientReport clients{.opened = 9, .closed = 9, .answered = 70};
  ServerReport servers{.name = "s1", .opened = 9, .clean = 9, .messages = 70};
  Verdict v;
  v.check_agreement(clients, servers);
  EXPECT_TRUE(v.passed());
  servers.clean = 8, servers.cut = 1;
  v.check_agreement(clients, servers);
  EXPECT_FALSE(v.passed());
}

}  // namespace
}  // namespace waymark::lab
