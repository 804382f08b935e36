// Mutated packets through a translator in user space and in the kernel: same reasons, same bytes, same counters.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/steer.h"
#include "core/way.h"
#include "engine/xdp/program.h"
#include "roles/translator/reasons.h"
#include "tests/kit/kernel_translator.h"
#include "tests/kit/mutate.h"
#include "tests/kit/need.h"
#include "tests/translator/site.h"
#include "tests/translator/states.h"

namespace waymark::translator_cases {
namespace {

constexpr u32 kPackets = 500'000;  // for each of the two compilers
constexpr u32 kRound = 1'000;      // between two looks at counters
constexpr u64 kSeed = 7915;

// All kinds of prefixes, so that mutations of addresses find them.
std::string rich_site() {
  return site({.prefixes = prefix("2001:db8:64::/96") + prefix("64:ff9b::/96", "8.0.0.0/8") +
                           prefix("2001:db8:1c0::/48", "198.18.0.0/15") + map("198.51.100.64/28", "2001:db8:aa::/124") +
                           map("198.51.100.80", "2001:db8:ab::1"),
               .keys = "pool = [\"192.0.2.64/30\"]"});
}

std::vector<Bytes> corpus(const TranslatorSite& s) {
  std::vector<Bytes> all;
  const auto add = [&](const Bytes& packet) {
    if (packet.size() <= kLongestRun) all.push_back(s.frame(packet));
  };
  for (const TranslatorCase& c : all_translator_cases()) add(c.in);
  for (const StatedCase& c : stated_cases()) add(c.packet.in);
  const std::string one = "2001:db8:aa::1", two = "2001:db8:64::198.51.100.80";
  const Payload p = udp(4000, 53);
  for (int times = 0; times < 10; ++times) {  // these are rare among so many
    add(six(p, {.source = one, .destination = two}));
    add(six(tcp(1, 2, "S"), {.source = one, .destination = two}));
    add(six(error6(1, 4, 0, six(p, {.source = two, .destination = one})), {.source = one, .destination = two}));
    add(six(p, {.source = "64:ff9b::8.8.8.8", .destination = "64:ff9b::10.0.0.1"}));
    add(six(p, {.destination = "2001:db8:1c0:c612:ff01:100::"}));
    add(four(icmp4(8, 0), {.destination = kOwn4}));
    add(six(icmp6(128, 0), {.destination = kOwn6}));
    add(four(icmp4(8, 0), {.ttl = 1, .destination = "198.51.100.65"}));
    add(four(udp(4000, 53, repeat(1, 1400)), {.destination = "192.0.2.16"}));  // whose way has 1280 bytes
    add(six(udp(4000, 53, repeat(1, 1400)), {.destination = "2001:db8:64::192.0.2.16"}));
  }
  return all;
}

// An IPv4 header's checksum as it must be: what else is wrong with a mutated packet matters only then.
Bytes with_header_sum(Bytes frame) {
  const size_t header = frame.size() > 14 ? (frame[14] & 15) * 4u : 0;
  if (frame.size() < 34 || frame[12] != 8 || frame[13] != 0 || header < 20 || frame.size() < 14 + header) return frame;
  frame = packets::with_word(frame, 24, 0);
  return packets::with_word(frame, 24, packets::internet_checksum(part(frame, 14, 14 + header)));
}

// Ways of all kinds, by what the destination's last bits are; and which were asked for.
Routed road(const TranslatorSite& s, const Address& to, std::vector<u32>& asked, const Settings& settings) {
  static const u16 kMtus[] = {1500, 1280, 1500, 1400};
  const u32 bits = u32(to.low >> 56) + 7;
  const WayKind kind = bits % 16 == 5 ? WayKind::unreachable : bits % 16 == 6 ? WayKind::kernel : WayKind::direct;
  asked.push_back(way_index(settings, to));
  u16 mtu = kMtus[bits / 16 % 4];
  if (is_ip4(to) && bits % 8 == 3) mtu = 576;
  return {kind, kind == WayKind::direct ? s.index(!is_ip4(to)) : 0, Mac{{2, 9, 9, 9, 9, u8(bits)}},
          Mac{{2, 8, 8, 8, 8, 8}}, mtu};
}

void compare(std::span<const u8> elf, u64 seed) {
  ASSERT_TRUE(enter_namespace_of_two());
  TranslatorSite s(rich_site());
  UserspaceEngine& userspace = s.scene().engine();
  slow_down(userspace);
  const Image image = userspace.image();
  std::vector<u32> asked;
  userspace.set_routes([&](const Address&, const Address& to) { return road(s, to, asked, image.settings); });
  KernelTranslator kernel(elf, image);
  packets::Mutator mutator(corpus(s), seed);
  const u32 ticks = s.scene().ticks();
  for (u32 n = 1; n <= kPackets; ++n) {
    Bytes frame = mutator.next();
    if (frame.size() > kLongestRun) frame.resize(kLongestRun);
    if (mutator.below(16)) frame = with_header_sum(std::move(frame));
    const u32 in = frame[5] == 2 ? 2 : 1;
    u32 room = mutator.below(50) ? 256 : mutator.below(20) * 4;
    if (!KernelTranslator::makes(room)) room = 256;
    const bool enough = mutator.below(50) == 0;
    set_answered_enough(userspace.live(), image.settings, ticks, enough);
    set_answered_enough(kernel.live(), image.settings, kernel.now(), enough);
    const Outcome a = userspace.run(frame, in, ticks, nullptr, room);
    for (const u32 index : asked) kernel.learn(userspace.live().ways[index], index);
    asked.clear();
    const Ended b = kernel.run(frame, in, room, a.verdict.reason);
    const bool punted = a.verdict.action == Action::punt;
    const Action action = punted ? Action::drop : a.verdict.action;
    const u32 out = action == Action::forward ? a.out_interface : 0;
    if (a.verdict.reason != b.verdict.reason || action != b.verdict.action || a.frame != b.frame ||
        out != b.out_interface || (punted && a.frame != frame)) {
      ADD_FAILURE() << "packet " << n << " of seed " << seed << " with head-room " << room << " by interface " << in
                    << "\n"
                    << packets::hexdump(frame) << "userspace: " << reason_text(a.verdict.reason)->name << " to " << out
                    << ", kernel: " << reason_text(b.verdict.reason)->name << " to " << b.out_interface << "\n"
                    << packets::difference(a.frame, b.frame);
      return;
    }
    if (n % kRound) continue;
    Counters by_userspace = userspace.counters();
    const Counters by_kernel = kernel.counters();
    for (const ReasonText& r : all_reasons())
      ASSERT_EQ(by_userspace.reasons[r.verdict.reason], by_kernel.reasons[r.verdict.reason]) << r.name;
    ASSERT_EQ(by_userspace.notes, by_kernel.notes);
  }
  u32 reached = 0, all = 0;
  std::string rest;
  for (const ReasonText& r : all_reasons()) {
    if (module_of(r.verdict) != translator::kModule) continue;
    ++all;
    if (userspace.counters().reasons[r.verdict.reason])
      ++reached;
    else
      rest += std::string(" ") + r.name;
  }
  std::printf("%u packets, %u of %u reasons of the translator reached; not reached:%s\n", kPackets, reached, all,
              rest.empty() ? " none" : rest.c_str());
  EXPECT_GE(reached * 10, all * 9);
}

TEST(DifferentialTranslator, Bpf) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  compare(program(), kSeed);
}

TEST(DifferentialTranslator, BpfByTheOtherCompiler) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  compare(program_other(), kSeed + 1);
}

}  // namespace
}  // namespace waymark::translator_cases
