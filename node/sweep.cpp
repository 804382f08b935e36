#include "node/sweep.h"

#include <algorithm>
#include <optional>

namespace waymark {

namespace {

constexpr u64 kFilterMask = kSpillChange - 1;

// Who lent us a pin tells of its use only every quarter of its idle time.
u32 limit_of(const Pin& pin, u32 embryo_stamps, u32 closing_stamps, const IdleTimes& idle) {
  const u32 own = limit_of(pin.state, embryo_stamps, closing_stamps, idle);
  return pin.mirrored ? std::min(own + own / 2 + 1, kStampMask - 24) : own;
}

void tally(SweepResult& result, const Pin& pin) {
  ++result.pins[pin.slot];
  result.spilled += pin.spilled;
  result.mirrored += pin.mirrored;
  result.adopted += pin.adopted;
  switch (pin.state) {
    case PinState::embryonic:
      ++result.embryonic;
      break;
    case PinState::closing:
      ++result.closing;
      break;
    case PinState::datagram:
      ++result.datagram;
      break;
    case PinState::proven:
      ++result.proven;
      break;
  }
}

}  // namespace

u32 limit_of(PinState state, u32 embryo_stamps, u32 closing_stamps, const IdleTimes& idle) {
  switch (state) {
    case PinState::embryonic:
      return embryo_stamps;
    case PinState::closing:
      return closing_stamps;
    case PinState::datagram:
      return idle.udp;
    case PinState::proven:
      break;
  }
  return idle.tcp;
}

SweepResult Sweeper::sweep(Live& live, u32 stamp, u32 embryo_stamps, u32 closing_stamps,
                           const std::function<IdleTimes(u32 slot)>& idle) {
  SweepResult result;
  result.pins.resize(live.targets.size());
  std::vector<std::optional<IdleTimes>> known(live.targets.size());
  auto keep = [&](u64* way, u64 word) {  // true where the pin stays
    const Pin pin = unpack(word);
    if (pin.slot >= known.size()) return swap_word(way, word, 0) != word;  // no such slot: not a pin of ours
    if (!known[pin.slot]) known[pin.slot] = idle(pin.slot);
    const u32 age = pin_age(word, stamp);
    // A stamp just ahead of ours was written by a packet after we read the clock.
    const bool fresh = age > kStampMask - 8;
    if (!fresh && age > limit_of(pin, embryo_stamps, closing_stamps, *known[pin.slot]) &&
        swap_word(way, word, 0) == word) {
      ++result.expired;
      return false;
    }
    tally(result, pin);
    return true;
  };

  const u32 buckets = u32(live.pins.size());
  std::vector<u64> needed(buckets);  // the filter each bucket must still have
  std::vector<u64> spill_now(buckets);
  for (u32 b = 0; b < buckets; ++b) spill_now[b] = read_word(&live.pins[b].spill);
  for (u32 b = 0; b < buckets; ++b)
    for (u64& way : live.pins[b].pin) {
      const u64 word = read_word(&way);
      if (word && keep(&way, word) && word >> 63) needed[partner(b, u32(word), buckets)] |= spill_bit(u32(word));
    }
  for (EmbryoBucket& bucket : live.embryos)
    for (u64& way : bucket.pin)
      if (const u64 word = read_word(&way)) keep(&way, word);

  if (spill_before_.size() == buckets)
    for (u32 b = 0; b < buckets; ++b) {
      const u64 now = spill_now[b];
      if (now != spill_before_[b] || (now & kFilterMask) == needed[b]) continue;
      result.filters_tidied += swap_word(&live.pins[b].spill, now, (now & ~kFilterMask) | needed[b]) == now;
    }
  spill_before_ = std::move(spill_now);
  return result;
}

}  // namespace waymark
