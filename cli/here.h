// `check --here`: what on this machine would keep a configuration from working, each with what to do about it.
#pragma once

#include "roles/here.h"

namespace waymark::cli {

// Looks at the current network namespace. Takes up to a second while next hops are asked for.
Findings look_here(const Config& config);

// Of that: what is on the interfaces of [engine], and what they and veths' other ends do to packets before XDP.
void look_at_interfaces(const Config& config, Findings& out);

}  // namespace waymark::cli
