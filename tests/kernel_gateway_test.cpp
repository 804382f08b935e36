// Every case of the gateway in the kernel's build, by each of the two compilers, beside the user-space one: the same
// reason, the same bytes and the same counters.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "engine/xdp/program.h"
#include "tests/gateway/firewall_cases.h"
#include "tests/gateway/link_cases.h"
#include "tests/gateway/overlay_cases.h"
#include "tests/kit/kernel_translator.h"
#include "tests/kit/need.h"
#include "tests/translator/site.h"

namespace waymark::gateway_cases {
namespace {

using translator_cases::TranslatorSite;

void compare(TranslatorSite& site, KernelTranslator& kernel, const Bytes& frame, u32 in, const std::string& reason) {
  UserspaceEngine& engine = site.scene().engine();
  site.scene().advance(std::chrono::seconds(1));  // what it may send of its own is full again
  const Outcome userspace = engine.run(frame, in, site.scene().ticks());
  kernel.learn(engine.live().ways);
  const Counters before = kernel.counters();
  const Ended ended = kernel.run(frame, in, 256, userspace.verdict.reason);
  const Counters after = kernel.counters();
  EXPECT_EQ(reason_text(ended.verdict.reason)->name, reason);
  EXPECT_STREQ(reason_text(ended.verdict.reason)->name, reason_text(userspace.verdict.reason)->name);
  for (u32 i = 0; i < kReasons; ++i)
    EXPECT_EQ(after.reasons[i] - before.reasons[i], i == userspace.verdict.reason) << i;
  const bool punted = userspace.verdict.action == Action::punt;  // and left as it came
  EXPECT_EQ(ended.verdict.action, punted ? Action::drop : userspace.verdict.action);
  if (userspace.verdict.action == Action::drop) return;
  EXPECT_EQ(packets::difference(punted ? frame : userspace.frame, ended.frame), "");
  if (userspace.verdict.action == Action::forward) {
    EXPECT_EQ(ended.out_interface, userspace.out_interface);
  }
}

void compare(TranslatorSite& site, KernelTranslator& kernel, const GatewayCase& c) {
  SCOPED_TRACE(c.name + ": " + c.why);
  compare(site, kernel, site.frame(c.in), site.index_for(c.in), c.reason);
}

// With the gateway's program attached, or the director's, from which its packets jump.
void run_all(std::span<const u8> elf, Role first) {
  ASSERT_TRUE(enter_namespace_of_two());
  std::map<std::string, std::vector<GatewayCase>> by_site;  // a program is loaded for each
  for (const GatewayCase& c : all_gateway_cases()) by_site[c.site].push_back(c);
  for (const auto& [toml, cases] : by_site) {
    TranslatorSite site(toml);
    Image image = site.scene().engine().image();
    image.first = first;
    KernelTranslator kernel(elf, image);
    for (const GatewayCase& c : cases) compare(site, kernel, c);
  }
}

// Nothing is known of any flow any more.
void forget_flows(const Live& live) {
  std::ranges::fill(live.flows, ExactBucket{});
  std::ranges::fill(live.flow_embryos, ExactEmbryoBucket{});
  std::ranges::fill(live.flow_counts, FlowCount{});
  std::ranges::fill(live.fragments, MemoBucket{});
  std::ranges::fill(live.pairs, MemoBucket{});
  std::ranges::fill(live.limits, u64(0));
}

void run_firewall(std::span<const u8> elf) {
  ASSERT_TRUE(enter_namespace_of_two());
  std::map<std::string, std::vector<FirewallCase>> by_site;
  for (const FirewallCase& c : firewall_cases()) by_site[c.site].push_back(c);
  for (const auto& [toml, cases] : by_site) {
    TranslatorSite site(toml);
    Image image = site.scene().engine().image();
    image.first = Role::gateway;
    KernelTranslator kernel(elf, image);
    for (const FirewallCase& c : cases) {
      forget_flows(kernel.live());
      forget_flows(site.scene().engine().live());
      kernel.live().birth_clock[0] = u64(7) << 32 | kernel.now();  // as the scene's (bits_cases.cpp)
      for (const FirewallStep& s : c.steps) compare(site, kernel, {c.name, c.why, c.site, packet_of(s), reason_of(s)});
    }
  }
}

// Nobody is known at first, in either build.
void run_overlays(std::span<const u8> elf) {
  ASSERT_TRUE(enter_namespace_of_two());
  TranslatorSite at(site());
  Image image = at.scene().engine().image();
  image.first = Role::gateway;
  KernelTranslator kernel(elf, image);
  for (const OverlayCase& c : overlay_cases()) {
    std::ranges::fill(kernel.live().neighbours, NeighbourBucket{});
    std::ranges::fill(at.scene().engine().live().neighbours, NeighbourBucket{});
    for (const OverlayStep& s : c.steps) compare(at, kernel, {c.name, c.why, site(), s.in, s.reason});
  }
}

// With either program attached, as all that comes by a link is the gateway's.
void run_links(std::span<const u8> elf, Role first) {
  ASSERT_TRUE(enter_namespace_of_two());
  TranslatorSite at(link_site());
  Image image = at.scene().engine().image();
  image.first = first;
  KernelTranslator kernel(elf, image);
  for (const LinkCase& c : link_cases()) {
    SCOPED_TRACE(c.name + ": " + c.why);
    std::ranges::fill(kernel.live().neighbours, NeighbourBucket{});
    std::ranges::fill(at.scene().engine().live().neighbours, NeighbourBucket{});
    for (const LinkStep& s : c.steps) compare(at, kernel, s.in, s.by_link ? 1 : 2, s.reason);
  }
}

TEST(KernelGateway, LinksBpf) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_links(program(), Role::gateway);
}

TEST(KernelGateway, LinksBpfByTheOtherCompiler) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_links(program_other(), Role::gateway);
}

TEST(KernelGateway, LinksBpfJumpedTo) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_links(program(), Role::director);
}

TEST(KernelGateway, OverlaysBpf) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_overlays(program());
}

TEST(KernelGateway, OverlaysBpfByTheOtherCompiler) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_overlays(program_other());
}

TEST(KernelGateway, FirewallBpf) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_firewall(program());
}

TEST(KernelGateway, FirewallBpfByTheOtherCompiler) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_firewall(program_other());
}

TEST(KernelGateway, Bpf) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_all(program(), Role::gateway);
}

TEST(KernelGateway, BpfByTheOtherCompiler) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_all(program_other(), Role::gateway);
}

TEST(KernelGateway, BpfJumpedTo) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_all(program(), Role::director);
}

}  // namespace
}  // namespace waymark::gateway_cases
