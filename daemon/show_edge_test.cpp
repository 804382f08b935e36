// `show edge`: an edge's flows as packets leave them, by service and address, at most so many.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/address_text.h"
#include "core/exact_insert.h"
#include "daemon/snapshot.h"
#include "engine/replay/userspace.h"

namespace waymark {
namespace {

using Json = nlohmann::json;
using edge::Stage;

constexpr FlowClock kClock = {4096 * 100, 250, 12, 8};  // stamps of 16.384 s

Address address(const char* text) { return *parse_address(text); }

EdgeConfig two_services() {
  EdgeConfig edge;
  edge.prefix = {address("2001:db8:f:1::"), 64};
  edge.service = {{"web", {address("2001:db8:a::80"), address("192.0.2.80")}, {{Protocol::tcp, 443, 443}}, {}},
                  {"dns", {{address("2001:db8:b:1::"), 64}}, {{Protocol::udp, 53, 53}}, {}}};
  return edge;
}

// Tables with flows in them, as packets leave them, and a snapshot that looks into them.
struct Site {
  UserspaceEngine engine{sizes_for(0, kUsualTargets, 0, 1000, 1000, 1)};
  Live live = engine.live();
  EdgePlan plan;
  Snapshot s;

  Site() {
    auto config = std::make_shared<Config>();
    config->edge = two_services();
    for (u64& prefix : plan.settings.prefix) prefix = config->edge->prefix.address.high;
    plan.settings.buckets = u32(live.edge_flows.size());
    EdgeLoad load;
    load.constants.role.edge = plan.settings;
    load.constants.role.edge.anycast_seed = 1;
    load.anycasts.resize(1u << kEdgeAnycastBits);
    for (const char* anycast : {"2001:db8:a::80", "2001:db8:b:1::9"}) {
      const u64 half = address(anycast).high;
      const u32 number = edge::number_of(half);
      load.anycasts[edge::anycast_place(1, number)] = {half, number, 1};
    }
    load.pool = {address("203.0.113.1").low};
    plan.load = std::make_shared<EdgeLoad>(load);
    plan.services = std::make_shared<EdgeServices>(*config->edge);
    s.config = config;
    s.edge = EdgeView{};
    s.list_edge_flows = [this](const EdgeFlowFilter& filter) { return list_edge_flows(live, kClock, plan, filter); };
  }

