// A flow of the edge's: how far it has come, and what TCP's flags do to it.
#pragma once

#include "core/exact_insert.h"
#include "core/tables.h"
#include "core/wire.h"

namespace waymark::edge {

using Flows = ExactTable<table::edge_flows_table, table::edge_records_table, true>;
using Flows4 = ExactTable<table::edge_flows4_table, table::edge_records4_table, true>;

// Who speaks with whom, as the client sees it. A ping has its identifier as the client's port.
struct Ends {
  Address client, anycast;
  u16 client_port, port;
  u8 protocol;
};

// What a flow's record says, however its family keeps that.
struct Known {
  Ends ends;
  Address own;     // the flow's address
  Address server;  // learnt, or the anycast address
  u32 sequence;    // TCP's first number, while none is learnt
  u16 number;      // the client's port, or identifier, as the network sees it
};

// Of each protocol the first one is tentative: the server has not spoken yet.
enum class Stage : u8 {
  none = 0,
  syn = 1,
  open = 2,
  closing = 3,  // one side's FIN
  closed = 4,   // both
  reset = 5,
  datagram = 6,
  exchange = 7,
  query = 8,
  reply = 9,
};
constexpr u32 kStages = 10;
WM_INLINE constexpr bool is_tentative(Stage s) { return s == Stage::syn || s == Stage::datagram || s == Stage::query; }
WM_INLINE constexpr bool is_over(Stage s) { return s == Stage::closed || s == Stage::reset; }

// The owner's bits of a flow's state (core/exact.h):
//   stage:4 | FIN of the client:1, server:1 | learnt:1 | being learnt:1 | the stamp that a reply last saw:9 |
//   lowest of the first sequence number:26
constexpr u64 kClientFin = 1 << 4, kServerFin = 1 << 5, kLearnt = 1 << 6, kLearning = 1 << 7;
constexpr u32 kStampShift = 8, kSequenceShift = kStampShift + kStampBits, kSequenceBits = kStateBits - kSequenceShift;
static_assert(kSequenceBits == 26);
WM_INLINE constexpr Stage stage_of(u64 state) { return Stage(state & 15); }
WM_INLINE constexpr u64 in_stage(u64 state, Stage stage) { return (state & ~u64(15)) | u64(stage); }
WM_INLINE constexpr u32 reply_stamp(u64 state) { return u32(state >> kStampShift) & kStampMask; }
WM_INLINE constexpr u64 at_stamp(u64 state, u32 stamp) {
  return (state & ~(u64(kStampMask) << kStampShift)) | u64(stamp & kStampMask) << kStampShift;
}
WM_INLINE constexpr u64 sequence_bits(u32 sequence) {
  return u64(sequence) << (64 - kSequenceBits) >> (64 - kStateBits);
}
WM_INLINE constexpr bool began_with(u64 state, u32 sequence) {
  return (state & kStateMask) >> kSequenceShift << kSequenceShift == sequence_bits(sequence);
}

WM_INLINE u64 after_fin(u64 state, u64 whose) {
  if (is_over(stage_of(state))) return state;
  const u64 marked = state | whose;
  const u64 both = kClientFin | kServerFin;
  return in_stage(marked, (marked & both) == both ? Stage::closed : Stage::closing);
}

template <class E>
WM_INLINE u32 flow_stamp(E& env) {
  return env.now() >> env.settings().stamp_shift;
}

// IPv6 flows' regions. This node's own, the first, is looked at before the others, which most nodes have none of.
// Which one a prefix has, or kMostRegions.
WM_INLINE u32 region_of(const OwnSettings& s, u64 prefix) {
  if (WM_LIKELY(prefix == s.prefix[0])) return 0;
  u32 region = kMostRegions;
  if (WM_UNLIKELY(s.regions > 1))
    for (u32 i = 1; i < kMostRegions; ++i) region = forget(s.prefix[i] == prefix ? i : region);
  return forget(region);
}
WM_INLINE u32 places_in_region(const OwnSettings& s) { return s.buckets * Flows::kWays; }
// Of a flow at this place of the whole table.
WM_INLINE u64 prefix_at(const OwnSettings& s, u32 place) {
  const u32 places = places_in_region(s);
  if (WM_LIKELY(place < places)) return s.prefix[0];
  u64 prefix = s.prefix[1];
  for (u32 i = 2; i < kMostRegions; ++i) prefix = place >= i * places ? s.prefix[i] : prefix;
  return prefix;
}

// Steering flags: what may change a stage.
constexpr u8 kTcpSteers = kTcpSyn | kTcpFin | kTcpRst;
WM_INLINE constexpr bool is_plain_syn(u8 flags) { return (flags & (kTcpSteers | kTcpAck)) == kTcpSyn; }

}  // namespace waymark::edge
