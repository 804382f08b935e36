// Every packet case in the kernel's build, by each of the two compilers.
#include <gtest/gtest.h>

#include "engine/xdp/program.h"
#include "tests/need.h"
#include "tests/run_case.h"

namespace waymark {

namespace {

// scripts/debian-kernel shows it.
void record(Build& build) {
  testing::Test::RecordProperty("verified_instructions", int(build.verified_instructions()));
}

void run_all(std::span<const u8> elf) {
  const auto build = xdp_build(elf, fixture::image());
  record(*build);
  for (const cases::Case& c : cases::all_cases()) run_case(*build, c);
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

// The pins' off is another program to the verifier, which removes what is not reached.
TEST(KernelCases, BpfWithoutPins) {
  WM_NEED(Cap::bpf);
  const auto build = xdp_build(program(), fixture::image(false));
  record(*build);
  for (const cases::Case& c : cases::director_cases()) {
    cases::Case without = c;
    without.flows = 0;
    without.flow = 0;
    run_case(*build, without);
  }
}

}  // namespace waymark
