// What a reload changed, for people: "+2 targets (web/s3, web/s4), -1 service (mail), weight of web/s1 10 -> 20".
#pragma once

#include <string>

#include "config/config.h"

namespace waymark {

// By names, a few of each kind in full and the others' number, at most some hundred bytes. "no difference" where
// nothing that a service or the node does is other than before.
std::string difference(const Config& before, const Config& after);

}  // namespace waymark
