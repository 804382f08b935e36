// IP packets read by the RFCs alone, without the product's code: what properties of the translator are judged by.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/packets.h"

namespace waymark::oracle {

using packets::Bytes;
using packets::operator+;

// Of an IP packet, or of the beginning of one inside an ICMP error.
struct Seen {
  bool ip6 = false;
  Bytes source{}, destination{};
  uint8_t tos = 0, hops = 0, protocol = 0;  // of the transport
  size_t l4 = 0;                            // where it begins, from the packet's first byte
  size_t length = 0;                        // of it, as the headers say
  bool fragment = false, more = false;      // it has a Fragment Header, or IPv4 fields of a fragment
  uint32_t id = 0;
  size_t offset = 0;  // bytes
  bool may_be_cut = false;
};
std::optional<Seen> read(const Bytes& packet);  // none: its headers do not make sense

// How wrong a checksum is: what the sum of all that it covers differs from 0xffff by, modulo 0xffff. Over the first
// `bytes` of the transport, with the pseudo-header but for ICMPv4.
uint16_t wrongness(const Bytes& packet, const Seen& s, size_t bytes);
// Where the transport's checksum stands, from its first byte; none where it has none over all of it.
std::optional<size_t> checksum_at(const Seen& s);

// Why an IP packet on a wire is not as it must be: lengths, IPv4 header checksums (of a packet inside an error, too),
// sources and destinations that no packet may have; empty if it is.
std::string complaint(const Bytes& packet);

struct Whole {
  Seen first;
  Bytes payload;  // behind IPv4 header, IPv6 header or Fragment Header
  bool more = false;
};
// Puts one packet's fragments, in order, together again; none where they are not such.
std::optional<Whole> reassemble(const std::vector<Bytes>& pieces);

}  // namespace waymark::oracle
