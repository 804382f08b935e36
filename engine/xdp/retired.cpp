#include "engine/xdp/retired.h"

#include <thread>

namespace waymark {

Retired::Retired(Fd jumps, std::optional<Object> object)
    : jumps_(std::move(jumps)), object_(std::move(object)), since_(now_monotonic()) {}

Retired::~Retired() {
  if (const Duration left = since_ + kMoment - now_monotonic(); (jumps_ || object_) && left > Duration(0))
    std::this_thread::sleep_for(left);
}

}  // namespace waymark
