// Where libcrypto must not fail: what can is memory, or an algorithm that it lacks, and neither leaves anything to go
// on with.
#pragma once

#include <new>

namespace waymark {

inline void must(bool good) {
  if (!good) throw std::bad_alloc();
}

}  // namespace waymark
