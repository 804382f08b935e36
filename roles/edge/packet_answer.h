// A packet to a flow's own address that may teach its server, or change its stage.
#pragma once

#include "roles/edge/packet_work.h"

namespace waymark::edge {

// Whether a service's genuine replies may come from an address.
constexpr u32 kMostServersOfService = 16;
template <class E>
WM_INLINE bool is_server(E& env, u32 service, const Address& from) {
  const EdgeService* s = env.at(table::edge_services, service);
  if (!s) return false;
  u32 found = 0;
  for (u32 i = 0; i < kMostServersOfService; ++i) {
    const EdgeServer* server = env.at(table::edge_servers, s->first + i);
    if (!server) break;
    const u64 differs =
        ((from.high ^ server->high) & server->high_mask) | ((from.low ^ server->low) & server->low_mask);
    found |= forget(!differs && i < s->count);
  }
  return found;
}

// The service that takes what this flow sends; kNoService where a reload took it away. A ping is of the first service
// of its address.
constexpr u32 kNoService = ~0u;
template <class F, class E>
WM_INLINE u32 service_of(E& env, const Ends& ends) {
  const Front* front = front_at<F>(env, env.settings().role.edge.zone, ends.anycast);
  if (!front || !has_rules(front)) return kNoService;
  const Rule* rule = front->rule_count ? env.at(table::rules, front->index) : &front->rule[0];
  if (ends.protocol != F::kIcmp) rule = find_rule(env, front, ends.protocol, ends.port);
  return rule ? rule->service : kNoService;
}

// What a reply makes of a flow: its state, or how it ends.
struct Heard {
  u64 state;
  Verdict end;
};
WM_INLINE Heard hear(u64 state, const Work* w, bool teaches) {
  const Stage stage = stage_of(state);
  if (w->p.protocol != kProtoTcp)
    return {in_stage(state, w->p.protocol == kProtoUdp ? Stage::exchange : Stage::reply), kGoOn};
  const u8 flags = w->p.tcp_flags;
  if (stage == Stage::syn) {
    const bool right = flags & kTcpAck && w->acknowledgement == u32(w->flow.sequence) + 1;
    if (!right || !(flags & (kTcpSyn | kTcpRst)) || flags & kTcpFin) return {state, why::wrong_acknowledgement};
    return {in_stage(state, flags & kTcpRst ? Stage::reset : Stage::open), kGoOn};
  }
  if (teaches) return {state, why::wrong_server};  // the flow is open, and stays anycast
  if (flags & kTcpRst) return {in_stage(state, Stage::reset), kGoOn};
  return {flags & kTcpFin ? after_fin(state, kServerFin) : state, kGoOn};
}

// The server's address is written while nobody else may, and then the bit that makes it the flow's.
template <class F, class E>
WM_INLINE Verdict learn(E& env, FlowOf<F>& flow, u64 after, const Address& server) {
  if (flow.state & kLearning || !change_state(flow, after | kLearning)) return why::contended;
  F::set_server(flow.record, server);
  __sync_fetch_and_xor(&flow.record->state, kLearning | kLearnt);
  env.note(Note::edge_server_learnt);
  return kGoOn;
}

template <class F>
struct answer_of {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    Work* w = env.template scratch<Work>();
    if (!w) return pack_verdict(why::contended);
    return pack_verdict(run_on(env, w));
  }

 private:
  template <class E>
  static WM_INLINE Verdict run_on(E& env, Work* w) {
    using Table = typename F::Table;
    const u32 place = w->place, bucket_index = place / Table::kWays, way = forget(place % Table::kWays);
    auto* bucket = Table::bucket(env, bucket_index);
    auto* record = Table::record(env, bucket_index, way);
    if (!bucket || !record || way >= Table::kWays) return why::no_such_flow;
    const u64 word = read_word(nth<Table::kWays>(bucket->way, way));
    if ((w->state ^ state_seal(word)) & ~(kStateMask | kStateFrozen)) return why::no_such_flow;
    FlowOf<F> flow = {nth<Table::kWays>(bucket->way, way), word, record, w->state, 0, place};
    const u64 state = flow.owners_state();
    const bool expected = w->p.source == w->flow.server;
    const bool teaches = !expected && !(state & kLearnt);
    if (!expected && !teaches) return why::wrong_server;
    if (teaches && !is_server(env, service_of<F>(env, w->flow.ends), w->p.source)) return why::wrong_server;
    const Heard heard = hear(state, w, teaches);
    if (ended(heard.end)) return heard.end;
    const u64 after = at_stamp(heard.state, flow_stamp(env));
    const bool begins = is_tentative(stage_of(state)) && stage_of(after) != Stage::reset;
    if (begins && !settle(flow.word, flow.value)) return why::contended;
    if (begins) flow.value = in_phase(flow.value, ExactPhase::live);
    // A reset teaches nothing: whoever sent it is not there.
    if (teaches && stage_of(after) != Stage::reset) {
      if (const Verdict end = learn<F>(env, flow, after, w->p.source); ended(end)) return end;
    } else if (after != state && !change_state(flow, after) && begins) {
      return why::contended;
    }
    touch(flow, flow_stamp(env));
    return kGoOn;
  }
};
struct answer_step : answer_of<Six> {};
struct answer4_step : answer_of<Four> {};

}  // namespace waymark::edge
