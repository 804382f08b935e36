// Pins of a peer come into our table; the essay is in mirror.h.
#include <algorithm>

#include "group/mirror.h"

namespace waymark::group {

namespace {

constexpr u64 kSpilled = pack({0, 0, 0, PinState::embryonic, true});
constexpr int kAttempts = 4;  // where packets are there first again and again, the peer's next telling helps

// The table as the core's functions want it. Pins whose stamp looks ahead are fresh: ages count from a few stamps
// ahead.
struct LiveEnv {
  Live& live;
  Settings constants{};
  bool contended = false;

  LiveEnv(Live& tables, u32 stale_stamps) : live(tables) {
    constants.pin_buckets = u32(live.pins.size());
    constants.stale_stamps = std::min(stale_stamps + kStampsAhead, kStampMask);
  }
  const Settings& settings() const { return constants; }
  void note(Note note) { contended |= note == Note::pin_contended; }
  PinBucket* at(decltype(table::pins), u32 i) { return i < live.pins.size() ? &live.pins[i] : nullptr; }
};

// Whether a pin of this fingerprint that is not lent stands in one of its buckets, whichever of them is its first, and
// whatever the filters say: a liar may have named the other one.
bool has_own(const LiveEnv& env, const PinPlace& place) {
  const u32 second = partner(place.bucket, place.fingerprint, env.constants.pin_buckets);
  for (u32 bucket : {place.bucket, second})
    for (const u64& way : env.live.pins[bucket].pin)
      if (const u64 word = read_word(&way); u32(word) == place.fingerprint && !(word & kMirrored)) return true;
  return false;
}

void remove(LiveEnv& env, const PinPlace& place, u64 inserted) {
  const u32 second = partner(place.bucket, place.fingerprint, env.constants.pin_buckets);
  for (u32 bucket : {place.bucket, second})
    for (u64& way : env.live.pins[bucket].pin)
      if (const u64 word = read_word(&way); (word & ~kSpilled) == inserted) swap_word(&way, word, 0);
}

}  // namespace

Applier::Applier(Live& live, const SlotIdentities& ours, IdleStamps idle, u32 stale_stamps)
    : live_(live), ours_(ours), idle_(std::move(idle)), stale_stamps_(stale_stamps) {}

void Applier::set_slots(const std::vector<SlotIdentity>& changed) {
  for (const SlotIdentity& slot : changed)
    if (slot.identity == 0)
      theirs_.erase(slot.slot);
    else if (slot.slot < kMaxTargets)
      theirs_[slot.slot] = slot.identity;
}

void Applier::apply(const std::vector<PinRecord>& pins, u32 stamp) {
  constexpr size_t kAhead = 8;  // the table is larger than any cache, and a batch knows where it will go
  const u32 buckets = u32(live_.pins.size());
  auto fetch = [&](const PinRecord& r) {
    if (r.bucket >= buckets) return;
    __builtin_prefetch(&live_.pins[r.word >> 63 ? partner(r.bucket, u32(r.word), buckets) : r.bucket]);
  };
  for (size_t i = 0; i < pins.size(); ++i) {
    if (i + kAhead < pins.size()) fetch(pins[i + kAhead]);
    apply_one(pins[i], stamp);
  }
}

void Applier::apply_one(const PinRecord& record, u32 stamp) {
  const u32 buckets = u32(live_.pins.size());
  Pin pin = unpack(record.word);
  if (record.bucket >= buckets || pin.fingerprint == 0 || pin.state == PinState::embryonic) {
    ++counts_.refused;
    return;
  }
  const u32 age = pin.stamp;
  if (age > stale_stamps_) {
    ++counts_.kept;  // nobody's any more
    return;
  }
  const auto known = theirs_.find(pin.slot);
  pin.slot = known == theirs_.end() ? 0 : ours_.slot_of(known->second);
  if (pin.slot == 0) {
    ++counts_.unknown_target;
    return;
  }
  const PinPlace place = {pin.fingerprint,
                          pin.spilled ? partner(record.bucket, pin.fingerprint, buckets) : record.bucket, 0};
  const bool lent = pin.mirrored;
  pin.stamp = (stamp - age) & kStampMask;
  pin.spilled = false;
  pin.mirrored = true;
  LiveEnv env(live_, stale_stamps_);
  if (const Found found = find_pin(env, place); found.word)
    merge(found, pin, lent, stamp);
  else
    insert(place, pin, stamp);
}

bool Applier::is_dead(u32 slot) const {
  return slot < live_.targets.size() && (read_word(&live_.targets[slot].route) & kTargetDown);
}

bool Applier::is_over(const Pin& pin) const { return pin.state == PinState::closing || is_dead(pin.slot); }

// A pin of this flow is here. Ours stands, unless we are not sure of it and the peer is, or it is of a flow that is
// over: a client that uses a port again may have been sent to the peer, and what it opened there is the flow by now.
void Applier::merge(Found found, Pin pin, bool lent, u32 stamp) {
  const Pin here = unpack(found.value);
  Pin next = here;
  const bool sure = !lent && !pin.adopted && pin.state != PinState::closing;
  const bool anew = sure && !here.mirrored && here.slot != pin.slot && is_over(here) && !is_dead(pin.slot) &&
                    pin_age(found.value, stamp) >= ((stamp - pin.stamp) & kStampMask);
  const bool better = anew || (here.mirrored ? (!lent && !pin.adopted) || here.adopted : here.adopted && !pin.adopted);
  if (better) {
    next.slot = pin.slot;
    next.adopted = pin.adopted;
    if (here.mirrored || anew) next.state = pin.state;
  }
  if (anew) {
    next.mirrored = true;
    next.stamp = pin.stamp;
  }
  const bool newer = pin_age(found.value, stamp) <= kStampMask - kStampsAhead &&
                     pin_age(found.value, stamp) > ((stamp - pin.stamp) & kStampMask);
  if (here.mirrored && newer && next.slot == pin.slot) next.stamp = pin.stamp;
  const u64 word = pack(next);
  if (word == found.value)
    ++counts_.kept;
  else if (swap_word(found.word, found.value, word) != found.value)
    ++counts_.raced;
  else
    ++(better && (next.slot != here.slot || next.adopted != here.adopted || next.state != here.state)
           ? counts_.applied
           : counts_.refreshed);
}

void Applier::insert(const PinPlace& place, Pin pin, u32 stamp) {
  const u64 word = pack(pin);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    LiveEnv env(live_, stale_stamps_);
    if (has_own(env, place)) {
      ++counts_.kept;
      return;
    }
    if (!insert_pin(env, place, word, (stamp + kStampsAhead) & kStampMask)) {
      if (env.contended) continue;
      ++counts_.full;
      return;
    }
    if (!has_own(env, place)) {
      ++counts_.applied;
      return;
    }
    remove(env, place, word);  // a packet pinned the flow meanwhile, and its own pin is the right one
    break;
  }
  ++counts_.raced;
}

// Takes a lent pin back, unless it was used lately: then it is a third member's, to whom the flow went.
void Applier::erase(const std::vector<GonePin>& gone, u32 stamp) {
  LiveEnv env(live_, stale_stamps_);
  for (const GonePin& g : gone) {
    if (g.bucket >= live_.pins.size() || g.fingerprint == 0) {
      ++counts_.refused;
      continue;
    }
    const Found found = find_pin(env, {g.fingerprint, g.bucket, 0});
    if (!found.word || !(found.value & kMirrored)) continue;
    const Pin pin = unpack(found.value);
    const u32 age = pin_age(found.value, stamp);
    if (age > kStampMask - kStampsAhead || 2 * age < idle_(pin.slot, pin.state)) continue;
    if (swap_word(found.word, found.value, 0) == found.value) ++counts_.erased;
  }
}

}  // namespace waymark::group
