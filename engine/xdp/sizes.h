// The sizes of pinned tables that a configuration decides, in its words; of all others Object::load() speaks.
#pragma once

#include "base/result.h"
#include "dataplane/image.h"

namespace waymark {

// `pins` and `targets`: the tables' descriptors, or -1 where they are not pinned.
Status check_sizes(int pins, int targets, const TableSizes& wanted);

// The table of pins has so many buckets, and so many are wanted.
Error other_pins(u32 have, u32 wanted);

}  // namespace waymark
