// How many questions a second the name server of lab `paths` answers: in XDP, and where its daemon alone does.
#pragma once

#include "lab/kit/verdict.h"
#include "lab/paths/fabric.h"

namespace waymark::lab {

// dnsperf asks beside POP 4 for some seconds each, on one core; XDP, and then the daemon, answer on another.
Status measure_answers(PathsFabric& fabric, Verdict& out);

}  // namespace waymark::lab
