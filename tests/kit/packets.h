// Packets written from the RFCs, layer by layer, for tests: independent of the product's own parsing and tunnel code.
//
//   frame(ip4({.source = "203.0.113.7", .destination = "198.51.100.1"}, tcp(40000, 80, "S")))
//
// An IP header completes what is in it: lengths and every checksum, the latter by one plain full sum.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace waymark::packets {

using Bytes = std::vector<uint8_t>;

Bytes operator+(Bytes left, const Bytes& right);
Bytes text(const std::string& s);
Bytes repeat(uint8_t value, size_t times);

// The Internet checksum of RFC 1071, whole, as a number; `start` is a sum of 16-bit words to go on from.
uint16_t internet_checksum(const Bytes& data, size_t from = 0, uint32_t start = 0);

// Four or sixteen bytes of an address's text; aborts on what is none, as that is a mistake in the test.
Bytes address_bytes(const std::string& text);

// What an IP header carries. The transport header in it (behind extension headers) wants a checksum at `checksum_at`.
struct Payload {
  uint8_t protocol = 59;
  Bytes bytes{};
  size_t transport_at = 0;
  uint8_t transport = 59;
  int checksum_at = -1;       // from transport_at; none: nothing to fill in
  bool pseudo_header = true;  // ICMPv4 alone has none
};

Payload tcp(uint16_t source, uint16_t destination, const std::string& flags, const Bytes& data = text("hello"),
            const Bytes& options = {});  // flags: of "FSRPAU"
// The header alone, with these fields.
Payload tcp_segment(uint16_t source, uint16_t destination, uint32_t sequence, uint32_t acknowledgement,
                    const std::string& flags, uint16_t window, const Bytes& rest = {}, size_t options = 0);
Payload udp(uint16_t source, uint16_t destination, const Bytes& data = text("hello"));
Payload udp_unchecked(uint16_t source, uint16_t destination, const Bytes& data);  // checksum 0 (RFC 6935)
Payload icmp4(uint8_t type, uint8_t code, const Bytes& data = text("ping"));
Payload icmp6(uint8_t type, uint8_t code, const Bytes& data = text("ping"));
Payload icmp_error(bool six, uint8_t type, uint8_t code, const Bytes& quoted, uint32_t second = 0);
Payload raw(uint8_t protocol, const Bytes& data);

// IPv6 extension headers in front of a payload: options or routing of 8 * (units + 1) bytes; a fragment header.
Payload extension(uint8_t type, const Payload& next, uint8_t units = 0);
Payload fragment6(uint16_t offset_units, bool more, const Payload& next, uint32_t id = 0x1234);

// An IP packet as payload of another, and in GUE (draft-ietf-intarea-gue-09) to `port`.
Payload inside(const Bytes& ip);
Bytes gue_header(const Bytes& ip, uint8_t first = 0, uint16_t flags = 0);
Payload gue(uint16_t source_port, uint16_t port, const Bytes& ip);
// With private data that names a second candidate (DESIGN.md): kind 1, three bytes of nothing, sixteen of the address.
Bytes candidate_header(const Bytes& ip, const std::string& candidate);
Payload gue_naming(uint16_t source_port, uint16_t port, const Bytes& ip, const std::string& candidate);

// In GRE (RFC 2784, 2890) behind a header's first word, its flags above the type, and whatever fields follow it; in
// VXLAN (RFC 7348) to `port`, as an Ethernet frame.
Payload gre(uint16_t flags, const Bytes& fields, const Bytes& ip);
Bytes number32(uint32_t value);
Payload vxlan(uint16_t source_port, uint16_t port, uint32_t vni, const Bytes& frame, uint32_t flags = 0x08000000);

struct Ip4Header {
  std::string source, destination;
  uint8_t ttl = 64, tos = 0;
  uint16_t id = 0x4242, fragment = 0x4000;  // reserved, DF, MF, offset
  Bytes options{};                          // a multiple of four bytes
};
struct Ip6Header {
  std::string source, destination;
  uint8_t hops = 64, traffic_class = 0;
  uint32_t label = 0;
};
Bytes ip4(const Ip4Header& header, const Payload& payload);
Bytes ip6(const Ip6Header& header, const Payload& payload);

// A packet that leaves for another address of its IP version, with sums made anew where it has any; of a transport
// header behind IPv6's own extension headers, or none.
Bytes readdressed(Bytes ip, const std::string& destination);

struct Link {
  std::string destination = "02:00:00:00:00:01", source = "02:00:00:00:00:99";
  std::vector<uint16_t> tags{};  // outermost first
  uint16_t first_tag_type = 0x8100;
};
Bytes ethernet(const Link& link, uint16_t type, const Bytes& payload);
Bytes frame(const Bytes& ip, const Link& link = {});  // its EtherType from the IP version

Bytes with_byte(Bytes bytes, size_t at, uint8_t value);
Bytes with_word(Bytes bytes, size_t at, uint16_t value);
Bytes part(const Bytes& bytes, size_t from, size_t to);
Bytes cut(Bytes bytes, size_t length);
Bytes padded(Bytes bytes, size_t length);

// Where two packets differ, sixteen bytes a line, for a person; empty when they do not.
std::string difference(const Bytes& expected, const Bytes& got);
std::string hexdump(const Bytes& bytes);

}  // namespace waymark::packets
