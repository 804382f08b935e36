// What a loop's turns cost those who wait for it. It reads no clock: times are passed in.
#pragma once

#include <algorithm>

#include "base/time.h"
#include "core/types.h"

namespace waymark {

class Pauses {
 public:
  static constexpr Duration kAllowed = std::chrono::milliseconds(10);  // of a turn, before it counts as lost

  // A turn begins, and ends the one before. `worked` is the thread's CPU time so far.
  void turn(Time now, Duration worked) {
    if (turns_++) {
      const Duration pause = std::max(now - began_ - wait_, worked - worked_);
      longest_ = std::max(longest_, pause);
      lost_ = std::max(lost_ + std::max(Duration(0), pause - kAllowed), told_);
    }
    began_ = now;
    wait_ = Duration(0);
    worked_ = worked;
  }

  // Nothing was ready in the turn that began: it may wait for this long. What wakes it earlier is known to have worked
  // only as long as it used the CPU.
  void waits(Duration wait) { wait_ = wait; }

  // In which nothing was heard, of any turn.
  Duration longest() const { return longest_; }

  // What turns took beyond kAllowed, or woke late, with the turn that goes on; it never shrinks.
  Duration lost(Time now) {
    const Duration late = turns_ ? std::max(Duration(0), now - began_ - wait_ - kAllowed) : Duration(0);
    return told_ = std::max(told_, lost_ + late);
  }

 private:
  u64 turns_ = 0;
  Time began_{};
  Duration wait_{}, worked_{}, longest_{}, lost_{}, told_{};
};

}  // namespace waymark
