// What the director says against what others know: interfaces against reasons, servers against pins.
#pragma once

#include <string>

#include "base/result.h"

namespace waymark::lab {

class Fabric;

// Each: the sentence that states the agreement, or the error that states the difference.

// Every packet that came in by its interfaces left by exactly one reason.
Result<std::string> reconcile(const Fabric& fabric);
// `show targets` says that this one is drained, and counts a pin at least for each connection that is open at it.
Result<std::string> reconcile_drained(Fabric& fabric, const std::string& target);

}  // namespace waymark::lab
