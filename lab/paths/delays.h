// That names of lab `paths` lead by the path that is shortest as measured, whatever hops and files say.
#pragma once

#include "lab/kit/verdict.h"
#include "lab/paths/fabric.h"

namespace waymark::lab {

// c1's paths to s1: what links measure, what answers, `waymark paths`, `address explain` and traceroute say, and how
// long a ping takes by each.
Status ask_delays(const PathsFabric& fabric, Verdict& out);

// What the forwarders of long links did, beside load that took so long.
Status judge_long_links(LongLinks& links, const LongLinks::Report& before, Duration load, Verdict& out);

}  // namespace waymark::lab
