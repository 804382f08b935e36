// Lab `guests`: everything that guests, files, load and half-done work can do to the control plane, while connections
// go through a director. None may break.
#pragma once

#include "lab/daemons.h"
#include "lab/verdict.h"

namespace waymark::lab {

Verdict run_guests(const Tools& tools, const Load& load, const Say& say);

}  // namespace waymark::lab
