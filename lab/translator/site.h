// Lab `translator`: its wires, addresses and configuration files. See site.cpp for the picture.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/place.h"

namespace waymark::lab {

// How an end is reached: the narrow links lie behind a router, so that its errors come to the translator, or are the
// translator's own.
enum class Path : u8 { wide = 0, beyond1400 = 1, beyond1280 = 2, near = 3 };
inline const std::vector<Path> kPaths = {Path::wide, Path::beyond1400, Path::beyond1280, Path::near};

// An end has an address for each path to it, its own and the one by which the other family knows it.
std::string own4(Path to);                          // of h4
std::string own6(Path to);                          // of h6
std::string seen4(Path to);                         // h6 as IPv4 sees it (RFC 7757)
std::string seen6(Path to);                         // h4 as IPv6 sees it (RFC 6052)
std::string embedded(const std::string& address4);  // any IPv4 address as IPv6 sees it
u32 mtu_towards6(Path to);                          // what h4 must come to know: RFC 7915, section 4.2
u32 mtu_towards4(Path to);                          // what h6 must: section 5.2

inline const std::string kTranslator4 = "192.0.2.1", kTranslator6 = "2001:db8:1::1";
constexpr u32 kWideMtu = 1500, kLow4 = 1400, kLow6 = 1280;  // MTUs of its links
constexpr u16 kPlainPort = 7001;                            // UDP without a checksum

class TranslatorSite : public Place {
 public:
  using Place::Place;

  Status build() const;
  Status write_waymark() const;                         // t.toml
  Status write_tayga() const;                           // t.tayga
  Status write_big_zone(const std::string& end) const;  // h4.knot, h6.knot, and what they serve
};

}  // namespace waymark::lab
