// What the director says against what others know: interfaces against reasons, servers against pins.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "lab/traffic/stats.h"

namespace waymark::lab {

class Place;

// `waymark show WHAT` of a director, as JSON.
using Shown = std::function<Result<std::string>(const std::string&)>;

// Each: the sentence that states the agreement, or the error that states the difference.

// Every packet that came in by the director's interfaces left by exactly one reason.
Result<std::string> reconcile(const Place& place, const std::string& director, const Shown& show);
// `show targets` says that this one is drained, and counts a pin at least for each connection that is open at it.
Result<std::string> reconcile_drained(const Shown& show, const ServerReport& server, const std::string& target);

}  // namespace waymark::lab
