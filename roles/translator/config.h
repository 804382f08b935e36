// [translator]: what is translated between IPv4 and IPv6, and how.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/mappings.h"

namespace waymark {

// A stateless IPv4/IPv6 translator (RFC 7915).
struct TranslatorConfig {
  std::string zone = "public";
  std::vector<Address> address;  // its own, at most one per family
  std::vector<EmbeddingConfig> prefix;
  std::vector<AddressMapConfig> map;
  std::vector<Prefix> native;  // of either family: never translated
  std::vector<Prefix> pool;    // IPv4 sources of ICMP errors from routers that have none (RFC 6791); empty: its own
  u32 lowest_ip6_mtu = 1280;   // IPv4 packets that may be fragmented become IPv6 packets of at most so many bytes
  std::vector<u32> plateaus = {65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};  // RFC 1191, 7.1
  std::optional<u8> traffic_class;                     // in place of the other side's; none: that is copied
  ZeroChecksum zero_checksum = ZeroChecksum::compute;  // of UDP over IPv4
  bool nonglobal = false;                              // translate non-global IPv4 addresses under 64:ff9b::/96
  u32 errors = 1'000;                                  // ICMP errors of its own a second at most; 0: none
  u32 echoes = 1'000;                                  // likewise answers to pings of its own addresses
  std::string interface4, interface6;  // where IPv4 and IPv6 leave in replay and trace; empty: the first interface
};

namespace translator {
using Section = TranslatorConfig;
}

}  // namespace waymark
