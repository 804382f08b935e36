#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "bench/against.h"
#include "bench/facts.h"
#include "bench/gateway_case.h"
#include "bench/translator_site.h"
#include "bench/xdp_case.h"
#include "core/firewall/reasons.h"
#include "tests/kit/need.h"

namespace waymark::bench {

namespace {

std::vector<const NamedCase*> cases(const std::string& prefix) {
  std::vector<const NamedCase*> found;
  for (const NamedCase& c : all_cases())
    if (c.name.starts_with(prefix)) found.push_back(&c);
  return found;
}

std::string report(double min) {
  const std::string path = testing::TempDir() + "wm-bench-report.json";
  std::ofstream(path) << R"({"userspace.director.hit_1": {"min": )" << min << "}}";
  return path;
}

}  // namespace

TEST(Bench, UserspaceCasesHoldTheirChecks) {
  const auto measured = measure(cases("userspace."), 1);
  ASSERT_EQ(measured.size(), 12u);
  EXPECT_EQ(measured[0].flows, 1u);
  EXPECT_EQ(measured[1].flows, 1'000'000u);
  for (const Measured& m : measured) EXPECT_GT(m.net(), 0) << m.name << " " << m.failed;
}

TEST(Bench, NamesHoldTheirChecks) {
  const auto measured = measure(cases("dns."), 1);
  ASSERT_EQ(measured.size(), 1u);
  EXPECT_EQ(measured[0].failed, "");
  EXPECT_GT(measured[0].net(), 0);
}

TEST(Bench, MessagesOfMobilityHoldTheirChecks) {
  const auto measured = measure(cases("signal."), 1);
  ASSERT_EQ(measured.size(), 2u);
  for (const Measured& m : measured) {
    EXPECT_EQ(m.failed, "") << m.name;
    EXPECT_GT(m.net(), 0) << m.name;
  }
}

TEST(Bench, XdpCasesHoldTheirChecks) {
  WM_NEED(Cap::bpf);
  const auto measured = measure(cases("xdp."), 1);
  for (const Measured& m : measured) {
    EXPECT_GT(m.net(), 0) << m.name << " " << m.failed;
    const u64 flows = m.name.ends_with(".hit_64k")         ? 60'000
                      : m.name.ends_with(".hit_1m")        ? 900'000
                      : m.name == "xdp.translator.map_10k" ? 450
                                                           : 1;
    EXPECT_GE(m.flows, flows) << m.name;
  }
}

// Each packet of its run leaves, and begins a connection.
TEST(Bench, TheKernelsOwnWayIsMeasured) {
  WM_NEED(Cap::bpf);
  const auto measured = measure(cases("kernel."), 1);
  ASSERT_EQ(measured.size(), 1u);
  EXPECT_EQ(measured[0].failed, "");
  EXPECT_EQ(measured[0].flows, 5'000u);
  EXPECT_GT(measured[0].net(), 0);
}

// One that cannot be prepared, run or found right takes no other's numbers with it.
TEST(Bench, ACaseThatFailsIsToldAndOthersAreMeasured) {
  struct Failing : Case {
    Status prepare() override { return Error{"no room"}; }
    Result<double> run(bool) override { return Error{"it was run"}; }
    Result<u64> check() override { return Error{"it was checked"}; }
  };
  const NamedCase failing = {"failing", false, []() -> std::unique_ptr<Case> { return std::make_unique<Failing>(); },
                             1};
  std::vector<const NamedCase*> both = cases("userspace.director.hit_1m");
  both.insert(both.begin(), &failing);
  const auto measured = measure(both, 1);
  ASSERT_EQ(measured.size(), 2u);
  EXPECT_EQ(measured[0].failed, "no room");
  EXPECT_EQ(measured[1].failed, "");
  EXPECT_GT(measured[1].net(), 0);
}

// A wrapper tells a packet that was dropped from one that was sent, and the bytes of one from those of another.
TEST(Bench, XdpADroppedPacketShows) {
  WM_NEED(Cap::bpf);
  std::vector<u8> frame = client_packet(false, kTcpAck);
  auto wrapper = Wrapper::make({}, "wm_bench_direct6", frame, int(sizeof(Ip6)));
  ASSERT_TRUE(wrapper) << wrapper.error().sentence;
  ASSERT_TRUE((*wrapper)->pin(3));
  ASSERT_TRUE((*wrapper)->plan(kAmong, 3));
  auto sent = (*wrapper)->run(100);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->verdict, 3u);
  auto expected = (*wrapper)->expected(sent->frame);
  ASSERT_TRUE(expected);
  EXPECT_EQ(*expected, sent->frame);
  EXPECT_EQ(*(*wrapper)->pins_touched(1000), 3u);

  frame[sizeof(Ethernet) + 4] = 0xff;  // a length that the frame does not have
  auto lying = Wrapper::make({}, "wm_bench_direct6", frame, int(sizeof(Ip6)));
  ASSERT_TRUE(lying) << lying.error().sentence;
  EXPECT_FALSE((*lying)->pin(3));
}

// And a translated packet from one that is left to the kernel.
TEST(Bench, XdpATranslatedPacketLeavesByItsWay) {
  WM_NEED(Cap::bpf);
  SiteSpec site;
  site.translator = true;
  const std::vector<u8> frame = packet_to_translate(false, Carried::tcp);
  auto made = Wrapper::make(site, "wm_bench_role_to6", frame, int(sizeof(Ip6) - sizeof(Ip4)));
  ASSERT_TRUE(made) << made.error().sentence;
  Wrapper& wrapper = **made;
  ASSERT_TRUE(wrapper.plan_as_is());
  auto passed = wrapper.run(1);
  ASSERT_TRUE(passed);
  EXPECT_EQ(passed->verdict, 2u);
  const Address to = translated_destination(false);
  keep_ways(wrapper.site().object->live(), wrapper.site().image.settings, wrapper.site().object->now()->ticks,
            {&to, 1});
  auto sent = wrapper.run(100);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->verdict, 3u);
  EXPECT_EQ(*wrapper.made_of(frame), sent->frame);
  EXPECT_NE(passed->frame, sent->frame);
}

