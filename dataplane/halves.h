// Another set of prefixes for a load that runs: written where no packet looks, then put in force by one word.
#pragma once

#include "dataplane/image.h"

namespace waymark {

// The prefixes' tables as packets see them. Both halves are in each.
struct PrefixHalves {
  std::span<PrefixBucket> prefixes;
  std::span<Mapping> mappings;
  Prefixes* lengths = nullptr;
};

// Whether nothing but the prefixes of `next` differs from what was loaded as `loaded`, and they fit: otherwise another
// load is due.
bool may_flip(const Image& loaded, const Image& next);

// Puts the prefixes of `next` in force. No packet that was under way at the last call may still be: at least 20 ms lie
// between two.
void flip(const PrefixHalves& halves, const Image& next);

}  // namespace waymark
