#include "daemon/flows.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "base/address_text.h"
#include "core/exact_insert.h"
#include "core/firewall/bits.h"
#include "daemon/processes_test.h"
#include "daemon/snapshot.h"
#include "engine/replay/userspace.h"
#include "tests/kit/packets.h"

namespace waymark {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;
using firewall::Stage;

constexpr FlowClock kClock = {4096 * 100, 250, 12, 8};  // stamps of 16.384 s and 1.024 s
constexpr u32 kInside = 0x0a000005, kOutside = 0xcb007114;

// Tables with flows in them, as packets leave them.
struct Tables {
  UserspaceEngine engine{sizes_for(0, kUsualTargets, 1000)};
  Live live = engine.live();

  void add(u32 owner, u8 protocol, u32 inside, u16 inside_port, u16 outside_port, u64 state, u32 stamp, u8 rule = 0) {
    FlowEnv env{live};
    const ExactLimits limits{u32(live.flows.size()), u32(live.flow_embryos.size()), 455, 59};
    const ExactKey<2> key = firewall::key_of(owner, protocol, inside, kOutside, inside_port, outside_port);
    const u32 secret[12] = {3, 5, 7, 11};
    const PinPlace place = place_in(hash_key(secret, key), limits.buckets);
    const u64 user = u64(rule) << 32 | 0x1234;
    EXPECT_TRUE(is_in(firewall::is_embryonic(firewall::stage_of(state))
                          ? insert_exact_embryo<firewall::Embryos>(env, limits, place, key, state, user, stamp)
                          : insert_exact<firewall::Flows>(env, limits, place, key, state, user, stamp)));
  }
};

TEST(FlowList, HasFlowsAsTheyAre) {
  Tables t;
  t.add(7, kProtoTcp, kInside, 4000, 80, u64(Stage::open) | firewall::kOutsideBegan | firewall::kGrace, 98, 3);
  t.add(7, kProtoUdp, kInside, 4001, 53, u64(Stage::datagram), kClock.ticks >> 8);
  const std::vector<FlowSeen> all = list_flows(t.live, kClock, {});
  ASSERT_EQ(all.size(), 2u);
  const FlowSeen& f = all[0];
  EXPECT_EQ(f.owner, 7u);
  EXPECT_EQ(f.protocol, kProtoTcp);
  EXPECT_EQ(f.inside, kInside);
  EXPECT_EQ(f.outside, kOutside);
  EXPECT_EQ(f.inside_port, 4000);
  EXPECT_EQ(f.outside_port, 80);
  EXPECT_EQ(f.stage, Stage::open);
  EXPECT_TRUE(f.outside_began);
  EXPECT_TRUE(f.found_again);
  EXPECT_EQ(f.bits, 0u);
  EXPECT_EQ(f.rule, 3);
  EXPECT_EQ(f.idle_seconds, 32u) << "two stamps";
  EXPECT_EQ(all[1].stage, Stage::datagram);
  EXPECT_FALSE(all[1].outside_began);
  EXPECT_EQ(all[1].idle_seconds, 0u);
}

TEST(FlowList, IsFilteredAndBounded) {
  Tables t;
  for (u16 n = 0; n < 300; ++n)
    t.add(n % 3, kProtoTcp, kInside + n % 2, n, 80, u64(n % 5 ? Stage::open : Stage::syn), n % 5 ? 100 : 1600);
  const auto count = [&](std::optional<u32> owner, std::optional<u32> address, u32 most = 1000) {
    return list_flows(t.live, kClock, {owner, address, most}).size();
  };
  EXPECT_EQ(count({}, {}), 300u);
  EXPECT_EQ(count({}, {}, 250), 250u) << "half-open ones among them";
  EXPECT_EQ(count({}, {}, 17), 17u);
  EXPECT_EQ(count(1, {}), 100u);
  EXPECT_EQ(count(9, {}), 0u);
  EXPECT_EQ(count({}, kInside), 150u);
  EXPECT_EQ(count({}, kOutside), 300u);
  EXPECT_EQ(count(1, kInside), 50u);
}

TEST(FlowList, LeavesOutWhatIsBeingWritten) {
  Tables t;
  t.add(1, kProtoTcp, kInside, 1, 80, u64(Stage::open), 100);
  for (ExactBucket& bucket : t.live.flows)
    for (u64& way : bucket.way)
      if (u32(way)) way = in_phase(way, ExactPhase::claimed);
  EXPECT_TRUE(list_flows(t.live, kClock, {}).empty());
  for (ExactBucket& bucket : t.live.flows)
    for (u64& way : bucket.way)
      if (u32(way)) way = in_phase(way, ExactPhase::live) + (u64(1) << 32);  // of the next generation
  EXPECT_TRUE(list_flows(t.live, kClock, {}).empty()) << "the record is another flow's";
}

Snapshot guarded() {
  Snapshot s;
  Config config;
  GatewayConfig& gateway = config.gateway.emplace();
  config.engine.flows = 10'000;
  TenantConfig red, blue, open;
  red.name = "red", red.number = 7, red.flows = 500, red.new_flows = 20;
  red.rule.resize(2);
  red.rule[0].ports = {{Protocol::tcp, 80, 80}, {Protocol::tcp, 443, 443}};
  blue.name = "blue", blue.number = 8;
  open.name = "open", open.number = 9, open.firewall = false;
  gateway.tenant = {red, blue, open};
  s.config = std::make_shared<const Config>(std::move(config));
  FlowsView& f = s.flows.emplace();
  f.swept.number = 3, f.swept.flows = 90, f.swept.half_open = 10;
  f.swept.stages[u32(Stage::open)] = 80;
  f.swept.owned = {{7, 70, 5}, {8, 20, 5}};
  f.taken = {{7, 76}, {8, 25}};
  f.capacity = 11'000, f.half_open_capacity = 8'192;
  return s;
}

Show question(Show::What what, const std::string& tenant = "") {
  Show show{what, "", {}};
  show.tenant = tenant;
  return show;
}

Json rows_of(const Result<Rows>& rows) {
  EXPECT_TRUE(rows) << rows.error().sentence;
  return Json::parse(to_json(*rows))["rows"];
}

TEST(FlowRows, FirewallTellsOfEachTenant) {
  const Snapshot s = guarded();
  const Json rows = rows_of(show(s, question(Show::What::firewall)));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0], Json::parse(R"({"tenant": "red", "firewall": true, "rules": 2, "flows": 70, "half_open": 5,
                                     "counted": 76, "flows_limit": 500, "new_flows_limit": 20})"));
  EXPECT_EQ(rows[1]["counted"], 25);
  EXPECT_EQ(rows[2]["firewall"], false);
  EXPECT_EQ(rows[2]["flows"], 0);
  EXPECT_EQ(rows_of(show(s, question(Show::What::firewall, "blue"))).size(), 1u);
  const Result<Rows> none = show(s, question(Show::What::firewall, "rde"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().sentence, "no tenant is called \"rde\"");
  EXPECT_TRUE(rows_of(show(Snapshot(), question(Show::What::firewall))).empty());
}

