#include "daemon/flows.h"

#include "core/firewall/bits.h"

namespace waymark {

namespace {

bool fits(const FlowFilter& filter, const FlowSeen& f) {
  if (filter.owner && *filter.owner != f.owner) return false;
  return !filter.address || *filter.address == f.inside || *filter.address == f.outside;
}

std::optional<FlowSeen> look(const u64* way, const ExactRecord4* record, const FlowClock& c, u32 shift) {
  const u32 stamp = c.ticks >> shift;
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
                  u32((u64(exact_age(flow->word, stamp)) << shift) / c.ticks_per_second),
                  firewall::flow_word(flow->user, 0),
                  firewall::age_of(flow->user, c.birth, c.birth_bits) * c.birth_unit};
}

template <class Table>
void list(FlowEnv& env, const FlowClock& c, u32 shift, const FlowFilter& filter, std::vector<FlowSeen>& out) {
  for (u32 b = 0; auto* bucket = Table::bucket(env, b); ++b)
    for (u32 way = 0; way < Table::kWays; ++way) {
      if (out.size() >= filter.most) return;
      if (const auto seen = look(&bucket->way[way], Table::record(env, b, way), c, shift); seen && fits(filter, *seen))
        out.push_back(*seen);
    }
}

}  // namespace

std::vector<FlowSeen> list_flows(Live& live, const FlowClock& c, const FlowFilter& filter) {
  std::vector<FlowSeen> out;
  FlowEnv env{live};
  list<firewall::Flows>(env, c, c.stamp_shift, filter, out);
  list<firewall::Embryos>(env, c, c.embryo_shift, filter, out);
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
