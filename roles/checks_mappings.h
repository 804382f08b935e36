// Prefixes and maps between IPv4 and IPv6, as several roles have them: each look-up must have one answer.
#pragma once

#include <unordered_map>

#include "config/checks.h"
#include "config/mappings.h"

namespace waymark::config {

struct PrefixHash {
  std::size_t operator()(const Prefix& p) const { return AddressHash()(p.address) * 131 + p.length; }
};
using Seen = std::unordered_map<Prefix, const Prefix*, PrefixHash>;

// Says where a prefix stood first that comes again. `twice`: "is mapped twice".
void check_once(Checking& in, Seen& seen, const Prefix& prefix, std::string_view twice);

// `whose`: "the translator".
void check_prefixes(Checking& in, const std::vector<EmbeddingConfig>& all_prefixes, std::string_view whose);
void check_maps(Checking& in, const std::vector<AddressMapConfig>& maps);
// MTUs that routers may have meant, falling (RFC 1191, 7.1). `whose`: "[translator]".
void check_plateaus(Checking& in, const std::vector<u32>& plateaus, std::string_view whose);

}  // namespace waymark::config
