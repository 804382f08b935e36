// The edge in the user-space build: what happens packet by packet (tests/edge/scripts.cpp), and what takes time, other
// settings, or many packets.
#include <gtest/gtest.h>

#include <set>
#include <unordered_map>

#include "base/address_text.h"
#include "roles/edge/packet_answer.h"
#include "tests/edge/judge.h"
#include "tests/kit/mutate.h"

namespace waymark::edge_cases {
namespace {

std::string fmt_client(int n) { return "2001:db8:c::" + std::to_string(1000 + n); }

// And these bring about every reason, but for those that other tests show, or that take another processor
// (core/exact_fixed_test.cpp).
TEST(Edge, Scripts) {
  std::set<std::string> seen = {"edge.by_kernel",     "edge.hop_limit",      "edge.too_big",    "edge.unreachable",
                                "edge.error_limited", "edge.error_withheld", "edge.many_flows", "edge.many_new",
                                "edge.table_full",    "edge.contended",      "edge.no_number"};
  for (const Script& script : scripts()) {
    SCOPED_TRACE(script.name);
    EdgeSite s;
    script.run(s);
    for (const ReasonText& r : edge::kReasonTexts)
      if (s.scene().engine().counters().reasons[r.verdict.reason]) seen.insert(r.name);
  }
  for (const ReasonText& r : edge::kReasonTexts) EXPECT_TRUE(seen.contains(r.name)) << r.name << " has no case";
}

// RFC 8200, 4.5: nobody waits longer than a minute for a packet's rest.
TEST(Edge, WhatFollowsAnotherPacketIsForgottenInTime) {
  EdgeSite s;
  const std::string own = open_flow(s);
  const Payload later = fragment6(100, false, raw(6, repeat(7, 64)), 0x55);
  s.from_client(packet(kClient, kAny, fragment6(0, true, segment(40'000), 0x55)));
  s.from_network(packet(kServer, own, echo(true, 9)));
  s.scene().advance(std::chrono::seconds(50));
  EXPECT_EQ(s.from_client(packet(kClient, kAny, later)).reason, "edge.out");
  EXPECT_EQ(s.from_client(packet(kClient, kAny, echo(false, 9))).reason, "edge.out");
  s.scene().advance(std::chrono::seconds(20));
  expect_end(s.from_client(packet(kClient, kAny, later)), "edge.unknown_fragment");
  expect_end(s.from_client(packet(kClient, kAny, echo(false, 9))), "edge.unknown_echo");
}

// An entry is found by 36 bits of a hash (roles/edge/packet_work.h): another client's fragment may hit it.
TEST(Edge, AFragmentThatHitsAnothersEntryGoesNowhere) {
  EdgeSite s;
  const Address client = *parse_address(kClient), other = *parse_address(kOther), to = *parse_address(kAny);
  const auto place_of = [&](const Address& from, u32 id) {
    const ExactKey<5> key = {{from.high, from.low, to.high, to.low, u64(edge::Follows::fragment) << 32 | id}};
    const u64 hash = hash_key(s.scene().engine().live().meta[0].pin_key, key);
    return hash >> 52 << 24 | (hash & 0xffffff);
  };
  std::unordered_map<u64, u32> ours;
  for (u32 id = 1; id <= 1 << 20; ++id) ours.emplace(place_of(client, id), id);
  u32 hit = 1;
  while (!ours.contains(place_of(other, hit))) ++hit;  // some 2^16 tries
  open_flow(s);
  const u32 id = ours.at(place_of(other, hit));
  EXPECT_EQ(s.from_client(packet(kClient, kAny, fragment6(0, true, segment(40'000), id))).reason, "edge.out");
  expect_end(s.from_client(packet(kOther, kAny, fragment6(100, false, raw(6, repeat(7, 64)), hit))),
             "edge.unknown_fragment");
  EXPECT_EQ(s.from_client(packet(kClient, kAny, fragment6(100, false, raw(6, repeat(7, 64)), id))).reason, "edge.out");
}

// How long each stage is known in silence (RFC 5382, 4787, 5508).
TEST(Edge, EachStageHasItsIdleTime) {
  const auto alive = [](EdgeSite& s, const std::string& own) {
    return s.from_network(packet(kStranger, own, answer(40'000))).reason != "edge.no_such_flow";
  };
  const auto lives = [&](Duration stays, Duration gone, const auto& make) {
    for (const bool late : {false, true}) {
      EdgeSite s;
      const std::string own = make(s);
      s.scene().advance(late ? gone : stays);
      EXPECT_EQ(alive(s, own), !late) << std::chrono::duration_cast<std::chrono::seconds>(stays).count() << " s";
    }
  };
  using std::chrono::seconds;
  lives(seconds(60), seconds(100), [](EdgeSite& s) { return begin_flow(s, syn()); });
  lives(seconds(60), seconds(100), [](EdgeSite& s) { return begin_flow(s, echo(true, 5)); });
  lives(seconds(300), seconds(340), [](EdgeSite& s) { return begin_flow(s, udp(40'000, 53)); });
  lives(seconds(7'440), seconds(7'480), [](EdgeSite& s) { return open_flow(s); });
  lives(seconds(240), seconds(280), [](EdgeSite& s) {
    const std::string own = open_flow(s);
    s.from_client(packet(kClient, kAny, segment(40'000, "FA")));
    return own;
  });
  lives(seconds(240), seconds(280), [](EdgeSite& s) {
    const std::string own = open_flow(s);
    s.from_network(packet(kServer, own, answer(40'000, "R")));
    return own;
  });
}

TEST(Edge, TheSweepCounts) {
  EdgeSite s;
  open_flow(s);
  open_flow(s, 40'001, kAny);
  begin_flow(s, syn(40'002));
  open_flow4(s);
  begin_flow4(s, syn(40'002));
  s.scene().advance(std::chrono::seconds(11));
  const EdgeSwept& swept = s.scene().node().edge_flows().swept();
  EXPECT_EQ(swept.flows, 3u);
  EXPECT_EQ(swept.flows4, 1u);
  EXPECT_EQ(swept.half_open, 2u);
  EXPECT_EQ(swept.learnt, 2u);
  EXPECT_EQ(swept.services, (std::map<std::string, u64>{{"web", 3}, {"web4", 2}}));
  EXPECT_EQ(swept.stages[u32(edge::Stage::open)], 3u);
  u64 counted = 0;
  for (const FlowCount& use : s.scene().engine().live().edge_uses) counted += use.flows;
  EXPECT_EQ(counted, 10u) << "in two rows";
}

TEST(Edge, TellsAsARouterDoes) {
  EdgeSite s;
  const Left told = s.from_client(packet(kClient, kAny, syn(), 1));
  EXPECT_EQ(told.reason, "edge.hop_limit");
  EXPECT_EQ(source_of(told.packet), kErrors);
  EXPECT_EQ(destination_of(told.packet), kClient);
  EXPECT_EQ(told.packet.at(40), 3);
  s.set_ways(WayKind::direct, 1280);
  const Bytes large = packet(kClient, kAny, udp(5000, 53, repeat(1, 1300)));
  const Left too_big = s.from_client(large);
  EXPECT_EQ(too_big.reason, "edge.too_big");
  EXPECT_EQ(too_big.packet.at(40), 2);
  EXPECT_EQ(too_big.packet.at(46) << 8 | too_big.packet.at(47), 1280);
  EXPECT_EQ(difference(part(large, 0, 1000), part(too_big.packet, 48, 1048)), "") << "as its sender sent it";
  s.set_ways(WayKind::unreachable);
  EXPECT_EQ(s.from_client(packet(kClient, kAny, udp(5001, 53))).reason, "edge.unreachable");
  expect_end(s.from_client(packet(kClient, kAny, icmp_error(true, 1, 0, packet(kAny, kClient, udp(53, 5000)), 0))),
             "edge.error_withheld");
  s.set_ways(WayKind::kernel);
  EXPECT_EQ(s.from_client(packet(kClient, kAny, udp(5001, 53))).reason, "edge.by_kernel");
}

TEST(Edge, ErrorsAreLimited) {
  EdgeSite s(site("errors = 5"));
  int told = 0;
  for (int i = 0; i < 20; ++i) told += s.from_client(packet(kClient, kAny, syn(), 1)).reason == "edge.hop_limit";
  EXPECT_EQ(told, 5);
  expect_end(s.from_client(packet(kClient, kAny, syn(), 1)), "edge.error_limited");
}

TEST(Edge, QuotasHurtTheirOwnClientAlone) {
  EdgeSite s(site("quota = 20\nnew_flows = 0"));
  for (u16 i = 0; i < 20; ++i) EXPECT_EQ(s.from_client(packet(kClient, kAny, udp(6000 + i, 53))).reason, "edge.out");
  expect_end(s.from_client(packet(kClient, kAny, udp(7000, 53))), "edge.many_flows");
  EXPECT_EQ(s.from_client(packet(kClient, kAny, udp(6003, 53))).reason, "edge.out") << "it has this one";
  EXPECT_EQ(s.from_client(packet(kOther, kAny, udp(7000, 53))).reason, "edge.out");
  s.scene().advance(std::chrono::minutes(6));  // silent for longer than UDP may be
  EXPECT_EQ(s.from_client(packet(kClient, kAny, udp(7000, 53))).reason, "edge.out");
}

TEST(Edge, NewFlowsASecondAreLimited) {
  EdgeSite s(site("new_flows = 10"));
  for (u16 i = 0; i < 10; ++i) EXPECT_EQ(s.from_client(packet(kClient, kAny, udp(6000 + i, 53))).reason, "edge.out");
  expect_end(s.from_client(packet(kClient, kAny, udp(7000, 53))), "edge.many_new");
  EXPECT_EQ(s.from_client(packet(kOther, kAny, udp(7000, 53))).reason, "edge.out");
  s.scene().advance(std::chrono::seconds(1));
  EXPECT_EQ(s.from_client(packet(kClient, kAny, udp(7000, 53))).reason, "edge.out");
}

// Ten tables of SYNs, and no open flow is lost; a table of open ones takes no more.
TEST(Edge, AFloodLosesNoOpenFlow) {
  EdgeSite s(site("quota = 0\nnew_flows = 0"));
  std::vector<std::string> own;
  for (u16 i = 0; i < 400; ++i) own.push_back(open_flow(s, u16(10'000 + i)));
  for (int n = 0; n < 14'000; ++n) begin_flow(s, syn(u16(n), 7), fmt_client(n >> 12));
  EXPECT_GT(s.notes(Note::edge_flow_evicted), 10'000u);
  for (u16 i = 0; i < 400; ++i)
    EXPECT_EQ(s.from_network(packet(kServer, own[i], answer(u16(10'000 + i)))).reason, "edge.back");
  std::set<std::string> ends;
  for (u16 i = 0; i < 3'000 && !ends.contains("edge.table_full"); ++i) {
    const Left left = s.from_client(packet(kOther, kAny, syn(u16(20'000 + i))));
    ends.insert(left.reason);
    if (!left.packet.empty()) s.from_network(packet(kServer, source_of(left.packet), syn_ack(u16(20'000 + i))));
  }
  EXPECT_TRUE(ends.contains("edge.table_full"));
}

// A killed daemon's successor finds the flows, and their addresses mean what they meant.
TEST(Edge, FlowsOutliveTheDaemon) {
  EdgeSite s;
  const std::string own = open_flow(s);
  const Own four = open_flow4(s);
  ASSERT_TRUE(s.scene().restart());
  s.set_ways(WayKind::direct);
  expect_sent(s.from_network(packet(kServer, own, answer(40'000))), "edge.back",
              sent_on(kAny, kClient, answer(40'000)));
  expect_sent(s.from_client(packet(kClient, kAny, segment(40'000))), "edge.out",
              sent_on(own, kServer, segment(40'000)));
  expect_sent(s.from_network(packet4(kServer4, four.address, answer(40'000))), "edge.back",
              sent_on4(kAny4, kClient4, answer(40'000)));
  expect_sent(s.from_client(packet4(kClient4, kAny4, segment(40'000))), "edge.out",
              sent_on4(four.address, kServer4, segment(40'000)));
}

TEST(Edge, TellsAsARouterDoesInIp4) {
  EdgeSite s;
  const Left told = s.from_client(packet4(kClient4, kAny4, syn(), 0x4000, 1));
  EXPECT_EQ(told.reason, "edge.hop_limit");
  EXPECT_EQ(source_of(told.packet), kErrors4);
  EXPECT_EQ(destination_of(told.packet), kClient4);
  EXPECT_EQ(told.packet.at(20), 11);
  s.set_ways(WayKind::direct, 1280);
  const Payload large = udp(5000, 53, repeat(1, 1300));
  const Left too_big = s.from_client(packet4(kClient4, kAny4, large));
  EXPECT_EQ(too_big.reason, "edge.too_big");
  EXPECT_EQ(too_big.packet.at(20) << 8 | too_big.packet.at(21), 0x304);
  EXPECT_EQ(too_big.packet.at(26) << 8 | too_big.packet.at(27), 1280);
  EXPECT_EQ(s.from_client(packet4(kClient4, kAny4, large, 0)).reason, "edge.by_kernel") << "which fragments it";
  s.set_ways(WayKind::unreachable);
  EXPECT_EQ(s.from_client(packet4(kClient4, kAny4, udp(5001, 53))).reason, "edge.unreachable");
}

std::string one_address() {
  std::string toml = site("quota = 0\nnew_flows = 0");
  toml.replace(toml.find("flows = 1000"), 12, "flows = 90000");
  const std::string pool = "[\"203.0.113.0/30\", \"203.0.113.8\"]";
  return toml.replace(toml.find(pool), pool.size(), "\"203.0.113.8\"");
}

TEST(Edge, DrawnPortsAreNoWellKnownOnes) {
  EdgeSite s(one_address());
  u32 odd = 0, low = 0;
  for (u32 n = 0; n < 3'000; ++n) {
    const Own own = begin_flow4(s, udp(7, 53), "10.3." + std::to_string(n >> 8) + "." + std::to_string(n & 0xff));
    ASSERT_TRUE(own.port >= 1024 || (own.port == 7 && !n)) << n << ": " << own.port;
    odd += own.port & 1;
    low += own.port < 0x8000;
  }
  EXPECT_NEAR(odd, 1'500, 150);
  EXPECT_NEAR(low, 1'476, 150) << "of 1024 to 65535";
}

// A port of an address is one flow's, of whichever protocol, until all are taken; flows that are gone give theirs back.
TEST(Edge, EveryPortIsOneFlowsAlone) {
  EdgeSite s(one_address());
  std::set<Own> taken;
  u32 kept = 0, refused = 0;
  for (u32 n = 0; n < 66'000; ++n) {
    const u16 port = u16(1 + n % 65'535);
    const std::string client = "10.1." + std::to_string(n >> 8 & 0xff) + "." + std::to_string(n & 0xff);
    const Left left = s.from_client(packet4(client, kAny4, n % 2 ? udp(port, 53) : syn(port)));
    if (left.packet.empty()) {
      EXPECT_EQ(left.reason, "edge.no_number");
      ++refused;
      continue;
    }
    const Own own = own_of(left.packet);
    EXPECT_TRUE(taken.insert(own).second) << own.port << " is given twice";
    kept += own.port == port;
    EXPECT_TRUE(own.port == port || own.port >= 1024) << own.port;
  }
  EXPECT_GT(kept, 65'000u);
  EXPECT_GT(refused, 100u);
  s.scene().advance(std::chrono::minutes(6));
  EXPECT_EQ(begin_flow4(s, udp(777, 53), "10.2.0.1").port, 777);
}

TEST(Edge, ThePermutationIsOne) {
  const u32 keys[8] = {0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f, 0x165667b1, 0xd3a2646c, 0xfd7046c5, 0xb55a4f09};
  std::set<u64> seen;
  for (u64 n = 0; n < 100'000; ++n) {
    const u64 word = edge::permuted(keys, n);
    ASSERT_EQ(edge::unpermuted(keys, word), n);
    ASSERT_TRUE(seen.insert(word).second);
    const u64 far = n * 0x9e3779b97f4a7c15ull;
    ASSERT_EQ(edge::unpermuted(keys, edge::permuted(keys, far)), far);
  }
}

// Whatever is sent from either side: what reaches a client is of the flow whose address it came to, and from the
// anycast address; what leaves has an address that is one flow's alone.
TEST(Edge, NoPacketOfOneClientsReachesAnother) {
  EdgeSite s(site("quota = 0\nnew_flows = 0"));
  Judge judge;
  std::vector<Bytes> from_clients, from_network;
  unsigned left[2] = {};
  const auto run = [&](const Bytes& frame, bool from_client) {
    const u32 in = s.index(from_client ? "eth0" : "eth1");
    const Outcome o = s.scene().receive(frame, in);
    if (o.action != Action::forward) return std::string();
    ++left[from_client];
    const std::string wrong = judge.wrongly(frame, from_client, o.frame, o.out_interface == in);
    return wrong.empty() ? wrong : wrong + "\n" + hexdump(frame) + "became\n" + hexdump(o.frame);
  };
  EdgeSite first;  // addresses of flows are the same in each
  for (const Said& said : conversation(first)) {
    const unsigned before = left[said.from_client];
    ASSERT_EQ(run(said.frame, said.from_client), "");
    EXPECT_EQ(left[said.from_client], before + 1) << hexdump(said.frame);
    (said.from_client ? from_clients : from_network).push_back(said.frame);
  }
  EXPECT_EQ(left[0] + left[1], from_clients.size() + from_network.size()) << "all of it passes unchanged";
  Mutator out(from_clients, 17), back(from_network, 18);
  for (int i = 0; i < 60'000; ++i) ASSERT_EQ(i % 2 ? run(out.next(), true) : run(back.next(), false), "");
  EXPECT_GT(left[0], 800u) << "most of what is changed comes to no flow, or from nobody who may answer";
  EXPECT_GT(left[1], 3'000u);
  EXPECT_GT(judge.flows(), 100u);
}

}  // namespace
}  // namespace waymark::edge_cases