TEST(FlowRows, FlowsAreToldInTheConfigurationsTerms) {
  Snapshot s = guarded();
  FlowFilter asked;
  s.list_flows = [&](const FlowFilter& filter) {
    asked = filter;
    return std::vector<FlowSeen>{
        {7, kInside, kOutside, 4000, 80, kProtoTcp, Stage::open, false, false, false, 2, 32, 46 | firewall::kValidBit,
         180},
        {7, kInside, kOutside, 4000, 80, kProtoTcp, Stage::reset_by_outside, true, true, true, 3, 0},
        {8, kInside, kOutside, 77, 0, kProtoIcmp4, Stage::reply, false, false, false, 0, 1},
        {6, kInside, kOutside, 0, 0, 47, Stage::both, false, false, false, 9, 1}};
  };
  Show what = question(Show::What::flows, "red");
  what.count = 5;
  what.address = *parse_address("10.0.0.5");
  const Json rows = rows_of(show(s, what));
  EXPECT_EQ(asked.owner, 7u);
  EXPECT_EQ(asked.address, kInside);
  EXPECT_EQ(asked.most, 5u);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0], Json::parse(R"({"tenant": "red", "protocol": "tcp", "inside": "10.0.0.5:4000",
      "outside": "203.0.113.20:80", "stage": "open", "begun_by": "inside", "found_again": false, "lent": false, "rule": 1,
      "idle_seconds": 32, "dscp": 46, "valid": true, "age_seconds": 180})"))
      << "the second part of the first rule";
  EXPECT_EQ(rows[1]["rule"], 2);
  EXPECT_EQ(rows[1]["dscp"], 0);
  EXPECT_EQ(rows[1]["valid"], false);
  EXPECT_EQ(rows[1]["stage"], "reset_by_outside");
  EXPECT_EQ(rows[1]["begun_by"], "outside");
  EXPECT_EQ(rows[1]["found_again"], true);
  EXPECT_EQ(rows[1]["lent"], true);
  EXPECT_EQ(rows[2]["inside"], "10.0.0.5:77");
  EXPECT_EQ(rows[2]["outside"], "203.0.113.20");
  EXPECT_EQ(rows[3]["tenant"], "number 6") << "one that the configuration does not have any more";
  EXPECT_EQ(rows[3]["protocol"], "47");
  EXPECT_EQ(rows[3]["inside"], "10.0.0.5");
  EXPECT_EQ(rows[3]["rule"], 0);
  EXPECT_FALSE(show(s, question(Show::What::flows, "rde")));
  EXPECT_TRUE(rows_of(show(Snapshot(), question(Show::What::flows))).empty());
}

