#include "node/edge_mirror.h"

#include <algorithm>

#include "core/exact_insert.h"
#include "dataplane/flow_env.h"
#include "roles/edge/packet_region.h"

namespace waymark {

namespace {

using edge::Flows;
using Flow = edge::FlowOf<edge::Six>;
using Region = edge::Region<FlowEnv>;
using edge::kLearning;
using edge::kLearnt;
using edge::Stage;
using edge::stage_of;

struct Read {
  u64 word, state;  // of the index; with its generation
  EdgeFlowRecord record;
};

// A flow as it was at one moment; none where there is none, or a packet was at it just then.
std::optional<Read> read_at(Region& region, u32 place, u64 prefix) {
  auto* bucket = Flows::bucket(region, place / Flows::kWays);
  const EdgeRecord* r = Flows::record(region, place / Flows::kWays, place % Flows::kWays);
  if (!bucket || !r) return std::nullopt;
  const u64 word = read_word(&bucket->way[place % Flows::kWays]);
  if (!u32(word) || !is_settled(word)) return std::nullopt;
  const u64 state = begin_reading(r);
  if (!state || (state ^ state_seal(word)) & ~(kStateMask | kStateFrozen)) return std::nullopt;
  EdgeFlowRecord out{prefix, place, {}, {}, state & kStateMask, read_word(&r->user)};
  for (u32 i = 0; i < std::size(out.key); ++i) out.key[i] = read_word(&r->key[i]);
  for (u32 i = 0; i < std::size(out.server); ++i) out.server[i] = read_word(&r->server[i]);
  if (!end_reading(r, state)) return std::nullopt;
  return Read{word, state, out};
}

// How far a flow has come: what a member says of an earlier stage is old.
u32 rank(Stage stage) { return u32(stage); }

u64 hash_of(const EdgeFlowRecord& r) {
  return (r.state & kLearnt ? hash_words(r.server[0], r.server[1], 0) : 0) + rank(stage_of(r.state)) + 1;
}

bool fits(const EdgeFlowRecord& r) {
  if (r.state & ~kStateMask || r.state & kLearning) return false;
  const Stage stage = stage_of(r.state);
  const u8 protocol = u8(r.key[3] >> 32);
  return protocol == kProtoTcp   ? stage >= Stage::open && stage <= Stage::reset
         : protocol == kProtoUdp ? stage == Stage::exchange
                                 : protocol == kProtoIcmp6 && stage == Stage::reply;
}

}  // namespace

void EdgeMirror::prime() {
  told_.assign(live_.edge_records.size(), Told{});
  next_ = 0;
  lent_ = 0;
  // Each region is one here: what stands where is all that matters.
  FlowEnv env{live_};
  Region all{env, 0};
  for (u32 place = 0; place < told_.size(); ++place)
    if (const auto flow = read_at(all, place, 0); flow && !is_tentative(stage_of(flow->state)))
      told_[place] = {flow->word, flow->record.user, hash_of(flow->record),
                      u16(flow->word >> kPinStampShift & kStampMask), false};
}

void EdgeMirror::forget_told(Told& told) {
  lent_ -= told.lent;
  told = {};
}

void EdgeMirror::look_at(const EdgeRegions& regions, u32 at, EdgeChanges& out) {
  const u32 places = regions.settings.buckets * Flows::kWays;
  FlowEnv env{live_};
  Region region{env, at / places * regions.settings.buckets};
  const u64 prefix = regions.prefixes[at / places];
  const u32 place = at % places;
  Told& told = told_[at];
  const auto* bucket = Flows::bucket(region, place / Flows::kWays);
  const EdgeRecord* record = Flows::record(region, place / Flows::kWays, place % Flows::kWays);
  if (!bucket || !record) return;
  const u64 now = read_word(&bucket->way[place % Flows::kWays]);
  if (WM_LIKELY(now == told.word)) return;
  const auto flow = read_at(region, place, prefix);
  // The next pass sees what comes of it.
  if (!flow && u32(now) && phase_of(now) == ExactPhase::claimed) return;
  if (flow && phase_of(now) == ExactPhase::live && (flow->state & kLearning || is_tentative(stage_of(flow->state))))
    return;
  const bool same = flow && told.user == flow->record.user && ((flow->word ^ told.word) & kExactIdentity) == 0;
  if (!same && told.user) {
    if (!told.lent) out.gone.push_back({prefix, place, told.user});
    forget_told(told);
  }
  told.word = now;
  if (!flow || !fits(flow->record)) return;
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

void EdgeMirror::scan(Time now, u32 slices, EdgeChanges& out) {
  const EdgeRegions regions = regions_(now);
  if (told_.size() != live_.edge_records.size()) prime();
  const u32 all = u32(std::min<u64>(told_.size(), u64(regions.prefixes.size()) * places_in_region(regions.settings)));
  if (next_ >= all) next_ = 0;
  const u32 end = u32(std::min<u64>(u64(next_) + all / slices + 1, all));
  for (; next_ < end; ++next_) look_at(regions, next_, out);
}

u32 EdgeMirror::buckets() const {
  const EdgeRegions regions = regions_(Time{});
  return regions.prefixes.size() > 1 ? regions.settings.buckets : 0;
}

bool EdgeMirror::read_all(u32& next, u32 buckets, std::vector<EdgeFlowRecord>& out) {
  const EdgeRegions regions = regions_(Time{});
  const u32 each = regions.settings.buckets, all = u32(regions.prefixes.size()) * each;
  const u32 end = u32(std::min<u64>(u64(next) + buckets, all));
  for (; next < end; ++next) {
    FlowEnv env{live_};
    Region region{env, next / each * each};
    for (u32 way = 0; way < Flows::kWays; ++way)
      if (const auto flow = read_at(region, next % each * Flows::kWays + way, regions.prefixes[next / each]);
          flow && fits(flow->record))
        out.push_back(flow->record);
  }
  return next >= all;
}

void EdgeMirror::apply(const std::vector<EdgeFlowRecord>& flows, Time now) {
  const EdgeRegions regions = regions_(now);
  if (!regions.settings.buckets) return;
  if (told_.size() != live_.edge_records.size()) prime();
  for (const EdgeFlowRecord& record : flows) apply_one(record, regions);
}

void EdgeMirror::apply_one(const EdgeFlowRecord& record, const EdgeRegions& regions) {
  const auto of = std::ranges::find(regions.prefixes, record.prefix);
  if (of == regions.prefixes.end()) return void(++counts_.unknown);
  const u32 number = u32(of - regions.prefixes.begin()), places = regions.settings.buckets * Flows::kWays;
  const bool named = record.place < places && edge::place_named(regions.settings, record.user) == record.place;
  if (!named || !fits(record)) return void(++counts_.refused);
  const u32 at = number * places + record.place;
  if (at >= told_.size()) return void(++counts_.refused);
  FlowEnv env{live_};
  Region region{env, number * regions.settings.buckets};
  const auto here = read_at(region, record.place, record.prefix);
  Told& told = told_[at];
  if (here && here->record.user != record.user) {
    // Another flow has the place by now. Flows of our own prefix begin here alone, so ours is the later one; of others'
    // the member whose prefix it is knows better.
    if (number == 0) return void(++counts_.kept);
    auto* bucket = Flows::bucket(region, record.place / Flows::kWays);
    EdgeRecord* r = Flows::record(region, record.place / Flows::kWays, record.place % Flows::kWays);
    if (!erase_fixed(Flow{&bucket->way[record.place % Flows::kWays], here->word, r, here->state, here->record.user,
                          record.place}))
      return void(++counts_.raced);
    forget_told(told);
  }
  const bool is_new = !here || here->record.user != record.user;
  if (is_new) {
    if (!put(record, regions, number)) return;
    ++counts_.applied;
  } else {
    if (!std::ranges::equal(here->record.key, record.key)) return void(++counts_.refused);
    const bool later = rank(stage_of(record.state)) >= rank(stage_of(here->record.state));
    auto* bucket = Flows::bucket(region, record.place / Flows::kWays);
    EdgeRecord* r = Flows::record(region, record.place / Flows::kWays, record.place % Flows::kWays);
    Flow flow{&bucket->way[record.place % Flows::kWays], here->word, r, here->state, here->record.user, record.place};
    const bool learns = record.state & kLearnt && !(here->record.state & kLearnt);
    if (!later || here->record.state & kLearning) return void(++counts_.kept);
    const u64 kept = here->record.state;
    const u64 after =
        edge::in_stage(kept | (record.state & (edge::kClientFin | edge::kServerFin)), stage_of(record.state));
    if (learns) {
      if (!change_state(flow, after | kLearning)) return void(++counts_.raced);
      write_word(&r->server[0], record.server[0]);
      write_word(&r->server[1], record.server[1]);
      __sync_fetch_and_xor(&r->state, kLearning | kLearnt);
    } else if (after != kept && !change_state(flow, after)) {
      return void(++counts_.raced);
    }
    if (!touch(flow, regions.stamp)) return void(++counts_.raced);
    ++(learns || after != kept ? counts_.applied : counts_.refreshed);
  }
  if (const auto now = read_at(region, record.place, record.prefix); now && now->record.user == record.user) {
    if (is_new) {
      lent_ += !told.lent;
      told.lent = true;
    } else if (told.user != record.user || (!told.lent && hash_of(here->record) != told.server)) {
      return;  // ours, and the next pass tells of it
    }
    told = {now->word, record.user, hash_of(now->record), u16(now->word >> kPinStampShift & kStampMask), told.lent};
  }
}

bool EdgeMirror::put(const EdgeFlowRecord& record, const EdgeRegions& regions, u32 number) {
  FlowEnv env{live_};
  Region region{env, number * regions.settings.buckets};
  const Flows::Key key = {{record.key[0], record.key[1], record.key[2], record.key[3]}};
  const PinPlace place = place_in(hash_key(live_.meta[0].pin_key, key), regions.settings.buckets);
  const u32 index = record.place / Flows::kWays, way = record.place % Flows::kWays;
  const u32 second = partner(place.bucket, place.fingerprint, regions.settings.buckets);
  if (index != place.bucket && index != second) return ++counts_.refused, false;
  // By the same ports there is another flow yet, which is over where this one began.
  const ExactLimits limits{regions.settings.buckets, 0, regions.settings.stale_stamps, 0};
  if (auto old = find_exact<Flows>(region, limits, place, key); old.word) {
    Told& told = told_[number * regions.settings.buckets * Flows::kWays + old.place];
    if (number == 0) return ++counts_.kept, false;
    if (!erase_fixed(old)) return ++counts_.raced, false;
    forget_told(told);
  }
  auto* first = Flows::bucket(region, place.bucket);
  auto* bucket = Flows::bucket(region, index);
  EdgeRecord* r = Flows::record(region, index, way);
  const bool spilled = index != place.bucket;
  const u64 found = read_word(&bucket->way[way]);
  if (u32(found)) return ++counts_.raced, false;
  if (spilled && !mark_spill(&first->spill, place.fingerprint)) return ++counts_.raced, false;
  const u64 claimed = claim_way(&bucket->way[way], found, place.fingerprint, regions.stamp, spilled);
  if (!claimed) return ++counts_.raced, false;
  open_record(r, claimed);
  write_word(&r->server[0], record.server[0]);
  write_word(&r->server[1], record.server[1]);
  // The first reply here takes the rare way, and marks the flow as used.
  const u64 state = edge::at_stamp(record.state, regions.stamp - 1);
  publish_tentative(
      &bucket->way[way], claimed, r, key, state, [&](EdgeRecord&, u32) { return record.user; }, record.place,
      regions.stamp);
  const u64 word = read_word(&bucket->way[way]);
  if (!settle(&bucket->way[way], word)) return ++counts_.raced, false;
  return true;
}

// Of one's own prefix only what is lent: a flow of another's ends where it began, and its use here was told there.
void EdgeMirror::erase(const std::vector<GoneEdgeFlow>& gone, Time now) {
  const EdgeRegions regions = regions_(now);
  if (told_.size() != live_.edge_records.size()) prime();
  const u32 places = regions.settings.buckets * Flows::kWays;
  for (const GoneEdgeFlow& g : gone) {
    const auto of = std::ranges::find(regions.prefixes, g.prefix);
    if (of == regions.prefixes.end()) {
      ++counts_.unknown;
      continue;
    }
    const u32 number = u32(of - regions.prefixes.begin()), at = number * places + g.place;
    if (g.place >= places || at >= told_.size()) {
      ++counts_.refused;
      continue;
    }
    Told& told = told_[at];
    if (number == 0 && !told.lent) continue;
    FlowEnv env{live_};
    Region region{env, number * regions.settings.buckets};
    const auto here = read_at(region, g.place, g.prefix);
    if (!here || here->record.user != g.user) continue;
    auto* bucket = Flows::bucket(region, g.place / Flows::kWays);
    EdgeRecord* r = Flows::record(region, g.place / Flows::kWays, g.place % Flows::kWays);
    if (!erase_fixed(Flow{&bucket->way[g.place % Flows::kWays], here->word, r, here->state, g.user, g.place})) continue;
    forget_told(told);
    ++counts_.erased;
  }
}

}  // namespace waymark
