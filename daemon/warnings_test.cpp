#include "daemon/warnings.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/address_text.h"
#include "roles/gateway/overlays.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

Address ip(const std::string& written) { return *parse_address(written); }

// One service with a check and two targets, all well.
struct Site {
  Config config;
  Snapshot s;

  Site() {
    ServiceConfig web;
    web.name = "web";
    web.address = {ip("198.51.100.80")};
    web.check.emplace().tcp = true;
    for (int i = 1; i <= 2; ++i) {
      const std::string name = fmt::format("s{}", i);
      web.target.push_back({name, ip(fmt::format("10.5.0.{}", i))});
      s.targets.push_back({u32(i), "web", name, web.target.back().address, Tunnel::ip, 10, true, false, false, 0, ""});
      s.adjacencies.push_back({web.target.back().address, true, "eth1", {}, {}, 1500, ""});
      s.health.push_back({.service = "web", .target = name, .kind = "tcp", .state = Wellness::up, .own = true});
    }
    config.service = {web};
    s.announced = {{Prefix(ip("198.51.100.80")), {"web"}, true, "1 of 1 services is live", 1s}};
  }
  // POP 1 of two, with a server.
  PathConfig& use_pops() {
    PathConfig& path = config.path.emplace();
    path.id = 1;
    path.pop = {{1, {ip("2001:db8:0:1::1")}}, {2, {ip("2001:db8:0:2::1")}}};
    path.server = {{7, 1, ip("2001:db8:7::7")}};
    return path;
  }
  std::vector<std::string> sentences() {
    s.config = std::make_shared<const Config>(config);
    return warnings_of(s).sentences;
  }
  std::string state(std::size_t target) {
    s.config = std::make_shared<const Config>(config);
    return TargetStates(s).of(s.targets[target]);
  }
};

using Sentences = std::vector<std::string>;

}  // namespace

TEST(Warnings, ThereAreNoneWhereAllIsWell) {
  Site site;
  EXPECT_EQ(site.sentences(), Sentences{});
  for (auto& [kind, count] : warnings_of(site.s).count) EXPECT_EQ(count, 0u) << kind;
}

