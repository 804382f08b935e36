// Where a packet is on its way, from its addresses alone: which POPs are before this one, and which after it.
#pragma once

#include "core/plan.h"
#include "core/tables.h"
#include "roles/path/reasons.h"

namespace waymark::path {

// A path in one word, its first hop uppermost, seen from this POP: the hops on the client's side of it, the nearest
// one lowest, and those on the server's side, the nearest one uppermost. A POP that is not on it is at both of its
// ends.
struct Seat {
  u64 clientward, serverward;
  u8 on;    // 1: this POP is on it
  u8 good;  // 1: it is a path
};

// All hops at once, without a branch: each is read, whatever stands in the others.
WM_INLINE Seat seat_in(const OwnSettings& s, const Address& a) {
  const u64 path = read_bits(a, s.offset, s.bits) << s.behind;
  u64 rest = path, at = 0, found = 0, count = 0, open = 1;
  for (u32 i = 0; i < kMostHops; ++i) {
    const u64 hop = rest >> s.down;  // of 16 bits at most, so the highest bit of what follows is its sign
    const u64 mine = (unforeseen(hop ^ s.pop) - 1) >> 63;
    open &= (0 - unforeseen(hop)) >> 63;
    count += open;
    found += mine;
    at += mine * i;
    rest <<= s.width;
  }
  const u64 behind = count < s.hops ? path << (count * s.width & 63) : 0;
  // Each hop goes on from its own place, and has but one: so no packet goes in a circle.
  const bool good = count && found < 2 && !behind;
  const u64 on = unforeseen(found) & 1;
  const u64 others = 64 - (on * at + (1 - on) * count) * s.width, half = others >> 1;  // bits: 0 to 64
  return {path >> (half & 63) >> ((others - half) & 63), path << (at * s.width & 63) << on * s.width, u8(on), u8(good)};
}

// What is left of a packet's way. `back`: towards a client.
struct Leg {
  u64 before, after;  // hops, the nearest first
  u8 back;            // 1: the nearest of `before` is the uppermost, of `after` the lowest; else the other way round
  u8 on;              // 1: this POP is on the path
  u8 to_server, from_client, from_server;
  u32 last;  // the client's POP, where it goes to a client; else 0
};

// All legs become one to the verifier.
WM_INLINE void blur(Leg& leg) {
  const u32 unknown = forget(0);
  leg.back = (leg.back ^ unknown) & 1;
  leg.on = (leg.on ^ unknown) & 1;
  leg.to_server = (leg.to_server ^ unknown) & 1;
  leg.from_client = (leg.from_client ^ unknown) & 1;
  leg.from_server = (leg.from_server ^ unknown) & 1;
  leg.before ^= unknown;
  leg.after ^= unknown;
  leg.last ^= unknown;
}

// Takes the nearest hop off; 0: there is none.
WM_INLINE u32 take_hop(const OwnSettings& s, u64& hops, bool uppermost) {
  const u64 hop = uppermost ? hops >> s.down : hops & ((1ull << s.width) - 1);
  hops = uppermost ? hops << s.width : hops >> s.width;
  return u32(hop);
}

WM_INLINE bool is_client(const OwnSettings& s, const Address& a) { return in_prefix(s.clients, a); }
WM_INLINE bool is_server(const OwnSettings& s, const Address& a) { return in_prefix(s.servers, a); }

// kGoOn, or how the packet ends.
WM_INLINE Verdict read_leg(const OwnSettings& s, const Packet& p, Leg& leg) {
  const bool to_server = is_server(s, p.destination), to_client = !to_server && is_client(s, p.destination);
  leg = {0, 0, to_client, 0, to_server, is_client(s, p.source), is_server(s, p.source), 0};
  if (WM_UNLIKELY(!to_server && !to_client)) return why::no_plan;
  const u64 zeros = (p.destination.high & (to_server ? s.servers.zeros.high : s.clients.zeros.high)) |
                    (p.destination.low & (to_server ? s.servers.zeros.low : s.clients.zeros.low)) |
                    (leg.from_client && !zeros_hold(s.clients, p.source)) |
                    (leg.from_server && !zeros_hold(s.servers, p.source));
  if (WM_UNLIKELY(zeros)) return why::reserved_bits;
  if (to_client) {
    leg.last = u32(read_field(s.clients, FieldKind::pop, p.destination));
    if (!leg.from_server) return kGoOn;
  }
  const Seat seat = seat_in(s, to_server ? p.destination : p.source);
  if (WM_UNLIKELY(!seat.good)) return why::bad_path;
  leg.on = seat.on;
  const bool ends_here = to_client && leg.last == s.pop;  // with its client, wherever else on the path this POP is
  if (to_server) {
    leg.before = seat.on ? seat.clientward : 0;
    leg.after = seat.serverward;
  } else {
    leg.before = seat.on || ends_here ? seat.serverward : 0;
    leg.after = ends_here ? 0 : seat.clientward;
  }
  return kGoOn;
}

}  // namespace waymark::path
