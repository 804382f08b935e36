// What addresses say of flows, over time, in grace and at another gateway, in the user-space build.
#include <gtest/gtest.h>

#include <random>
#include <utility>

#include "base/address_text.h"
#include "config/parse.h"
#include "config/plans.h"
#include "core/firewall/bits.h"
#include "group/flow_mirror.h"
#include "roles/gateway/bits.h"
#include "roles/gateway/reasons.h"
#include "tests/gateway/guard.h"

namespace waymark::gateway_cases {
namespace {

using namespace std::chrono_literals;

const std::string kMinutes = "gateway:8 tenant:16 zero:25 dscp:6 valid:1 birth:8 ipv4:32",
                  kExpedited = "rule = [{ direction = \"out\", action = \"allow\", dscp = 46 }]\n";

// The sixth word of the address that a packet of the client's leaves from.
uint16_t word_from(TranslatorSite& site, const Payload& p) {
  const translator_cases::Became b = site.receive(from_red(four(p)));
  EXPECT_EQ(b.reason, "gateway.to_ip6");
  return b.out.empty() ? uint16_t(0) : uint16_t(b.out[0].at(18) << 8 | b.out[0].at(19));
}
std::string comes(TranslatorSite& site, const Payload& p, uint16_t word) {
  return site.receive(six(p, {}, kServer6, bits_address(word))).reason;
}

// Wherever a plan has its fields, over the middle of the address as well, and with some of them or none.
TEST(Bits, StandWhereThePlanHasThem) {
  std::mt19937 random(3);
  for (int n = 0; n < 2'000; ++n) {
    std::vector<std::pair<FieldKind, u32>> fields;
    if (random() % 4) fields.emplace_back(FieldKind::dscp, 6);
    if (random() % 4) fields.emplace_back(FieldKind::valid, 1);
    if (random() % 4) fields.emplace_back(FieldKind::birth, u32(1 + random() % 8));
    std::shuffle(fields.begin(), fields.end(), random);
    u32 room = 96;
    std::string layout;
    for (const auto& [kind, width] : fields) {
      const u32 before = u32(random() % (room / 4));
      if (before) layout += "zero:" + std::to_string(before) + " ";
      layout += std::string(name_of(kind)) + ":" + std::to_string(width) + " ";
      room -= before + width;
    }
    layout += "zero:" + std::to_string(room);
    const auto compiled =
        compile_plan(PlanConfig{"p", {*parse_address("3fff:c00::"), 32}, layout, TagOver::address, {}});
    ASSERT_TRUE(compiled) << layout;
    const Plan& plan = compiled->plan;
    const FlowPlaces places = gateway::places_of(plan);
    EXPECT_EQ(places.count, fields.size());
    const u32 bits = u32(random()) & firewall::kFlowBits;
    const Address a = firewall::with_bits(places, plan.prefix, bits);
    Address wanted = plan.prefix;
    const auto shift = [](FieldKind kind) { return kind == FieldKind::dscp ? 0u : kind == FieldKind::valid ? 6u : 8u; };
    for (const auto& [kind, width] : fields) wanted = write_field(plan, kind, wanted, bits >> shift(kind));
    EXPECT_EQ(a, wanted) << layout;
    EXPECT_EQ(firewall::bits_in(places, a), bits & places.mask) << layout;
    EXPECT_TRUE(zeros_hold(plan, a)) << layout;
  }
}

TEST(Bits, BirthsGoByTheClockAndComeAgain) {
  TranslatorSite site(guarded("", "", kMinutes));
  const uint16_t first = word_from(site, udp(1, 53));
  for (uint16_t minutes = 1; minutes < 260; minutes = uint16_t(minutes + 37)) {
    site.scene().advance(37min);
    EXPECT_EQ(word_from(site, udp(uint16_t(1 + minutes), 53)), (first + 36 + minutes) & 0xff) << minutes;
  }
}

// The daemon is dead, and the wall's clock was told long ago: packets count on by themselves.
TEST(Bits, BirthsNeedNoDaemon) {
  TranslatorSite site(guarded("", "", kMinutes));
  Live live = site.scene().engine().live();
  for (const u32 minutes : {0u, 1u, 59u, 1'000u}) {
    live.birth_clock[0] = u64(200) << 32 | u32(site.scene().ticks() - minutes * 60 * 250 - 100);
    EXPECT_EQ(word_from(site, udp(uint16_t(1 + minutes), 53)), (200 + minutes) & 0xff);
  }
}

// The wall's clock may have been set, or ticks have drifted from it: the daemon tells it over and over.
TEST(Bits, TheClockOfBirthsIsToldAgain) {
  TranslatorSite site(guarded("", "", kMinutes));
  const uint16_t first = word_from(site, udp(1, 53));
  site.scene().engine().live().birth_clock[0] = u64(first + 100) << 32 | u32(site.scene().ticks());
  EXPECT_EQ(word_from(site, udp(2, 53)), (first + 100) & 0xff) << "the clock is what packets go by";
  site.scene().advance(11s);
  EXPECT_LE(u32(word_from(site, udp(3, 53)) - first) & 0xff, 1u);
}

TEST(Bits, ASweepCountsFlowsByTheirAge) {
  TranslatorSite site(guarded("", "", kMinutes));
  const FlowKeeper& keeper = site.scene().node().flows();
  const auto swept = [&] {
    const u64 number = keeper.swept().number;
    while (keeper.swept().number < number + 2) site.scene().advance(1s);
    return keeper.swept().ages;
  };
  for (uint16_t port = 1; port <= 20; ++port) word_from(site, udp(port, 53));
  EXPECT_EQ(swept()[0], 20u);
  const auto live_on = [&](Duration time) {
    for (Duration gone{}; gone < time; gone += 30s) {
      site.scene().advance(30s);
      for (uint16_t port = 1; port <= 20; ++port) word_from(site, udp(port, 53));
    }
  };
  live_on(5min);
  for (uint16_t port = 21; port <= 23; ++port) word_from(site, udp(port, 53));
  const auto ages = swept();
  EXPECT_EQ(ages[0], 3u);
  EXPECT_EQ(ages[3], 20u) << "from 4 minutes on";
}

// The bits of a flow that the outside began are the outside's: what they would say of its age is nothing.
TEST(Bits, AFlowThatTheOutsideBeganHasNoAge) {
  Guard g("rule = [{ direction = \"in\", action = \"allow\", ports = [\"udp/1\"] }]\n", "", "", kMinutes);
  const FlowKeeper& keeper = g.scene().node().flows();
  EXPECT_EQ(comes(g.site(), udp(53, 1), 0x55), g.kIn);
  word_from(g.site(), udp(2, 53));
  g.scene().advance(3s);
  EXPECT_EQ(keeper.swept().flows + keeper.swept().half_open, 2u);
  u32 aged = 0;
  for (const auto n : keeper.swept().ages) aged += u32(n);
  EXPECT_EQ(aged, 1u);
}

TEST(Bits, AChangedRuleChangesNewFlowsAlone) {
  Guard g(kExpedited, "", "", kMinutes);
  const uint16_t before = word_from(g.site(), udp(1, 53));
  EXPECT_EQ(before >> 9, 46);
  Parsed parsed =
      parse_config(guarded("rule = [{ direction = \"out\", action = \"allow\", dscp = 10 }]\n", "", kMinutes), "f");
  ASSERT_TRUE(parsed.config);
  const Status done = g.scene().reload(*parsed.config);
  ASSERT_TRUE(done) << done.error().sentence;
  EXPECT_EQ(word_from(g.site(), udp(1, 53)), before);
  EXPECT_EQ(word_from(g.site(), udp(2, 53)) >> 9, 10);
}

// In grace a reply's destination says what the flow's address says of it; what its client sends does not.
TEST(Bits, AreFoundAgainInGraceByReplies) {
  Guard g(kExpedited, "", "", kMinutes);
  g.grace(60);
  const Payload data = tcp_segment(7, 80, 500, 901, "PA", 100), theirs = tcp_segment(80, 7, 901, 500, "PA", 100);
  EXPECT_EQ(g.out(data), "firewall.unknown_flow") << "nobody knows when it began";
  const uint16_t word = 10 << 9 | 0x55;
  EXPECT_EQ(comes(g.site(), theirs, word), g.kIn);
  EXPECT_EQ(word_from(g.site(), data), word) << "and not what rule and clock would say";
  EXPECT_EQ(comes(g.site(), theirs, word + 1), "firewall.other_bits");
  EXPECT_EQ(comes(g.site(), theirs, word), g.kIn);
  Guard without(kExpedited, "", "", "gateway:8 tenant:16 zero:26 dscp:6 zero:8 ipv4:32");
  without.grace(60);
  EXPECT_EQ(word_from(without.site(), data) >> 8, 46) << "what rules alone say is said again";
}

TEST(Bits, AreToldToTheGroup) {
  Guard one(kExpedited, "", "", kMinutes), two("", "", "", kMinutes);
  Live here = one.scene().engine().live(), there = two.scene().engine().live();
  group::FlowScanner scanner;
  scanner.prime(here);
  group::FlowApplier applier(there);
  const auto tell = [&] {
    Scene& a = one.scene();
    Scene& b = two.scene();
    group::FlowChanges changes;
    while (!scanner.scan(here, a.node().flows().times(a.ticks()), 100, changes)) continue;
    applier.apply(changes.flows, b.node().flows().times(b.ticks()));
  };
  const auto open = [&] {
    const uint16_t word = word_from(one.site(), udp(1, 53));
    EXPECT_EQ(comes(one.site(), udp(53, 1), word), one.kIn);
    tell();
    return word;
  };
  const uint16_t first = open();
  one.scene().advance(20min);  // it is gone there, and lent here
  two.scene().advance(1min);
  const uint16_t second = open();
  EXPECT_NE(first, second) << "another flow by the same ports";
  EXPECT_EQ(word_from(two.site(), udp(1, 53)), second) << "as the last that was told";
  EXPECT_EQ(comes(two.site(), udp(53, 1), second), two.kIn);
}

// What is known of a datagram stands in three words, of which each may give way by itself.
TEST(Bits, OfFragmentsAreAllKnownOrNone) {
  Guard g(kExpedited, "", "", kMinutes);
  const Bytes whole = with_word(udp(1, 53, repeat(1, 64)).bytes, 6, 0x1234);  // a router does not look at it
  const auto sent = [&](bool first) {
    const Payload p = raw(17, first ? part(whole, 0, 32) : part(whole, 32, whole.size()));
    return g.site().receive(from_red(four(p, {.id = 7, .fragment = uint16_t(first ? 0x2000 : 4)}))).reason;
  };
  ASSERT_EQ(sent(true), g.kOut);
  u32 words = 0;
  for (MemoBucket& bucket : g.scene().engine().live().fragments)
    for (u64& word : bucket.way) {
      if (!word) continue;
      ++words;
      const u64 was = std::exchange(word, 0);
      EXPECT_EQ(sent(false), "firewall.early");
      word = was;
    }
  EXPECT_EQ(words, 3u);
  EXPECT_EQ(sent(false), g.kOut);
}

// Who finishes what was punted has the flows to look at, and asks nobody.
TEST(Bits, StandInWhatIsFinishedElsewhere) {
  Guard g(kExpedited, "", "", kMinutes);
  const uint16_t word = word_from(g.site(), udp(1, 53));
  UserspaceEngine finisher(0);
  finisher.load(g.scene().engine().image());
  finisher.share(g.scene().engine().live());
  finisher.set_routes([](const Address&, const Address&) { return Routed{.kind = WayKind::direct, .mtu = 1500}; });
  const auto becomes = [&](const Payload& p) {
    const Outcome o = finisher.complete(g.site().frame(from_red(four(p))), g.site().index(false), g.scene().ticks(),
                                        gateway::why::fragmented);
    const std::vector<Bytes> out = translator_cases::left(o);
    EXPECT_FALSE(out.empty()) << reason_text(o.verdict.reason)->name;
    return out.empty() ? uint16_t(0) : uint16_t(out[0].at(32) << 8 | out[0].at(33));  // behind the frame's header
  };
  EXPECT_EQ(becomes(udp(1, 53)), word);
  EXPECT_EQ(becomes(udp(2, 53)), 0) << "it begins no flow";
}

}  // namespace
}  // namespace waymark::gateway_cases
