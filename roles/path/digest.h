// What all POPs must have alike, as numbers that can be compared: which addresses mean what, and what may pass.
#pragma once

#include <string>

#include "config/config.h"

namespace waymark::path {

// By part of the file. Zeros where there is no [path]. Keys of tags are in that of the plans, and none follows from it.
struct SharedDigest {
  u64 plans = 0, pops = 0, servers = 0, policies = 0;
  bool operator==(const SharedDigest&) const = default;
};
SharedDigest shared_digest(const Config& config);

// The parts with their names, in this order: "plans", "pops", "servers", "policies".
struct DigestPart {
  const char* name;
  u64 SharedDigest::*value;
};
inline constexpr DigestPart kDigestParts[] = {{"plans", &SharedDigest::plans},
                                              {"pops", &SharedDigest::pops},
                                              {"servers", &SharedDigest::servers},
                                              {"policies", &SharedDigest::policies}};

// "plans 0123456789abcdef, pops ..."
std::string text(const SharedDigest& digest);

}  // namespace waymark::path
