// `check --here`: what on this machine would keep a configuration from working, each with what to do about it.
#pragma once

#include "roles/here.h"

namespace waymark::cli {

// Looks at the current network namespace. Takes up to a second while next hops are asked for.
Findings look_here(const Config& config);

}  // namespace waymark::cli
