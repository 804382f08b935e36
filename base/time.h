// Time as the control machines see it: nanoseconds since the machine started (CLOCK_BOOTTIME), passed in, never read.
#pragma once

#include <chrono>

namespace waymark {

using Duration = std::chrono::nanoseconds;
using Time = std::chrono::nanoseconds;  // since boot; 0 is a valid time

}  // namespace waymark
