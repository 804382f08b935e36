// What a service's address gets that is no good packet: truncated, lying, looping, from nowhere.
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

const Payload kSyn = tcp(40000, 80, "S");
constexpr size_t kIp = 14;  // where the IP header begins without tags

Bytes good4() { return ip(kClient4, address4(by_ip6), kSyn); }
Bytes good6() { return ip(kClient6, address6(by_ip6), kSyn); }

Payload chain(const std::vector<u8>& types, Payload inner, u8 units = 0) {
  for (auto type = types.rbegin(); type != types.rend(); ++type) inner = extension(*type, inner, units);
  return inner;
}

void ethernet(std::vector<Case>& c) {
  c.push_back(
      ends("link_header_alone", "a frame may end with its EtherType", cut(frame(good4()), kIp), "parse.ip_short"));
  c.push_back(ends("tag_cut", "a VLAN tag that ends with the frame", cut(frame(good4(), {.tags = {kVlan}}), 16),
                   "parse.ethernet_short"));
  c.push_back(ends("second_tag_cut", "a second tag that ends with the frame",
                   cut(frame(good4(), {.tags = {kVlan, kInnerVlan}}), 20), "parse.ethernet_short"));
  c.push_back(ends("three_tags", "more tags than are looked into are the kernel's",
                   frame(good4(), {.tags = {kVlan, kInnerVlan, 5}}), "parse.vlan_deep"));
  c.push_back(ends("three_service_tags", "802.1ad tags count like others",
                   frame(good4(), {.tags = {kVlan, kInnerVlan, 5}, .first_tag_type = 0x88a8}), "parse.vlan_deep"));
  c.push_back(ends("arp", "ARP to our own MAC must reach the kernel, or nobody finds us",
                   packets::ethernet({}, 0x0806, repeat(1, 28)), "parse.not_ip"));
  c.push_back(ends("lldp_tagged", "a tagged frame of another protocol",
                   packets::ethernet({.tags = {kVlan}}, 0x88cc, repeat(1, 46)), "parse.not_ip"));
}

void ip_header(std::vector<Case>& c) {
  c.push_back(
      ends("ip4_19_bytes", "one byte less than an IPv4 header", cut(frame(good4()), kIp + 19), "parse.ip_short"));
  c.push_back(
      ends("ip6_39_bytes", "one byte less than an IPv6 header", cut(frame(good6()), kIp + 39), "parse.ip_short"));
  c.push_back(ends("ip4_type_ip6_version", "an EtherType that lies must not make a header be read as another",
                   packets::ethernet({}, 0x0800, good6()), "parse.ip_version"));
  c.push_back(
      ends("ip6_type_ip4_version", "likewise", packets::ethernet({}, 0x86dd, padded(good4(), 60)), "parse.ip_version"));
  for (u8 words : Bytes{0, 1, 4})
    c.push_back(ends("ip4_header_of_" + std::to_string(words) + "_words", "a header shorter than the shortest",
                     frame(with_byte(good4(), 0, u8(0x40 | words))), "parse.ip4_header"));
  c.push_back(ends("ip4_options_beyond_packet", "a header longer than the packet it is in",
                   padded(frame(with_word(with_byte(good4(), 0, 0x4f), 2, 40)), 100), "parse.ip_length"));
  c.push_back(ends("ip4_length_beyond_frame", "a length that promises more than came",
                   frame(with_word(good4(), 2, u16(good4().size() + 1))), "parse.ip_length"));
  c.push_back(ends("ip4_length_below_header", "a length that ends within its own header",
                   frame(with_word(good4(), 2, 19)), "parse.ip_length"));
  c.push_back(ends("ip4_length_zero", "offloads leave zero there; from a wire it is a lie",
                   frame(with_word(good4(), 2, 0)), "parse.ip_length"));
  c.push_back(ends("ip6_length_beyond_frame", "a length that promises more than came",
                   frame(with_word(good6(), 4, u16(good6().size() - 40 + 1))), "parse.ip_length"));
  c.push_back(ends("ip6_length_most", "the largest length, in a small frame", frame(with_word(good6(), 4, 0xffff)),
                   "parse.ip_length"));
  c.push_back(ends("ip6_length_zero", "no jumbograms: length 0 is an empty packet", frame(with_word(good6(), 4, 0)),
                   "parse.tcp_header"));
  c.push_back(ends("tagged_frame_cut", "the frame's length counts from its first byte, tags included",
                   cut(frame(good4(), {.tags = {kVlan, kInnerVlan}}), kIp + 8 + good4().size() - 1),
                   "parse.ip_length"));
}