TEST(FlowRows, StatusAndMetrics) {
  Snapshot s = guarded();
  std::string status = to_json(*show(s, question(Show::What::status)));
  EXPECT_NE(status.find(R"({"item":"flows_used","value":90})"), status.npos) << status;
  EXPECT_EQ(status.find("grace"), status.npos);
  s.flows->grace_left = 47'100ms;
  status = to_json(*show(s, question(Show::What::status)));
  EXPECT_NE(status.find("for 48 s more, TCP goes on that the firewall does not know"), status.npos) << status;
  const std::string text = metrics_text(s);
  for (const char* line : {"waymark_flows{state=\"open\"} 80\n", "waymark_flows{state=\"both\"} 0\n",
                           "waymark_flows_capacity 11000\n", "waymark_flows_half_open_capacity 8192\n",
                           "waymark_flows_grace_seconds 48\n", "waymark_tenant_flows{tenant=\"red\"} 76\n"})
    EXPECT_NE(text.find(line), text.npos) << line;
  EXPECT_EQ(text.find("tenant=\"open\""), text.npos) << "it has no firewall";
  EXPECT_EQ(text.find("waymark_flows_by_age"), text.npos) << "nothing says when they began";
  s.flows->birth_unit = 60s;
  s.flows->swept.ages[0] = 5;
  s.flows->swept.ages[3] = 2;
  for (const char* line :
       {"waymark_flows_by_age{from_seconds=\"0\"} 5\n", "waymark_flows_by_age{from_seconds=\"60\"} 0\n",
        "waymark_flows_by_age{from_seconds=\"240\"} 2\n"})
    EXPECT_NE(metrics_text(s).find(line), text.npos) << line;
  s.flows.reset();
  EXPECT_EQ(metrics_text(s).find("waymark_flows"), text.npos);
  EXPECT_EQ(to_json(*show(s, question(Show::What::status))).find("flows_used"), status.npos);
}

