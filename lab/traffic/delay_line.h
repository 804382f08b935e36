// Frames on their way along a link that delays each by the same time: in order, and no more than there are places for.
// No I/O and no clock: who reads and writes frames passes the time in.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "core/types.h"

namespace waymark::lab {

class DelayLine {
 public:
  struct Frame {
    Time due = {};
    size_t length = 0;
    std::array<u8, 2048> bytes;
  };
  DelayLine(size_t most, Duration delay) : frames_(most), delay_(delay) {}

  // Holds for frames that arrive from now on. None overtakes another: after a decrease they wait for those before it.
  void set_delay(Duration delay) { delay_ = delay; }

  // Places to read frames into, in a row; empty: there is no room, and what arrives is lost.
  std::span<Frame> places();
  // The first `count` of them have their bytes and lengths now.
  void arrived(size_t count, Time now);

  // Frames whose time has come, in a row from the oldest on; there may be more once these are gone.
  std::span<Frame> due(Time now);
  void gone(size_t count);           // the first `count` of them
  std::optional<Time> next() const;  // when the oldest is due

  size_t size() const { return size_; }

 private:
  std::vector<Frame> frames_;  // a ring
  Duration delay_;
  size_t first_ = 0, size_ = 0;
};

}  // namespace waymark::lab
