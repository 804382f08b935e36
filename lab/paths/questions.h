// What lab `paths` asks of its POPs while nothing happens.
#pragma once

#include "lab/kit/verdict.h"
#include "lab/paths/fabric.h"

namespace waymark::lab {

// Whom servers see, pings, downloads and uploads, the POPs that traceroute names, ports that a policy refuses, and
// addresses that nobody was given.
Status ask_paths(const PathsFabric& fabric, Verdict& out);

}  // namespace waymark::lab
