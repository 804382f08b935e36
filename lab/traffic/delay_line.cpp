#include "lab/traffic/delay_line.h"

#include <algorithm>

namespace waymark::lab {

std::span<DelayLine::Frame> DelayLine::places() {
  const size_t begin = (first_ + size_) % frames_.size();
  return {&frames_[begin], std::min(frames_.size() - size_, frames_.size() - begin)};
}

void DelayLine::arrived(size_t count, Time now) {
  for (Frame& frame : places().first(count)) frame.due = now + delay_;
  size_ += count;
}

std::span<DelayLine::Frame> DelayLine::due(Time now) {
  size_t count = 0;
  const size_t row = std::min(size_, frames_.size() - first_);
  while (count < row && frames_[first_ + count].due <= now) ++count;
  return {&frames_[first_], count};
}

void DelayLine::gone(size_t count) {
  first_ = (first_ + count) % frames_.size();
  size_ -= count;
}

std::optional<Time> DelayLine::next() const { return size_ ? std::optional(frames_[first_].due) : std::nullopt; }

}  // namespace waymark::lab
