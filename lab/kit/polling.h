// A veth that takes what XDP at its other end sends.
#pragma once

#include <string>

#include "base/result.h"

namespace waymark::lab {

// A program on the interface that passes everything: a redirect into a veth is lost unless its other end polls, and
// what XDP sends back waits there for the next packet unless that end has a program. Unlike GRO it leaves frames as
// they came.
Status poll_without_merging(const std::string& netns, const std::string& interface);

}  // namespace waymark::lab
