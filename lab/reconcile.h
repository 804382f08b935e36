// The engine's counters against the interfaces' own: every packet that came in left by exactly one reason.
#pragma once

#include <string>

#include "base/result.h"

namespace waymark::lab {

class Fabric;

// The sentence that states the agreement, or the error that states the difference.
Result<std::string> reconcile(const Fabric& fabric);

}  // namespace waymark::lab
