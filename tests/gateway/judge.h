// What must hold of whatever a gateway makes of a frame, where no case says what to expect: nothing of one tenant's is
// ever another's. At the usual site (tests/gateway/cases.h).
#pragma once

#include <string>
#include <vector>

#include "dataplane/image.h"
#include "tests/gateway/cases.h"

namespace waymark::gateway_cases {

// Empty, or a sentence that says what is wrong with the frames that left for the one that came in.
std::string mixed_up(const Bytes& frame, const std::vector<Bytes>& out);

// Likewise of the neighbours that are known by now: none is beyond its overlay, or what its overlay may know.
std::string wrongly_known(const Live& live);

}  // namespace waymark::gateway_cases
