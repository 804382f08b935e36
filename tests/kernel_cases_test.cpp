// Every packet case in the kernel's build, by each of the two compilers.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>

#include "core/steer.h"
#include "engine/xdp/capture.h"
#include "engine/xdp/program.h"
#include "engine/xdp/test_run.h"
#include "tests/kit/need.h"
#include "tests/kit/run_case.h"

namespace waymark {

namespace {

// The most of any program; scripts/debian-kernel shows it.
void record(Build& build, u32& most) {
  most = std::max(most, build.verified_instructions());
  testing::Test::RecordProperty("verified_instructions", int(most));
}

// A role's packets meet its own program, or jump to it from another's.
void run_all(std::span<const u8> elf) {
  u32 most = 0;
  for (u32 role = 0; role < kRoles; ++role) {
    SCOPED_TRACE(std::string("attached: ") + name_of(Role(role)));
    Image image = fixture::image();
    image.first = Role(role);
    const auto build = xdp_build(elf, image);
    record(*build, most);
    for (const cases::Case& c : cases::all_cases()) run_case(*build, c);
    for (const cases::Case& c : cases::icmp_types()) run_case(*build, c);
  }
}

}  // namespace

TEST(KernelCases, Bpf) {
  WM_NEED(Cap::bpf);
  run_all(program());
}

TEST(KernelCases, BpfByTheOtherCompiler) {
  WM_NEED(Cap::bpf);
  run_all(program_other());
}

// The settings are constants to the verifier: each makes another program.
TEST(KernelCases, OfOtherSettings) {
  WM_NEED(Cap::bpf);
  for (const auto elf : {program(), program_other()})
    for (const cases::Setting& setting : cases::setting_cases()) {
      SCOPED_TRACE(setting.name);
      Image image = fixture::image();
      setting.set(image.settings);
      const auto build = xdp_build(elf, image);
      for (const cases::Case& c : setting.cases) run_case(*build, c);
    }
}

// Where a role's program is not loaded, its packets are dropped and counted, and all others are served.
TEST(KernelCases, AJumpThatLeadsNowhereIsADrop) {
  WM_NEED(Cap::bpf);
  Image image = fixture::image();
  image.roles = role_bit(Role::director);
  const auto build = xdp_build(program(), image);
  u32 dropped = 0;
  for (const cases::Case& c : cases::host_cases()) {
    const Ended ended = build->run(c.in, 256, steer::why::no_program.reason);
    if (ended.verdict.reason != steer::why::no_program.reason) continue;
    ++dropped;
    EXPECT_EQ(ended.verdict.action, Action::drop) << c.name;
    EXPECT_EQ(packets::difference(c.in, ended.frame), "") << c.name;
  }
  EXPECT_GT(dropped, 10u);
  for (const cases::Case& c : cases::director_cases()) run_case(*build, c);
}

// A captured packet is told of once on its way in and once on its way out, whether or not its jump leads anywhere.
TEST(KernelCases, ACaptureTellsOfAJumpedPacketOnce) {
  WM_NEED(Cap::bpf);
  cpu_set_t all, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);  // all records into one ring
  for (const bool there : {true, false}) {
    Image image = fixture::image();
    image.settings.capture = 1;
    image.first = Role::host;
    if (!there) image.roles = role_bit(Role::host);
    const auto object = Object::load(program(), image);
    ASSERT_TRUE(object) << object.error().sentence;
    std::vector<CaptureRecord> seen;
    auto reader = CaptureReader::open(*object, [&](const CaptureRecord& r, std::span<const u8>) { seen.push_back(r); });
    ASSERT_TRUE(reader) << reader.error().sentence;
    TestRun run(*object);
    for (int i = 0; i < 2; ++i) {
      const auto outcome = run.run(cases::director_cases().front().in, fixture::kInterface);
      ASSERT_TRUE(outcome) << outcome.error().sentence;
      EXPECT_EQ(outcome->reason == steer::why::no_program.reason, !there);
    }
    ASSERT_TRUE(reader->read());
    ASSERT_EQ(seen.size(), 4u);
    for (u32 i = 0; i < 4; ++i) EXPECT_EQ(seen[i].out, i % 2);
    EXPECT_EQ(seen[0].id, seen[1].id);
    EXPECT_EQ(seen[2].id, seen[3].id);
    EXPECT_NE(seen[0].id, seen[2].id);
  }
  sched_setaffinity(0, sizeof all, &all);
}

// The pins' off is another program to the verifier, which removes what is not reached.
TEST(KernelCases, BpfWithoutPins) {
  WM_NEED(Cap::bpf);
  const auto build = xdp_build(program(), fixture::image(false));
  u32 most = 0;
  record(*build, most);
  for (const cases::Case& c : cases::director_cases()) {
    cases::Case without = c;
    without.flows = 0;
    without.flow = 0;
    run_case(*build, without);
  }
}

}  // namespace waymark
