// The keys of [translator].
#pragma once

#include "config/keys_mappings.h"
#include "roles/translator/config.h"

namespace waymark::translator {

using namespace config;

constexpr auto kEmbedding = embedding("[[translator.prefix]]");
constexpr auto kAddressMap = address_map("[[translator.map]]");

constexpr auto kSection = section<TranslatorConfig>(
    "[translator]",
    "This node translates between IPv4 and IPv6 without state (RFC 7915). It needs a prefix or a map; prefixes, their "
    "`ip4`, maps and `native` together have at most 65000 entries.",
    Field{"zone", &TranslatorConfig::zone, kName, optional,
          "The zone of the packets it translates: one of `[engine] interfaces`."},
    Field{"address", &TranslatorConfig::address, Several{HostAddress{}}, optional,
          "Its own addresses, at most one per family: errors and answers to pings come from them.", "none"},
    Field{"prefix", &TranslatorConfig::prefix, Repeated{kEmbedding, 65'000}, optional, ""},
    Field{"map", &TranslatorConfig::map, Repeated{kAddressMap, 65'000}, optional, ""},
    Field{"native", &TranslatorConfig::native, Several{PrefixOf{PrefixOf::either, Takes::some}, kMayBeEmpty}, optional,
          "Destinations that are never translated, whatever prefixes and maps say.", "none"},
    Field{"pool", &TranslatorConfig::pool, Several{PrefixOf{PrefixOf::ip4}, kMayBeEmpty}, optional,
          "IPv4 sources for ICMP errors of IPv6 routers that have no IPv4 address (RFC 6791).", "the translator's own"},
    Field{"lowest_ip6_mtu", &TranslatorConfig::lowest_ip6_mtu, Number<u32>{1280, 65535}, optional,
          "IPv4 packets that may be fragmented become IPv6 packets of at most so many bytes."},
    Field{"plateaus", &TranslatorConfig::plateaus, Several{Number<u32>{68, 65535}}, optional,
          "MTUs to assume where a router names none, descending, at most 16 (RFC 1191, 7.1).",
          "`[65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68]`"},
    Field{"traffic_class", &TranslatorConfig::traffic_class, TrafficClass{}, optional,
          "The translated packet's traffic class or type of service: the packet's own, or always the same."},
    Field{"zero_checksum", &TranslatorConfig::zero_checksum, kZeroChecksum, optional,
          "What becomes of UDP packets over IPv4 without a checksum."},
    Field{"nonglobal", &TranslatorConfig::nonglobal, Flag{}, optional,
          "Translate non-global IPv4 addresses under `64:ff9b::/96`, too, which RFC 6052, 3.1 forbids."},
    Field{"errors", &TranslatorConfig::errors, Number<u32>{1, 1'000'000, true}, optional,
          "How many ICMP errors of its own it sends a second at most. With 0 none."},
    Field{"echoes", &TranslatorConfig::echoes, Number<u32>{1, 1'000'000, true}, optional,
          "Likewise answers to pings of its own addresses."},
    Field{"interface4", &TranslatorConfig::interface4, InterfaceName{}, optional,
          "Where IPv4 packets leave in `replay` and `trace`, which know no routes.", "the first interface"},
    Field{"interface6", &TranslatorConfig::interface6, InterfaceName{}, optional, "Likewise IPv6 packets.",
          "the first interface"});

}  // namespace waymark::translator
