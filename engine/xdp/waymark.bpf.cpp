// The XDP program: the packet core over KernelEnv, and the single place where a packet's end is counted.
#include "dataplane/pipeline.h"
#include "engine/xdp/kernel_env.h"

namespace waymark {

extern "C" {
WM_SECTION("license") extern const char wm_license[] = "Dual MIT/GPL";
}

extern "C" __attribute__((noinline)) unsigned int wm_search_rules(unsigned int base, unsigned int count,
                                                                  unsigned int wanted) {
  KernelTables tables;
  return search_rules(tables, base, count, wanted);
}

extern "C" __attribute__((noinline)) int wm_insert_pin(unsigned int bucket, unsigned int fingerprint,
                                                       unsigned long long word, unsigned int stamp) {
  KernelTables tables;
  return insert_pin(tables, {fingerprint, bucket, 0}, word, stamp);
}

WM_INLINE int finish(KernelEnv& env, Verdict verdict) {
  if (u64* count = env.at(table::reasons, verdict.reason)) *count += 1;
  if (verdict.action == Action::pass) return bpf::xdp_pass;
  if (verdict.action == Action::drop) return bpf::xdp_drop;
  if (env.left_by() == env.interface()) return bpf::xdp_tx;
  return int(bpf::redirect(env.left_by(), 0));
}

extern "C" WM_SECTION("xdp") int wm_xdp(xdp_md* ctx) {
#if defined(WM_BUILD)
  // One instruction without effect: the same program under another tag, to try upgrades with (waymark-next).
  asm volatile("r0 = %0" ::"i"(WM_BUILD) : "r0");
#endif
  KernelEnv env(ctx);
  return finish(env, process(env));
}

// Where the daemon reads the packets' clock: run by BPF_PROG_TEST_RUN, never attached.
extern "C" WM_SECTION("xdp") int wm_clock([[maybe_unused]] xdp_md* ctx) { return int(bpf::jiffies64()); }

}  // namespace waymark
