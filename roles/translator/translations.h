// The translator's tables: prefixes, maps and settings of one load. Pure and deterministic.
#pragma once

#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "roles/prefix_table.h"

namespace waymark {

// An explicit pair (RFC 7757, 3.3), and IPv4 addresses embedded under a prefix (RFC 6052, 2.2). Lengths as checked in
// the configuration.
Mapping explicit_mapping(const Prefix& ip4, const Prefix& ip6);
Mapping embedded_mapping(const Prefix& ip6, const Prefix& ip4, bool nonglobal);

// All of IPv4, and those of its addresses that stand embedded under a prefix.
inline const Prefix kAllIp4{address_of({0}), 0};
std::vector<Prefix> ip4_of(const EmbeddingConfig& e);

bool is_well_known(const Prefix& p);  // 64:ff9b::/96 (RFC 6052, 2.1)

// All that is translated, of either family: maps, prefixes, and what is embedded under these.
std::vector<Prefix> translated_by(const TranslatorConfig& config);

// Those of `natives` that are more specific than what is translated: they win (RFC 7915, 4.6, 5.6).
std::vector<Prefix> winners(const TranslatorConfig& config, std::span<const Prefix> natives);

// What it translates, and what it does not: `natives` are prefixes that the machine reaches by itself. Fails, with a
// sentence, where a map cannot be.
Status add_prefixes(PrefixTable& table, const TranslatorConfig& config, std::span<const Prefix> natives);

// Fails, with a sentence, where there are too many ranges of addresses.
Status add_settings(Settings& settings, const TranslatorConfig& config);

}  // namespace waymark
