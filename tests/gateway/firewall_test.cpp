// The firewall under floods, in time of grace, and over time, in the user-space build.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "core/firewall/flow.h"
#include "core/firewall/reasons.h"
#include "core/firewall/rules.h"
#include "tests/gateway/guard.h"

namespace waymark::gateway_cases {
namespace {

const std::string kUnknown = "firewall.unknown_flow";

// What anybody may send: SYNs, resets and data with any numbers, UDP, ICMP; from outside, and by a wild host inside.
TEST(Firewall, FloodsBreakNoFlow) {
  Guard g("", "");
  constexpr uint16_t kFlows = 200;
  for (uint16_t port = 1; port <= kFlows; ++port) ASSERT_TRUE(g.open(port)) << port;
  std::mt19937 random(1);
  const std::string flags[] = {"S", "R", "RA", "A", "FA", "SA", "PA"};
  for (int i = 0; i < 60'000; ++i) {
    const auto port = uint16_t(1 + random() % kFlows), other = uint16_t(1'000 + random() % 60'000);
    const std::string& f = flags[random() % 7];
    const bool known = random() % 2;
    // Of a known flow the numbers must be far off: one reset in 256 is not, and is what RFC 5961 is for.
    const uint32_t far = 0x2000'0000 + random() % 0x4000'0000;
    switch (random() % 4) {
      case 0:
        g.in(tcp_segment(80, known ? port : other, known ? far : uint32_t(random()), uint32_t(random()), f, 100));
        break;
      case 1:
        g.out(tcp_segment(other, uint16_t(random()), uint32_t(random()), uint32_t(random()), f, 100));
        break;
      case 2:
        g.in(udp(80, other));
        break;
      default:
        g.out(udp(other, uint16_t(random())));
    }
  }
  EXPECT_GT(g.noted(Note::flow_embryo_evicted), 0u) << "it was a flood";
  for (uint16_t port = 1; port <= kFlows; ++port) EXPECT_TRUE(g.lives(port)) << port;
}

TEST(Firewall, InGraceTcpGoesOnFromEitherSide) {
  Guard g;
  const Payload data = tcp_segment(7, 80, 500, 901, "PA", 100), theirs = tcp_segment(80, 7, 901, 500, "PA", 100);
  EXPECT_EQ(g.out(data), kUnknown);
  EXPECT_EQ(g.in(theirs), kUnknown);
  g.grace(60);
  EXPECT_EQ(g.in(tcp_segment(80, 7, 901, 0, "S", 100)), "firewall.unsolicited") << "not with SYN";
  EXPECT_EQ(g.in(tcp_segment(80, 7, 901, 500, "RA", 100)), kUnknown) << "nor with RST";
  EXPECT_EQ(g.in(tcp_segment(80, 7, 901, 0, "P", 100)), kUnknown) << "nor without ACK";
  EXPECT_EQ(g.in(theirs), g.kIn) << "who downloads has little to send";
  EXPECT_EQ(g.out(tcp_segment(7, 80, 500, 0, "R", 100)), g.kOut) << "the inside knows of no such flow";
  EXPECT_EQ(g.out(tcp_segment(8, 80, 500, 901, "A", 100)), g.kOut) << "from inside it is open at once";
  EXPECT_EQ(g.in(tcp_segment(80, 8, 901, 500, "A", 100)), g.kIn);
  EXPECT_EQ(g.noted(Note::flow_recovered), 2u);
  g.scene().advance(std::chrono::seconds(61));
  EXPECT_EQ(g.in(tcp_segment(80, 9, 901, 500, "A", 100)), kUnknown) << "it is over";
  EXPECT_EQ(g.in(tcp_segment(80, 8, 901, 500, "A", 100)), g.kIn) << "what was found stays";
}

TEST(Firewall, StrictGraceTakesTheInsidesWordAlone) {
  Guard g("", "grace_from = \"inside\"");
  g.grace(60);
  EXPECT_EQ(g.in(tcp_segment(80, 7, 901, 500, "A", 100)), kUnknown);
  EXPECT_EQ(g.out(tcp_segment(7, 80, 500, 901, "A", 100)), g.kOut);
  EXPECT_EQ(g.in(tcp_segment(80, 7, 901, 500, "A", 100)), g.kIn);
}

// A full table keeps its flows, and those that find no room stay half open, where they pass all the same.
TEST(Firewall, AFullTableKeepsItsFlows) {
  Guard g("", "", "flows = 1000");
  for (uint16_t port = 1; port <= 3'000; ++port) EXPECT_TRUE(g.open(port)) << port;
  EXPECT_GT(g.noted(Note::flow_table_full), 0u);
  EXPECT_GE(g.noted(Note::flow_begun), 3'000u);
  for (uint16_t port = 1; port <= 900; ++port) EXPECT_TRUE(g.lives(port)) << port;
}

// Every reason is brought about by a case, or by a test that is named here.
TEST(Firewall, CasesNameEveryReason) {
  std::set<std::string> seen = {"firewall.many_new",    // Firewall.NewFlowsASecondAreBounded
                                "firewall.fragment",    // Firewall.EarlyFragmentsOfATenantAreBounded
                                "firewall.contended"};  // core/exact_race_test.cpp: it takes another processor
  for (const FirewallCase& c : firewall_cases())
    for (const FirewallStep& s : c.steps) seen.insert(reason_of(s));
  for (const ReasonText& r : firewall::kReasonTexts) EXPECT_TRUE(seen.contains(r.name)) << r.name << " has no case";
}

// What a segment does to a flow, by itself.
TEST(Firewall, OnlyWhomAResetWasForGoesOn) {
  using namespace firewall;
  const u64 open = with_acknowledged(in_stage(0, Stage::open), Side::inside, 0x5000'0000);
  const u64 reset = after_segment(open, Side::outside, {0x5000'0000, 0, kTcpRst});
  EXPECT_EQ(stage_of(reset), Stage::reset_by_outside);
  EXPECT_EQ(stage_of(after_segment(reset, Side::outside, {0x5000'0000, 1, kTcpAck})), Stage::reset_by_outside);
  EXPECT_EQ(stage_of(after_segment(reset, Side::inside, {1, 0x5000'0000, kTcpAck})), Stage::open);
}

TEST(Firewall, AGuessedFinChangesNothing) {
  using namespace firewall;
  const u64 known = with_acknowledged(in_stage(0, Stage::open), Side::inside, 0x5000'0000),
            open = with_acknowledged(known, Side::outside, 0x1000'0000);
  EXPECT_EQ(after_segment(open, Side::outside, {0x5800'0000, 0, kTcpFin | kTcpAck}), open);
  EXPECT_EQ(stage_of(after_segment(open, Side::outside, {0x5000'8000, 0, kTcpFin | kTcpAck})), Stage::closing);
}

// Flows that outside packets find again are bounded in rate, as anybody may send such.
TEST(Firewall, GraceFromOutsideIsBounded) {
  Guard g;
  g.grace(60);
  u32 found = 0;
  for (uint16_t port = 1; port <= 5'000; ++port) found += g.in(tcp_segment(80, port, 901, 500, "A", 100)) == g.kIn;
  EXPECT_GE(found, 900u);
  EXPECT_LE(found, 1'100u);
}

TEST(Firewall, FragmentsAreWaitedForHalfAMinute) {
  TranslatorSite site(guarded());
  const Bytes udp_bytes = with_word(udp(4000, 53, repeat(1, 64)).bytes, 6, 0x1234);
  const auto sent = [&](uint16_t offset, bool more) {
    const Payload p = raw(17, part(udp_bytes, offset * 8u, offset ? udp_bytes.size() : 32));
    return site.receive(from_red(four(p, {.id = 9, .fragment = uint16_t(offset | (more ? 0x2000 : 0))}))).reason;
  };
  EXPECT_EQ(sent(0, true), "gateway.to_ip6");
  site.scene().advance(std::chrono::seconds(29));
  EXPECT_EQ(sent(4, false), "gateway.to_ip6");
  site.scene().advance(std::chrono::seconds(2));
  EXPECT_EQ(sent(4, false), "firewall.early");
}

// One tenant cannot have the daemon hold what is all others' as well.
TEST(Firewall, EarlyFragmentsOfATenantAreBounded) {
  TranslatorSite site(guarded());
  const auto sent = [&](uint16_t id) {
    return site.receive(from_red(four(raw(17, repeat(1, 64)), {.id = id, .fragment = 4}))).reason;
  };
  for (uint16_t id = 0; id < 16; ++id) ASSERT_EQ(sent(id), "firewall.early") << id;
  EXPECT_EQ(sent(16), "firewall.fragment");
  EXPECT_EQ(site.receive(six(fragment6(4, false, raw(17, repeat(1, 64))))).reason, "firewall.fragment");
  site.scene().advance(std::chrono::seconds(1));
  EXPECT_EQ(sent(17), "firewall.early");
}

TEST(Firewall, WhoMayPingIsForgottenWithTheFlow) {
  Guard g;
  Payload ping = icmp6(128, 0, text("ping"));
  ASSERT_TRUE(g.open(7));
  EXPECT_EQ(g.in(ping), g.kIn);
  g.scene().advance(std::chrono::hours(2));
  EXPECT_TRUE(g.lives(7));
  g.scene().advance(std::chrono::hours(2));
  EXPECT_EQ(g.in(ping), g.kIn) << "the flow was used once since";
  g.scene().advance(std::chrono::hours(3));
  EXPECT_EQ(g.in(ping), "firewall.unsolicited") << "a ping keeps nothing open";
}

TEST(Firewall, NewFlowsASecondAreBounded) {
  Guard g("new_flows = 2");
  EXPECT_EQ(g.out(udp(4000, 53)), g.kOut);
  EXPECT_EQ(g.out(udp(4001, 53)), g.kOut);
  EXPECT_EQ(g.out(udp(4002, 53)), "firewall.many_new");
  EXPECT_EQ(g.in(udp(53, 4001)), g.kIn) << "known ones are not counted";
  g.scene().advance(std::chrono::milliseconds(500));
  EXPECT_EQ(g.out(udp(4002, 53)), g.kOut);
  EXPECT_EQ(g.out(udp(4003, 53)), "firewall.many_new");
}

// Of two tenants with the same addresses, each has flows of its own.
TEST(Firewall, TenantsShareNoFlow) {
  std::string toml = guarded();
  const std::string off = "number = 2\nfirewall = false\n";
  toml.replace(toml.find(off), off.size(), "number = 2\n");
  TranslatorSite site(toml);
  EXPECT_EQ(site.receive(from_red(four(udp(4000, 53)))).reason, "gateway.to_ip6");
  EXPECT_EQ(site.receive(six(udp(53, 4000), {}, kServer6, kBlue1)).reason, "firewall.unsolicited");
  EXPECT_EQ(site.receive(six(udp(53, 4000))).reason, "gateway.to_ip4");
}

}  // namespace
}  // namespace waymark::gateway_cases
