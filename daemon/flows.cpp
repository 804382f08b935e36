#include "daemon/flows.h"

namespace waymark {

namespace {

bool fits(const FlowFilter& filter, const FlowSeen& f) {
  if (filter.owner && *filter.owner != f.owner) return false;
  return !filter.address || *filter.address == f.inside || *filter.address == f.outside;
}

// A record as it was at one moment (core/exact.h); none where a packet claimed the way in that moment.
std::optional<FlowSeen> look(const u64* way, const ExactRecord4* record, u32 stamp, u32 shift, u32 per_second) {
  const u64 value = read_word(way);
  if (!u32(value) || phase_of(value) == ExactPhase::claimed || !record) return std::nullopt;
  order_loads();
  const u64 ends = read_word(&record->key[0]), rest = read_word(&record->key[1]), user = read_word(&record->user),
            state = read_word(&record->state);
  order_loads();
  if ((read_word(way) ^ value) & kExactIdentity || (state ^ state_seal(value)) & ~(kStateMask | kStateFrozen))
    return std::nullopt;
  return FlowSeen{u32(rest >> 40),
                  u32(ends >> 32),
                  u32(ends),
                  u16(rest),
                  u16(rest >> 16),
                  u8(rest >> 32),
                  firewall::stage_of(state),
                  (state & firewall::kOutsideBegan) != 0,
                  (state & firewall::kGrace) != 0,
                  u8(user >> 32),
                  u32((u64(exact_age(value, stamp)) << shift) / per_second)};
}

template <class Table>
void list(FlowEnv& env, u32 stamp, u32 shift, u32 per_second, const FlowFilter& filter, std::vector<FlowSeen>& out) {
  for (u32 b = 0; auto* bucket = Table::bucket(env, b); ++b)
    for (u32 way = 0; way < Table::kWays; ++way) {
      if (out.size() >= filter.most) return;
      if (const auto seen = look(&bucket->way[way], Table::record(env, b, way), stamp, shift, per_second);
          seen && fits(filter, *seen))
        out.push_back(*seen);
    }
}

}  // namespace

std::vector<FlowSeen> list_flows(Live& live, const FlowClock& c, const FlowFilter& filter) {
  std::vector<FlowSeen> out;
  FlowEnv env{live};
  list<FlowTable>(env, c.ticks >> c.stamp_shift, c.stamp_shift, c.ticks_per_second, filter, out);
  list<FlowEmbryos>(env, c.ticks >> c.embryo_shift, c.embryo_shift, c.ticks_per_second, filter, out);
  return out;
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
