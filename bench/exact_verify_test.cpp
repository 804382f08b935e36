// What roles will pay: each use of the exact state is verified in few instructions, by either compiler.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>

#include <memory>
#include <span>

#include "engine/xdp/object.h"
#include "tests/kit/need.h"

extern "C" {
extern const waymark::u8 wm_bench_exact_begin[], wm_bench_exact_end[];
extern const waymark::u8 wm_bench_exact_other_begin[], wm_bench_exact_other_end[];
}

namespace waymark::bench {
namespace {

void verify(std::span<const u8> elf) {
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "waymark_exact");
  const std::unique_ptr<bpf_object, void (*)(bpf_object*)> object(
      bpf_object__open_mem(elf.data(), elf.size(), &options), bpf_object__close);
  ASSERT_TRUE(object);
  ASSERT_EQ(bpf_object__load(object.get()), 0);
  EXPECT_GE(bpf_object__btf_fd(object.get()), 0)
      << "libbpf loads without BTF, and says nothing, when the kernel refuses it";
  u32 programs = 0;
  bpf_program* program;
  bpf_object__for_each_program(program, object.get()) {
    ++programs;
    EXPECT_LT(program_facts(bpf_program__fd(program)).verified_instructions, 40'000u) << bpf_program__name(program);
  }
  EXPECT_EQ(programs, 11u);
}

TEST(BenchExact, EachUseIsVerifiedQuickly) {
  WM_NEED(Cap::bpf);
  set_bpf_log({});
  verify({wm_bench_exact_begin, wm_bench_exact_end});
  verify({wm_bench_exact_other_begin, wm_bench_exact_other_end});
}

}  // namespace
}  // namespace waymark::bench