class FirewallTest : public Processes {
 protected:
  void guard(const std::string& holds = "1", const std::string& grace = "60s") {
    std::ofstream(config_file()) << "[node]\nname = \"" << name << R"("
[engine]
pins = 0
flows = 1000
interfaces = { wm-here = "public" }
[plan.cloud]
prefix = "2001:db8:4000::/36"
layout = "gateway:8 tenant:16 zero:36 ipv4:32"
[gateway]
plan = "cloud"
holds = [)" << holds << R"(]
grace = ")" << grace << R"("
prefix = [{ prefix = "2001:db8:64::/96" }]
[[gateway.id]]
id = 1
address = "10.77.0.1"
[[gateway.id]]
id = 2
address = "10.77.0.3"
[[gateway.tenant]]
name = "red"
number = 1
flows = 100
tunnel = [{ remote = "10.77.0.2", ip4 = "10.0.0.0/24" }]
)";
  }
};

TEST_F(FirewallTest, GraceBeginsWithTheTablesAlone) {
  guard();
  const pid_t first = spawn();
  ASSERT_TRUE(runs(first)) << log();
  const auto grace = [&] { return status("grace").is_string() ? status("grace").get<std::string>() : ""; };
  EXPECT_NE(grace().find(" s more"), std::string::npos) << log();
  const Json events = get("/v1/events");
  EXPECT_TRUE(std::any_of(events.begin(), events.end(), [](const Json& e) { return e["kind"] == "grace.began"; }));
  const Json rows = get("/v1/firewall");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0]["flows_limit"], 100);
  EXPECT_TRUE(get("/v1/flows?tenant=red").empty());
  EXPECT_FALSE(api_get(socket(), "/v1/flows?tenant=blue"));
  ASSERT_TRUE(post("/v1/stop"));
  EXPECT_EQ(end_of(first), 0);
  ASSERT_TRUE(runs(spawn())) << log();
  EXPECT_NE(grace().find(" s more"), std::string::npos) << "what is left of it";
  const Json later = get("/v1/events");
  EXPECT_FALSE(std::any_of(later.begin(), later.end(), [](const Json& e) { return e["kind"] == "grace.began"; }));
}

TEST_F(FirewallTest, GraceBeginsWithAnIdThatIsTaken) {
  guard("1", "1s");
  ASSERT_TRUE(runs(spawn())) << log();
  const auto begun = [&] {
    const Json events = get("/v1/events");
    return std::count_if(events.begin(), events.end(), [](const Json& e) { return e["kind"] == "grace.began"; });
  };
  ASSERT_EQ(begun(), 1);
  guard("2, 1", "1s");
  ASSERT_TRUE(post("/v1/reload")) << log();
  EXPECT_EQ(begun(), 2) << log();
  EXPECT_NE(log().find("an id is taken, whose flows another machine knows: for 1 s"), std::string::npos) << log();
  guard("2", "1s");
  ASSERT_TRUE(post("/v1/reload")) << log();
  EXPECT_EQ(begun(), 2) << "one is given away";
}

// A tenant's datagram in its tunnel, to a server that nobody has a route to.
TEST_F(FirewallTest, AFlowOfPacketsIsShown) {
  guard();
  here("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
  ASSERT_TRUE(runs(spawn())) << log();
  const packets::Bytes inner =
      packets::ip4({.source = "10.0.0.5", .destination = "203.0.113.20"}, packets::udp(4000, 53));
  int tunnel = -1;
  in_peer([&] { tunnel = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IPIP); });
  ASSERT_GE(tunnel, 0) << strerror(errno);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  inet_pton(AF_INET, "10.77.0.1", &to.sin_addr);
  EXPECT_TRUE(soon([&] {
    sendto(tunnel, inner.data(), inner.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    const Json rows = get("/v1/flows?tenant=red&address=10.0.0.5");
    return rows.size() == 1 && rows[0]["outside"] == "203.0.113.20:53" && rows[0]["stage"] == "datagram";
  })) << log()
      << get("/v1/counters");
  close(tunnel);
  EXPECT_EQ(get("/v1/flows?address=10.0.0.6").size(), 0u);
  EXPECT_TRUE(soon([&] { return get("/v1/firewall")[0]["half_open"] == 1; })) << log();
}

}  // namespace
}  // namespace waymark
