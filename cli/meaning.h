// What an address means apart from plans: to everyone (IANA's registries), and to a translator.
#pragma once

#include <optional>
#include <string>

#include "config/config.h"

namespace waymark::cli {

// "a private address (RFC 1918)"
std::string general_meaning(const Address& address);

// The address that a translator puts in this one's place, and by which rule.
struct Translation {
  std::optional<Address> address;  // absent: it stays what it is
  std::string why;                 // "explicit map 192.0.2.0/24 <-> 2001:db8:1::/120"
};

// RFC 7757's explicit maps go before RFC 6052's prefixes; in each the longest prefix decides. Absent where no rule
// fits.
std::optional<Translation> translated(const TranslatorConfig& translator, const Address& address);

// The IPv4 address that stands in an IPv6 address behind a prefix of 32, 40, 48, 56, 64 or 96 bits, and the other way
// round (RFC 6052, 2.2).
Address extract_ip4(const Address& address, u32 length);
Address embed_ip4(const Prefix& prefix, const Address& ip4);

}  // namespace waymark::cli
