#include "node/edge_mirror_regions.h"

#include <algorithm>
#include <optional>

#include "core/exact_insert.h"
#include "dataplane/flow_env.h"
#include "roles/edge/packet_region.h"

namespace waymark {

namespace {

using edge::Four;
using edge::kLearning;
using edge::kLearnt;
using edge::Six;
using edge::Stage;
using edge::stage_of;
using Region = edge::Region<FlowEnv>;

// How members name a flow's record, whose own words mean something at one node alone.
template <class F>
struct Wire;

template <>
struct Wire<Six> {
  static u32 regions(const EdgeRegions& r) { return u32(r.prefixes.size()); }
  static u64 name(const EdgeRegions& r, u32 region) { return r.prefixes[region]; }
  static auto& index(Live& live) { return live.edge_flows; }
  static void read(const EdgeRegions&, u32, const EdgeRecord* r, EdgeFlowRecord& out) {
    for (u32 i = 0; i < std::size(out.key); ++i) out.key[i] = read_word(&r->key[i]);
    for (u32 i = 0; i < std::size(out.server); ++i) out.server[i] = read_word(&r->server[i]);
    out.user = read_word(&r->user);
  }
  // Whether it can be where it says: its address names its place.
  static bool is_named(const EdgeRegions& r, u32, const EdgeFlowRecord& record) {
    return edge::place_named(r.settings, record.user) == record.place;
  }
  static u8 protocol(const EdgeFlowRecord& r) { return u8(r.key[3] >> 32); }
  static edge::Flows::Key key(const EdgeFlowRecord& r) { return {{r.key[0], r.key[1], r.key[2], r.key[3]}}; }
  static Address server(const EdgeFlowRecord& r) { return {r.server[0], r.server[1]}; }
  static bool has_room(FlowEnv&, const EdgeRegions&, u32, const EdgeFlowRecord&) { return true; }
  // Of a record that is just being written; its `user`.
  static u64 write(FlowEnv&, const EdgeRegions&, u32, const EdgeFlowRecord& told, EdgeRecord* r, u32, u64) {
    write_word(&r->server[0], told.server[0]);
    write_word(&r->server[1], told.server[1]);
    return told.user;
  }
};

// `user` of what is told: lowest of the first sequence number:26 | place in the pool of its region:16 | number:16.
template <>
struct Wire<Four> {
  static u32 regions(const EdgeRegions& r) { return u32(r.pools.size()); }
  static u64 name(const EdgeRegions& r, u32 region) { return r.pools[region].name; }
  static auto& index(Live& live) { return live.edge_flows4; }
  static u64 sequence_of(u64 state) { return (state & kStateMask) >> edge::kSequenceShift << 32; }
  static void read(const EdgeRegions& r, u32 region, const ExactRecord4* record, EdgeFlowRecord& out) {
    const u64 user = read_word(&record->user);
    const u32 slot = (u32(user) >> 16) - r.pools[region].first;
    for (u32 i = 0; i < std::size(record->key); ++i) out.key[i] = read_word(&record->key[i]);
    out.server[0] = user >> 32;
    out.user = sequence_of(out.state) | (slot & 0xffff) << 16 | (user & 0xffff);
  }
  static bool is_named(const EdgeRegions& r, u32 region, const EdgeFlowRecord& record) {
    const bool no_more =
        !record.key[2] && !record.key[3] && !record.server[1] && !(record.key[1] >> 40) && !(record.server[0] >> 32);
    return no_more && (u32(record.user) >> 16) < r.pools[region].count &&
           record.user >> 32 << 32 == sequence_of(record.state);
  }
  static u8 protocol(const EdgeFlowRecord& r) { return u8(r.key[1] >> 32); }
  static edge::Flows4::Key key(const EdgeFlowRecord& r) { return {{r.key[0], r.key[1]}}; }
  static Address server(const EdgeFlowRecord& r) { return address_of(be32{u32(r.server[0])}); }
  static u32 slot_of(const EdgeRegions& r, u32 region, const EdgeFlowRecord& told) {
    return r.pools[region].first + (u32(told.user) >> 16);
  }
  // A number of another member's pool is the flow's that was told last, as only that member gives them. One of our own
  // may be another flow's by now.
  static bool has_room(FlowEnv& env, const EdgeRegions& r, u32 region, const EdgeFlowRecord& told) {
    const u32* number = edge::number_at(env, slot_of(r, region, told), u16(told.user));
    return number && (region || !edge::is_taken(env, edge::read_number(number)));
  }
  static u64 write(FlowEnv& env, const EdgeRegions& r, u32 region, const EdgeFlowRecord& told, ExactRecord4*, u32 place,
                   u64 generation) {
    const u32 slot = slot_of(r, region, told);
    if (u32* number = edge::number_at(env, slot, u16(told.user))) edge::give_number(number, place, generation);
    return told.server[0] << 32 | slot << 16 | u16(told.user);
  }
};

// The region of a name; as many as there are where it is no region's here.
template <class F>
u32 region_named(const EdgeRegions& regions, u64 name) {
  u32 number = 0;
  while (number < Wire<F>::regions(regions) && Wire<F>::name(regions, number) != name) ++number;
  return number;
}

// How far a flow has come: what a member says of an earlier stage is old.
u32 rank(Stage stage) { return u32(stage); }

u64 hash_of(const EdgeFlowRecord& r) {
  return (r.state & kLearnt ? hash_words(r.server[0], r.server[1], 0) : 0) + rank(stage_of(r.state)) + 1;
}

template <class F>
bool fits(const EdgeFlowRecord& r) {
  if (r.state & ~kStateMask || r.state & kLearning) return false;
  const Stage stage = stage_of(r.state);
  const u8 protocol = Wire<F>::protocol(r);
  return protocol == kProtoTcp   ? stage >= Stage::open && stage <= Stage::reset
         : protocol == kProtoUdp ? stage == Stage::exchange
                                 : protocol == F::kIcmp && stage == Stage::reply;
}

template <class F>
bool is_same(const EdgeFlowRecord& a, const EdgeFlowRecord& b) {
  return a.user == b.user && (F::kSix || std::ranges::equal(a.key, b.key));
}

}  // namespace

template <class F>
struct EdgeRegionsMirror<F>::Seen {
  u64 word, state;  // of the index; with its generation
  EdgeFlowRecord record;
};

// A place of a region, whether a flow is there or not.
template <class F>
struct EdgeRegionsMirror<F>::Place {
  FlowEnv env;
  u32 region, place, buckets;  // in the region; that it has
  Region in{env, region* buckets};
  typename Table::Bucket* bucket = Table::bucket(in, place / Table::kWays);
  typename F::Record* record = Table::record(in, place / Table::kWays, place % Table::kWays);

