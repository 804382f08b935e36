#include "cli/packet_text.h"

#include <gtest/gtest.h>

#include "tests/kit/packets.h"

namespace waymark::cli {

namespace {

using namespace packets;

std::string hex(const Bytes& bytes) {
  std::string out;
  char two[4];
  for (uint8_t b : bytes) std::snprintf(two, sizeof two, "%02x ", b), out += two;
  return out;
}

std::string refusal(const std::string& written) {
  const auto packet = parse_packet(written);
  return packet ? "taken" : packet.error().sentence;
}

const TunnelPorts kPorts = {{6080}, {4789}};

}  // namespace

// The builder of the tests is written from the RFCs and independent of the product's.
TEST(PacketText, WrittenPacketsAreThoseOfTheTestsBuilder) {
  const auto tcp4 = parse_packet("tcp 192.0.2.1:4000 198.51.100.80:80 syn len 3");
  ASSERT_TRUE(tcp4) << tcp4.error().sentence;
  EXPECT_EQ(tcp4->link, LinkType::raw);
  const auto view = [](const std::vector<u8>& bytes, size_t at) { return u32(bytes[at] << 8 | bytes[at + 1]); };
  EXPECT_EQ(tcp4->bytes.size(), 20u + 20 + 3);
  EXPECT_EQ(internet_checksum({tcp4->bytes.begin(), tcp4->bytes.begin() + 20}), 0) << "the header's sum is whole";
  for (const char* written :
       {"tcp 192.0.2.1:4000 198.51.100.80:80 syn len 3", "udp 192.0.2.1:4000 198.51.100.80:80 len 100",
        "icmp 192.0.2.1 198.51.100.80", "tcp [2001:db8::1]:4000 [2001:db8:80::1]:443 fin ack",
        "udp [2001:db8::1]:1 [2001:db8:80::1]:2", "icmp 2001:db8::1 2001:db8:80::1 len 7"}) {
    const auto packet = parse_packet(written);
    ASSERT_TRUE(packet) << written;
    const bool ip6 = packet->bytes[0] >> 4 == 6;
    const size_t l4 = ip6 ? 40 : 20, length = packet->bytes.size() - l4;
    const uint8_t protocol = packet->bytes[ip6 ? 6 : 9];
    // Over the pseudo header and the transport header with its checksum, the sum is 0 (RFC 1071).
    Bytes covered;
    if (ip6)
      covered.assign(packet->bytes.begin() + 8, packet->bytes.begin() + 40);
    else if (protocol != 1)
      covered.assign(packet->bytes.begin() + 12, packet->bytes.begin() + 20);
    if (ip6 || protocol != 1) covered = covered + Bytes{uint8_t(length >> 8), uint8_t(length), 0, protocol};
    covered.insert(covered.end(), packet->bytes.begin() + long(l4), packet->bytes.end());
    EXPECT_EQ(internet_checksum(covered), 0) << written;
    EXPECT_EQ(view(packet->bytes, ip6 ? 4 : 2), ip6 ? length : packet->bytes.size()) << written;
  }
}

TEST(PacketText, HexadecimalIsARawPacketWhereItsLengthFits) {
  const Bytes ip = ip4({.source = "192.0.2.1", .destination = "198.51.100.80"}, tcp(4000, 80, "S"));
  EXPECT_EQ(parse_packet(hex(ip))->link, LinkType::raw);
  EXPECT_EQ(parse_packet(hex(ip))->bytes, ip);
  EXPECT_EQ(parse_packet(hex(frame(ip)))->link, LinkType::ethernet);
  EXPECT_EQ(parse_packet(hex(frame(ip)))->bytes, frame(ip));
  EXPECT_EQ(parse_packet(hex(padded(ip, 60)))->link, LinkType::ethernet) << "no packet of that length";
}

TEST(PacketText, WhatIsNoPacketIsRefusedWithASentence) {
  EXPECT_EQ(refusal("tcp 192.0.2.1 198.51.100.80:80"),
            "\"192.0.2.1\" is no address and port such as 192.0.2.1:80 or [2001:db8::1]:80");
  EXPECT_EQ(refusal("tcp 2001:db8::1:80 [2001:db8::2]:80"),
            "\"2001:db8::1:80\" is no address and port such as 192.0.2.1:80 or [2001:db8::1]:80");
  EXPECT_EQ(refusal("tcp 192.0.2.1:1 [2001:db8::2]:80"), "a packet's two addresses are of one family");
  EXPECT_NE(refusal("udp 192.0.2.1:1 192.0.2.2:2 syn").find("\"syn\" is neither"), std::string::npos);
  EXPECT_EQ(refusal("tcp 192.0.2.1:1 192.0.2.2:2 len 70000"), "\"len\" is followed by a whole number, up to 60000");
  EXPECT_EQ(refusal("tcp 192.0.2.1:1 192.0.2.2:2 ttl"), "\"ttl\" is followed by a whole number, up to 255");
  EXPECT_NE(refusal("tcp 192.0.2.1:70000 192.0.2.2:2"), "taken");
  EXPECT_NE(refusal("abc").find("is no packet"), std::string::npos) << "half a byte";
  EXPECT_NE(refusal("").find("is no packet"), std::string::npos);
  EXPECT_NE(refusal("sctp 192.0.2.1:1 192.0.2.2:2").find("is no packet"), std::string::npos);
}

TEST(PacketText, FramesAreDescribedLayerByLayer) {
  const Bytes inner = ip4({.source = "192.0.2.1", .destination = "198.51.100.80"}, tcp(4000, 80, "SA"));
  const std::string link = "02:00:00:00:00:99 > 02:00:00:00:00:01, ";
  EXPECT_EQ(describe(frame(inner), kPorts), link + "IPv4 192.0.2.1 > 198.51.100.80, TCP 4000 > 80 syn+ack");
  EXPECT_EQ(describe(frame(inner, {.tags = {100, 7}}), kPorts),
            link + "VLAN 100, VLAN 7, IPv4 192.0.2.1 > 198.51.100.80, TCP 4000 > 80 syn+ack");
  const Ip6Header outer{.source = "2001:db8::d", .destination = "2001:db8::1"};
  EXPECT_EQ(describe(frame(ip6(outer, inside(inner))), kPorts),
            link + "IPv6 2001:db8::d > 2001:db8::1 | IPv4 192.0.2.1 > 198.51.100.80, TCP 4000 > 80 syn+ack");
  EXPECT_EQ(
      describe(frame(ip6(outer, gue(50'000, 6080, inner))), kPorts),
      link +
          "IPv6 2001:db8::d > 2001:db8::1, GUE 50000 > 6080 | IPv4 192.0.2.1 > 198.51.100.80, TCP 4000 > 80 syn+ack");
  EXPECT_EQ(describe(frame(ip6(outer, gue(50'000, 6081, inner))), kPorts),
            link + "IPv6 2001:db8::d > 2001:db8::1, UDP 50000 > 6081");
  EXPECT_EQ(describe(frame(ip6(outer, gre(0x2000, number32(7), inner))), kPorts),
            link + "IPv6 2001:db8::d > 2001:db8::1, GRE key 7 | IPv4 192.0.2.1 > 198.51.100.80, TCP 4000 > 80 syn+ack");
  EXPECT_EQ(describe(frame(ip6(outer, gre(0x1000, number32(7), inner))), kPorts),
            link + "IPv6 2001:db8::d > 2001:db8::1, GRE, protocol 47");
  EXPECT_EQ(describe(frame(ip6(outer, vxlan(50'000, 4789, 7, frame(inner)))), kPorts),
            link +
                "IPv6 2001:db8::d > 2001:db8::1, VXLAN 50000 > 4789 VNI 7 | IPv4 192.0.2.1 > 198.51.100.80, TCP 4000 > "
                "80 syn+ack");
  EXPECT_EQ(describe(frame(ip6(outer, icmp6(128, 0))), kPorts),
            link + "IPv6 2001:db8::d > 2001:db8::1, ICMPv6 type 128 code 0");
  EXPECT_EQ(describe(cut(frame(inner), 40), kPorts), link + "IPv4 192.0.2.1 > 198.51.100.80, malformed");
  EXPECT_EQ(describe(cut(frame(inner), 20), kPorts), link + "no whole IP header");
  EXPECT_EQ(describe(cut(frame(inner), 9), kPorts), "9 bytes, no whole Ethernet header");
  EXPECT_EQ(describe(ethernet({}, 0x0806, repeat(0, 28)), kPorts), link + "EtherType 0806");
}

}  // namespace waymark::cli
