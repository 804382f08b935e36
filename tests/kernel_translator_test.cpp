// Every case of the translator in the kernel's build, by each of the two compilers, beside the user-space one: the same
// reason, the same bytes and the same counters. What is punted leaves the program as it came.
#include "tests/kit/kernel_translator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <thread>

#include "engine/xdp/program.h"
#include "tests/kit/need.h"
#include "tests/translator/judge.h"
#include "tests/translator/site.h"
#include "tests/translator/states.h"

namespace waymark::translator_cases {
namespace {

const char* name_of(u16 reason) { return reason_text(reason)->name; }

void compare(TranslatorSite& site, KernelTranslator& kernel, const StatedCase& c) {
  if (!KernelTranslator::makes(c.head_room)) {
    std::printf("not run: %s, for test runs of this kernel make no such head room\n", c.packet.name.c_str());
    return;
  }
  SCOPED_TRACE(c.packet.name + ": " + c.packet.why);
  UserspaceEngine& engine = site.scene().engine();
  const u32 in = site.index_for(c.packet.in), ticks = site.scene().ticks();
  const Settings& settings = engine.image().settings;
  set_answered_enough(engine.live(), settings, ticks, c.answered_enough);
  set_answered_enough(kernel.live(), settings, kernel.now(), c.answered_enough);
  const Bytes frame = site.frame(c.packet.in);
  const Outcome userspace = engine.run(frame, in, ticks, nullptr, c.head_room);
  kernel.learn(engine.live().ways);
  const Counters before = kernel.counters();
  const Ended ended = kernel.run(frame, in, c.head_room, userspace.verdict.reason);
  const Counters after = kernel.counters();

  EXPECT_EQ(name_of(ended.verdict.reason), c.packet.reason);
  EXPECT_STREQ(name_of(ended.verdict.reason), name_of(userspace.verdict.reason));
  for (u32 i = 0; i < kReasons; ++i)
    EXPECT_EQ(after.reasons[i] - before.reasons[i], i == userspace.verdict.reason) << i;
  EXPECT_EQ(after.notes, before.notes);
  const bool punted = userspace.verdict.action == Action::punt;
  EXPECT_EQ(ended.verdict.action, punted ? Action::drop : userspace.verdict.action);
  EXPECT_EQ(packets::difference(userspace.frame, ended.frame), "");
  if (punted) {
    EXPECT_EQ(packets::difference(frame, ended.frame), "");
    return;
  }
  if (ended.verdict.action == Action::forward) {
    EXPECT_EQ(ended.out_interface, userspace.out_interface);
  }
  if (!c.packet.out.empty()) {
    EXPECT_EQ(judge::unlike(c.packet.out[0], {ended.frame.begin() + 14, ended.frame.end()}), "");
  }
}

struct Loaded {
  std::unique_ptr<TranslatorSite> site;
  std::vector<StatedCase> cases;
  std::future<std::unique_ptr<KernelTranslator>> kernel;
};

// With the translator's program attached, or the director's, from which its packets jump.
void run_all(std::span<const u8> elf, Role first) {
  ASSERT_TRUE(enter_namespace_of_two());
  std::map<std::string, std::vector<StatedCase>> by_site;  // a program is loaded for each
  u32 too_long = 0;
  const auto add = [&](const StatedCase& c) {
    if (c.packet.in.size() > kLongestRun)
      ++too_long;
    else
      by_site[c.packet.site].push_back(c);
  };
  for (const TranslatorCase& c : all_translator_cases()) add({c});
  for (const StatedCase& c : stated_cases()) add(c);
  EXPECT_LE(too_long, 4u) << "cases that the kernel's test run does not take";
  // The verifier takes a second for each, so one is loaded on each CPU meanwhile.
  std::vector<Loaded> loaded;
  for (const auto& [toml, cases] : by_site) {
    loaded.push_back({std::make_unique<TranslatorSite>(toml), cases, {}});
    slow_down(loaded.back().site->scene().engine());
  }
  u32 verified = 0;
  const size_t ahead = std::max(1u, std::thread::hardware_concurrency());
  for (size_t i = 0, next = 0; i < loaded.size(); ++i) {
    for (; next < loaded.size() && next < i + ahead; ++next)
      loaded[next].kernel =
          std::async(std::launch::async, [&elf, first, image = loaded[next].site->scene().engine().image()]() mutable {
            image.first = first;
            return std::make_unique<KernelTranslator>(elf, image);
          });
    const auto kernel = loaded[i].kernel.get();
    verified = std::max(verified, kernel->verified_instructions());
    TranslatorSite& site = *loaded[i].site;
    WayKind ways = WayKind::direct;
    for (const StatedCase& c : loaded[i].cases) {
      if (c.ways != ways) site.set_ways(c.ways);
      ways = c.ways;
      compare(site, *kernel, c);
    }
  }
  testing::Test::RecordProperty("verified_instructions", int(verified));  // the most; scripts/debian-kernel shows it
  std::printf("%zu sites\n", by_site.size());
}

TEST(KernelTranslator, Bpf) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_all(program(), Role::translator);
}

TEST(KernelTranslator, BpfByTheOtherCompiler) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_all(program_other(), Role::translator);
}

TEST(KernelTranslator, BpfByAJump) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_all(program(), Role::director);
}

TEST(KernelTranslator, BpfByAJumpByTheOtherCompiler) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_all(program_other(), Role::director);
}

}  // namespace
}  // namespace waymark::translator_cases
