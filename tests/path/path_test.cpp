// POPs in the user-space build: what happens packet by packet (tests/path/scripts.cpp), and packets over random meshes.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "base/address_text.h"
#include "config/parse.h"
#include "config/plan_values.h"
#include "roles/path/reasons.h"
#include "tests/path/site.h"

namespace waymark::path_cases {
namespace {

// And these bring about every reason, but for those that other tests show.
TEST(Path, Scripts) {
  std::set<std::string> seen = {"path.by_kernel", "path.error_limited", "path.no_room", "path.ask_room"};
  for (const Script& script : scripts()) {
    SCOPED_TRACE(script.name);
    PathSite s(script.pop);
    script.run(s);
    for (const ReasonText& r : path::kReasonTexts)
      if (s.scene().engine().counters().reasons[r.verdict.reason]) seen.insert(r.name);
  }
  for (const ReasonText& r : path::kReasonTexts) EXPECT_TRUE(seen.contains(r.name)) << r.name << " has no case";
}

TEST(Path, WhatHasNoNextHopIsTheKernels) {
  PathSite s(1);
  const std::string mine = client(1);
  s.scene().engine().set_routes([](const Address&, const Address&) { return Routed{WayKind::kernel, 0, {}, {}, 0}; });
  EXPECT_EQ(s.from_pop(2, packet(server("1,2,3", mine), mine, syn_ack())).reason, "path.by_kernel");
}

TEST(Path, AnAnswerToAWatchLeavesWhereTheQuestionCameIn) {
  PathSite s(1);
  const Left answer = s.from_network(question_of(2));
  EXPECT_EQ(answer.reason, "path.watched");
  EXPECT_EQ(answer.interface, 1u);
}

// Clients' keys are counted behind the servers'.
TEST(Path, TagsOfClientsAreCountedByTheirKeys) {
  std::string toml = site(1);
  const std::string layout = "layout = \"pop:8 policy:8 id:32 zero:40\"";
  toml.replace(toml.find(layout), layout.size(),
               "layout = \"pop:8 policy:8 id:32 epoch:2 tag:38\"\n"
               "keys = { 0 = \"000102030405060708090a0b0c0d0e0f\", 3 = \"0f0e0d0c0b0a09080706050403020100\" }");
  PathSite s(1, toml);
  const auto plans = compile_plans(parse_config(toml, "f").config.value());
  const auto address = [&](u32 id, const char* epoch) {
    return text(*encode_address(plans, plans[0],
                                std::vector<std::string>{"pop=1", "policy=2", "id=" + std::to_string(id), epoch}));
  };
  const auto to = [&](const std::string& mine) {
    return text(*encode_address(
        plans, plans[1], std::vector<std::string>{"id=7", "path=1,2,3", "policy=1", "epoch=2", "client=" + mine}));
  };
  const std::string old = address(5, "epoch=0"), fresh = address(6, "epoch=3");
  EXPECT_EQ(s.from_client(packet(fresh, to(fresh), syn())).reason, "path.onward");
  EXPECT_EQ(s.from_client(packet(fresh, old, syn(22))).reason, "path.to_client");
  EXPECT_EQ(s.tag_uses(), (std::vector<u64>{0, 0, 1, 0, 1, 0, 0, 2}));
}

TEST(Path, ErrorsAreLimited) {
  PathSite s(1, site(1, "errors = 3"));
  const std::string mine = client(1);
  const Bytes wrong = packet(mine, server("1,2,3", mine), syn(81));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(s.from_client(wrong).reason, "path.refused");
  expect_end(s.from_client(wrong), "path.error_limited");
}

TEST(Path, PlainNeighboursGetPacketsAsTheyAre) {
  PathSite s(2, site(2, "plain = [1, 3]"));
  const std::string mine = client(1), to = server("1,2,3", mine);
  expect_sent(s.from_network(packet(mine, to, syn())), "path.onward", packet(mine, to, syn(), 63));
  const std::string off = server("2,3", mine);  // from the client's POP
  expect_sent(s.from_network(packet(mine, off, syn())), "path.onward", packet(mine, off, syn(), 63, 46 << 2));
  const std::string far = client(4), by_four = server("4,2,3", far);
  expect_end(s.from_network(packet(far, by_four, syn())), "path.not_predecessor");
}

TEST(Path, AClientsSourceIsOneOfThoseThatItsLinkHas) {
  std::string toml = site(1);
  const std::string all = "3fff:c00::/41";
  toml.replace(toml.rfind(all), all.size(), "3fff:c00:1:200::/56");  // those of the policy that is open
  PathSite s(1, toml);
  const std::string mine = client(1), other = client(1, 5, web);
  EXPECT_EQ(s.from_client(packet(mine, server("1,2,3", mine), syn())).reason, "path.onward");
  expect_end(s.from_client(packet(other, server("1,2,3", other), syn())), "path.foreign_source");
}

TEST(Path, APopMayBeTakenForDead) {
  PathSite s(1, site(1, "down = [2]"));
  const std::string mine = client(1);
  EXPECT_EQ(text(load_address(s.from_client(packet(mine, server("1,2,3", mine), syn())).packet.data() + 24)), pop(3));
}

TEST(Path, TagsOverTheAddressAlone) {
  PathSite s(1, site(1, "", "address"));
  const std::string mine = client(1), to = server("1,2,3", mine, web, 7, 1, "address");
  EXPECT_EQ(s.from_client(packet(mine, to, syn())).reason, "path.onward");
  const std::string other = client(1, 99);
  EXPECT_EQ(s.from_client(packet(other, to, syn())).reason, "path.onward") << "whoever has it may use it";
  EXPECT_EQ(s.from_client(with_byte(packet(mine, to, syn()), 39, 1)).reason, "path.bad_tag");
}

// A POP is down while its next hop is not reached, and is no longer once it is.
TEST(Path, ALostNextHopIsPassedBy) {
  PathSite s(1);
  const std::string mine = client(1);
  const Bytes p = packet(mine, server("1,2,3", mine), syn());
  const auto next = [&] { return text(load_address(s.from_client(p).packet.data() + 24)); };
  EXPECT_EQ(next(), pop(2));
  NextHop hop{*parse_address(pop(2)), false, 0, {}, {}, 0, "it does not answer"};
  s.scene().node().on_next_hop(hop, s.scene().now());
  EXPECT_EQ(next(), pop(3));
  const Node::Behind lost = s.scene().node().targets_at(hop.target, 3);
  EXPECT_EQ(lost.first, std::vector<std::string>{"pop 2"}) << "the log names it";
  EXPECT_EQ(lost.all, 1u);
  hop = {*parse_address(pop(2)), true, 1, {{2, 0, 0, 0, 0, 9}}, {{2, 0x57, 0, 0, 0, 1}}, 1500, ""};
  s.scene().node().on_next_hop(hop, s.scene().now());
  EXPECT_EQ(next(), pop(2));
}

// The mesh of all five, each POP a scene of its own.
struct Mesh {
  std::map<std::string, std::unique_ptr<PathSite>> pops;
  Mesh() {
    for (u32 id = 1; id <= 5; ++id) pops[pop(id)] = std::make_unique<PathSite>(id);
  }
  // How a packet's way ends, from where it enters on; "circle" after more hops than any way has.
  std::string walk(u32 first, Bytes packet, bool from_client) {
    Left left;
    std::string at = pop(first);
    for (int hops = 0; hops < 12; ++hops) {
      left = from_client ? pops.at(at)->from_client(packet) : pops.at(at)->from_network(packet);
      from_client = false;
      if (left.reason != "path.onward") return left.reason + "@" + at;
      at = text(load_address(left.packet.data() + 24));
      packet = left.packet;
      if (!pops.contains(at)) return "astray";
    }
    return "circle";
  }
};

TEST(PathMesh, PacketsReachTheirServerAndComeBackAndForgedOnesDoNot) {
  Mesh mesh;
  std::mt19937 random(17);
  const auto draw = [&](u32 most) { return u32(random() % most); };
  for (int round = 0; round < 400; ++round) {
    std::vector<u32> others = {1, 2, 4, 5};
    std::shuffle(others.begin(), others.end(), random);
    std::string path;
    const u32 hops = draw(5);
    for (u32 i = 0; i < hops; ++i) path += std::to_string(others[i]) + ",";
    path += "3";
    const u32 home = 1 + draw(5), dead = draw(2) ? others[draw(4)] : 0;
    const std::string mine = client(home), to = server(path, mine, open);
    const bool way = dead != home;
    for (auto& [name, site] : mesh.pops)
      for (u32 id = 1; id <= 5; ++id) site->set_down(id, id == dead);
    SCOPED_TRACE(path + " home " + std::to_string(home) + " dead " + std::to_string(dead));
    if (way) {
      EXPECT_EQ(mesh.walk(home, packet(mine, to, syn()), true), "path.to_server@" + pop(3));
      EXPECT_EQ(mesh.walk(3, packet(to, mine, syn_ack()), false), "path.to_client@" + pop(home));
    }
    // One bit other than it was given: nowhere delivered, and never round and round.
    Bytes forged = packet(mine, to, syn());
    const u32 bit = draw(88);  // behind the plan's prefix
    forged[size_t(24 + 5 + bit / 8)] ^= uint8_t(1 << bit % 8);
    const std::string end = mesh.walk(home, forged, true);
    EXPECT_FALSE(end.starts_with("path.to_server") || end == "circle") << end << " bit " << bit;
    EXPECT_NE(mesh.walk(1 + draw(5), forged, false), "circle");
  }
}

}  // namespace
}  // namespace waymark::path_cases
