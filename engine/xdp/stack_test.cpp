// A chain of calls has 512 bytes of stack for all its frames, and Linux 6.1 takes each for a multiple of 32 bytes,
// where later kernels take 16: "combined stack size of 3 calls is 544. Too large". Seen in the object's bytes, on any
// machine.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/xdp/functions_test.h"
#include "engine/xdp/program.h"

namespace waymark {
namespace {

constexpr u8 kFrame = BPF_REG_10;
constexpr u32 kMostStack = 512, kGranule = 32;

// How far below its frame pointer a function reads, writes, or lets others do it.
u32 depth_of(const Instructions& code) {
  int lowest = 0;
  for (std::size_t at = 0; at < code.size(); ++at) {
    const bpf_insn& i = code[at];
    const u8 kind = BPF_CLASS(i.code);
    if ((kind == BPF_LDX && i.src_reg == kFrame) || ((kind == BPF_ST || kind == BPF_STX) && i.dst_reg == kFrame))
      lowest = std::min<int>(lowest, i.off);
    if (i.code == (BPF_ALU64 | BPF_MOV | BPF_X) && i.src_reg == kFrame && at + 1 < code.size() &&
        code[at + 1].code == (BPF_ALU64 | BPF_ADD | BPF_K) && code[at + 1].dst_reg == i.dst_reg)
      lowest = std::min<int>(lowest, code[at + 1].imm);
  }
  return u32(-lowest);
}

u32 frame_of(const Function& f) { return (std::max(depth_of(f.code), 1u) + kGranule - 1) / kGranule * kGranule; }

struct Chain {
  u32 bytes = 0;
  std::string text;
};
// The deepest chain of calls that begins with a function. There is no recursion: the verifier refuses it.
Chain deepest(const std::vector<Function>& all, std::size_t at) {
  Chain below;
  for (const std::size_t call : all[at].calls)
    if (Chain chain = deepest(all, call); chain.bytes > below.bytes) below = chain;
  const u32 frame = frame_of(all[at]);
  return {below.bytes + frame,
          all[at].name + " " + std::to_string(frame) + (below.text.empty() ? "" : ", ") + below.text};
}

constexpr bpf_insn insn(u8 code, u8 to, u8 from, short offset, int immediate) {
  return {code, u8(to & 15), u8(from & 15), offset, immediate};
}

TEST(Stack, IsWhatIsReachedBelowTheFrame) {
  const bpf_insn store = insn(BPF_STX | BPF_MEM | BPF_DW, kFrame, 1, -40, 0),
                 load = insn(BPF_LDX | BPF_MEM | BPF_DW, 1, kFrame, -48, 0);
  const bpf_insn point = insn(BPF_ALU64 | BPF_MOV | BPF_X, 2, kFrame, 0, 0),
                 lower = insn(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -100);
  EXPECT_EQ(depth_of({store}), 40u);
  EXPECT_EQ(depth_of({store, load}), 48u);
  EXPECT_EQ(depth_of({store, point, lower}), 100u);
  EXPECT_EQ(depth_of({lower}), 0u) << "of another register";
}

TEST(Stack, OfAChainIsTheSumOfItsFrames) {
  const bpf_insn store = insn(BPF_STX | BPF_MEM | BPF_DW, kFrame, 1, -40, 0);
  const std::vector<Function> all = {{"a", {store}, {1, 2}}, {"b", {store}, {2}}, {"c", {}, {}}};
  EXPECT_EQ(deepest(all, 0).bytes, 64u + 64 + 32);
  EXPECT_EQ(deepest(all, 0).text, "a 64, b 64, c 32");
}

TEST(Stack, OfOurProgramsIsEnoughOnLinux61) {
  for (const auto elf : {program(), program_again(), program_other()}) {
    const std::vector<Function> all = functions_of(elf);
    std::size_t calls = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Chain chain = deepest(all, i);
      EXPECT_LE(chain.bytes, kMostStack) << chain.text;
      calls += all[i].calls.size();
    }
    EXPECT_GT(calls, 50u);
  }
}

}  // namespace
}  // namespace waymark
