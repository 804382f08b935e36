// IP packets read by the RFCs alone: what the translator's properties, mutations and fuzzing are judged by. It has
// nothing of the product's, on purpose: an oracle that shared the core's parser would share its mistakes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/kit/packets.h"

namespace waymark::reader {

using packets::Bytes;

constexpr uint8_t kIcmp4 = 1, kTcp = 6, kUdp = 17, kDccp = 33, kFragment = 44, kIcmp6 = 58, kUdpLite = 136;

// An IP packet as a receiver reads it, or the beginning of one inside an ICMP error; places count from its first byte.
struct Read {
  bool six = false;
  Bytes source{}, destination{};
  uint8_t hops = 0, tos = 0;
  uint32_t id = 0;                      // of a fragment, and of any IPv4 packet
  bool fragment = false, more = false;  // it has a Fragment Header, or IPv4 fields of a fragment
  size_t offset = 0;                    // of a fragment, in bytes
  uint8_t protocol = 59;                // of the transport
  size_t transport = 0, end = 0;        // where that begins, and the packet ends as its header says
  size_t length() const { return end - transport; }
};
// None where headers do not fit into what there is; `quoted`: they alone must, the rest may be cut off.
std::optional<Read> read(const Bytes& packet, bool quoted = false);

bool is_icmp(const Read& r);  // of its own IP version
bool is_icmp_error(const Bytes& packet, const Read& r);
// What an ICMP error quotes: up to its length (RFC 4884), or to the message's end.
Bytes quote_of(const Bytes& packet, const Read& r);

// Where the transport's checksum stands, from its first byte; none: it has none over all of it, or it is in
// another fragment.
std::optional<size_t> checksum_at(const Read& r);
// How wrong that is: the transport's whole sum with its pseudo-header, modulo 65535, which is 0 where it is right. None
// for transports without one. `transport` may be less than all of it: compare then with as many bytes of another.
std::optional<uint32_t> wrongness(const Read& r, const Bytes& transport);

// Why a packet is not as one on a wire must be: headers, lengths, the IPv4 header's checksum, addresses that no packet
// may carry. Empty if it is.
std::string malformed(const Bytes& packet);
// Why several are not the pieces of one, in order; of one alone: why it cannot be read.
std::string badly_cut(const std::vector<Bytes>& pieces);

struct Whole {
  Read first;     // as its own header says
  Bytes payload;  // of all pieces: behind IPv4 header, IPv6 header or Fragment Header
  bool more = false;
};
// Puts one packet's pieces together again; none where they are not such, or not as long as they say.
std::optional<Whole> reassemble(const std::vector<Bytes>& pieces);
// The packet of which these are all pieces, with the first one's headers; one piece: itself.
Bytes joined(const std::vector<Bytes>& pieces);

}  // namespace waymark::reader
