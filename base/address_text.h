// Addresses as text: RFC 5952 for IPv6, dotted decimal for IPv4; MAC addresses in six pairs of hexadecimal digits.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "core/address.h"
#include "core/wire.h"

namespace waymark {

std::string text(const Address& address);
std::string text(const Mac& mac);  // "02:57:00:00:00:1a"

// "192.0.2.1" or "2001:db8::1". An IPv4-mapped IPv6 literal is refused: it has no meaning on the wire.
Result<Address> parse_address(std::string_view text);

}  // namespace waymark
