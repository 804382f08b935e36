// The tables that say what stands for what between IPv4 and IPv6 (config/mappings.h).
#pragma once

#include "config/keys.h"
#include "config/mappings.h"

namespace waymark::config {

// `label`: "[[translator.prefix]]".
constexpr auto embedding(std::string_view label) {
  return section<EmbeddingConfig>(
      label, "A prefix under which IPv4 addresses stand embedded in IPv6 addresses (RFC 6052).",
      Field{"prefix", &EmbeddingConfig::prefix, PrefixOf{PrefixOf::ip6}, required,
            "Of 32, 40, 48, 56, 64 or 96 bits; `\"64:ff9b::/96\"` is the well-known one."},
      Field{"ip4", &EmbeddingConfig::ip4, Several{PrefixOf{PrefixOf::ip4, Takes::some}, kMayBeEmpty}, optional,
            "The IPv4 addresses that become addresses under it; the longest prefix that fits decides.", "all"});
}

constexpr auto address_map(std::string_view label) {
  return section<AddressMapConfig>(
      label,
      "IPv4 and IPv6 addresses that stand for each other (RFC 7757). The longest prefix that fits decides; maps go "
      "before "
      "prefixes.",
      Field{"ip4", &AddressMapConfig::ip4, PrefixOf{PrefixOf::ip4, Takes::some}, required, "The IPv4 side."},
      Field{"ip6", &AddressMapConfig::ip6, PrefixOf{PrefixOf::ip6}, required,
            "The IPv6 side: at least as many bits must follow it as follow `ip4`; those beyond are zero."});
}

constexpr auto kZeroChecksum = one_of<ZeroChecksum>({{"compute", ZeroChecksum::compute}, {"drop", ZeroChecksum::drop}});

}  // namespace waymark::config
