// The translator's tables: prefixes, maps and settings of one load. Pure and deterministic.
#pragma once

#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "roles/mappings.h"
#include "roles/prefix_table.h"

namespace waymark {

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
