// A comparison with an earlier report of the same machine.
#pragma once

#include "bench/case.h"

namespace waymark::bench {

// Measures `cases` five times and prints each beside the report in `path`. False where a case's minimum was worse every
// time by more than 5% and by more than 5 ns.
Result<bool> compare(const std::vector<const NamedCase*>& cases, u32 runs, const std::string& path);

}  // namespace waymark::bench
