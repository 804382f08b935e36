#include "group/flow_mirror.h"

#include <algorithm>

#include "core/exact_insert.h"
#include "core/firewall/pairs.h"
#include "group/mirror.h"

namespace waymark::group {

namespace {

using firewall::Embryos;
using firewall::Flows;
using firewall::kLent;
using firewall::Stage;
using firewall::stage_of;

u32 stamp_of(u64 word) { return u32(word >> kPinStampShift) & kStampMask; }

template <class Each>
void each_way(FlowEnv& env, u32 index, const Each& each) {
  auto* bucket = Flows::bucket(env, index);
  for (u32 way = 0; bucket && way < Flows::kWays; ++way) each(&bucket->way[way], Flows::record(env, index, way));
}

// Whether a flow of this fingerprint stands in one of its two buckets.
bool stands(FlowEnv& env, u32 index, u32 fingerprint, u32 buckets) {
  bool found = false;
  for (const u32 b : {index, partner(index, fingerprint, buckets)})
    each_way(env, b, [&](const u64* way, const ExactRecord4*) { found |= u32(read_word(way)) == fingerprint; });
  return found;
}

}  // namespace

void FlowScanner::prime(Live& live) {
  told_.assign(live.flows.size() * Flows::kWays, Told{});
  next_ = 0;
  lent_ = 0;
  FlowEnv env{live};
  for (u32 b = 0; b < live.flows.size(); ++b) {
    Told* told = &told_[b * Flows::kWays];
    each_way(env, b, [&](const u64* way, const ExactRecord4* record) {
      if (const auto flow = read_flow(way, record)) {
        *told = {flow->word, u16(stamp_of(flow->word)), u8(stage_of(flow->state)), (flow->state & kLent) != 0};
        lent_ += told->lent;
      }
      ++told;
    });
  }
}

void FlowScanner::look_at(FlowEnv& env, u32 index, const FlowTimes& times, FlowChanges& out) {
  Told* told = &told_[index * Flows::kWays];
  each_way(env, index, [&](const u64* way, const ExactRecord4* record) {
    Told& t = *told++;
    if (WM_LIKELY(read_word(way) == t.word)) return;
    const auto flow = read_flow(way, record);
    const u64 word = flow ? flow->word : 0;
    const bool same = ((word ^ t.word) & kExactIdentity) == 0 && word;
    if (!same) {
      // What moved to its other bucket is there before it is gone here.
      if (t.stage && !t.lent && !stands(env, index, u32(t.word), times.limits.buckets))
        out.gone.push_back({first_bucket(index, t.word, times.limits.buckets), u32(t.word)});
      lent_ -= t.lent;
      t = {};
    }
    t.word = word;
    if (!flow) return;
    const bool lent = flow->state & kLent;
    lent_ += lent;
    lent_ -= std::exchange(t.lent, lent);
    if (lent) return;
    const Stage stage = stage_of(flow->state);
    const u32 stamp = stamp_of(word), advance = (stamp - t.stamp) & kStampMask;
    const bool used = advance < kStampMask / 2 && advance >= std::max(1u, times.idle(stage) / 4);
    if (t.stage == u8(stage) && !used) return;
    t.stage = u8(stage);
    t.stamp = u16(stamp);
    out.flows.push_back({flow->key.word[0], flow->key.word[1], flow->state, flow->user});
  });
}

bool FlowScanner::scan(Live& live, const FlowTimes& times, u32 buckets, FlowChanges& out) {
  if (told_.size() != live.flows.size() * Flows::kWays) prime(live);
  FlowEnv env{live};
  const u32 all = u32(live.flows.size()), end = u32(std::min<u64>(u64(next_) + buckets, all));
  for (; next_ < end; ++next_) look_at(env, next_, times, out);
  if (next_ < all) return false;
  next_ = 0;
  return true;
}

bool read_flows(Live& live, u32& next, u32 buckets, std::vector<FlowRecord>& out) {
  FlowEnv env{live};
  const u32 all = u32(live.flows.size()), end = u32(std::min<u64>(u64(next) + buckets, all));
  for (; next < end; ++next)
    each_way(env, next, [&](const u64* way, const ExactRecord4* record) {
      if (const auto flow = read_flow(way, record))
        out.push_back({flow->key.word[0], flow->key.word[1], flow->state & ~kLent, flow->user});
    });
  return next >= all;
}

void FlowApplier::apply(const std::vector<FlowRecord>& flows, const FlowTimes& times) {
  if (!times.limits.buckets) return;
  for (const FlowRecord& record : flows) apply_one(record, times);
}

void FlowApplier::apply_one(const FlowRecord& record, const FlowTimes& times) {
  const ExactKey<2> key = {{record.ends, record.rest}};
  const Stage stage = stage_of(record.state);
  const auto is_of = [&](Stage first, Stage last) { return stage >= first && stage <= last; };
  const u8 protocol = firewall::ends_in(key).protocol;
  const bool fits = protocol == kProtoTcp     ? is_of(Stage::open, Stage::reset_by_outside)
                    : protocol == kProtoIcmp4 ? stage == Stage::reply
                                              : stage == Stage::exchange || stage == Stage::both;
  if (!fits || record.state & ~kStateMask || record.state & kLent || firewall::ends_in(key).owner == 0) {
    ++counts_.refused;
    return;
  }
  const ExactLimits& limits = times.limits;
  const PinPlace place = place_in(hash_key(live_.meta[0].pin_key, key), limits.buckets);
  const u64 state = record.state | kLent;
  FlowEnv env{live_};
  if (firewall::beginner(state) == firewall::Side::inside)
    keep_memo<firewall::Pairs>(env, place_in(firewall::pair_hash(live_.meta[0].pin_key, key), u32(live_.pairs.size())),
                               0, times.stamp);
  auto flow = find_exact<Flows>(env, limits, place, key);
  if (!flow.word) {
    // Half open here: our own packets say more of it than the other's past.
    if (find_exact_embryo<Embryos>(env, limits, place, key).word) return void(++counts_.kept);
    const Inserted how = insert_exact<Flows>(env, limits, place, key, state, record.user, times.stamp);
    ++(is_in(how) ? counts_.applied : how == Inserted::full ? counts_.full : counts_.raced);
    return;
  }
  if (!(flow.owners_state() & kLent)) return void(++counts_.kept);
  if (flow.user != record.user) {  // another flow by the same ports, with another address maybe
    const bool gone = erase_exact(flow);
    const Inserted how =
        gone ? insert_exact<Flows>(env, limits, place, key, state, record.user, times.stamp) : Inserted::contended;
    return void(++(is_in(how) ? counts_.applied : counts_.raced));
  }
  const bool changed = flow.owners_state() != state;
  if ((changed && !change_state(flow, state)) || !touch(flow, times.stamp)) return void(++counts_.raced);
  ++(changed ? counts_.applied : counts_.refreshed);
}

// Only what is lent, and was not used here.
void FlowApplier::erase(const std::vector<GoneFlow>& gone, const FlowTimes& times) {
  FlowEnv env{live_};
  for (const GoneFlow& g : gone) {
    if (g.bucket >= times.limits.buckets || !g.fingerprint) {
      ++counts_.refused;
      continue;
    }
    for (const u32 b : {g.bucket, partner(g.bucket, g.fingerprint, times.limits.buckets)})
      each_way(env, b, [&](u64* way, ExactRecord4* record) {
        if (u32(read_word(way)) != g.fingerprint) return;
        const auto flow = read_flow(way, record);
        if (!flow || !(flow->state & kLent)) return;
        counts_.erased += erase_exact(firewall::Flow{way, flow->word, record, flow->state, flow->user});
      });
  }
}

}  // namespace waymark::group