TEST(Warnings, SayWhatIsWrongWithItsReason) {
  struct Case {
    const char* kind;
    void (*break_it)(Site&);
    Sentences says;
  };
  const Case cases[] = {
      {"interface", [](Site& t) { t.s.warnings = {"interface eth0 is gone"}; }, {"interface eth0 is gone"}},
      {"withdrawn",
       [](Site& t) { t.s.announced[0].announced = false, t.s.announced[0].why = "no live target"; },
       {"198.51.100.80 is not announced: no live target"}},
      {"no_target",
       [](Site& t) { t.config.service[0].target.clear(), t.s.targets.clear(); },
       {"service web has no target"}},
      {"down",
       [](Site& t) {
         t.s.targets[1].down = true;
         t.s.health[1].state = Wellness::down, t.s.health[1].why = "HTTP status 503";
       },
       {"web/s2 is down: HTTP status 503"}},
      {"held",
       [](Site& t) { t.s.health[0].held = true, t.s.health[0].why = "no answer in 1 s"; },
       {"web/s1 fails its checks: no answer in 1 s; fail_static keeps it in"}},
      {"unreachable",
       [](Site& t) { t.s.adjacencies[0].usable = false, t.s.adjacencies[0].why = "there is no route to 10.5.0.1"; },
       {"web/s1 is unreachable: there is no route to 10.5.0.1"}},
      {"checks",
       [](Site& t) {
         t.s.unrenewed = {3, Time(), "Too many open files"};
       },
       {"checks of 3 targets cannot be carried out since 0 s: Too many open files; the last verdicts stand"}},
      {"unchecked",
       [](Site& t) { t.config.service[0].check.reset(); },
       {"service web has no health check: its targets count as healthy"}},
      {"drained",
       [](Site& t) { t.s.targets[0].drained = true; },
       {"web/s1 is drained, until `waymark drain --undo web/s1`"}},
      {"weight",
       [](Site& t) { t.s.targets[0].weight = 20; },
       {"web/s1 has weight 20 instead of 10, until `waymark weight --undo web/s1`"}},
      {"member",
       [](Site& t) {
         group::MemberView lost;
         lost.name = "paris-2", lost.why = "connection refused";
         t.s.group = group::GroupView{true, {lost}, 0, "", 0};
       },
       {"member paris-2 is not connected: connection refused"}},
      {"member",
       [](Site& t) {
         group::MemberView heard, silent;
         heard.name = "rome-1", silent.name = "oslo-1";
         heard.direct = silent.direct = false;
         heard.reported = Time(1s);
         t.s.group = group::GroupView{true, {heard, silent}, 0, "", 0};
       },
       {"member oslo-1 is not \"direct\", and nothing is heard of it through others"}},
      {"stand_in",
       [](Site& t) {
         group::HoldingView held;
         held.of.name = "gateway 2", held.hold = Hold::yes, held.is_stand_in = true, held.why = "b stands in";
         t.s.holdings = {held};
       },
       {"gateway 2 is held here: b stands in"}},
      {"stand_in",
       [](Site& t) {
         group::HoldingView left;
         left.of.name = "gateway 3", left.hold = Hold::no, left.why = "no member that is there would have it";
         t.s.holdings = {left};
       },
       {"no member that is connected holds gateway 3: no member that is there would have it"}},
      {"agents",
       [](Site& t) { t.s.agent_troubles = {"[agents] does not listen at 2001:db8::1 port 5436: no such address"}; },
       {"[agents] does not listen at 2001:db8::1 port 5436: no such address"}},
      {"drops",
       [](Site& t) { t.s.drops = {"director.no_target: 120 packets in 10 s"}; },
       {"director.no_target: 120 packets in 10 s"}},
      {"refused", [](Site& t) { t.s.refusing = {"forward.refused: 120 packets"}; }, {"forward.refused: 120 packets"}},
      {"punts",
       [](Site& t) { t.s.punts = PuntCounts{.failed = 1, .why = "no route"}; },
       {"a punted packet was not sent: no route"}},
      {"flows",
       [](Site& t) {
         t.config.engine.flows = 10'000;
         t.s.flows.emplace().swept.flows = 9'000;
       },
       {"the firewall knows 9000 flows, and [engine] flows has room for 10000"}},
      {"edge",
       [](Site& t) {
         t.config.edge.emplace().flows = 10'000;
         t.s.edge.emplace().swept.flows = 9'000;
       },
       {"the edge knows 9000 flows, and \"flows\" in [edge] has room for 10000"}},
      {"edge",
       [](Site& t) {
         t.config.edge.emplace().flows = 10'000;
         t.config.edge->member.resize(1);
         t.config.edge->prefix = {ip("3fff:1::"), 64};
         t.config.edge->member[0].prefix = {ip("3fff:2::"), 64};
         t.s.edge.emplace().swept.flows = 18'000;
       },
       {"the edge knows 18000 flows, and \"flows\" in [edge] has room for 20000"}},
      {"edge",
       [](Site& t) {
         t.config.edge.emplace().member = {{"e2", {}, {}, true}, {"e3", {}, {}, true}};
         t.config.group.emplace();
         t.s.edge.emplace();
         group::MemberView alone, sharing;
         alone.name = "e2", sharing.name = "e3";
         alone.up = sharing.up = sharing.shares_edges = true;
         alone.digest = sharing.digest = group::Digest{};
         t.s.group = group::GroupView{true, {alone, sharing}, 0, "", 0};
       },
       {"edge e2 shares no flows with this one: it has no [[edge.member]], or its [group] no \"mirror\""}},
      {"edge",
       [](Site& t) {
         t.config.edge.emplace().pool = {Prefix(*parse_address("203.0.113.8"))};
         EdgeSwept& swept = t.s.edge.emplace().swept;
         swept.flows = swept.flows4 = 60'000;
       },
       {"60000 flows share the ports of \"pool\" in [edge], which has 64512"}},
      {"neighbours",
       [](Site& t) {
         TenantTunnelConfig tunnel;
         tunnel.tunnel = Tunnel::vxlan, tunnel.key = 5001, tunnel.neighbours = 8;
         tunnel.gateway = {*parse_address("10.0.0.1")};
         tunnel.ip4 = {Prefix(*parse_address("10.0.0.0"))};
         TenantConfig& red = t.config.gateway.emplace().tenant.emplace_back();
         red.name = "red", red.firewall = false, red.tunnel = {tunnel};
         const u64 owner = gateway::overlays_of(*t.config.gateway).at(0).owner;
         t.s.neighbours = NeighboursSwept{.number = 1, .known = 9, .owned = {{owner, 9}}};
       },
       {"9 hosts are known in VXLAN 5001 of tenant red, and \"neighbours\" is 8: others give way to them"}},
      {"pop",
       [](Site& t) {
         t.use_pops();
         t.s.adjacencies.push_back({ip("2001:db8:0:2::1"), false, "", {}, {}, 0, "it does not answer"});
       },
       {"POP 2 is lost: it does not answer"}},
      {"pop",
       [](Site& t) {
         t.use_pops();
         t.s.pops.push_back({.pop = 2, .state = Watch::State::silent, .why = "3 questions in 150 ms found no answer"});
       },
       {"POP 2 is silent: 3 questions in 150 ms found no answer"}},
      {"pop",
       [](Site& t) {
         t.use_pops();
         t.config.dns.emplace();
         t.s.wan.down = {{4}, {{1, 2}, {2, 3}, {3, 4}}};
       },
       {"names lead round the link between POPs 2 and 3: one does not hear the other"}},
      {"pop",
       [](Site& t) {
         t.use_pops();
         t.s.now = Time(20s);
         t.s.pops.push_back({.pop = 2, .state = Watch::State::unknown, .since = Time(10s)});
         t.s.pops.push_back({.pop = 3, .state = Watch::State::unknown, .since = Time(11s)});
       },
       {"POP 2 has never answered whether it is up: UDP port 7784 must pass between POPs"}},
      {"pop", [](Site& t) { t.use_pops().down = {2}; }, {"POP 2 is taken for dead, as \"down\" in [path] says"}},
      {"pop",
       [](Site& t) {
         t.use_pops();
         t.s.adjacencies.push_back({ip("2001:db8:7::7"), false, "", {}, {}, 0, "there is no route"});
       },
       {"server 7, which is here, is lost: there is no route"}},
      {"revoked",
       [](Site& t) {
         t.s.revoked = RevokedCounts{.in_force = 3, .listed = 3, .room = 1'024};
         t.s.revoked_trouble = "/etc/revoked: line 3";
       },
       {"/etc/revoked: line 3"}},
      {"revoked",
       [](Site& t) { t.s.revoked = RevokedCounts{.in_force = 922, .listed = 0, .room = 1'024}; },
       {"922 ids are revoked, and \"revocations\" in [path] has room for 1024"}},
      {"paths",
       [](Site& t) {
         group::MemberView other;
         other.name = "pop-2", other.up = true, other.paths_differ = {"servers", "policies"};
         t.config.group.emplace().mirror = false;
         t.s.group = group::GroupView{true, {other}, 0, "", 0};
       },
       {"member pop-2 has not the same of [path] as this POP: servers, policies differ"}},
      {"keys",
       [](Site& t) {
         group::MemberView knows, lags, host;
         knows.name = "pop-2", knows.up = knows.is_pop = true, knows.keys.keys = {{7, true}, {8, false}};
         lags.name = "pop-3", lags.up = lags.is_pop = true, lags.keys.keys = {{7, true}};
         host.name = "d-1", host.up = true;
         t.config.group.emplace().mirror = false;
         t.s.group = group::GroupView{true, {knows, lags, host}, 0, "", 0};
         t.s.keys = {{{"servers", 1, false, 1, 7}}, {{"servers", 2, true, 2, 8}}};
       },
       {"new addresses of plan servers are made by the key of epoch 2, which member pop-3 does not know: it refuses "
        "their "
        "packets"}},
      {"keys",
       [](Site& t) { t.s.unknown_epochs = "120 packets in 10 s were refused"; },
       {"120 packets in 10 s were refused"}},
      {"dns",
       [](Site& t) {
         t.s.dns.emplace().listen = {{ip("2001:db8::53"), 53, false, "no such address"}};
       },
       {"[dns] does not listen at 2001:db8::53: no such address"}},
      {"dns",
       [](Site& t) {
         t.s.dns.emplace();
         t.s.asked =
             AskedTables::View{true, 1, {"questions to 2001:db8::53 are answered by the daemon alone: it is a plan's"}};
       },
       {"questions to 2001:db8::53 are answered by the daemon alone: it is a plan's"}},
      {"dns", [](Site& t) { t.s.dns.emplace().trouble = "questions are lost"; }, {"[dns]: questions are lost"}},
      {"guests",
       [](Site& t) { t.s.http.emplace_back().warning = "[api] metrics refuses guests: places 7 since the start"; },
       {"[api] metrics refuses guests: places 7 since the start"}},
      {"hook", [](Site& t) { t.s.hook = HookCounts{.failed = 1, .trouble = "/x is missing"}; }, {"/x is missing"}},
  };
  std::set<std::string> seen;
  for (const Case& c : cases) {
    Site site;
    c.break_it(site);
    EXPECT_EQ(site.sentences(), c.says) << c.kind;
    EXPECT_EQ(warnings_of(site.s).count[c.kind], 1u) << c.kind;
    seen.insert(c.kind);
  }
  for (const WarningKind& kind : warning_kinds()) EXPECT_TRUE(seen.contains(kind.name)) << kind.name << " has no case";
}

TEST(Warnings, TenantsAtTheirLimitAreNamed) {
  Site site;
  TenantConfig red;
  red.name = "red", red.number = 7, red.flows = 500;
  site.config.gateway.emplace().tenant = {red};
  site.s.flows.emplace().taken = {{7, 499}};
  EXPECT_EQ(site.sentences(), Sentences{});
  site.s.flows->taken = {{7, 500}};
  EXPECT_EQ(site.sentences(), Sentences{"tenant red has 500 flows, and may have 500"});
}

TEST(Warnings, AServiceWithoutLiveTargetsSaysHowManyAreDown) {
  Site site;
  site.s.targets[0].down = site.s.targets[1].down = true;
  const Sentences all = site.sentences();
  EXPECT_EQ(all[0], "service web has no live target: all 2 are down");
  site.s.targets[1].down = false, site.s.targets[1].drained = true;
  EXPECT_EQ(site.sentences()[0],
            "no target of service web takes new flows: 1 of 2 are down, the others are drained or have weight 0");
}

TEST(Warnings, AreBoundedAndCounted) {
  Site site;
  for (u32 i = 0; i < 5000; ++i)
    site.s.targets.push_back(
        {10 + i, "web", fmt::format("t{}", i), ip("10.5.0.1"), Tunnel::ip, 10, true, false, true, 0, ""});
  const Warnings w = (site.sentences(), warnings_of(site.s));
  EXPECT_EQ(w.sentences.size(), Warnings::kOfAKind + 1);
  EXPECT_EQ(w.sentences.back(), "4997 more targets are down");
  EXPECT_EQ(w.count.at("down"), 5000u);
}

TEST(TargetStates, AreInTheirOrder) {
  Site site;
  TargetView& t = site.s.targets[0];
  EXPECT_EQ(site.state(0), "active");
  site.config.service[0].check.reset();
  EXPECT_EQ(site.state(0), "unchecked");
  AdjacencyView& hop = site.s.adjacencies[0];
  hop.usable = false;
  hop.reach = NextHop::Reach::kernel;
  EXPECT_EQ(site.state(0), "unchecked") << "the kernel forwards there by design";
  hop.reach = NextHop::Reach::pending;
  EXPECT_EQ(site.state(0), "unchecked") << "that may take a moment";
  hop.reach = NextHop::Reach::none;
  EXPECT_EQ(site.state(0), "unreachable");
  EXPECT_EQ(site.state(1), "unchecked") << "by its own address alone";
  hop.usable = hop.gateway = true;
  EXPECT_EQ(site.state(0), "unchecked") << "a tunnel is routed";
  t.tunnel = Tunnel::mac;
  EXPECT_EQ(site.state(0), "unreachable") << "a frame is not";
  hop.gateway = false;
  EXPECT_EQ(site.state(0), "unchecked");
  hop.usable = false;
  hop.reach = NextHop::Reach::kernel;
  EXPECT_EQ(site.state(0), "unreachable") << "nor does the kernel forward it";
  t.weight = 0;
  EXPECT_EQ(site.state(0), "weight 0");
  t.drained = true;
  EXPECT_EQ(site.state(0), "drained");
  t.down = true;
  EXPECT_EQ(site.state(0), "down");
  t.configured = false;
  EXPECT_EQ(site.state(0), "removed");
}

// docs/api.md tells every kind that the metric has, and what it means.
TEST(Warnings, TheDocumentationNamesEachKind) {
  std::ostringstream text;
  text << std::ifstream(WM_SOURCE_DIR "/docs/api.md").rdbuf();
  for (const WarningKind& kind : warning_kinds())
    EXPECT_NE(text.str().find(fmt::format("| `{}` | {} |\n", kind.name, kind.meaning)), std::string::npos) << kind.name;
}

}  // namespace waymark
