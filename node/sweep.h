// The sweeper: counts pins by target, lets idle ones go, and tidies the spill filters. It shares the table with
// packets, so each change is a compare-and-swap that fails where a packet was there first. A table of millions is swept
// in parts, between which its caller does other things: a pin that moves or is proven meanwhile may be missed by this
// sweep, but not by the next one too, and for a filter it only matters that it has not changed since the last sweep.
#pragma once

#include <functional>
#include <vector>

#include "core/pins.h"
#include "dataplane/image.h"

namespace waymark {

// A service's idle times, in stamps.
struct IdleTimes {
  u32 tcp, udp;
};

// After how many stamps without a packet a pin goes.
u32 limit_of(PinState state, u32 embryo_stamps, u32 closing_stamps, const IdleTimes& idle);

struct SweepResult {
  u64 number = 0;         // 1 for the first sweep
  std::vector<u32> pins;  // by target slot, embryos included
  u64 proven = 0, embryonic = 0, closing = 0, datagram = 0, spilled = 0, mirrored = 0, adopted = 0, expired = 0;
  u64 filters_tidied = 0;
};

class Sweeper {
 public:
  using Idle = std::function<IdleTimes(u32 slot)>;

  // The next so many buckets of a pass over both tables, at the given stamp; of a new pass where none has begun. True
  // where that ended it: result() is whole then. `idle` is asked once per slot that has pins.
  bool step(Live& live, u32 stamp, u32 embryo_stamps, u32 closing_stamps, const Idle& idle, u32 buckets);
  const SweepResult& result() const { return result_; }
  bool midway() const { return phase_ != Phase::none; }

  // A whole pass at once.
  SweepResult sweep(Live& live, u32 stamp, u32 embryo_stamps, u32 closing_stamps, const Idle& idle) {
    while (!step(live, stamp, embryo_stamps, closing_stamps, idle, ~0u)) continue;
    return result_;
  }

 private:
  enum class Phase : u8 { none, filters, pins, embryos, tidying };
  struct Pass;
  void run(Pass& pass, u32 bucket);

  Phase phase_ = Phase::none;
  u32 next_ = 0;  // bucket
  SweepResult result_;
  std::vector<u64> needed_;     // the filter each bucket must still have
  std::vector<u64> spill_now_;  // the filters as this sweep found them
  // As the last sweep found them. A filter that has not changed since then covers only pins that were written before
  // this sweep began to look: what this sweep saw is then all it must cover.
  std::vector<u64> spill_before_;
  std::vector<IdleTimes> idle_;  // by slot, as of the step
  std::vector<u32> idle_of_;     // at which step that was
  u32 steps_ = 0;
  u64 sweeps_ = 0;
};

}  // namespace waymark
