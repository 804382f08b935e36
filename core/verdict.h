// How a packet's way ends: one Verdict, fixed when its reason is declared (DESIGN.md, "Reasons").
#pragma once

#include "core/types.h"

namespace waymark {

// What becomes of the packet. `forward` leaves by the interface given to Env::leave(). `punt` is for what takes more
// than one packet's room: the packet is left as it came, and hosted code does the work (roles/translator/punted.h), in
// the kernel's build by way of the daemon.
enum class Action : u8 { pass = 0, drop = 1, forward = 2, punt = 3 };

constexpr u32 kModules = 16, kReasonsPerModule = 64, kReasons = kModules * kReasonsPerModule;

struct [[nodiscard]] Verdict {
  u16 reason;  // module * 64 + code: the index of its counter. Codes are append-only.
  Action action;
};

constexpr Verdict verdict_of(u32 module, u32 code, Action action) {
  return {u16(module * kReasonsPerModule + code), action};
}
constexpr u32 module_of(Verdict verdict) { return verdict.reason / kReasonsPerModule; }

// A reason as people see it.
struct ReasonText {
  Verdict verdict;
  const char* name;      // "director.no_target"
  const char* sentence;  // what happened to the packet, whole and readable alone
};

// WM_REASONS(director, 2, DIRECTOR_REASONS) with
//   #define DIRECTOR_REASONS(X, M) X(M, drop, no_target, "the service has no target that takes new flows")
// declares director::why::no_target (a Verdict) and director::kReasonTexts. A role returns what it declared and
// nothing else, so that a counter, a text and a metric exist for every way out. The number is the module's own
// (WM_MODULES in dataplane/pipeline.h has them all); pinned counters have it, so it never changes.
#define WM_REASON_CODE(M, ACTION, NAME, TEXT) NAME,
#define WM_REASON_VERDICT(M, ACTION, NAME, TEXT) \
  constexpr Verdict NAME = verdict_of(kModule, u32(Code::NAME), Action::ACTION);
#define WM_REASON_TEXT(M, ACTION, NAME, TEXT) {M::why::NAME, #M "." #NAME, TEXT},
#define WM_REASONS(M, NUMBER, LIST)                                \
  namespace M {                                                    \
  constexpr u32 kModule = NUMBER;                                  \
  static_assert(kModule < kModules);                               \
  namespace why {                                                  \
  enum class Code : u32 { LIST(WM_REASON_CODE, M) count };         \
  static_assert(u32(Code::count) <= kReasonsPerModule);            \
  LIST(WM_REASON_VERDICT, M)                                       \
  }                                                                \
  constexpr ReasonText kReasonTexts[] = {LIST(WM_REASON_TEXT, M)}; \
  }

// What happened on the way without ending it: counted beside the reasons, never in their sum.
enum class Note : u8 {
  pin_adopted,            // a TCP flow arrived in its middle and was pinned by the consistent choice
  pin_spilled,            // a pin went to its second bucket, the first being full
  pin_moved,              // a pin was moved to its second bucket to make room
  pin_table_full,         // no room for a proven pin: the consistent choice served
  pin_embryo_evicted,     // an embryonic pin gave way to a newer one before its time
  pin_stolen,             // a pin older than any idle time gave way to a new one
  pin_contended,          // another CPU changed the slot first: the flow was not pinned by this packet
  ecn_marked,             // congestion on the tunnel was marked in the inner header (RFC 6040)
  pin_mirror_evicted,     // another director's pin gave way to one of our own, the table being full
  candidate_sent,         // the tunnel named a second candidate for a flow that arrived in its middle
  passed_on,              // a host sent a stray on to the second candidate
  candidate_refused,      // the second candidate is no host of this service: delivered here
  pin_inherited,          // a pin went over to another service with the same target: services were split or merged
  error_carried,          // an ICMP error about a reply was carried to the flow's server
  flow_begun,             // a firewall let a new flow begin
  flow_recovered,         // a TCP flow was found again in its middle, in time of grace
  flow_embryo_evicted,    // a half-open flow gave way to a newer one before its time
  flow_table_full,        // no room for a flow that both sides have spoken in: it stays among the half-open
  neighbour_learnt,       // a host in a tenant's overlay was heard that was not known
  neighbour_moved,        // a host in a tenant's overlay was heard with another MAC address, or by another tunnel
  neighbour_evicted,      // a known host in a tenant's overlay gave way to a newer one
  edge_flow_begun,        // an edge gave a new flow an address of its own
  edge_flow_evicted,      // a flow of an edge's that no server had answered gave way to a newer one
  edge_server_learnt,     // an edge learnt a flow's server from its reply
  edge_server_forgotten,  // a flow's server is unreachable: the flow goes by anycast again
  count
};
constexpr u32 kNotes = u32(Note::count), kMostNotes = 256;  // pinned counters have room for so many

}  // namespace waymark
