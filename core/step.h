// Steps of their own: parts of a packet's way that are rare and large. In the kernel each is a function, which the
// verifier proves once instead of in every state that a packet can reach it in; in user space it is a call.
//
// A step is a type, NAME_step, whose run() is given four words and gives one, and a line in a list: CORE_STEPS, or
// a role's own in its steps.h. Beside the type stands a function that packs and unpacks, so that callers keep types:
//
//   struct sum_step {
//     template <class E>
//     static WM_INLINE u64 run(E& env, u64 from, u64 to, u64, u64);
//   };
//   template <class E>
//   WM_INLINE u64 sum_of_bytes(E& env, u32 from, u32 to) { return env.template call<core::sum_step>(from, to); }
//
// A step has an Env of its own: what it gives to leave() its caller does not know. In the kernel that does not compile,
// unless the type says kTellsInterface, and its word has what left_by() says.
#pragma once

#include "core/verdict.h"

namespace waymark {

// S(NAMESPACE, NAME, NEEDS). What the step needs:
//   tables   no packet: tables, settings and the clock are enough
//   reads    the packet, which it leaves as it is
//   writes   the packet, which it may change: what view() gave before is invalid after it
#define CORE_STEPS(S)               \
  S(core, sum, reads)               \
  S(core, find_far_prefix, tables)  \
  S(core, find_any_prefix, tables)  \
  S(core, search_rules, tables)     \
  S(core, quoted, reads)            \
  S(core, reset, writes)            \
  S(core, echo, writes)             \
  S(core, complain, writes)         \
  S(core, tunnel, writes)           \
  S(core, rewrite, writes)          \
  S(core, datagram, tables)         \
  S(firewall, admit, tables)        \
  S(firewall, known, tables)        \
  S(firewall, pair, tables)         \
  S(firewall, fragment, tables)     \
  S(translate, skip_headers, reads) \
  S(translate, has_source_route, reads)

enum class StepNeeds : u8 { tables, reads, writes };

// A Verdict in a word's lowest 32 bits. The kernel's build learns a packet's action from its reason, at the end.
WM_INLINE constexpr u64 pack_verdict(Verdict v) {
#if defined(__bpf__)
  return v.reason;
#else
  return v.reason | u64(v.action) << 16;
#endif
}
WM_INLINE constexpr Verdict unpack_verdict(u64 w) { return {u16(w), Action(u8(w >> 16 & 0xff))}; }

}  // namespace waymark
