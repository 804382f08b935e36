// The events of lab `site`, run at once on two equal sites: the real one, and the control with one switch off.
#pragma once

#include "lab/kit/daemons.h"
#include "lab/kit/verdict.h"

namespace waymark::lab {

Verdict run_site(const Tools& tools, const Load& load, const Say& say);

}  // namespace waymark::lab