  template <class F, class Fill>
  void add(const edge::Ends& ends, Stage stage, bool learnt, u32 stamp, const Fill& fill) {
    FlowEnv env{live};
    const auto key = F::key(ends);
    const u32 secret[12] = {3, 5, 7, 11};
    plan.settings.buckets = u32(live.edge_flows.size());
    plan.settings.buckets4 = u32(live.edge_flows4.size());
    const ExactLimits limits{F::buckets(plan.settings), 0, 455, 0};
    EXPECT_TRUE(is_in(insert_exact<typename F::Table>(env, limits, place_in(hash_key(secret, key), limits.buckets), key,
                                                      u64(stage) | (learnt ? edge::kLearnt : 0), fill, stamp)));
  }
  void add(const char* client, u16 client_port, const char* anycast, u8 protocol, u16 port, Stage stage, u64 own,
           const char* server = nullptr, u32 stamp = 100) {
    add<edge::Six>({address(client), address(anycast), client_port, port, protocol}, stage, server, stamp,
                   [&](EdgeRecord& record, u32) {
                     if (server) edge::Six::set_server(&record, address(server));
                     return own;
                   });
  }
  Json rows(const Show& what) {
    const Result<Rows> shown = show(s, what);
    EXPECT_TRUE(shown) << shown.error().sentence;
    return Json::parse(to_json(*shown))["rows"];
  }
};

Show of(const char* service, std::optional<Address> address = {}, u32 count = 1000) {
  Show show{Show::What::edge, service, {}, count};
  show.address = address;
  return show;
}

constexpr u64 kOwn = 0x0807060504030201;  // ...:102:304:506:708 as text

TEST(ShowEdge, SaysWhatAFlowIs) {
  Site t;
  t.add("2001:db8:c::5", 4000, "2001:db8:a::80", kProtoTcp, 443, Stage::open, kOwn, "2001:db8:51::7", 98);
  const Json row = t.rows(of("web")).at(0);
  EXPECT_EQ(row["service"], "web");
  EXPECT_EQ(row["protocol"], "tcp");
  EXPECT_EQ(row["client"], "[2001:db8:c::5]:4000");
  EXPECT_EQ(row["anycast"], "[2001:db8:a::80]:443");
  EXPECT_EQ(row["own_address"], "2001:db8:f:1:102:304:506:708");
  EXPECT_EQ(row["server"], "2001:db8:51::7");
  EXPECT_EQ(row["stage"], "open");
  EXPECT_EQ(row["idle_seconds"], 32) << "two stamps";
}

// By IPv4 a flow has a port of an address that is others' as well.
TEST(ShowEdge, SaysByWhichPortTheNetworkKnowsAFlow) {
  Site t;
  const u64 server = ip4_of(address("198.18.51.7")).raw;
  t.add<edge::Four>({address("10.0.0.5"), address("192.0.2.80"), 4000, 443, kProtoTcp}, Stage::open, true, 100,
                    [&](ExactRecord4&, u32) { return server << 32 | 4001; });
  const Json row = t.rows(of("web")).at(0);
  EXPECT_EQ(row["client"], "10.0.0.5:4000");
  EXPECT_EQ(row["anycast"], "192.0.2.80:443");
  EXPECT_EQ(row["own_address"], "203.0.113.1:4001");
  EXPECT_EQ(row["server"], "198.18.51.7");
  EXPECT_EQ(t.rows(of("", address("203.0.113.1"))).size(), 1u);
}

TEST(ShowEdge, SaysWhatIsNotKnown) {
  Site t;
  t.add("2001:db8:c::5", 4000, "2001:db8:b:1::9", kProtoUdp, 53, Stage::datagram, kOwn);
  t.add("2001:db8:c::5", 77, "2001:db8:b:1::9", kProtoIcmp6, 0, Stage::query, kOwn + 1);
  t.add("2001:db8:c::5", 4000, "2001:db8:a::81", kProtoTcp, 443, Stage::syn, kOwn + 2);
  t.add("2001:db8:c::5", 4001, "2001:db8:dead::1", kProtoTcp, 443, Stage::syn, kOwn + 3);
  EXPECT_EQ(t.rows(of("dns")).size(), 2u);
  for (const Json& row : t.rows(of("dns"))) {
    EXPECT_EQ(row["server"], "-");
    if (row["protocol"] == "icmp") {
      EXPECT_EQ(row["client"], "[2001:db8:c::5]:77");
      EXPECT_EQ(row["anycast"], "2001:db8:b:1::9");
    }
  }
  EXPECT_EQ(t.rows(of("web")).size(), 0u);
  std::multiset<std::string> gone;
  for (const Json& row : t.rows(of("")))
    if (row["service"] == "-") gone.insert(row["anycast"]);
  EXPECT_EQ(gone, (std::multiset<std::string>{"-", "[2001:db8:a::81]:443"}));
}

TEST(ShowEdge, FindsAFlowByAnyOfItsAddresses) {
  Site t;
  t.add("2001:db8:c::5", 4000, "2001:db8:a::80", kProtoTcp, 443, Stage::open, kOwn, "2001:db8:51::7");
  t.add("2001:db8:c::6", 4000, "2001:db8:b:1::9", kProtoUdp, 53, Stage::exchange, kOwn + 1, "2001:db8:52::8");
  for (const char* one : {"2001:db8:c::5", "2001:db8:a::80", "2001:db8:f:1:102:304:506:708", "2001:db8:51::7"}) {
    const Json found = t.rows(of("", address(one)));
    ASSERT_EQ(found.size(), 1u) << one;
    EXPECT_EQ(found[0]["client"], "[2001:db8:c::5]:4000");
  }
  EXPECT_EQ(t.rows(of("dns", address("2001:db8:c::5"))).size(), 0u) << "both must fit";
  EXPECT_EQ(t.rows(of("", address("::"))).size(), 0u) << "no server is no address";
}

TEST(ShowEdge, IsBounded) {
  Site t;
  for (u16 port = 1; port <= 300; ++port)
    t.add("2001:db8:c::5", port, "2001:db8:a::80", kProtoTcp, 443, Stage::open, kOwn + port);
  EXPECT_EQ(t.rows(of("")).size(), 300u);
  EXPECT_EQ(t.rows(of("web", {}, 17)).size(), 17u);
}

TEST(ShowEdge, RefusesAServiceThatIsNone) {
  Site t;
  EXPECT_EQ(show(t.s, of("wbe")).error().sentence, "no service of [edge] is called \"wbe\"");
  Snapshot none;
  EXPECT_TRUE(show(none, of(""))->rows.empty()) << "no edge, no flows";
}

TEST(ShowEdge, ServicesAreCountedForMetrics) {
  Site t;
  t.s.edge->swept.services = {{"dns", 3}, {"web", 4}};
  const std::string metrics = metrics_text(t.s);
  EXPECT_NE(metrics.find("waymark_edge_service_flows{service=\"web\"} 4\n"), std::string::npos);
  EXPECT_EQ(metrics.find("waymark_edge_flows_told_total"), std::string::npos) << "no members, nothing told";
}

TEST(ShowEdge, WhatBecameOfMembersFlowsIsCounted) {
  Site t;
  t.s.edge->mirror.emplace().refused = 3;
  t.s.edge->mirror->unknown = 4;
  EXPECT_NE(metrics_text(t.s).find("waymark_edge_flows_told_total{became=\"refused\"} 3\n"), std::string::npos);
  const std::string status = to_json(*show(t.s, Show{Show::What::status, "", {}}));
  EXPECT_NE(status.find("\"edge_told_refused\""), status.npos);
}

}  // namespace
}  // namespace waymark
