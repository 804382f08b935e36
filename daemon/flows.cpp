#include "daemon/flows.h"

#include "core/firewall/bits.h"

namespace waymark {

namespace {

bool fits(const FlowFilter& filter, const FlowSeen& f) {
  if (filter.owner && *filter.owner != f.owner) return false;
  return !filter.address || *filter.address == f.inside || *filter.address == f.outside;
}

u32 idle_seconds(u64 word, const FlowClock& c, u32 shift) {
  return u32((u64(exact_age(word, c.ticks >> shift)) << shift) / c.ticks_per_second);
}

std::optional<FlowSeen> look(const u64* way, const ExactRecord4* record, const FlowClock& c, u32 shift) {
  const auto flow = read_flow(way, record);
  if (!flow) return std::nullopt;
  const firewall::FlowEnds ends = firewall::ends_in(flow->key);
  return FlowSeen{ends.owner,
                  ends.inside,
                  ends.outside,
                  ends.inside_port,
                  ends.outside_port,
                  ends.protocol,
                  firewall::stage_of(flow->state),
                  (flow->state & firewall::kOutsideBegan) != 0,
                  (flow->state & firewall::kGrace) != 0,
                  (flow->state & firewall::kLent) != 0,
                  u8(flow->user >> 32),
                  idle_seconds(flow->word, c, shift),
                  firewall::flow_word(flow->user, 0),
                  firewall::age_of(flow->user, c.birth, c.birth_bits) * c.birth_unit};
}

bool fits(const EdgeFlowFilter& filter, const EdgeFlowSeen& f) {
  if (filter.service && filter.service != f.service) return false;
  const auto& a = filter.address;
  return !a || *a == f.client || *a == f.own || a == f.anycast || a == f.server;
}

template <class F>
std::optional<EdgeFlowSeen> look_at(const u64* way, const typename F::Record* record, u32 place, const FlowClock& c,
                                    const EdgePlan& plan) {
  const u64 word = read_word(way);
  if (!u32(word) || phase_of(word) == ExactPhase::claimed || !record) return std::nullopt;
  const u64 state = begin_reading(record);
  edge::Known flow = {};
  const bool in_force = F::read(*plan.load, record, place, state, flow);
  if (!state || !end_reading(record, state)) return std::nullopt;
  EdgeFlowSeen seen{std::nullopt,
                    flow.ends.client,
                    flow.own,
                    std::nullopt,
                    std::nullopt,
                    flow.ends.protocol,
                    flow.ends.client_port,
                    flow.ends.port,
                    flow.number,
                    edge::stage_of(state),
                    idle_seconds(word, c, c.stamp_shift)};
  if (in_force) seen.anycast = flow.ends.anycast, seen.service = plan.services->service_of(flow.ends);
  if (state & edge::kLearnt) seen.server = flow.server;
  return seen;
}

// What `look` makes of each way of a table, if it fits: at most filter.most.
template <class Table, class Filter, class Seen, class Look>
void list(FlowEnv& env, const Filter& filter, std::vector<Seen>& out, const Look& look) {
  for (u32 b = 0; auto* bucket = Table::bucket(env, b); ++b)
    for (u32 way = 0; way < Table::kWays; ++way) {
      if (out.size() >= filter.most) return;
      if (const auto seen = look(&bucket->way[way], Table::record(env, b, way)); seen && fits(filter, *seen))
        out.push_back(*seen);
    }
}

}  // namespace

std::vector<FlowSeen> list_flows(Live& live, const FlowClock& c, const FlowFilter& filter) {
  std::vector<FlowSeen> out;
  FlowEnv env{live};
  const auto looks = [&c](u32 shift) {
    return [&c, shift](const u64* way, const ExactRecord4* record) { return look(way, record, c, shift); };
  };
  list<firewall::Flows>(env, filter, out, looks(c.stamp_shift));
  list<firewall::Embryos>(env, filter, out, looks(c.embryo_shift));
  return out;
}

std::vector<EdgeFlowSeen> list_edge_flows(Live& live, const FlowClock& c, const EdgePlan& plan,
                                          const EdgeFlowFilter& filter) {
  std::vector<EdgeFlowSeen> out;
  FlowEnv env{live};
  const auto in = [&]<class F>(F) {
    const auto* first = F::record(env, 0);
    list<typename F::Table>(env, filter, out, [&](const u64* way, const typename F::Record* record) {
      return look_at<F>(way, record, record ? u32(record - first) : 0, c, plan);
    });
  };
  in(edge::Six{});
  in(edge::Four{});
  return out;
}

const char* name_of(edge::Stage stage) {
  constexpr const char* kNames[edge::kStages] = {"none",  "syn",      "open",     "closing", "closed",
                                                 "reset", "datagram", "exchange", "query",   "reply"};
  return u32(stage) < edge::kStages ? kNames[u32(stage)] : "unknown";
}

const char* name_of(firewall::Stage stage) {
  using enum firewall::Stage;
  switch (stage) {
    case syn:
      return "syn";
    case answered:
      return "answered";
    case open:
      return "open";
    case closing:
      return "closing";
    case closed:
      return "closed";
    case reset:
      return "reset";
    case reset_by_outside:
      return "reset_by_outside";
    case datagram:
      return "datagram";
    case exchange:
      return "exchange";
    case query:
      return "query";
    case reply:
      return "reply";
    case other:
      return "other";
    case both:
      return "both";
  }
  return "unknown";
}

}  // namespace waymark
