// What traceroute prints.
#pragma once

#include <string>
#include <vector>

namespace waymark::lab {

// The first address of each line, "*" where nobody answered; other lines are left out.
std::vector<std::string> hops(const std::string& said);

// An address as programs write it: IPv6 in its shortest form (RFC 5952).
std::string plain(const std::string& address);

}  // namespace waymark::lab
