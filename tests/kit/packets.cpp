#include "tests/kit/packets.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace waymark::packets {

namespace {

void put16(Bytes& b, uint32_t value) {
  b.push_back(uint8_t(value >> 8));
  b.push_back(uint8_t(value));
}
void put32(Bytes& b, uint32_t value) {
  put16(b, value >> 16);
  put16(b, value);
}
void set16(Bytes& b, size_t at, uint32_t value) {
  b.at(at) = uint8_t(value >> 8);
  b.at(at + 1) = uint8_t(value);
}

uint32_t sum16(const Bytes& data, size_t from) {
  uint32_t sum = 0;
  for (size_t i = from; i < data.size(); ++i) sum += (i - from) % 2 ? data[i] : uint32_t(data[i]) << 8;
  return sum;
}

// The payload's bytes with its transport checksum for these addresses (RFC 9293 3.1, RFC 8200 8.1, RFC 768).
Bytes completed(const Payload& p, const Bytes& source, const Bytes& destination) {
  Bytes bytes = p.bytes;
  if (p.checksum_at < 0) return bytes;
  Bytes pseudo = source + destination;
  put32(pseudo, uint32_t(bytes.size() - p.transport_at));
  put32(pseudo, p.transport);
  uint16_t sum = internet_checksum(bytes, p.transport_at, p.pseudo_header ? sum16(pseudo, 0) : 0);
  if (p.transport == 17 && sum == 0) sum = 0xffff;
  set16(bytes, p.transport_at + size_t(p.checksum_at), sum);
  return bytes;
}

Bytes mac(const std::string& text) {
  Bytes b(6);
  unsigned v[6];
  if (std::sscanf(text.c_str(), "%x:%x:%x:%x:%x:%x", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5]) != 6) std::abort();
  for (size_t i = 0; i < 6; ++i) b[i] = uint8_t(v[i]);
  return b;
}

Payload transport(uint8_t protocol, Bytes bytes, int checksum_at, bool pseudo_header = true) {
  return {protocol, std::move(bytes), 0, protocol, checksum_at, pseudo_header};
}

Payload behind(uint8_t type, Bytes header, const Payload& next) {
  Payload p = next;
  p.protocol = type;
  p.transport_at += header.size();
  p.bytes = std::move(header) + next.bytes;
  return p;
}

}  // namespace

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
Bytes text(const std::string& s) { return Bytes(s.begin(), s.end()); }
Bytes repeat(uint8_t value, size_t times) { return Bytes(times, value); }

uint16_t internet_checksum(const Bytes& data, size_t from, uint32_t start) {
  uint32_t sum = start + sum16(data, from);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return uint16_t(~sum);
}

Bytes address_bytes(const std::string& text) {
  Bytes b(16);
  if (inet_pton(AF_INET6, text.c_str(), b.data()) == 1) return b;
  b.resize(4);
  if (inet_pton(AF_INET, text.c_str(), b.data()) == 1) return b;
  std::fprintf(stderr, "%s is no address\n", text.c_str());
  std::abort();
}

Payload tcp_segment(uint16_t source, uint16_t destination, uint32_t sequence, uint32_t acknowledgement,
                    const std::string& flags, uint16_t window, const Bytes& rest, size_t options) {
  Bytes b;
  put16(b, source);
  put16(b, destination);
  put32(b, sequence);
  put32(b, acknowledgement);
  uint8_t bits = 0;
  for (char c : flags) bits = uint8_t(bits | 1u << std::string("FSRPAU").find(c));
  b.push_back(uint8_t((5 + options / 4) << 4));
  b.push_back(bits);
  put16(b, window);
  put32(b, 0);
  return transport(6, b + rest, 16);
}
Payload tcp(uint16_t source, uint16_t destination, const std::string& flags, const Bytes& data, const Bytes& options) {
  return tcp_segment(source, destination, 0x01020304, flags.find('A') == flags.npos ? 0 : 0x05060708, flags, 65535,
                     options + data, options.size());
}

