// What stands for what between IPv4 and IPv6, as packets look it up. Pure and deterministic.
#pragma once

#include <vector>

#include "config/mappings.h"
#include "core/prefix.h"
#include "core/translate/records.h"

namespace waymark {

// An explicit pair (RFC 7757, 3.3), and IPv4 addresses embedded under a prefix (RFC 6052, 2.2). Lengths as checked in
// the configuration.
Mapping explicit_mapping(const Prefix& ip4, const Prefix& ip6);
Mapping embedded_mapping(const Prefix& ip6, const Prefix& ip4, bool nonglobal);

// All of IPv4, and those of its addresses that stand embedded under a prefix.
inline const Prefix kAllIp4{address_of({0}), 0};
std::vector<Prefix> ip4_of(const EmbeddingConfig& e);

// The same, found by `ip4`.
Mapping embedded_by4(const Prefix& ip6, const Prefix& ip4, bool nonglobal);

// What a translation is told besides. `plateaus` as checked: falling, kPlateaus at most.
translate::Settings translation_settings(u32 lowest_ip6_mtu, const std::vector<u32>& plateaus, ZeroChecksum zero);

bool is_well_known(const Prefix& p);  // 64:ff9b::/96 (RFC 6052, 2.1)

}  // namespace waymark
