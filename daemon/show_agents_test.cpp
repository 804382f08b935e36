// Servers that register, as operators see them: rows, metrics, warnings.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/address_text.h"
#include "daemon/snapshot.h"
#include "daemon/warnings.h"

namespace waymark {
namespace {

using Json = nlohmann::json;
using agents::BindingState;
using agents::Refused;
using agents::Standing;

agents::BindingView binding(const std::string& name, BindingState state, u32 weight) {
  agents::BindingView b;
  b.target = {"web", name, *parse_address("10.5.0.1"), weight, state};
  b.identity = name, b.lifetime = 60, b.seconds_left = 31;
  return b;
}

Snapshot director() {
  Snapshot s;
  s.config = std::make_shared<const Config>();
  AgentsView& view = s.agents.emplace();
  view.bindings = {binding("srv-1", BindingState::bound, 250), binding("srv-2", BindingState::draining, 0)};
  view.bindings[0].load = signalling::Load{5, 75, 100, 0, 0};
  view.bindings[1].last_refusal = "sent before, or without replay protection";
  agents::PeerView peer{"srv-1", 1, 7, {}, "too many bindings"};
  peer.refused[size_t(Refused::replay)] = 2, peer.refused[size_t(Refused::no_room)] = 3;
  view.peers = {peer};
  view.counters.received = 20, view.counters.accepted = 7, view.counters.bindings = 2;
  view.counters.refused[size_t(Refused::wrong_mac)] = 4;
  return s;
}

agents::RegistrationView registration(Standing standing, u64 sent, const std::string& why = "") {
  return {"paris-1", "web", standing, why, standing == Standing::bound ? 60u : 0u, 0, sent, 1};
}

Json rows(const Snapshot& s, Show::What what) { return Json::parse(to_json(*show(s, Show{what, "", {}})))["rows"]; }

TEST(ShowAgents, BindingsTellTheirLoadAndState) {
  const Json all = rows(director(), Show::What::bindings);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0], Json({{"service", "web"},
                          {"target", "srv-1"},
                          {"agent", "srv-1"},
                          {"care_of", "10.5.0.1"},
                          {"state", "bound"},
                          {"weight", 250},
                          {"lifetime", 60},
                          {"left", 31},
                          {"sessions", "75/100"},
                          {"capacity", "-"},
                          {"priority", 5},
                          {"refused", ""}}));
  EXPECT_EQ(all[1]["state"], "draining");
  for (const char* unsaid : {"sessions", "capacity", "priority"}) EXPECT_EQ(all[1][unsaid], "-");
  EXPECT_EQ(all[1]["refused"], "sent before, or without replay protection");
}

TEST(ShowAgents, AgentsTellWhatTheySent) {
  const Json all = rows(director(), Show::What::agents);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0], Json({{"agent", "srv-1"},
                          {"bindings", 1},
                          {"accepted", 7},
                          {"refused", 5},
                          {"last_refusal", "too many bindings"}}));
}

TEST(ShowAgents, RegistrationsTellTheDirectorsWord) {
  Snapshot s;
  s.config = std::make_shared<const Config>();
  EXPECT_EQ(rows(s, Show::What::registrations).size(), 0u);
  s.registrations = {registration(Standing::bound, 3), registration(Standing::refused, 1, "prohibited")};
  const Json all = rows(s, Show::What::registrations);
  EXPECT_EQ(all[0], Json({{"director", "paris-1"},
                          {"service", "web"},
                          {"state", "bound"},
                          {"lifetime", 60},
                          {"left", 0},
                          {"sent", 3},
                          {"acknowledged", 1},
                          {"why", ""}}));
  EXPECT_EQ(all[1]["state"], "refused");
  EXPECT_EQ(all[1]["why"], "prohibited");
}

TEST(ShowAgents, MetricsAreThoseOfEitherSide) {
  Snapshot s;
  s.config = std::make_shared<const Config>();
  EXPECT_EQ(metrics_text(s).find("waymark_binding"), std::string::npos);
  EXPECT_EQ(metrics_text(s).find("waymark_registration"), std::string::npos);
  const std::string all = metrics_text(director());
  for (const char* line :
       {"waymark_bindings 2\n", "waymark_binding_messages_total 20\n", "waymark_binding_updates_total 7\n",
        "waymark_binding_refused_total{reason=\"wrong_mac\"} 4\n",
        "waymark_binding_refused_total{reason=\"limited\"} 0\n",
        "waymark_binding_weight{service=\"web\",target=\"srv-1\"} 250\n",
        "waymark_binding_weight{service=\"web\",target=\"srv-2\"} 0\n"})
    EXPECT_NE(all.find(line), std::string::npos) << line << all;
  s.registrations = {registration(Standing::bound, 3)};
  const std::string bound = "waymark_registration_bound{director=\"paris-1\",service=\"web\"} ";
  EXPECT_NE(metrics_text(s).find(bound + "1\n"), std::string::npos);
  s.registrations = {registration(Standing::waiting, 3)};
  EXPECT_NE(metrics_text(s).find(bound + "0\n"), std::string::npos);
}

TEST(ShowAgents, WarningsAreOfWhatAnOperatorShouldLookAt) {
  const auto said = [](const Snapshot& s) { return warnings_of(s).sentences; };
  using Sentences = std::vector<std::string>;
  Snapshot s = director();
  EXPECT_EQ(said(s), Sentences{}) << "to drain is no trouble";
  s.agents->bindings[0].target.state = BindingState::suspect;
  s.agents->bindings[1].target.state = BindingState::stale;
  EXPECT_EQ(said(s), (Sentences{"web/srv-1 is suspect: it answers no Heartbeat, and gets no new flows",
                                "web/srv-2 is not renewed, like too many others: it is kept"}));
  EXPECT_EQ(warnings_of(s).count["agents"], 2u);
  s.agents.reset();
  for (const Standing standing : {Standing::idle, Standing::bound, Standing::ending}) {
    s.registrations = {registration(standing, 9)};
    EXPECT_EQ(said(s), Sentences{}) << agents::text(standing);
  }
  s.registrations = {registration(Standing::waiting, 2)};
  EXPECT_EQ(said(s), Sentences{}) << "one may be lost";
  s.registrations = {registration(Standing::waiting, 3, "no answer"), registration(Standing::refused, 1, "prohibited")};
  EXPECT_EQ(said(s), (Sentences{"web is not registered with paris-1: no answer",
                                "web is not registered with paris-1: prohibited"}));
}

}  // namespace
}  // namespace waymark
