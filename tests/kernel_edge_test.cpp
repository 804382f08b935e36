// What happens at an edge in the kernel's build, by each of the two compilers.
#include <gtest/gtest.h>

#include "engine/xdp/program.h"
#include "tests/edge/site.h"
#include "tests/kit/kernel_translator.h"
#include "tests/kit/need.h"

namespace waymark::edge_cases {
namespace {

// Packets go to the kernel's program. The user-space engine tells the ways, as in a test run the kernel has no routes.
class KernelSite : public EdgeSite {
 public:
  explicit KernelSite(KernelTranslator& kernel) : kernel_(kernel), before_(kernel.counters()) {}
  Left receive(const Bytes& packet, const std::string& interface) override {
    const Ended ended = kernel_.run(frame(packet, interface), index(interface), 256, 0);
    Left left = {reason_text(ended.verdict.reason)->name, {}};
    if (ended.verdict.action == Action::forward) left.packet.assign(ended.frame.begin() + 14, ended.frame.end());
    return left;
  }
  u64 notes(Note note) override { return kernel_.counters().notes[u32(note)] - before_.notes[u32(note)]; }

 private:
  KernelTranslator& kernel_;
  Counters before_;
};

// The ways to everybody that scripts speak of.
void learn_ways(EdgeSite& s, KernelTranslator& kernel) {
  for (const std::string& to : {kServer, kServer2, kAny, kAnyInPrefix, std::string("2001:db8:b::1235")}) {
    const std::string own = begin_flow(s, udp(1, 53), kClient, to.starts_with("2001:db8:5") ? kAny : to);
    s.from_network(packet(to, own, udp(53, 1)));
    s.from_client(packet(kClient, to.starts_with("2001:db8:5") ? kAny : to, udp(1, 53)));
    s.from_network(packet(kRouter, own, icmp_error(true, 1, 0, packet(own, to, udp(1, 53)), 0)));
  }
  const std::string own = open_flow(s, 9, kServer, kOther);
  for (const std::string& to : {kServer4, kServer4b, kAny4, kAnyInPrefix4}) {
    const std::string any = to.starts_with("198.18") ? kAny4 : to;
    const Own four = begin_flow4(s, udp(1, 53), kClient4, any);
    s.from_network(packet4(to, four.address, udp(53, four.port)));
    s.from_client(packet4(kClient4, any, udp(1, 53)));
    s.from_network(
        packet4(kRouter4, four.address, icmp_error(false, 3, 1, packet4(four.address, to, udp(four.port, 53)))));
  }
  const std::string other = other_of(s);
  const Own four = open_flow4(s, 9, kServer4, other);
  kernel.learn(s.scene().engine().live().ways);
}

void run_all(std::span<const u8> elf, Role first) {
  ASSERT_TRUE(enter_namespace_of_two());
  EdgeSite s;
  Image image = s.scene().engine().image();
  image.first = first;
  KernelTranslator kernel(elf, image);
  learn_ways(s, kernel);
  for (const Script& script : scripts()) {
    SCOPED_TRACE(script.name);
    const Live live = kernel.live();
    std::ranges::fill(live.edge_flows, ExactBucket{});
    std::ranges::fill(live.edge_records, EdgeRecord{});
    std::ranges::fill(live.edge_uses, FlowCount{});
    std::ranges::fill(live.edge_followers, EdgeFollowers{});
    std::ranges::fill(live.edge_flows4, ExactBucket{});
    std::ranges::fill(live.edge_records4, ExactRecord4{});
    std::ranges::fill(live.edge_numbers, EdgeNumbers{});
    KernelSite site(kernel);
    script.run(site);
  }
  std::printf("%u verified instructions\n", kernel.verified_instructions());
}

// Flows that another edge told of: they are put into the kernel's tables as the daemon does it.
void run_as_a_member(std::span<const u8> elf) {
  ASSERT_TRUE(enter_namespace_of_two());
  EdgeSite other(member_site(true)), s(member_site(false));
  KernelTranslator kernel(elf, s.scene().engine().image());
  learn_ways(s, kernel);
  KernelSite site(kernel);
  Live live = kernel.live();
  live.meta = s.scene().engine().live().meta;
  const EdgeRegions regions = s.scene().node().edge_flows().regions(kernel.now());
  EdgeMirror mirror(live, [&](Time) { return regions; });
  const std::string own = open_flow(other), asks = begin_flow(other, udp(5000, 53));
  other.from_network(packet(kServer, asks, udp(53, 5000)));
  const std::string beside = other_of(other);
  const Own own4 = open_flow4(other), beside4 = open_flow4(other, 40'000, kServer4, beside),
            asks4 = begin_flow4(other, udp(5000, 53));
  other.from_network(packet4(kServer4, asks4.address, udp(53, asks4.port)));
  std::vector<EdgeFlowRecord> told;
  for (u32 next = 0; !other.scene().node().edge_mirror().read_all(next, 1'000, told);) {
  }
  mirror.apply(told, {});
  ASSERT_EQ(mirror.counts().applied, 5u);
  carries_a_members_flows(site, own, asks);
  carries_a_members_flows4(site, own4, asks4, beside, beside4);
}

TEST(KernelEdge, Member) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_as_a_member(program());
}

TEST(KernelEdge, MemberByTheOtherCompiler) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_as_a_member(program_other());
}

TEST(KernelEdge, Bpf) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_all(program(), Role::edge);
}

TEST(KernelEdge, BpfByTheOtherCompiler) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_all(program_other(), Role::edge);
}

TEST(KernelEdge, BpfByAJump) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_all(program(), Role::host);
}

}  // namespace
}  // namespace waymark::edge_cases
