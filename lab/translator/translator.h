// Lab `translator`: hosts of one IP family speak with hosts of the other, through Waymark, and through TAYGA to
// compare.
#pragma once

#include "lab/kit/daemons.h"
#include "lab/kit/verdict.h"

namespace waymark::lab {

Verdict run_translator(const Tools& tools, const Say& say);
// The place with Waymark translating, and the ends' servers, all of which stay.
Status raise_translator(const Tools& tools);

}  // namespace waymark::lab
