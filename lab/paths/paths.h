// Lab `paths`: clients reach servers over five POPs by the paths in the servers' addresses, while a POP is lost and all
// daemons die; and the same where a policy forbids to pass that POP by.
#pragma once

#include "lab/kit/daemons.h"
#include "lab/kit/verdict.h"

namespace waymark::lab {

Verdict run_paths(const Tools& tools, const Say& say);
// The POPs with clients and servers, all of which stay. What can be tried there, a command each.
Result<std::vector<std::string>> raise_paths(const Tools& tools);

}  // namespace waymark::lab
