// The XDP programs, one for each role: the packet core over KernelEnv, and the single place where a packet's end is
// counted.
#include "engine/xdp/capture_record.h"
#include "engine/xdp/kernel_env.h"
#include "engine/xdp/punt_record.h"
#include "engine/xdp/route.h"
#include "engine/xdp/sockets.h"

namespace waymark {

extern "C" {
WM_SECTION("license") extern const char wm_license[] = "Dual MIT/GPL";
}

// Owner (core/env.h) of the TCP or UDP packet at l3, by this machine's sockets. `kind`: 1 for IPv6, 2 where this
// machine sent it.
extern "C" __attribute__((noinline)) unsigned int wm_owner(xdp_md* ctx, unsigned int l3, unsigned int l4,
                                                           unsigned int kind, unsigned int protocol) {
  return u32(owner_of(ctx, l3, l4, kind & 1, kind & 2, protocol));
}

extern "C" __attribute__((noinline)) unsigned int wm_route(xdp_md* ctx, unsigned long long from_high,
                                                           unsigned long long from_low, unsigned long long high,
                                                           unsigned long long low) {
  return route_to(ctx, {from_high, from_low}, {high, low});
}

// Steps of their own (core/step.h). All words count as used: else the compiler leaves those that are not undefined,
// which the verifier refuses.
#define WM_STEP_ENV_tables(STEP) KernelTables env
#define WM_STEP_ENV_reads(STEP) KernelStepEnv env(ctx)
#define WM_STEP_ENV_writes(STEP) EnvOfStep<STEP> env(ctx)
#define WM_STEP(NAMESPACE, NAME, NEEDS)                                                                           \
  extern "C"                                                                                                      \
      __attribute__((noinline)) unsigned long long wm_##NAMESPACE##_##NAME(WM_STEP_GIVEN_##NEEDS WM_STEP_WORDS) { \
    asm volatile("" : : "r"(a), "r"(b), "r"(c), "r"(d));                                                          \
    WM_STEP_ENV_##NEEDS(NAMESPACE::NAME##_step);                                                                  \
    return NAMESPACE::NAME##_step::run(env, a, b, c, d);                                                          \
  }
#include "dataplane/steps.h"

struct map_of_rings {
  WM_MAP_UINT(type, maps::kPerfEventArray);
  WM_MAP_TYPE(key, unsigned int);
  WM_MAP_TYPE(value, unsigned int);
};
extern "C" {
WM_SECTION(".maps") map_of_rings capture;
WM_SECTION(".maps") map_of_rings punts;
}
constexpr u64 kThisCpu = 0xffffffff;

// Copies the packet for whoever captures. Settings are constants to the verifier: where nobody does, it takes all of
// this away.
WM_INLINE void copy_packet(KernelEnv& env, CaptureRecord& record) {
  const u64 bytes = record.length > kCaptureBytes ? kCaptureBytes : record.length;
  bpf::perf_event_output(env.context(), &capture, bytes << 32 | kThisCpu, &record, sizeof record);
}

// The packet that a jump hands over was copied on its way in already: its number, for the program that it jumps to.
struct map_of_handed {
  WM_MAP_UINT(type, maps::kPercpuArray);
  WM_MAP_UINT(max_entries, 1);
  WM_MAP_TYPE(key, unsigned int);
  WM_MAP_TYPE(value, unsigned long long);
};
extern "C" {
WM_SECTION(".maps") map_of_handed handed;
}
WM_INLINE u64* handed_over() {
  const u32 key = 0;
  return static_cast<u64*>(bpf::map_lookup_elem(&handed, &key));
}
extern "C" __attribute__((noinline)) int wm_hand_over(unsigned long long id) {
  if (u64* handed = handed_over()) *handed = id;
  return 0;
}

// In functions of their own, so that their records are not on the stack of everything else.
extern "C" __attribute__((noinline)) unsigned long long wm_capture_in(xdp_md* ctx) {
  KernelEnv env(ctx);
  if (u64* handed = handed_over(); handed && *handed) {
    const u64 id = *handed;
    *handed = 0;
    return id;
  }
  CaptureRecord record = {};
  record.id = record.when = bpf::ktime_boot_ns();
  record.interface = env.interface();
  record.length = env.length();
  copy_packet(env, record);
  return record.id;
}

