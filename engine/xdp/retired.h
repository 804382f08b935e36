// What a swap took out of use. The kernel empties a table of jumps when its last descriptor or pin goes, even while a
// program still reads it; and a packet that is on its way when its link moves still runs the old program. So both are
// held for a moment.
#pragma once

#include <optional>
#include <utility>

#include "engine/xdp/links.h"
#include "engine/xdp/object.h"

namespace waymark {

inline Time now_monotonic() { return std::chrono::steady_clock::now().time_since_epoch(); }

class Retired {
 public:
  static constexpr Duration kMoment = std::chrono::milliseconds(100);  // a packet takes microseconds

  // The table of jumps that was pinned, where there was one, and what this process had loaded.
  Retired(Fd jumps, std::optional<Object> object);
  ~Retired();  // waits for what is left of kMoment
  Retired(const Retired&) = delete;
  Retired& operator=(const Retired&) = delete;

 private:
  Fd jumps_;
  std::optional<Object> object_;
  Time since_;
};

}  // namespace waymark
