// The events of lab `group`, run at once on two equal groups: the real one, and the control, whose directors neither
// share pins nor name second candidates.
#pragma once

#include "lab/kit/daemons.h"
#include "lab/kit/verdict.h"

namespace waymark::lab {

Verdict run_group(const Tools& tools, const Load& load, const Say& say);

}  // namespace waymark::lab
