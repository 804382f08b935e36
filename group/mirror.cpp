#include "group/mirror.h"

#include <algorithm>

namespace waymark::group {

namespace {

constexpr u64 stamp_field(u32 stamp) { return pack({0, 0, stamp, PinState::embryonic, false}); }

u32 told_stamp(u64 told, u32 way) { return u32(told >> way * kStampBits) & kStampMask; }
void set_told(u64& told, u32 way, u32 stamp) {
  told = (told & ~(u64(kStampMask) << way * kStampBits)) | u64(stamp) << way * kStampBits;
}
static_assert(kPinWays * kStampBits <= 64);

u64 with_age(u64 word, u32 stamp) {
  u32 age = pin_age(word, stamp);
  if (age > kStampMask - kStampsAhead) age = 0;
  return (word & ~stamp_field(kStampMask)) | stamp_field(age);
}

bool is_ours(u64 word) { return word && !(word & kMirrored) && unpack(word).state != PinState::embryonic; }

bool stands_in(const PinBucket& bucket, u32 fingerprint) {
  for (const u64& way : bucket.pin)
    if (u32(read_word(&way)) == fingerprint) return true;
  return false;
}

}  // namespace

namespace {

constexpr u64 kServiceHint = 0xffff;

}  // namespace

u64 identity_of_target(u64 scope, u64 end) {
  const u64 identity = (end & ~kServiceHint) | (scope & kServiceHint);
  return identity ? identity : 1;
}

// Whoever takes a slot into use, frees one, or tells that its service has changed, counts the node's incarnations on:
// where that number stands still, nothing changed. The whole table is megabytes, and this is asked every few
// milliseconds.
std::vector<SlotIdentity> SlotIdentities::refresh(const Live& live) {
  std::vector<SlotIdentity> changed;
  if (newest_ && newest_ == live.meta[0].next_incarnation) return changed;
  newest_ = live.meta[0].next_incarnation;
  slots_.resize(live.targets.size());
  for (u32 slot = 1; slot < slots_.size(); ++slot) {
    const Target& target = live.targets[slot];
    const SlotName& names = live.slot_names[slot];
    Slot& known = slots_[slot];
    if (!target.in_use && known.identity == 0) continue;
    const u64 identity = target.in_use ? identity_of_target(names.scope, target.end) : 0;
    if (identity != known.identity) changed.push_back({slot, identity});
    known = {identity, names.incarnation};
  }
  if (changed.empty()) return changed;
  by_identity_.clear();
  by_end_.clear();
  for (u32 slot = 1; slot < slots_.size(); ++slot) {
    const Slot& here = slots_[slot];
    if (here.identity == 0) continue;
    for (u32* best : {&by_identity_[here.identity], &by_end_[here.identity | kServiceHint]})
      if (*best == 0 || slots_[*best].incarnation < here.incarnation) *best = slot;
  }
  return changed;
}

std::vector<SlotIdentity> SlotIdentities::all() const {
  std::vector<SlotIdentity> list;
  for (u32 slot = 1; slot < slots_.size(); ++slot)
    if (slots_[slot].identity != 0) list.push_back({slot, slots_[slot].identity});
  return list;
}

u32 SlotIdentities::slot_of(u64 identity) const {
  if (const auto found = by_identity_.find(identity); found != by_identity_.end()) return found->second;
  const auto found = by_end_.find(identity | kServiceHint);
  return found == by_end_.end() ? 0 : found->second;
}

void Scanner::prime(const Live& live) {
  shadow_.assign(live.pins.size(), PinBucket{});
  next_ = 0;
  mirrored_ = 0;
  for (u32 b = 0; b < shadow_.size(); ++b)
    for (u32 way = 0; way < kPinWays; ++way) {
      const u64 word = read_word(&live.pins[b].pin[way]);
      shadow_[b].pin[way] = word;
      set_told(shadow_[b].spill, way, unpack(word).stamp);
      mirrored_ += (word & kMirrored) != 0;
    }
}

bool Scanner::is_news(u64 before, u64 now, u32 told) const {
  if (u32(before) != u32(now) || (before & kMirrored)) return true;
  const Pin old = unpack(before), pin = unpack(now);
  if (old.slot != pin.slot || old.state != pin.state || old.adopted != pin.adopted) return true;
  const u32 advance = (pin.stamp - told) & kStampMask;
  return advance <= kStampMask - kStampsAhead && advance >= std::max(1u, idle_(pin.slot, pin.state) / 4);
}

void Scanner::look_at(const Live& live, u32 index, u32 stamp, PinChanges& out) {
  const PinBucket& bucket = live.pins[index];
  PinBucket& shadow = shadow_[index];
  u64 differ = 0;
  for (u32 way = 0; way < kPinWays; ++way) differ |= read_word(&bucket.pin[way]) ^ shadow.pin[way];
  if (WM_LIKELY(!differ)) return;
  const u32 buckets = u32(live.pins.size());
  for (u32 way = 0; way < kPinWays; ++way) {
    const u64 before = shadow.pin[way], now = read_word(&bucket.pin[way]);
    if (before == now) continue;
    shadow.pin[way] = now;
    mirrored_ += (now & kMirrored) != 0;
    mirrored_ -= (before & kMirrored) != 0;
    if (is_ours(before) && u32(before) != u32(now) && !stands_in(bucket, u32(before)) &&
        !stands_in(live.pins[partner(index, u32(before), buckets)], u32(before)))
      out.gone.push_back({first_bucket(index, before, buckets), u32(before)});
    if (!is_ours(now) || !is_news(before, now, told_stamp(shadow.spill, way))) continue;
    set_told(shadow.spill, way, unpack(now).stamp);
    out.pins.push_back({index, with_age(now, stamp)});
  }
}

bool Scanner::scan(const Live& live, u32 stamp, u32 buckets, PinChanges& out) {
  if (shadow_.size() != live.pins.size()) {
    shadow_.assign(live.pins.size(), PinBucket{});
    next_ = 0;
    mirrored_ = 0;
  }
  const u32 all = u32(shadow_.size()), end = u32(std::min<u64>(u64(next_) + buckets, all));
  for (; next_ < end; ++next_) look_at(live, next_, stamp, out);
  if (next_ < all) return false;
  next_ = 0;
  return true;
}

bool read_pins(const Live& live, u32 stamp, u32& next, u32 buckets, bool lent_too, std::vector<PinRecord>& out) {
  const u32 all = u32(live.pins.size()), end = u32(std::min<u64>(u64(next) + buckets, all));
  for (; next < end; ++next)
    for (const u64& way : live.pins[next].pin) {
      const u64 word = read_word(&way);
      if (is_ours(word & ~kMirrored) && (lent_too || !(word & kMirrored))) out.push_back({next, with_age(word, stamp)});
    }
  return next >= all;
}

}  // namespace waymark::group
