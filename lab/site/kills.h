// Lab `kills`: the director's daemon is killed with -9 a hundred times, wherever in its start or its work it is just
// then, while numbered packets cross the site at a rate that loses none when nobody is killed.
#pragma once

#include "lab/kit/daemons.h"
#include "lab/kit/verdict.h"

namespace waymark::lab {

Verdict run_kills(const Tools& tools, const Load& load, u32 kills, const Say& say);

}  // namespace waymark::lab
