// Lab `guests`: everything that guests, files, load and half-done work can do to the control plane, while connections
// go through a director. None may break.
#pragma once

#include "lab/kit/daemons.h"
#include "lab/kit/verdict.h"

namespace waymark::lab {

Verdict run_guests(const Tools& tools, const Load& load, const Say& say);

}  // namespace waymark::lab