void extensions(std::vector<Case>& c) {
  const std::string to = address6(by_ip6);
  for (u8 type : Bytes{0, 43, 60})
    c.push_back(sent("extension_" + std::to_string(type), "extension headers stand before the ports", kClient6, to,
                     extension(type, kSyn), by_ip6));
  c.push_back(sent("extensions_six", "as many as are looked through", kClient6, to,
                   chain({0, 60, 43, 60, 60, 60}, kSyn), by_ip6));
  c.push_back(ends("extensions_seven", "an endless chain must end somewhere",
                   frame(ip(kClient6, to, chain({0, 60, 43, 60, 60, 60, 60}, kSyn))), "parse.extension_chain"));
  c.push_back(sent("extension_long", "an extension of 264 bytes is rare but right", kClient6, to,
                   extension(60, kSyn, 32), by_ip6));
  c.push_back(ends("extensions_beyond_reach", "what stands deeper than 511 bytes is not looked for",
                   frame(ip(kClient6, to, chain({60, 60}, kSyn, 31))), "parse.extension_chain"));
  c.push_back(ends("extensions_beyond_reach_and_more", "likewise",
                   frame(ip(kClient6, to, chain({60, 60, 60}, kSyn, 31))), "parse.extension_chain"));
  c.push_back(ends("extension_cut", "an extension header that ends with the frame",
                   frame(ip(kClient6, to, raw(0, {6, 0, 1}))), "parse.extension_short"));
  c.push_back(ends("extension_longer_than_packet", "an extension header that says it is longer than the packet",
                   frame(ip(kClient6, to, raw(60, Bytes{6, 9} + repeat(0, 30)))), "parse.extension_short"));
  c.push_back(ends("extension_swallows_ports", "an extension that leaves a part of the TCP header",
                   frame(ip(kClient6, to, extension(60, raw(6, repeat(0, 12))))), "parse.tcp_header"));
  c.push_back(ends("extension_then_nothing", "no next header: no port, no rule",
                   frame(ip(kClient6, to, extension(60, raw(59, {})))), "director.port_closed"));
}

// The reserved bit is no fragment's.
void reserved_bit(std::vector<Case>& c) {
  const std::string four = address4(by_ip6);
  Case reserved = sent("ip4_reserved_bit", "the reserved bit is ignored (RFC 791)", kClient4, four, kSyn, by_ip6);
  auto evil = [&](u8 ttl) {
    return ip4({.source = kClient4, .destination = four, .ttl = ttl, .fragment = 0xc000}, kSyn);
  };
  reserved.in = frame(evil(64));
  reserved.out = tunnelled(by_ip6, evil(63), reserved.flow);
  c.push_back(reserved);
}

