// Lab `path_mtu`: small links behind a client and between director and server, downloads and uploads through both, by
// every tunnel; and what pings and traceroutes of a service show.
#pragma once

#include "lab/kit/daemons.h"
#include "lab/kit/verdict.h"

namespace waymark::lab {

Verdict run_path_mtu(const Tools& tools, const Say& say);

}  // namespace waymark::lab