Payload udp(uint16_t source, uint16_t destination, const Bytes& data) {
  Payload p = udp_unchecked(source, destination, data);
  p.checksum_at = 6;
  return p;
}
Payload udp_unchecked(uint16_t source, uint16_t destination, const Bytes& data) {
  Bytes b;
  put16(b, source);
  put16(b, destination);
  put16(b, uint32_t(8 + data.size()));
  put16(b, 0);
  return transport(17, b + data, -1);
}
Payload icmp4(uint8_t type, uint8_t code, const Bytes& data) {
  return transport(1, Bytes{type, code, 0, 0, 0, 7, 0, 1} + data, 2, false);
}
Payload icmp6(uint8_t type, uint8_t code, const Bytes& data) {
  return transport(58, Bytes{type, code, 0, 0, 0, 7, 0, 1} + data, 2);
}
Payload icmp_error(bool six, uint8_t type, uint8_t code, const Bytes& quoted, uint32_t second) {
  Bytes b{type, code, 0, 0};
  put32(b, second);
  return transport(six ? 58 : 1, b + quoted, 2, six);
}
Payload raw(uint8_t protocol, const Bytes& data) { return transport(protocol, data, -1); }

Payload extension(uint8_t type, const Payload& next, uint8_t units) {
  Bytes header = {next.protocol, units};
  const size_t rest = 8u * (units + 1u) - 2;
  if (type == 43) {
    header = header + Bytes{4, 0} + repeat(0, rest - 2);  // routing type 4, no segments left
  } else {
    for (size_t left = rest; left;) {  // PadN options (RFC 8200, 4.2)
      const size_t data = left >= 2 + 255 ? 255 : left - 2;
      header = header + Bytes{1, uint8_t(data)} + repeat(0, data);
      left -= 2 + data;
      if (left == 1) header.push_back(0), left = 0;  // Pad1
    }
  }
  return behind(type, header, next);
}
Payload fragment6(uint16_t offset_units, bool more, const Payload& next, uint32_t id) {
  Bytes header = {next.protocol, 0};
  put16(header, uint32_t(offset_units) << 3 | (more ? 1 : 0));
  put32(header, id);
  return behind(44, header, next);
}

Payload inside(const Bytes& ip) { return raw(ip.at(0) >> 4 == 6 ? 41 : 4, ip); }
Bytes gue_header(const Bytes& ip, uint8_t first, uint16_t flags) {
  Bytes b = {first, uint8_t(ip.at(0) >> 4 == 6 ? 41 : 4)};
  put16(b, flags);
  return b;
}
Payload gue(uint16_t source_port, uint16_t port, const Bytes& ip) {
  return udp_unchecked(source_port, port, gue_header(ip) + ip);
}

Bytes candidate_header(const Bytes& ip, const std::string& candidate) {
  const Bytes address = address_bytes(candidate);
  return gue_header(ip, 5) + Bytes{1, 0, 0, 0} +
         (address.size() == 16 ? address : repeat(0, 10) + repeat(0xff, 2) + address);
}
Payload gue_naming(uint16_t source_port, uint16_t port, const Bytes& ip, const std::string& candidate) {
  return udp_unchecked(source_port, port, candidate_header(ip, candidate) + ip);
}

Bytes number32(uint32_t value) {
  Bytes b;
  put32(b, value);
  return b;
}
Payload gre(uint16_t flags, const Bytes& fields, const Bytes& ip) {
  return raw(47, number32(uint32_t(flags) << 16 | (ip.at(0) >> 4 == 6 ? 0x86dd : 0x0800)) + fields + ip);
}
Payload vxlan(uint16_t source_port, uint16_t port, uint32_t vni, const Bytes& frame, uint32_t flags) {
  return udp_unchecked(source_port, port, number32(flags) + number32(vni << 8) + frame);
}

Bytes ip4(const Ip4Header& h, const Payload& payload) {
  const Bytes source = address_bytes(h.source), destination = address_bytes(h.destination);
  const size_t header = 20 + h.options.size();
  Bytes b = {uint8_t(0x40 | header / 4), h.tos};
  put16(b, uint32_t(header + payload.bytes.size()));
  put16(b, h.id);
  put16(b, h.fragment);
  b = b + Bytes{h.ttl, payload.protocol, 0, 0} + source + destination + h.options;
  set16(b, 10, internet_checksum(b));
  return b + completed(payload, source, destination);
}

