// The XDP program: the packet core over KernelEnv, and the single place where a packet's end is counted.
#include "dataplane/pipeline.h"
#include "engine/xdp/capture_record.h"
#include "engine/xdp/kernel_env.h"
#include "engine/xdp/sockets.h"

namespace waymark {

extern "C" {
WM_SECTION("license") extern const char wm_license[] = "Dual MIT/GPL";
}

extern "C" __attribute__((noinline)) unsigned int wm_search_rules(unsigned int base, unsigned int count,
                                                                  unsigned int wanted) {
  KernelTables tables;
  return search_rules(tables, base, count, wanted);
}

extern "C" __attribute__((noinline)) int wm_prove(unsigned long long hash) {
  KernelTables tables;
  director::prove(tables, hash);
  return 0;
}

extern "C" __attribute__((noinline)) unsigned long long wm_place(unsigned long long hash,
                                                                 unsigned long long choice_hash, unsigned int service,
                                                                 unsigned int protocol_and_flags) {
  KernelTables tables;
  return director::pack_flow(
      director::place(tables, {hash, choice_hash, service, u8(protocol_and_flags >> 8), u8(protocol_and_flags)}));
}

// Owner (core/env.h) of the TCP or UDP packet at l3, by this machine's sockets.
extern "C" __attribute__((noinline)) unsigned int wm_owner(xdp_md* ctx, unsigned int l3, unsigned int l4,
                                                           unsigned int ip6, unsigned int protocol) {
  return u32(owner_of(ctx, l3, l4, ip6, protocol));
}

extern "C" __attribute__((noinline)) unsigned int wm_answer(xdp_md* ctx, unsigned int l3, unsigned int l4,
                                                            unsigned int end, unsigned int kind) {
  KernelEnv env(ctx);
  Packet p = {};
  p.l3 = l3;
  p.l4 = l4;
  p.end = end;
  p.ip6 = kind >> 8 & 1;
  p.protocol = u8(kind);
  return u32(answer(env, p));
}

struct map_of_capture {
  WM_MAP_UINT(type, maps::kPerfEventArray);
  WM_MAP_TYPE(key, unsigned int);
  WM_MAP_TYPE(value, unsigned int);
};
extern "C" {
WM_SECTION(".maps") map_of_capture capture;
}

// Copies the packet for whoever captures. Settings are constants to the verifier: where nobody does, it takes all of
// this away.
WM_INLINE void copy_packet(KernelEnv& env, CaptureRecord& record) {
  constexpr u64 this_cpu = 0xffffffff;
  const u64 bytes = record.length > kCaptureBytes ? kCaptureBytes : record.length;
  bpf::perf_event_output(env.context(), &capture, bytes << 32 | this_cpu, &record, sizeof record);
}

WM_INLINE u64 capture_in(KernelEnv& env) {
  CaptureRecord record = {};
  record.id = record.when = bpf::ktime_boot_ns();
  record.interface = env.interface();
  record.length = env.length();
  copy_packet(env, record);
  return record.id;
}

WM_INLINE void capture_out(KernelEnv& env, Verdict verdict, u64 id) {
  CaptureRecord record = {};
  record.id = id;
  record.when = bpf::ktime_boot_ns();
  record.interface = env.interface();
  record.out_interface = verdict.action == Action::forward ? env.left_by() : 0;
  record.length = verdict.action == Action::drop ? 0 : env.length();
  record.reason = verdict.reason;
  record.out = 1;
  record.action = u8(verdict.action);
  copy_packet(env, record);
}

// The verdict of a reason. To carry the action beside the reason through the program would cost two instructions at
// each way out, on the way of every packet that does not take it.
WM_INLINE Verdict verdict_of(u32 reason) {
  const Actions* actions = &kActions;
  asm("" : "+r"(actions), "+r"(reason));
  reason %= kReasons;
  return {u16(reason), actions->of[reason]};
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
  const u64 id = env.settings().capture ? capture_in(env) : 0;
  const Verdict verdict = verdict_of(process(env).reason);
  if (env.settings().capture) capture_out(env, verdict, id);
  return finish(env, verdict);
}

// Where the daemon reads the packets' clock: run by BPF_PROG_TEST_RUN, never attached.
extern "C" WM_SECTION("xdp") int wm_clock([[maybe_unused]] xdp_md* ctx) { return int(bpf::jiffies64()); }

}  // namespace waymark
