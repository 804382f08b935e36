// The sweeper: counts pins by target, lets idle ones go, and tidies the spill filters. It shares the table with
// packets, so each change is a compare-and-swap that fails where a packet was there first.
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
  std::vector<u32> pins;  // by target slot, embryos included
  u64 proven = 0, embryonic = 0, closing = 0, datagram = 0, spilled = 0, mirrored = 0, adopted = 0, expired = 0;
  u64 filters_tidied = 0;
};

class Sweeper {
 public:
  // One pass over both tables at the given stamp. `idle` is asked once per slot that has pins.
  SweepResult sweep(Live& live, u32 stamp, u32 embryo_stamps, u32 closing_stamps,
                    const std::function<IdleTimes(u32 slot)>& idle);

 private:
  // The filters as the last sweep found them. A filter that has not changed since then covers only pins that were
  // written before this sweep began to look: what this sweep saw is then all it must cover.
  std::vector<u64> spill_before_;
};

}  // namespace waymark
