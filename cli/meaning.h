// What an address means to everyone, by IANA's registries.
#pragma once

#include <string>

#include "core/address.h"

namespace waymark::cli {

// "a private address (RFC 1918)"
std::string general_meaning(const Address& address);

}  // namespace waymark::cli
