// The keys of a POP's tags: what people, members of the group and counters call each.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace waymark::path {

struct KnownKey {
  std::string plan;
  u32 epoch;
  bool makes;  // new addresses
  u32 place;   // of table::tag_uses
  u64 digest;  // the same for the same key of the same plan and epoch, and the key does not follow from it
  bool operator==(const KnownKey&) const = default;
};

// Those of the servers' plan, then of the clients', each by epoch. None without [path]. Of a configuration that passed
// its checks; kTagUses at most.
std::vector<KnownKey> known_keys(const Config& config);

}  // namespace waymark::path