Bytes ip6(const Ip6Header& h, const Payload& payload) {
  const Bytes source = address_bytes(h.source), destination = address_bytes(h.destination);
  Bytes b;
  put32(b, 6u << 28 | uint32_t(h.traffic_class) << 20 | h.label);
  put16(b, uint32_t(payload.bytes.size()));
  b = b + Bytes{payload.protocol, h.hops} + source + destination;
  return b + completed(payload, source, destination);
}

Bytes readdressed(Bytes ip, const std::string& destination) {
  const bool six = ip.at(0) >> 4 == 6;
  const Bytes to = address_bytes(destination);
  const size_t at = six ? 24 : 16;
  std::copy(to.begin(), to.end(), ip.begin() + long(at));
  size_t header = six ? 40 : (ip[0] & 15) * 4u;
  uint8_t protocol = ip.at(six ? 6 : 9);
  // A fragment behind the first has no checksum.
  bool later = !six && ((ip.at(6) & 0x1f) || ip.at(7));
  for (; six && (protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60);
       header += (ip.at(header + 1) + 1u) * 8) {
    later |= protocol == 44 && (ip.at(header + 2) || ip.at(header + 3) >> 3);
    protocol = ip.at(header);
  }
  if (!six) {
    set16(ip, 10, 0);
    set16(ip, 10, internet_checksum(cut(ip, header)));
  }
  if (later) return ip;
  const int checksum_at = protocol == 6 ? 16 : protocol == 17 ? 6 : protocol == 58 ? 2 : -1;
  if (checksum_at < 0) return ip;
  const size_t field = header + size_t(checksum_at);
  if (protocol == 17 && !ip.at(field) && !ip.at(field + 1)) return ip;
  set16(ip, field, 0);
  const Payload rest = {protocol, part(ip, header, ip.size()), 0, protocol, checksum_at};
  return cut(ip, header) + completed(rest, part(ip, six ? 8 : 12, at), to);
}

Bytes ethernet(const Link& link, uint16_t type, const Bytes& payload) {
  Bytes b = mac(link.destination) + mac(link.source);
  for (size_t i = 0; i < link.tags.size(); ++i) {
    put16(b, i == 0 ? link.first_tag_type : 0x8100u);
    put16(b, link.tags[i]);
  }
  put16(b, type);
  return b + payload;
}
Bytes frame(const Bytes& ip, const Link& link) { return ethernet(link, ip.at(0) >> 4 == 6 ? 0x86dd : 0x0800, ip); }

Bytes with_byte(Bytes bytes, size_t at, uint8_t value) {
  bytes.at(at) = value;
  return bytes;
}
Bytes with_word(Bytes bytes, size_t at, uint16_t value) {
  set16(bytes, at, value);
  return bytes;
}
Bytes part(const Bytes& bytes, size_t from, size_t to) {
  return {bytes.begin() + long(from), bytes.begin() + long(to)};
}

Bytes cut(Bytes bytes, size_t length) {
  bytes.resize(length);
  return bytes;
}
Bytes padded(Bytes bytes, size_t length) {
  if (bytes.size() < length) bytes.resize(length);
  return bytes;
}

namespace {
std::string line(const Bytes& b, size_t from) {
  std::string s;
  char hex[4];
  for (size_t i = from; i < from + 16 && i < b.size(); ++i) {
    std::snprintf(hex, sizeof hex, " %02x", b[i]);
    s += hex;
  }
  return s;
}
std::string offset(size_t at) {
  char s[8];
  std::snprintf(s, sizeof s, "%04x", unsigned(at));
  return s;
}
}  // namespace

std::string hexdump(const Bytes& bytes) {
  std::string s;
  for (size_t i = 0; i < bytes.size(); i += 16) s += offset(i) + line(bytes, i) + "\n";
  return s;
}

std::string difference(const Bytes& expected, const Bytes& got) {
  if (expected == got) return "";
  std::string s = std::to_string(expected.size()) + " bytes expected, " + std::to_string(got.size()) + " got\n";
  for (size_t i = 0; i < expected.size() || i < got.size(); i += 16) {
    const std::string a = line(expected, i), b = line(got, i);
    s += a == b ? "  " + offset(i) + a + "\n" : "- " + offset(i) + a + "\n+ " + offset(i) + b + "\n";
  }
  return s;
}

}  // namespace waymark::packets
