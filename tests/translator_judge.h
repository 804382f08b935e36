// What must hold of whatever a translator makes of a packet, where no case says what to expect: for fuzzing, mutations
// and random packets. Reads packets by itself, beside the core's parsers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/packets.h"

namespace waymark::judge {

using packets::Bytes;

// An IP packet as a receiver reads it, from its first byte on.
struct Read {
  bool six = false;
  Bytes source{}, destination{};
  uint8_t hops = 0, tos = 0;
  uint32_t id = 0;                          // of a fragment, and of any IPv4 packet
  size_t offset = 0;                        // of a fragment, in bytes
  bool more = false, has_fragment = false;  // the latter: a Fragment Header
  uint8_t protocol = 59;                    // of the transport
  size_t transport = 0, end = 0;            // where that begins, and the packet ends as its header says
};
// None where headers do not fit into what there is; `quoted`: they alone must, the rest may be cut off.
std::optional<Read> read(const Bytes& packet, bool quoted = false);

bool is_icmp_error(const Bytes& packet, const Read& r);

// The transport's whole sum with its pseudo-header, which is 0 where its checksum is right: by how much it is wrong,
// modulo 65535. None for transports without such a checksum. `from`, `to`: the transport's bytes.
std::optional<uint32_t> error_of(const Read& r, const Bytes& transport);

// Each is empty, or a sentence that says what is wrong.
std::string malformed(const Bytes& out);                        // one packet's headers, lengths, addresses
std::string badly_cut(const std::vector<Bytes>& out);           // several: pieces of one packet, in order
std::string not_the_same(const Bytes& in, const Bytes& whole);  // translated: transport, checksums, fields that stay
std::string no_complaint(const Bytes& in, const Bytes& out);    // an ICMP error about `in`, to its source

// Empty where `got` is the expected packet. An identification of 0 in an expected IPv4 packet that may be fragmented
// stands for any other (translator_cases.h).
std::string unlike(const Bytes& expected, const Bytes& got);

// The packet of which these are all pieces, without what made them such; one piece: itself.
Bytes joined(const std::vector<Bytes>& pieces);

}  // namespace waymark::judge