// And a tenant's packet that its firewall let through from one that it refused: of a flow's middle, where none is open.
TEST(Bench, XdpAPacketThatTheFirewallRefusesShows) {
  WM_NEED(Cap::bpf);
  const std::vector<u8> frame = gateway_packet(GatewayWay::out, Tunnel::vxlan);
  auto made = Wrapper::make(gateway_site(1, Tunnel::vxlan), gateway_wrapper(GatewayWay::out, Tunnel::vxlan), frame,
                            gateway_overhead(GatewayWay::out, Tunnel::vxlan));
  ASSERT_TRUE(made) << made.error().sentence;
  Wrapper& wrapper = **made;
  ASSERT_TRUE(wrapper.keep_ways(gateway_destinations()));
  const Object& object = *wrapper.site().object;
  const Counters before = object.counters();
  ASSERT_TRUE(wrapper.plan(kAmong, 1));
  auto refused = wrapper.run(1);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->verdict, 1u);
  const Counters between = object.counters();
  EXPECT_TRUE(all_ended_as(firewall::why::unknown_flow.reason, 1, 1, before, between));
  EXPECT_FALSE(all_ended_as(gateway_reason(GatewayWay::out), 1, 1, before, between));

  ASSERT_TRUE(wrapper.plan(kNew, 0, kTcpSyn));
  auto sent = wrapper.run(100);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->verdict, 3u);
  EXPECT_TRUE(all_ended_as(gateway_reason(GatewayWay::out), 100, 100, between, object.counters()));
  EXPECT_EQ(object.counters().notes[u32(Note::flow_begun)], 100u);
}

TEST(Bench, XdpFactsOfTheFirewallAreProven) {
  WM_NEED(Cap::bpf);
  std::vector<Fact> facts;
  const Status measured = firewall_facts(facts);
  ASSERT_TRUE(measured) << measured.error().sentence;
  const auto value = [&](const std::string& name) {
    const auto at =
        std::find_if(facts.begin(), facts.end(), [&](const Fact& f) { return f.name == "firewall." + name; });
    return at == facts.end() ? -1 : at->value;
  };
  EXPECT_EQ(value("syn_flood.established_flows_lost"), 0);
  EXPECT_GT(value("capacity"), 1'000'000);
  EXPECT_GT(value("capacity_before_a_refusal"), 500'000);
  EXPECT_GT(value("bytes_per_flow"), sizeof(ExactRecord4) + sizeof(u64));
  EXPECT_LT(value("bytes_per_flow_with_half_open"), 65) << "with half a word for who may ping whom";
  EXPECT_GT(value("establishment_rate"), 0);
  EXPECT_GT(value("tear_down_rate"), 0);
}

TEST(Bench, ARegressionIsSeenAndAnImprovementIsNone) {
  const auto slower = compare(cases("userspace.director.hit_1"), 1, report(0.1));
  ASSERT_TRUE(slower) << slower.error().sentence;
  EXPECT_FALSE(*slower);
  const auto faster = compare(cases("userspace.director.hit_1"), 1, report(1e9));
  ASSERT_TRUE(faster) << faster.error().sentence;
  EXPECT_TRUE(*faster);
  EXPECT_FALSE(compare(cases("userspace."), 1, "/nonexistent/report.json"));
}

}  // namespace waymark::bench
