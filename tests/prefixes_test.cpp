// Addresses and prefixes of all roles in one file: of those that hold an address the longest counts, alike in both
// builds and by whichever role's program packets meet; and prefixes that flip without a load.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/address_text.h"
#include "core/outer.h"
#include "engine/xdp/program.h"
#include "tests/kit/kernel_translator.h"
#include "tests/kit/need.h"
#include "tests/translator/site.h"

namespace waymark {
namespace {

using packets::Bytes;
using translator_cases::TranslatorSite;

const std::string kToml = R"([node]
name = "p1"
[engine]
interfaces = { eth0 = "public", eth1 = "public" }
pins = 1000
first = "FIRST"
[translator]
address = ["192.0.2.9", "2001:db8:1::9"]
prefix = [{ prefix = "2001:db8:64::/96" }]
map = [{ ip4 = "198.51.100.128/26", ip6 = "2001:db8:6::/122" }]
native = ["198.51.100.160/28"]
[director]
address = ["192.0.2.3", "2001:db8:1::3"]
[[service]]
name = "web"
address = ["2001:db8:80::/64", "198.51.100.0/28", "2001:db8:64::c000:280/121"]
ports = "tcp/80"
target = [{ name = "a", address = "2001:db8:5::a" }]
[[service]]
name = "one"
address = "2001:db8:80::1"
ports = "tcp/80"
target = [{ name = "b", address = "2001:db8:5::b" }]
[[service]]
name = "inner"
address = ["2001:db8:80:0:1::/80", "198.51.100.8/30"]
ports = "tcp/80"
target = [{ name = "c", address = "2001:db8:5::c" }]
[host]
address = "2001:db8:1::4"
directors = "2001:db8:1::5"
[[host.service]]
name = "mail"
address = ["2001:db8:81::/64", "203.0.113.0/25"]
ports = "tcp/25"
)";

std::string toml(const std::string& first) {
  std::string toml = kToml;
  return toml.replace(toml.find("FIRST"), 5, first);
}

struct Met {
  const char *to, *reason;
  const char* tunnel_end = "";  // of what is directed
  u16 port = 80;
  bool in_tunnel = false;
};
const Met kMet[] = {
    {"2001:db8:80::5", "forward.sent", "2001:db8:5::a"},
    {"2001:db8:80::", "forward.sent", "2001:db8:5::a"},
    {"2001:db8:80:0:ffff:ffff:ffff:ffff", "forward.sent", "2001:db8:5::a"},
    {"2001:db8:80::1", "forward.sent", "2001:db8:5::b"},
    {"2001:db8:80:0:1::9", "forward.sent", "2001:db8:5::c"},
    {"2001:db8:80:0:2::9", "forward.sent", "2001:db8:5::a"},
    {"2001:db8:80:1::1", "steer.not_ours"},
    {"198.51.100.3", "forward.sent", "2001:db8:5::a"},
    {"198.51.100.9", "forward.sent", "2001:db8:5::c"},
    {"198.51.100.12", "forward.sent", "2001:db8:5::a"},
    {"198.51.100.16", "translator.would_return"},
    {"198.51.100.129", "translator.to_ip6"},
    {"198.51.100.161", "steer.not_ours"},
    {"2001:db8:64::c000:201", "translator.to_ip4"},
    {"2001:db8:64::c000:281", "forward.sent", "2001:db8:5::a"},
    {"2001:db8:80::5", "director.closed_reset", "", 81},
    {"2001:db8:80::1", "director.closed_reset", "", 25},  // the shorter prefix's ports do not count either
    {"2001:db8:81::77", "host.delivered", "", 25, true},
    {"2001:db8:81:1::77", "host.not_served", "", 25, true},
    {"203.0.113.127", "host.delivered", "", 25, true},
    {"203.0.113.128", "host.not_served", "", 25, true},
};

Bytes packet_to(const Met& met) {
  const bool ip6 = std::string_view(met.to).find(':') != std::string_view::npos;
  const auto tcp = packets::tcp(40'000, met.port, "S");
  const auto inner = ip6 ? packets::ip6({"2001:db8:6::1", met.to}, tcp) : packets::ip4({"198.51.100.130", met.to}, tcp);
  if (!met.in_tunnel) return inner;
  return packets::ip6({"2001:db8:1::5", "2001:db8:1::4"}, {ip6 ? u8(41) : u8(4), inner});
}

Address outer_end(const Bytes& frame) {
  Address a{};
  if (frame.size() >= 54) std::copy_n(frame.begin() + 38, sizeof a, reinterpret_cast<u8*>(&a));
  return a;
}

// What the node wrote, by the kernel's clock.
void copy(const Live& from, KernelTranslator& kernel) {
  const Live to = kernel.live();
  const auto all = [](const auto& a, const auto& b) {
    std::copy_n(a.begin(), std::min(a.size(), b.size()), b.begin());
  };
#define WM_COPY(NAME, RECORD, ENTRIES, CLASS) all(from.NAME, to.NAME);
  WM_LIVE_TABLES(WM_COPY)
#undef WM_COPY
  for (Adjacency& a : to.adjacencies)
    if (a.interface) a.valid_until = kernel.now() + 100'000;
}

const char* name_of(u16 reason) { return reason_text(reason)->name; }

// In user space, and beside it the kernel's where there is one.
void expect(TranslatorSite& site, KernelTranslator* kernel, const Met& met) {
  SCOPED_TRACE(std::string(met.to) + " port " + std::to_string(met.port));
  const Bytes packet = packet_to(met), frame = site.frame(packet);
  const u32 in = site.index_for(packet);
  UserspaceEngine& engine = site.scene().engine();
  const Outcome userspace = engine.run(frame, in, site.scene().ticks());
  EXPECT_STREQ(name_of(userspace.verdict.reason), met.reason);
  if (*met.tunnel_end) {
    EXPECT_EQ(text(outer_end(userspace.frame)), met.tunnel_end);
  }
  if (!kernel) return;
  kernel->learn(engine.live().ways);
  const Ended ended = kernel->run(frame, in, 256, userspace.verdict.reason);
  EXPECT_STREQ(name_of(ended.verdict.reason), met.reason);
  if (userspace.verdict.action == Action::forward) {
    EXPECT_EQ(packets::difference(userspace.frame, ended.frame), "");
  }
}

// The same file, with more that this machine reaches by itself.
Image with_natives(TranslatorSite& site, const std::vector<Prefix>& natives) {
  const Config& config = site.scene().node().config();
  std::vector<InterfaceFacts> facts(site.scene().interfaces().begin(), site.scene().interfaces().end());
  auto image = site.scene().node().prepare(config, facts, natives);
  site.scene().node().abandon();
  EXPECT_TRUE(image) << (image ? "" : image.error().sentence);
  return std::move(*image);
}

const Met kNative = {"2001:db8:64::c000:201", "steer.not_ours"},
          kTranslated = {"2001:db8:64::c000:201", "translator.to_ip4"};
const std::vector<Prefix> kNatives = {{*parse_address("2001:db8:64::c000:200"), 120}};

}  // namespace

TEST(Prefixes, TheLongestCounts) {
  TranslatorSite site(toml("director"));
  for (const Met& met : kMet) expect(site, nullptr, met);
}

TEST(Prefixes, TheLongestCountsInTheKernelWhateverIsFirst) {
  WM_NEED(Cap::bpf);
  ASSERT_TRUE(enter_namespace_of_two());
  for (const char* first : {"director", "host", "translator"})
    for (const auto elf : {program(), program_other()}) {
      SCOPED_TRACE(first);
      TranslatorSite site(toml(first));
      KernelTranslator kernel(elf, site.scene().engine().image());
      copy(site.scene().engine().live(), kernel);
      for (const Met& met : kMet) expect(site, &kernel, met);
    }
}

TEST(Prefixes, FlipWithoutALoad) {
  TranslatorSite site(toml("translator"));
  UserspaceEngine& engine = site.scene().engine();
  const Image without = engine.image(), with = with_natives(site, kNatives);
  ASSERT_TRUE(may_flip(without, with));
  for (int round = 0; round < 5; ++round) {
    expect(site, nullptr, kTranslated);
    engine.flip(with);
    expect(site, nullptr, kNative);
    for (const Met& met : kMet)
      if (std::string_view(met.to) != kNative.to) expect(site, nullptr, met);
    engine.flip(without);
  }
  Image other = with;
  other.rules.push_back({});
  EXPECT_FALSE(may_flip(without, other));
  other = with;
  other.prefixes.resize(2 * other.prefixes.size());
  EXPECT_FALSE(may_flip(without, other));
}

TEST(Prefixes, FlipInTheKernel) {
  WM_NEED(Cap::bpf);
  ASSERT_TRUE(enter_namespace_of_two());
  TranslatorSite site(toml("translator"));
  const Image without = site.scene().engine().image(), with = with_natives(site, kNatives);
  KernelTranslator kernel(program(), without);
  copy(site.scene().engine().live(), kernel);
  for (int round = 0; round < 3; ++round) {
    expect(site, &kernel, kTranslated);
    kernel.flip(with);
    site.scene().engine().flip(with);
    expect(site, &kernel, kNative);
    kernel.flip(without);
    site.scene().engine().flip(without);
  }
}

}  // namespace waymark
