#include "engine/xdp/object.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "engine/xdp/program.h"
#include "engine/xdp/test_run.h"
#include "roles/host/packet.h"
#include "tests/kit/need.h"

namespace waymark {
namespace {

struct Build {
  const char* name;
  std::span<const u8> (*bytes)();
};

// What the tests below need of an image: it listens on the loopback, and serves nothing.
Image listening_image() {
  Image image;
  image.settings.pin_buckets = pin_buckets_for(1000);
  image.settings.embryo_buckets = embryo_buckets_for(1000);
  image.settings.steer_bits = 4;
  image.steer.resize(16);
  image.ports.resize(1u << kPortBits);
  image.ports[port_hash(0, 1, 0, 0)] = {1, 0, 0, 7, {{2, 0, 0, 0, 0, 1}}, 0, 0, 0, 0};
  return image;
}

class BothCompilers : public testing::TestWithParam<Build> {};
INSTANTIATE_TEST_SUITE_P(Xdp, BothCompilers,
                         testing::Values(Build{"release", program}, Build{"again", program_again},
                                         Build{"other", program_other}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_P(BothCompilers, LoadsWithBtfAndTablesInMemory) {
  WM_NEED(Cap::bpf);
  const Result<Object> object = Object::load(GetParam().bytes(), listening_image());
  ASSERT_TRUE(object) << object.error().sentence;
  EXPECT_GE(object->program(), 0);
  const ProgramFacts facts = program_facts(object->program());
  EXPECT_EQ(facts.name, "wm_director");
  EXPECT_EQ(facts.tag.size(), 16u);
  RecordProperty("verified_instructions", int(facts.verified_instructions));
  EXPECT_GT(facts.verified_instructions, 1000u);
  EXPECT_LT(facts.verified_instructions, 1'000'000u);

  Live& live = object->live();
  EXPECT_EQ(live.targets.size(), kUsualTargets);
  EXPECT_EQ(live.choices.size(), 2u * kMaxChoices);
  EXPECT_EQ(live.members.size(), 2u * kMaxMembers);
  EXPECT_EQ(live.pins.size(), pin_buckets_for(1000));
  EXPECT_EQ(live.embryos.size(), embryo_buckets_for(1000));
  live.choices[live.choices.size() - 1] = 0x1234;
  live.members[live.members.size() - 1] = 0x12345678;
  EXPECT_EQ(live.choices[live.choices.size() - 2], 0);
}

TEST_P(BothCompilers, RunsPacketsAndTellsTheirReason) {
  WM_NEED(Cap::bpf);
  const Result<Object> object = Object::load(GetParam().bytes(), listening_image());
  ASSERT_TRUE(object) << object.error().sentence;
  TestRun run(*object);
  std::vector<u8> frame(64);
  const u8 head[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 6};
  std::copy(std::begin(head), std::end(head), frame.begin());
  auto outcome = run.run(frame);
  ASSERT_TRUE(outcome) << outcome.error().sentence;
  EXPECT_EQ(outcome->reason, parse::why::not_ip.reason);
  EXPECT_EQ(outcome->verdict, Action::pass);
  EXPECT_EQ(outcome->frame, frame);
  frame[5] = 9;
  frame[13] = 0;
  outcome = run.run(frame, 1, steer::why::other_mac.reason);
  ASSERT_TRUE(outcome) << outcome.error().sentence;
  EXPECT_EQ(outcome->reason, steer::why::other_mac.reason);
  EXPECT_FALSE(run.run(std::span(frame).first(10)));
  EXPECT_EQ(object->counters().reasons[parse::why::not_ip.reason], 1u);
}

TEST(Object, ClockTicksAtARateOfKernels) {
  WM_NEED(Cap::bpf);
  const Result<Object> object = Object::load(program(), listening_image());
  ASSERT_TRUE(object) << object.error().sentence;
  const Result<u32> rate = measure_ticks_per_second(*object);
  ASSERT_TRUE(rate) << rate.error().sentence;
  EXPECT_TRUE(*rate == 100 || *rate == 250 || *rate == 300 || *rate == 1000) << *rate;
}

TEST(Object, TablesOfAnotherSizeAreNotShared) {
  WM_NEED(Cap::bpf);
  Image image = listening_image();
  image.targets = 2048;
  const Result<Object> smaller = Object::load(program(), image);
  ASSERT_TRUE(smaller);
  Object::Options options;
  options.shared = [&](std::string_view table) { return smaller->map(std::string(table).c_str()); };
  ASSERT_TRUE(Object::load(program(), image, options));
  const Result<Object> object = Object::load(program(), listening_image(), options);
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().sentence,
            "the existing table targets has 2048 entries, and this build or configuration wants 65536: `waymark down` "
            "gives it up, and with it every flow's target");
}

TEST(Object, TheMostTargetsFitAndTheLastOneIsThere) {
  WM_NEED(Cap::bpf);
  Image image = listening_image();
  image.targets = kMaxTargets;
  const Result<Object> object = Object::load(program(), image);
  ASSERT_TRUE(object);
  EXPECT_EQ(object->live().targets.size(), kMaxTargets);
  EXPECT_EQ(object->live().adjacencies.size(), 2 * kMaxTargets);
  object->live().targets[kMaxTargets - 1].service = 7;
  EXPECT_EQ(object->target_traffic(kMaxTargets).size(), kMaxTargets);
}

TEST(Object, BytesThatAreNoObjectAreRefusedInASentence) {
  WM_NEED(Cap::bpf);
  const u8 junk[64] = {1, 2, 3};
  const Result<Object> object = Object::load(junk, Image{});
  ASSERT_FALSE(object);
  EXPECT_NE(object.error().sentence.find("cannot be read"), std::string::npos) << object.error().sentence;
}

TEST(Object, TheVerifiersReasonIsToldAndItsLogKept) {
  WM_NEED(Cap::bpf);
  // wm_clock with a call that no kernel has in place of jiffies64().
  const std::span<const u8> good = program();
  std::vector<u8> elf(good.begin(), good.end());
  const u8 call[] = {0x85, 0, 0, 0, 118, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0};
  const auto at = std::search(elf.begin(), elf.end(), std::begin(call), std::end(call));
  ASSERT_NE(at, elf.end());
  at[6] = 0x7f;
  Object::Options options;
  options.programs = {"wm_clock"};
  options.log_file = testing::TempDir() + "wm-xdp-verifier-" + std::to_string(getpid());
  const Result<Object> object = Object::load(elf, listening_image(), options);
  ASSERT_FALSE(object);
  EXPECT_TRUE(object.error().sentence.starts_with("the kernel's verifier refused the program wm_clock: "));
  EXPECT_NE(object.error().sentence.find("invalid func"), std::string::npos) << object.error().sentence;
  EXPECT_NE(object.error().sentence.find(options.log_file), std::string::npos);
  std::ifstream log(options.log_file);
  EXPECT_NE(std::string(std::istreambuf_iterator<char>(log), {}).find("invalid func"), std::string::npos);
  unlink(options.log_file.c_str());
}

TEST(Object, TenThousandServicesLoadInAMomentAndAreFrozen) {
  WM_NEED(Cap::bpf);
  Image image = listening_image();
  image.services.resize(10'000);
  image.rules.resize(20'000);
  image.fronts.resize(10'000);
  image.settings.steer_bits = 14;
  image.steer.resize(1u << 14);
  image.fronts[9'999].space = 0x12345678;
  const Result<Object> object = Object::load(program(), image);
  ASSERT_TRUE(object) << object.error().sentence;
  Front front{};
  u32 key = 9'999;
  ASSERT_EQ(bpf_map_lookup_elem(object->map("fronts"), &key, &front), 0);
  EXPECT_EQ(front.space, 0x12345678u);
  EXPECT_NE(bpf_map_update_elem(object->map("fronts"), &key, &front, BPF_ANY), 0) << "not frozen";
}

}  // namespace
}  // namespace waymark
