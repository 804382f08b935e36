// What the verifier of Linux 6.1 refuses before it looks at anything else, found in the object's bytes: no kernel and
// no rights are needed, and ./test sees on any machine what scripts/debian-kernel would see an hour later.
//
// That verifier walks the program depth first and takes an edge back to an instruction of the path it is on for an
// endless loop, unless a jump makes it. The compiler is free to lay a loop out so that its last block stands before its
// first and falls into it, which is such an edge without a jump: "back-edge from insn 8548 to 8549". `WM_UNROLL`
// (core/parse.h) keeps our loops from that.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/xdp/functions_test.h"
#include "engine/xdp/program.h"

namespace waymark {
namespace {

// Where an instruction falls or calls into one of the path that leads to it: "from 8548 to 8549".
std::vector<std::string> back_edges(const Instructions& code) {
  enum class State : u8 { unseen, on_path, left };
  struct Edge {
    long to;
    bool by_jump;
  };
  std::vector<State> state(code.size(), State::unseen);
  std::vector<u32> followed(code.size(), 0);
  std::vector<u32> path{0};
  std::vector<std::string> found;
  state[0] = State::on_path;
  while (!path.empty()) {
    const u32 at = path.back();
    const bpf_insn& i = code[at];
    const u8 kind = BPF_CLASS(i.code), operation = BPF_OP(i.code);
    const bool jumps = (kind == BPF_JMP || kind == BPF_JMP32) && operation != BPF_CALL;
    std::vector<Edge> edges;
    if (!jumps) edges = {{at + 1l, false}};
    if (jumps && operation != BPF_EXIT && operation != BPF_JA) edges = {{at + 1l, true}};
    if (jumps && operation != BPF_EXIT) edges.push_back({at + 1l + i.off, true});
    bool deeper = false;
    while (!deeper && followed[at] < edges.size()) {
      const Edge edge = edges[followed[at]++];
      if (edge.to < 0 || u64(edge.to) >= code.size()) {
        found.push_back("out of the function from " + std::to_string(at));
      } else if (state[u64(edge.to)] == State::unseen) {
        state[u64(edge.to)] = State::on_path;
        path.push_back(u32(edge.to));
        deeper = true;
      } else if (state[u64(edge.to)] == State::on_path && !edge.by_jump) {
        found.push_back("from " + std::to_string(at) + " to " + std::to_string(edge.to));
      }
    }
    if (deeper) continue;
    state[at] = State::left;
    path.pop_back();
  }
  return found;
}

constexpr bpf_insn insn(u8 code, short offset, int immediate) { return {code, 0, 0, offset, immediate}; }
constexpr u8 kSet = BPF_ALU64 | BPF_MOV, kAdd = BPF_ALU64 | BPF_ADD, kLess = BPF_JMP | BPF_JLT,
             kGoto = BPF_JMP | BPF_JA, kExit = BPF_JMP | BPF_EXIT;

TEST(BackEdges, OfAJumpAreAccepted) {
  EXPECT_TRUE(back_edges({insn(kSet, 0, 0), insn(kAdd, 0, 1), insn(kLess, -2, 10), insn(kExit, 0, 0)}).empty());
}

TEST(BackEdges, OfAnInstructionThatFallsIntoALoopAreFound) {
  const Instructions code{insn(kSet, 0, 0), insn(kGoto, 1, 0), insn(kAdd, 0, 1), insn(kLess, -2, 10),
                          insn(kExit, 0, 0)};
  EXPECT_EQ(back_edges(code), std::vector<std::string>{"from 2 to 3"});
}

TEST(BackEdges, OurProgramsHaveNone) {
  for (const auto elf : {program(), program_again(), program_other()}) {
    const std::vector<Function> functions = functions_of(elf);
    EXPECT_GT(functions.size(), 10u);
    for (const Function& f : functions) EXPECT_EQ(back_edges(f.code), std::vector<std::string>{}) << f.name;
  }
}

}  // namespace
}  // namespace waymark
