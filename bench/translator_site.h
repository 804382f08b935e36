// The site that the translator's cases measure: one prefix (RFC 6052) for all IPv4 addresses, and explicit maps (RFC
// 7757) where a case asks for them. Every way is in the cache, so that no packet asks the kernel's routes.
#pragma once

#include <vector>

#include "config/config.h"
#include "dataplane/image.h"

namespace waymark::bench {

enum class Carried { tcp, udp, echo, error };

TranslatorConfig translator_config(u32 maps);

// A packet from an IPv4 host to an IPv6 one, or the other way round, both with embedded addresses. `error`: that a
// packet of 1500 bytes did not fit, with its IP and TCP headers inside.
std::vector<u8> packet_to_translate(bool ip6, Carried carried);

// Its checksum anew.
void sum_header(Ip4& header);

// Sends an IPv4 one to another address.
void send_to(std::vector<u8>& frame, be32 ip4);

// Where it goes, in the other IP version.
Address translated_destination(bool ip6);

// The way to each destination, good for hours after `now` (ticks).
void keep_ways(const Live& live, const Settings& settings, u32 now, std::span<const Address> destinations);

}  // namespace waymark::bench