extern "C" __attribute__((noinline)) int wm_capture_out(xdp_md* ctx, unsigned int reason, unsigned int action,
                                                        unsigned int out_interface, unsigned long long id) {
  KernelEnv env(ctx);
  CaptureRecord record = {};
  record.id = id;
  record.when = bpf::ktime_boot_ns();
  record.interface = env.interface();
  record.out_interface = Action(action) == Action::forward ? out_interface : 0;
  record.length = Action(action) == Action::drop ? 0 : env.length();
  record.reason = u16(reason);
  record.out = 1;
  record.action = u8(action);
  copy_packet(env, record);
  if (u64* handed = handed_over()) *handed = 0;  // of a jump that led nowhere
  return 0;
}

// The verdict of a reason. To carry the action beside the reason through the program would cost two instructions at
// each way out, on the way of every packet that does not take it.
WM_INLINE Verdict verdict_of(u32 reason) {
  const Actions* actions = &kActions;
  asm("" : "+r"(actions), "+r"(reason));
  reason %= kReasons;
  return {u16(reason), actions->of[reason]};
}

// Gives the whole packet to the daemon, whose reader counts those that find no room.
extern "C" __attribute__((noinline)) int wm_punt(xdp_md* ctx, unsigned int reason) {
  KernelEnv env(ctx);
  PuntRecord record = {env.interface(), env.length(), u16(reason), {}};
  bpf::perf_event_output(ctx, &punts, u64(record.length) << 32 | kThisCpu, &record, sizeof record);
  return 0;
}

template <Role mine>
WM_INLINE int finish(KernelEnv& env, Verdict verdict) {
  if (u64* count = env.at(table::reasons, verdict.reason)) *count += 1;
  if (verdict.action == Action::pass) return bpf::xdp_pass;
  if constexpr (kPuntingRoles & role_bit(mine))
    if (verdict.action == Action::punt) wm_punt(env.context(), verdict.reason);
  if (verdict.action == Action::drop || verdict.action == Action::punt) return bpf::xdp_drop;
  if (env.left_by() == env.interface()) return bpf::xdp_tx;
  return int(bpf::redirect(env.left_by(), 0));
}

// A program of the role's, of which P::run() is the work.
template <Role mine, class P>
WM_INLINE int run(xdp_md* ctx) {
#if defined(WM_BUILD)
  // One instruction without effect: the same program under another tag, to try upgrades with (waymark-next).
  asm volatile("r0 = %0" ::"i"(WM_BUILD) : "r0");
#endif
  KernelEnv env(ctx);
  const u64 id = env.settings().capture ? wm_capture_in(ctx) : 0;
  env.set_id(id);
  const Verdict verdict = verdict_of(P::run(env).reason);
  if (env.settings().capture) wm_capture_out(ctx, verdict.reason, u32(verdict.action), env.left_by(), id);
  return finish<mine>(env, verdict);
}

template <Role mine>
struct first_program {
  template <class E>
  static WM_INLINE Verdict run(E& env) {
    return process<role_bit(mine)>(env);
  }
};
#define WM_FIRST(NAME) \
  extern "C" WM_SECTION("xdp") int wm_##NAME(xdp_md* ctx) { return run<Role::NAME, first_program<Role::NAME>>(ctx); }
WM_ROLES(WM_FIRST)
#define WM_PROGRAM(ROLE, NAME)                                       \
  extern "C" WM_SECTION("xdp") int wm_##ROLE##_##NAME(xdp_md* ctx) { \
    return run<Role::ROLE, ROLE::NAME##_program>(ctx);               \
  }
#include "dataplane/further.h"

// Where the daemon reads the packets' clock: run by BPF_PROG_TEST_RUN, never attached.
extern "C" WM_SECTION("xdp") int wm_clock([[maybe_unused]] xdp_md* ctx) { return int(bpf::jiffies64()); }

}  // namespace waymark
