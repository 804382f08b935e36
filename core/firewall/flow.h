// A flow as the firewall keeps it: its key, its stage, and what TCP's flags and numbers do to it.
//
// Sides are a tenant's inside and the outside. Of the numbers that a side has acknowledged the upper 16 bits are kept:
// enough to tell a genuine reset from one that was guessed, and changed once in 64 KiB.
#pragma once

#include "core/exact.h"
#include "core/wire.h"

namespace waymark::firewall {

enum class Side : u8 { inside = 0, outside = 1 };
WM_INLINE constexpr Side other(Side side) { return Side(u8(side) ^ 1); }

// How far a flow has come. The first of each protocol are embryos: one side alone has spoken.
enum class Stage : u8 {
  syn = 1,       // TCP: one side's SYN
  answered = 2,  // and the other's, with the right acknowledgement
  open = 3,      // and that one's acknowledgement
  closing = 4,   // one side's FIN
  closed = 5,    // both
  reset = 6,     // by the inside
  reset_by_outside = 7,
  datagram = 8,  // UDP, and what is like it
  exchange = 9,  // in both directions
  query = 10,    // a ping
  reply = 11,    // and its answer
  other = 12,    // any other protocol
  both = 13,     // in both directions
};
constexpr u32 kStages = 14;
WM_INLINE constexpr bool is_embryonic(Stage s) {
  return s == Stage::syn || s == Stage::answered || s == Stage::datagram || s == Stage::query || s == Stage::other;
}

// The owner's bits of a flow's state (core/exact.h):
//   stage:4 | begun by the outside:1 | FIN of the inside:1, outside:1 | knows what the inside acknowledged:1,
//   outside:1 | found in grace:1 | acknowledged by the inside:16, outside:16 | lent:1
constexpr u64 kOutsideBegan = 1 << 4, kFin = 1 << 5, kKnows = 1 << 7, kGrace = 1 << 9;
constexpr u32 kAcknowledged = 10;  // shift of the inside's, and 16 more of the outside's
// Another member of the group told it, and none of its packets came by here; the highest bit.
constexpr u32 kLentBit = 42;
constexpr u64 kLent = u64(1) << kLentBit;
static_assert(kLentBit + 1 == kStateBits);
WM_INLINE constexpr Stage stage_of(u64 state) { return Stage(state & 15); }
WM_INLINE constexpr u64 in_stage(u64 state, Stage stage) { return (state & ~u64(15)) | u64(stage); }
WM_INLINE constexpr Side beginner(u64 state) { return state & kOutsideBegan ? Side::outside : Side::inside; }
WM_INLINE constexpr bool has_fin(u64 state, Side side) { return state & kFin << u32(side); }
WM_INLINE constexpr bool knows(u64 state, Side side) { return state & kKnows << u32(side); }
WM_INLINE constexpr u16 acknowledged(u64 state, Side side) { return u16(state >> (kAcknowledged + 16 * u32(side))); }
WM_INLINE constexpr u64 with_acknowledged(u64 state, Side side, u32 number) {
  const u32 shift = kAcknowledged + 16 * u32(side);
  return (state & ~(u64(0xffff) << shift)) | u64(number >> 16) << shift | kKnows << u32(side);
}

// tenant:24 | protocol:8 | outside port:16 | inside port:16, under the two addresses. A ping has its identifier as the
// inside's port, and as the outside's 1 where the outside began.
WM_INLINE constexpr ExactKey<2> key_of(u32 owner, u8 protocol, u32 inside, u32 outside, u16 inside_port,
                                       u16 outside_port) {
  return {{u64(inside) << 32 | outside,
           u64(owner & 0xffffff) << 40 | u64(protocol) << 32 | u64(outside_port) << 16 | inside_port}};
}

struct Segment {
  u32 sequence, acknowledgement;  // host order
  u8 flags;
};
constexpr u8 kTcpSteers = kTcpSyn | kTcpFin | kTcpRst;  // flags that may change a stage

// How far a sequence number may be from what the other side has acknowledged, in units of 64 KiB. No window is larger
// than 1 GiB (RFC 7323, 2.3): what is farther is nobody's. What changes the state must be as near as what is in flight
// may be: who guesses hits 64 MiB once in 32 times, and the 16 MiB of a reset or FIN once in 255.
constexpr int kFarthest = 1 << 14, kFarthestTold = 1 << 10, kFarthestEnd = 1 << 8;
WM_INLINE bool is_within(u64 state, Side from, u32 sequence, int behind, int ahead) {
  if (!knows(state, other(from))) return true;
  const int by = short(u16((sequence >> 16) - acknowledged(state, other(from))));
  return by >= -behind && by < ahead;
}
WM_INLINE bool is_near(u64 state, Side from, u32 sequence) {
  return is_within(state, from, sequence, kFarthest, kFarthest);
}
WM_INLINE bool may_end(u64 state, Side from, u32 sequence) { return is_within(state, from, sequence, 1, kFarthestEnd); }

// What a side has acknowledged, backwards as well: what a guess has changed, its next packet mends.
WM_INLINE u64 after_acknowledgement(u64 state, Side from, const Segment& s) {
  if (!(s.flags & kTcpAck)) return state;
  if (!knows(state, from)) return with_acknowledged(state, from, s.acknowledgement);
  const int ahead = short(u16((s.acknowledgement >> 16) - acknowledged(state, from)));
  if (ahead == 0 || ahead < -kFarthest || ahead >= kFarthest) return state;
  if (!is_within(state, from, s.sequence, kFarthestTold, kFarthestTold)) return state;
  return with_acknowledged(state, from, s.acknowledgement);
}

WM_INLINE constexpr bool is_over(Stage stage) {
  return stage == Stage::closed || stage == Stage::reset || stage == Stage::reset_by_outside;
}

// A segment of a flow that has been open: its state from here on. The segment is near, a reset may end it.
WM_INLINE u64 after_segment(u64 state, Side from, const Segment& s) {
  const Stage stage = stage_of(state);
  if (s.flags & kTcpRst) return in_stage(state, from == Side::inside ? Stage::reset : Stage::reset_by_outside);
  if (s.flags & kTcpSyn) {
    // Between the same ends as before a new connection: its SYN passed as any, and here is its answer.
    if (!is_over(stage) || !(s.flags & kTcpAck) || from == beginner(state)) return state;
    state = in_stage(state & kOutsideBegan, Stage::open);
    return with_acknowledged(with_acknowledged(state, from, s.acknowledgement), other(from), s.sequence);
  }
  const bool ends = s.flags & kTcpFin && may_end(state, from, s.sequence);
  state = after_acknowledgement(state, from, s);
  if (stage == Stage::reset || stage == Stage::reset_by_outside) {
    // Whom the reset was for goes on: it did not take it (RFC 5961, 3.2).
    if (from == (stage == Stage::reset ? Side::inside : Side::outside)) return state;
    const bool one = has_fin(state, Side::inside) || has_fin(state, Side::outside);
    const bool two = has_fin(state, Side::inside) && has_fin(state, Side::outside);
    state = in_stage(state, two ? Stage::closed : one ? Stage::closing : Stage::open);
  }
  if (!ends) return state;
  state |= kFin << u32(from);
  return in_stage(state, has_fin(state, other(from)) ? Stage::closed : Stage::closing);
}

// The first packet's state of a flow that `from` begins.
WM_INLINE u64 first_state(u8 protocol, Side from, const Segment& s) {
  const u64 began = from == Side::outside ? kOutsideBegan : 0;
  if (protocol == kProtoTcp) return with_acknowledged(in_stage(began, Stage::syn), other(from), s.sequence);
  if (protocol == kProtoIcmp4) return in_stage(began, Stage::query);
  const bool ports =
      protocol == kProtoUdp || protocol == kProtoUdpLite || protocol == kProtoDccp || protocol == kProtoSctp;
  return in_stage(began, ports ? Stage::datagram : Stage::other);
}

// What an embryo without TCP is once the other side has spoken.
WM_INLINE constexpr Stage answered_by_both(Stage stage) {
  return stage == Stage::datagram ? Stage::exchange : stage == Stage::query ? Stage::reply : Stage::both;
}

}  // namespace waymark::firewall
