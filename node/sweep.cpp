#include "node/sweep.h"

#include <algorithm>
#include <utility>

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

struct Sweeper::Pass {
  Sweeper& sweeper;
  Live& live;
  const u32 stamp, embryo_stamps, closing_stamps;
  const Idle& idle;

  const IdleTimes& idle_of(u32 slot) {
    if (std::exchange(sweeper.idle_of_[slot], sweeper.steps_) != sweeper.steps_) sweeper.idle_[slot] = idle(slot);
    return sweeper.idle_[slot];
  }

  bool keep(u64* way, u64 word) {  // true where the pin stays
    const Pin pin = unpack(word);
    if (pin.slot >= sweeper.idle_.size()) return swap_word(way, word, 0) != word;  // no such slot: not a pin of ours
    const u32 age = pin_age(word, stamp);
    // A stamp just ahead of ours was written by a packet after we read the clock.
    const bool fresh = age > kStampMask - 8;
    if (!fresh && age > limit_of(pin, embryo_stamps, closing_stamps, idle_of(pin.slot)) &&
        swap_word(way, word, 0) == word) {
      ++sweeper.result_.expired;
      return false;
    }
    tally(sweeper.result_, pin);
    return true;
  }
};

void Sweeper::run(Pass& pass, u32 b) {
  Live& live = pass.live;
  const u32 buckets = u32(live.pins.size());
  switch (phase_) {
    case Phase::none:
      break;
    case Phase::filters:
      spill_now_[b] = read_word(&live.pins[b].spill);
      break;
    case Phase::pins:
      for (u64& way : live.pins[b].pin) {
        const u64 word = read_word(&way);
        if (word && pass.keep(&way, word) && word >> 63)
          needed_[partner(b, u32(word), buckets)] |= spill_bit(u32(word));
      }
      break;
    case Phase::embryos:
      for (u64& way : live.embryos[b].pin)
        if (const u64 word = read_word(&way)) pass.keep(&way, word);
      break;
    case Phase::tidying:
      if (spill_before_.size() != buckets) break;
      const u64 now = spill_now_[b];
      if (now != spill_before_[b] || (now & kFilterMask) == needed_[b]) break;
      result_.filters_tidied += swap_word(&live.pins[b].spill, now, (now & ~kFilterMask) | needed_[b]) == now;
  }
}

bool Sweeper::step(Live& live, u32 stamp, u32 embryo_stamps, u32 closing_stamps, const Idle& idle, u32 buckets) {
  if (phase_ == Phase::none) {
    phase_ = Phase::filters;
    next_ = 0;
    result_ = {};
    result_.pins.resize(live.targets.size());
    needed_.assign(live.pins.size(), 0);
    spill_now_.resize(live.pins.size());
  }
  ++steps_;
  idle_.resize(live.targets.size());
  idle_of_.resize(live.targets.size());
  Pass pass{*this, live, stamp, embryo_stamps, closing_stamps, idle};
  for (;;) {
    const u32 all = u32(phase_ == Phase::embryos ? live.embryos.size() : live.pins.size());
    for (; next_ < all && buckets; ++next_, --buckets) run(pass, next_);
    if (next_ < all) return false;
    next_ = 0;
    if (phase_ == Phase::tidying) break;
    phase_ = Phase(u8(phase_) + 1);
  }
  phase_ = Phase::none;
  result_.number = ++sweeps_;
  std::swap(spill_before_, spill_now_);
  return true;
}

}  // namespace waymark