void transport(std::vector<Case>& c) {
  for (const auto& [client, to] : {std::pair{kClient4, address4(by_ip6)}, std::pair{kClient6, address6(by_ip6)}}) {
    const std::string v = client == kClient4 ? "4" : "6";
    c.push_back(ends("tcp" + v + "_19_bytes", "a TCP header cut by one byte",
                     frame(ip(client, to, raw(6, cut(kSyn.bytes, 19)))), "parse.tcp_header"));
    c.push_back(ends("tcp" + v + "_offset_4", "a data offset below the header itself",
                     frame(ip(client, to, raw(6, with_byte(kSyn.bytes, 12, 0x40)))), "parse.tcp_header"));
    c.push_back(ends("tcp" + v + "_offset_beyond", "a data offset beyond the packet",
                     frame(ip(client, to, raw(6, with_byte(kSyn.bytes, 12, 0x70)))), "parse.tcp_header"));
    c.push_back(ends("tcp" + v + "_header_in_padding", "Ethernet's padding is not the packet",
                     padded(frame(ip(client, to, raw(6, cut(kSyn.bytes, 10)))), 100), "parse.tcp_header"));
    const Bytes query = udp(40000, 53).bytes;
    c.push_back(ends("udp" + v + "_7_bytes", "a UDP header cut by one byte",
                     frame(ip(client, to, raw(17, cut(query, 7)))), "parse.udp_header"));
    c.push_back(ends("udp" + v + "_length_7", "a length below the header itself",
                     frame(ip(client, to, raw(17, with_word(query, 4, 7)))), "parse.udp_header"));
    c.push_back(ends("udp" + v + "_length_beyond", "a length beyond the packet",
                     frame(ip(client, to, raw(17, with_word(query, 4, u16(query.size() + 1))))), "parse.udp_header"));
    c.push_back(ends("udp" + v + "_length_zero", "for jumbograms alone (RFC 2675)",
                     frame(ip(client, to, raw(17, with_word(query, 4, 0)))), "parse.udp_header"));
    c.push_back(ends("icmp" + v + "_7_bytes", "an ICMP header cut by one byte",
                     frame(ip(client, to, raw(v == "4" ? 1 : 58, repeat(8, 7)))), "parse.icmp_header"));
    c.push_back(sent("tcp" + v + "_options", "TCP options are not ours to mind", client, to,
                     tcp(40000, 80, "S", {}, {2, 4, 5, 0xb4, 1, 1, 4, 2}), by_ip6));
    Payload surplus = udp(40000, 53);
    surplus.bytes = surplus.bytes + repeat(0xee, 6);
    surplus.checksum_at = -1;
    c.push_back(sent("udp" + v + "_shorter_than_packet", "UDP may end before the packet does (RFC 9868)", client, to,
                     surplus, by_ip6));
  }
}

void addresses(std::vector<Case>& c) {
  const std::string four = address4(by_ip6), six = address6(by_ip6);
  for (const char* from : {"0.0.0.0", "0.255.1.2", "127.0.0.1", "127.255.255.254", "224.0.0.1", "239.1.2.3",
                           "240.0.0.1", "255.255.255.255"})
    c.push_back(ends(std::string("martian_") + from, "a reply to it would go nowhere, or to ourselves",
                     frame(ip(from, four, kSyn)), "parse.martian_source"));
  for (const char* from : {"::", "::1", "ff02::1", "ff0e::8", "::ffff:203.0.113.7"})
    c.push_back(ends(std::string("martian_") + from, "likewise; an IPv4-mapped address never stands on a wire",
                     frame(ip(from, six, kSyn)), "parse.martian_source"));
  for (const char* from : {"1.0.0.1", "126.255.255.255", "128.0.0.1", "223.255.255.255", "10.0.0.1"})
    c.push_back(sent(std::string("source_") + from,
                     "the neighbours of the martian ranges, and private ones, are clients", from, four, kSyn, by_ip6));
  for (const char* from : {"::2", "fe80::1", "fd00::1", "::fffe:203.0.113.7", "feff::1"})
    c.push_back(sent(std::string("source_") + from, "likewise", from, six, kSyn, by_ip6));
  c.push_back(ends("land4", "the service's own address as source makes it talk to itself", frame(ip(four, four, kSyn)),
                   "parse.land"));
  c.push_back(ends("land6", "likewise", frame(ip(six, six, kSyn)), "parse.land"));
  c.push_back(ends("land_before_fragment", "a lying source is told before what the packet else is",
                   frame(ip(six, six, fragment6(0, true, kSyn))), "parse.land"));
}

}  // namespace

std::vector<Case> parse_cases() {
  std::vector<Case> c;
  ethernet(c);
  ip_header(c);
  extensions(c);
  reserved_bit(c);
  transport(c);
  addresses(c);
  return c;
}

}  // namespace waymark::cases
