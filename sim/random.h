// The only chance in a world: the same seed draws the same numbers.
#pragma once

#include <cstddef>

#include "base/time.h"
#include "core/hash.h"

namespace waymark::sim {

class Random {
 public:
  explicit Random(u64 seed) : state_(mix(seed)) {}

  u64 word() { return mix(state_ += 0x9e3779b97f4a7c15ull); }
  u32 below(std::size_t n) { return reduce(u32(word() >> 32), u32(n)); }  // 0 where n is 0
  bool chance(double p) { return p > 0 && double(word() >> 11) * 0x1p-53 < p; }
  Duration between(Duration least, Duration most) { return least + Duration(word() % u64((most - least).count() + 1)); }
  template <class List>
  auto& pick(List& list) {
    return list[below(list.size())];
  }

 private:
  u64 state_;
};

}  // namespace waymark::sim
