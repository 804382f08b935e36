// Lab `edge`: clients reach an anycast service at three sites, by edges that hide that it is one, while routes flip,
// spread and vanish; and the same without edges.
#pragma once

#include "lab/kit/daemons.h"
#include "lab/kit/verdict.h"

namespace waymark::lab {

Verdict run_edge(const Tools& tools, const Say& say);
// The site with its edges, directors and servers, all of which stay.
Status raise_edge(const Tools& tools);

}  // namespace waymark::lab
