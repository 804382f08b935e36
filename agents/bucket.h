// A token bucket: at most so many a second, and as many at once.
#pragma once

#include <algorithm>

#include "base/time.h"
#include "core/types.h"

namespace waymark::agents {

class Bucket {
 public:
  explicit Bucket(u32 per_second) : per_second_(per_second), tokens_(per_second) {}
  bool take(Time now) {
    if (now > last_) {
      tokens_ =
          std::min<double>(per_second_, tokens_ + std::chrono::duration<double>(now - last_).count() * per_second_);
      last_ = now;
    }
    if (tokens_ < 1) return false;
    return tokens_ -= 1, true;
  }

 private:
  u32 per_second_;
  double tokens_;
  Time last_{};
};

}  // namespace waymark::agents
