// A client's packet that may begin a flow, or change one.
#pragma once

#include "core/turn.h"
#include "roles/edge/packet_region.h"

namespace waymark::edge {

// Which two counters a client has.
struct Uses {
  u32 row[2];
};
WM_INLINE Uses uses_of(const OwnSettings& s, const Address& client) {
  Uses uses = {};
  for (u32 i = 0; i < 2; ++i) {
    const u32* key = s.use_key + 4 * i;
    const u64 hash =
        mix(nh(key, u32(client.high), u32(client.high >> 32)) + nh(key + 2, u32(client.low), u32(client.low >> 32)));
    uses.row[i] = i * kEdgeUseRow + u32(hash >> 32) % kEdgeUseRow;
  }
  return uses;
}

// Whether a client may have one more flow now; it then has one more. Of its two counters, which others count in as
// well, the lower one is nearer to the truth: refused is who is refused by both.
template <class E>
WM_INLINE Verdict take_room(E& env, const Address& client) {
  const OwnSettings& s = env.settings().role.edge;
  const Uses uses = uses_of(s, client);
  FlowCount* a = env.at(table::edge_uses, uses.row[0]);
  FlowCount* b = env.at(table::edge_uses, uses.row[1]);
  if (!a || !b) return why::many_flows;
  if (s.quota && read_word(&a->flows) >= s.quota && read_word(&b->flows) >= s.quota) return why::many_flows;
  if (s.interval) {
    const bool one = take_turn(&a->due, env.now(), s.interval, s.burst);
    const bool other = take_turn(&b->due, env.now(), s.interval, s.burst);
    if (!one && !other) return why::many_new;
  }
  __sync_fetch_and_add(&a->flows, 1);
  __sync_fetch_and_add(&b->flows, 1);
  return kGoOn;
}

WM_INLINE constexpr Stage first_stage(u8 protocol) {
  return protocol == kProtoTcp ? Stage::syn : protocol == kProtoUdp ? Stage::datagram : Stage::query;
}

template <class F, class E>
WM_INLINE Verdict begin_flow(E& env, const Work* w, const typename F::Table::Key& key, const PinPlace& place) {
  if (is_own<F>(env, w->p.source)) return why::own_source;
  if (const Verdict end = take_room(env, w->p.source); ended(end)) return end;
  const u64 state = u64(first_stage(w->p.protocol)) | sequence_bits(w->sequence);
  const Inserted how = insert_exact<typename F::Table>(
      env, limits_of<F>(env), place, key, state,
      [&](typename F::Record & record, u32 at) __attribute__((always_inline)) {
        return F::begin(env, record, at, key, w->ends.client, w->ends.client_port, w->sequence);
      },
      flow_stamp(env));
  if (how == Inserted::full) return why::table_full;
  if (how == Inserted::contended) return why::contended;
  if (how == Inserted::evicted) env.note(Note::edge_flow_evicted);
  if (how != Inserted::known) env.note(Note::edge_flow_begun);
  return kGoOn;
}

// What the flow's record says of where the client's packets go.
template <class F, class E>
WM_INLINE void know(E& env, Known& k, const Ends& ends, const FlowOf<F>& flow) {
  k.ends = ends;
  k.own = F::own_at(env, flow.place, flow.user);
  k.number = F::number(flow.user, ends.client_port);
  k.server = ends.anycast;
  if (WM_LIKELY(flow.state & kLearnt)) k.server = F::server(flow.record);
}

// Of a flow that there is: what this packet makes of it. False: it is another flow's first.
template <class F, class E>
WM_INLINE bool go_on(E& env, const Work* w, FlowOf<F>& flow) {
  const u8 flags = w->p.tcp_flags;
  const u64 state = flow.owners_state();
  u64 after = state;
  if (!F::has_own(flow.user)) return false;
  if (w->p.protocol == kProtoTcp) {
    if (is_plain_syn(flags) && (!began_with(state, w->sequence) || is_over(stage_of(state)))) return false;
    if (flags & kTcpRst)
      after = in_stage(state, Stage::reset);
    else if (flags & kTcpFin && !is_tentative(stage_of(state)))
      after = after_fin(state, kClientFin);
  }
  if (after != state) change_state(flow, after);  // where another packet was first, this one's retransmission does it
  touch(flow, flow_stamp(env));
  return true;
}

template <class F, class E>
WM_INLINE Verdict admit(E& env, Work* w) {
  const typename F::Table::Key key = F::key(w->ends);
  const PinPlace place = place_in(hash_key(env.settings().pin_key, key), limits_of<F>(env).buckets);
  FlowOf<F> flow = find_of<F>(env, key);
  if (!flow.word || !go_on<F>(env, w, flow)) {
    const bool tcp = w->p.protocol == kProtoTcp, syn = tcp && is_plain_syn(w->p.tcp_flags);
    // Another member's, and the client's packets come by here now.
    if (!flow.word) {
      flow = flow_elsewhere<F>(env, w);
      if (flow.word) {
        go_on<F>(env, w, flow);
        know<F>(env, w->flow, w->ends, flow);
        w->place = flow.place;
        return kGoOn;
      }
    }
    if (tcp && !syn) return why::unknown_flow;
    if (flow.word && !erase_fixed(flow)) return why::contended;
    if (const Verdict end = begin_flow<F>(env, w, key, place); ended(end)) return end;
    flow = find_of<F>(env, key);
    if (!flow.word) return why::contended;
    if (!F::has_own(flow.user)) {
      erase_fixed(flow);
      return why::no_number;
    }
  }
  know<F>(env, w->flow, w->ends, flow);
  w->place = flow.place;
  return kGoOn;
}

// A packet of a flow that its key names.
template <class F>
struct admit_of {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    Work* w = env.template scratch<Work>();
    if (!w) return pack_verdict(why::contended);
    const Verdict end = admit<F>(env, w);
    if (ended(end)) return pack_verdict(end);
    if (w->part.is) keep_followed(env, Follows::fragment, w->p.source, w->p.destination, w->part.id, w->place);
    set_out<F>(w->to, w->p, w->part, w->flow);
    return pack_verdict(kGoOn);
  }
};
struct admit_step : admit_of<Six> {};
struct admit4_step : admit_of<Four> {};

}  // namespace waymark::edge