  Place(Live& live, const EdgeRegions& regions, u32 number, u32 at)
      : env{live}, region(number), place(at), buckets(F::buckets(regions.settings)) {}
  Place(const Place&) = delete;
  u64* word() const { return &bucket->way[place % Table::kWays]; }
  u32 in_all() const { return region * buckets * Table::kWays + place; }
  edge::FlowOf<F> flow(const Seen& s) const {
    return {word(), s.word, record, s.state, read_word(&record->user), place};
  }

  // The flow as it was at one moment; none where there is none, or a packet was at it just then.
  std::optional<Seen> look(const EdgeRegions& regions) const {
    if (!bucket || !record) return std::nullopt;
    const u64 value = read_word(word());
    if (!u32(value) || !is_settled(value)) return std::nullopt;
    const u64 state = begin_reading(record);
    if (!state || (state ^ state_seal(value)) & ~(kStateMask | kStateFrozen)) return std::nullopt;
    EdgeFlowRecord out{Wire<F>::name(regions, region), place, {}, {}, state & kStateMask, 0};
    Wire<F>::read(regions, region, record, out);
    if (!end_reading(record, state)) return std::nullopt;
    return Seen{value, state, out};
  }
};

template <class F>
std::size_t EdgeRegionsMirror<F>::places() const {
  return Wire<F>::index(live_).size() * Table::kWays;
}

template <class F>
void EdgeRegionsMirror<F>::prime(const EdgeRegions& regions) {
  told_.assign(places(), Told{});
  next_ = 0;
  lent_ = 0;
  const u32 each = F::buckets(regions.settings) * Table::kWays;
  for (u32 at = 0; at < told_.size() && at / std::max(1u, each) < Wire<F>::regions(regions); ++at) {
    const Place place(live_, regions, at / each, at % each);
    if (const auto flow = place.look(regions); flow && !is_tentative(stage_of(flow->state)))
      told_[at] = {flow->word, flow->record.user, hash_of(flow->record), u16(flow->word >> kPinStampShift & kStampMask),
                   false};
  }
}

template <class F>
void EdgeRegionsMirror<F>::forget_told(Told& told) {
  lent_ -= told.lent;
  told = {};
}

template <class F>
void EdgeRegionsMirror<F>::look_at(const EdgeRegions& regions, u32 at, EdgeChanges& out) {
  const u32 each = F::buckets(regions.settings) * Table::kWays;
  const Place place(live_, regions, at / each, at % each);
  Told& told = told_[at];
  if (!place.bucket || !place.record) return;
  const u64 now = read_word(place.word());
  if (WM_LIKELY(now == told.word)) return;
  const auto flow = place.look(regions);
  // The next pass sees what comes of it.
  if (!flow && u32(now) && phase_of(now) == ExactPhase::claimed) return;
  if (flow && phase_of(now) == ExactPhase::live && (flow->state & kLearning || is_tentative(stage_of(flow->state))))
    return;
  const bool same = flow && told.user == flow->record.user && ((flow->word ^ told.word) & kExactIdentity) == 0;
  if (!same && told.user) {
    // Who comes by the same number takes its place where it is told.
    const bool replaced = flow && told.user == flow->record.user && fits<F>(flow->record);
    if (!told.lent && !replaced) out.gone.push_back({Wire<F>::name(regions, place.region), place.place, told.user});
    forget_told(told);
  }
  told.word = now;
  if (!flow || !fits<F>(flow->record) || !Wire<F>::is_named(regions, place.region, flow->record)) return;
  const u32 stamp = u32(flow->word >> kPinStampShift) & kStampMask;
  const u64 hash = hash_of(flow->record);
  const u32 advance = (stamp - told.stamp) & kStampMask;
  const bool forward = advance && advance < kStampMask / 2;
  const bool used = advance < kStampMask / 2 && advance >= std::max(1u, regions.idle(stage_of(flow->state)) / 4);
  const bool news = !same || hash != told.server;
  if (told.lent && (forward || news)) {  // a packet came by here
    told.lent = false;
    --lent_;
  }
  if (!news && !used) return;
  told.user = flow->record.user;
  told.server = hash;
  told.stamp = u16(stamp);
  out.flows.push_back(flow->record);
}

template <class F>
void EdgeRegionsMirror<F>::scan(const EdgeRegions& regions, u32 slices, EdgeChanges& out) {
  if (!is_sized()) prime(regions);
  const u64 wanted = u64(Wire<F>::regions(regions)) * F::buckets(regions.settings) * Table::kWays;
  const u32 all = u32(std::min<u64>(told_.size(), wanted));
  if (!all) return;
  if (next_ >= all) next_ = 0;
  const u32 end = u32(std::min<u64>(u64(next_) + all / slices + 1, all));
  for (; next_ < end; ++next_) look_at(regions, next_, out);
}

template <class F>
bool EdgeRegionsMirror<F>::read(const EdgeRegions& regions, u32 bucket, std::vector<EdgeFlowRecord>& out) const {
  const u32 each = F::buckets(regions.settings);
  if (!each || bucket / each >= Wire<F>::regions(regions)) return false;
  for (u32 way = 0; way < Table::kWays; ++way) {
    const Place place(live_, regions, bucket / each, bucket % each * Table::kWays + way);
    if (const auto flow = place.look(regions);
        flow && fits<F>(flow->record) && Wire<F>::is_named(regions, place.region, flow->record))
      out.push_back(flow->record);
  }
  return true;
}

template <class F>
bool EdgeRegionsMirror<F>::apply(const EdgeRegions& regions, const EdgeFlowRecord& record) {
  const u32 number = region_named<F>(regions, record.prefix);
  if (number == Wire<F>::regions(regions)) return false;
  if (!is_sized()) prime(regions);
  const bool is_in = record.place < u64(F::buckets(regions.settings)) * Table::kWays;
  if (!is_in || !Wire<F>::is_named(regions, number, record) || !fits<F>(record)) return ++counts_.refused, true;
  const Place place(live_, regions, number, record.place);
  const PinPlace home = place_in(hash_key(live_.meta[0].pin_key, Wire<F>::key(record)), place.buckets);
  const u32 bucket = record.place / Table::kWays;
  const bool is_home = bucket == home.bucket || bucket == partner(home.bucket, home.fingerprint, place.buckets);
  if (place.in_all() >= told_.size() || !is_home) return ++counts_.refused, true;
  const auto here = place.look(regions);
  Told& told = told_[place.in_all()];
  const bool is_new = !here || !is_same<F>(here->record, record);
  if (here && is_new) {
    // Another flow has the place by now. Flows of our own prefix begin here alone, so ours is the later one; of others'
    // the member whose prefix it is knows better.
    if (number == 0) return ++counts_.kept, true;
    if (!erase_fixed(place.flow(*here))) return ++counts_.raced, true;
    forget_told(told);
  }
  if (is_new ? !put(record, regions, place, home) : !change(record, regions, place, *here)) return true;
  if (const auto now = place.look(regions); now && is_same<F>(now->record, record)) {
    if (is_new) {
      lent_ += !told.lent;
      told.lent = true;
    } else if (told.user != record.user || (!told.lent && hash_of(here->record) != told.server)) {
      return true;  // ours, and the next pass tells of it
    }
    told = {now->word, record.user, hash_of(now->record), u16(now->word >> kPinStampShift & kStampMask), told.lent};
  }
  return true;
}

// Of a flow that is known: what is later than what is here.
template <class F>
bool EdgeRegionsMirror<F>::change(const EdgeFlowRecord& record, const EdgeRegions& regions, const Place& place,
                                  const Seen& here) {
  if (!std::ranges::equal(here.record.key, record.key)) return ++counts_.refused, false;
  const u64 kept = here.record.state;
  if (rank(stage_of(record.state)) < rank(stage_of(kept)) || kept & kLearning) return ++counts_.kept, false;
  const bool learns = record.state & kLearnt && !(kept & kLearnt);
  edge::FlowOf<F> flow = place.flow(here);
  const u64 after =
      edge::in_stage(kept | (record.state & (edge::kClientFin | edge::kServerFin)), stage_of(record.state));
  if (learns) {
    if (!change_state(flow, after | kLearning)) return ++counts_.raced, false;
    F::set_server(place.record, Wire<F>::server(record));
    __sync_fetch_and_xor(&place.record->state, kLearning | kLearnt);
  } else if (after != kept && !change_state(flow, after)) {
    return ++counts_.raced, false;
  }
  if (!touch(flow, regions.stamp)) return ++counts_.raced, false;
  ++(learns || after != kept ? counts_.applied : counts_.refreshed);
  return true;
}

template <class F>
bool EdgeRegionsMirror<F>::put(const EdgeFlowRecord& record, const EdgeRegions& regions, const Place& at,
                               const PinPlace& home) {
  FlowEnv env{live_};
  Region region{env, at.region * at.buckets};
  const typename Table::Key key = Wire<F>::key(record);
  const u32 index = record.place / Table::kWays;
  // By the same ports there is another flow yet, which is over where this one began.
  const ExactLimits limits{at.buckets, 0, regions.settings.stale_stamps, 0};
  if (auto old = find_exact<Table>(region, limits, home, key); old.word) {
    if (at.region == 0) return ++counts_.kept, false;
    if (!erase_fixed(old)) return ++counts_.raced, false;
    forget_told(told_[at.region * at.buckets * Table::kWays + old.place]);
  }
  if (!Wire<F>::has_room(env, regions, at.region, record)) return ++counts_.kept, false;
  auto* first = Table::bucket(region, home.bucket);
  const bool spilled = index != home.bucket;
  const u64 found = read_word(at.word());
  if (u32(found)) return ++counts_.raced, false;
  if (spilled && !mark_spill(&first->spill, home.fingerprint)) return ++counts_.raced, false;
  const u64 claimed = claim_way(at.word(), found, home.fingerprint, regions.stamp, spilled);
  if (!claimed) return ++counts_.raced, false;
  open_record(at.record, claimed);
  // The first reply here takes the rare way, and marks the flow as used.
  const u64 state = edge::at_stamp(record.state, regions.stamp - 1);
  publish_tentative(
      at.word(), claimed, at.record, key, state,
      [&](auto&, u32) {
        return Wire<F>::write(env, regions, at.region, record, at.record, at.in_all(), generation_of(claimed));
      },
      record.place, regions.stamp);
  const u64 word = read_word(at.word());
  if (!settle(at.word(), word)) return ++counts_.raced, false;
  ++counts_.applied;
  return true;
}

// Of one's own prefix only what is lent: a flow of another's ends where it began, and its use here was told there.
template <class F>
bool EdgeRegionsMirror<F>::erase(const EdgeRegions& regions, const GoneEdgeFlow& gone) {
  const u32 number = region_named<F>(regions, gone.prefix);
  if (number == Wire<F>::regions(regions)) return false;
  if (!is_sized()) prime(regions);
  if (gone.place >= u64(F::buckets(regions.settings)) * Table::kWays) return ++counts_.refused, true;
  const Place place(live_, regions, number, gone.place);
  if (place.in_all() >= told_.size()) return ++counts_.refused, true;
  Told& told = told_[place.in_all()];
  if (number == 0 && !told.lent) return true;
  const auto here = place.look(regions);
  if (!here || here->record.user != gone.user || !erase_fixed(place.flow(*here))) return true;
  forget_told(told);
  ++counts_.erased;
  return true;
}

template class EdgeRegionsMirror<Six>;
template class EdgeRegionsMirror<Four>;

}  // namespace waymark
