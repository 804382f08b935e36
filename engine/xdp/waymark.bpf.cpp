// The XDP programs, one for each role: the packet core over KernelEnv, and the single place where a packet's end is
// counted.
#include "dataplane/pipeline.h"
#include "engine/xdp/capture_record.h"
#include "engine/xdp/kernel_env.h"
#include "engine/xdp/punt_record.h"
#include "engine/xdp/route.h"
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
  return director::pack_flow(director::place(tables, {hash, choice_hash, service, u8(protocol_and_flags >> 8),
                                                      u8(protocol_and_flags), u8(protocol_and_flags >> 16)}));
}

// Owner (core/env.h) of the TCP or UDP packet at l3, by this machine's sockets. `kind`: 1 for IPv6, 2 where this
// machine sent it.
extern "C" __attribute__((noinline)) unsigned int wm_owner(xdp_md* ctx, unsigned int l3, unsigned int l4,
                                                           unsigned int kind, unsigned int protocol) {
  return u32(owner_of(ctx, l3, l4, kind & 1, kind & 2, protocol));
}

WM_INLINE Packet packet_at(u32 l3, u32 l4, u32 end, u32 kind) {
  Packet p{};
  p.l3 = l3;
  p.l4 = l4;
  p.end = end;
  p.ip6 = kind >> 8 & 1;
  return p;
}

extern "C" __attribute__((noinline)) unsigned int wm_reset(xdp_md* ctx, unsigned int l3, unsigned int l4,
                                                           unsigned int end, unsigned int kind) {
  KernelEnv env(ctx);
  return u32(reset(env, packet_at(l3, l4, end, kind), AnswerKind(kind & 15)));
}

extern "C" __attribute__((noinline)) unsigned int wm_echo(xdp_md* ctx, unsigned int l3, unsigned int l4,
                                                          unsigned int end, unsigned int kind) {
  KernelEnv env(ctx);
  return u32(echo(env, packet_at(l3, l4, end, kind), AnswerKind(kind & 15)));
}

extern "C" __attribute__((noinline)) unsigned long long wm_quoted(xdp_md* ctx, unsigned int l4, unsigned int end,
                                                                  unsigned int ip6) {
  KernelEnv env(ctx);
  return pack_quoted(quoted_in(env.view(), packet_at(0, l4, end, ip6 << 8)));
}

extern "C" __attribute__((noinline)) unsigned long long wm_tunnel(xdp_md* ctx, unsigned int l3, unsigned int end,
                                                                  unsigned int kind, unsigned long long through) {
  KernelEnv env(ctx);
  Packet p = packet_at(l3, 0, end, kind);
  p.tos = u8(kind);
  const u32 reason = send_by_slot(env, p, unpack_through(through)).reason;
  return reason | u64(env.left_by()) << 32;
}

extern "C" __attribute__((noinline)) unsigned int wm_find_far_prefix(unsigned long long space, unsigned long long high,
                                                                     unsigned long long low, unsigned int wanted) {
  KernelTables tables;
  return find_far_prefix(tables, space, {high, low}, wanted);
}

extern "C" __attribute__((noinline)) unsigned int wm_find_any_prefix(unsigned long long space, unsigned long long high,
                                                                     unsigned long long low, unsigned int wanted) {
  KernelTables tables;
  return find_far_prefix(tables, space, {high, low}, wanted, 0);
}

extern "C" __attribute__((noinline)) unsigned int wm_route(xdp_md* ctx, unsigned long long from_high,
                                                           unsigned long long from_low, unsigned long long high,
                                                           unsigned long long low) {
  return route_to(ctx, {from_high, from_low}, {high, low});
}

extern "C" __attribute__((noinline)) unsigned int wm_has_source_route(xdp_md* ctx, unsigned int l3, unsigned int l4) {
  KernelEnv env(ctx);
  return translate::has_source_route(env.view(), l3, l4);
}

extern "C" __attribute__((noinline)) unsigned long long wm_skip_headers(xdp_md* ctx, unsigned int l4, unsigned int end,
                                                                        unsigned int protocol) {
  KernelEnv env(ctx);
  return translate::pack_skipped(translate::skip_headers(env.view(), l4, end, u8(protocol)));
}

extern "C" __attribute__((noinline)) unsigned long long wm_sum(xdp_md* ctx, unsigned int from, unsigned int to) {
  KernelEnv env(ctx);
  u64 sum = 0;
  return sum_bytes(env.view(), from, to, sum) ? u64(fold(sum)) : kNoSum;
}

extern "C" __attribute__((noinline)) unsigned int wm_complain(xdp_md* ctx, unsigned int l3, unsigned int end,
                                                              unsigned int kind, unsigned int rest) {
  KernelEnv env(ctx);
  return u32(complain(env, l3, end, kind, rest));
}

extern "C" __attribute__((noinline)) unsigned long long wm_look_at_error(xdp_md* ctx) {
  KernelEnv env(ctx);
  return translate::pack_passed(translator::look_at_error(env));
}

extern "C" __attribute__((noinline)) unsigned long long wm_prepare_error6(xdp_md* ctx, unsigned int mtu) {
  KernelEnv env(ctx);
  return translate::pack_passed(translator::prepare_error6(env, mtu));
}

extern "C" __attribute__((noinline)) unsigned long long wm_write_error6(xdp_md* ctx) {
  KernelEnv env(ctx);
  return translate::pack_passed(translator::write_error6(env));
}

extern "C" __attribute__((noinline)) unsigned long long wm_error_to_ip4(xdp_md* ctx, unsigned int mtu) {
  KernelEnv env(ctx);
  return translate::pack_passed(translator::error_to_ip4(env, mtu));
}

extern "C" __attribute__((noinline)) unsigned long long wm_hairpin(xdp_md* ctx) {
  KernelEnv env(ctx);
  return translate::pack_passed(translator::hairpin(env));
}

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

template <Role mine>
WM_INLINE int run(xdp_md* ctx) {
#if defined(WM_BUILD)
  // One instruction without effect: the same program under another tag, to try upgrades with (waymark-next).
  asm volatile("r0 = %0" ::"i"(WM_BUILD) : "r0");
#endif
  KernelEnv env(ctx);
  const u64 id = env.settings().capture ? wm_capture_in(ctx) : 0;
  env.set_id(id);
  const Verdict verdict = verdict_of(process<role_bit(mine)>(env).reason);
  if (env.settings().capture) wm_capture_out(ctx, verdict.reason, u32(verdict.action), env.left_by(), id);
  return finish<mine>(env, verdict);
}

#define WM_PROGRAM(NAME) \
  extern "C" WM_SECTION("xdp") int wm_##NAME(xdp_md* ctx) { return run<Role::NAME>(ctx); }
WM_ROLES(WM_PROGRAM)

// Where the daemon reads the packets' clock: run by BPF_PROG_TEST_RUN, never attached.
extern "C" WM_SECTION("xdp") int wm_clock([[maybe_unused]] xdp_md* ctx) { return int(bpf::jiffies64()); }

}  // namespace waymark
