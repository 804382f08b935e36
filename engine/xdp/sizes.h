// The sizes of pinned tables that a configuration decides, in its words; of all others Object::load() speaks.
#pragma once

#include <functional>

#include "base/result.h"
#include "dataplane/image.h"

namespace waymark {

// `table` gives a pinned table's descriptor by its name, or -1 where it is not pinned.
Status check_sizes(const std::function<int(const char*)>& table, const TableSizes& wanted);

// The table of pins has so many buckets, and so many are wanted.
Error other_pins(u32 have, u32 wanted);
Error other_flows(u32 have, u32 wanted);  // likewise of the firewall's flows
// And of the edge's flows and shared addresses, and of revoked ids.
Status check_roles(const Meta& have, const TableSizes& wanted);

}  // namespace waymark
