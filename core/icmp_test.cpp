#include "core/icmp.h"

#include <gtest/gtest.h>

#include <set>

#include "base/address_text.h"
#include "core/complain.h"

namespace waymark {

// RFC 1122, 3.2.2: "Destination Unreachable, Redirect, Source Quench, Time Exceeded, Parameter Problem", by the numbers
// of RFC 792. Whoever treats redirects apart asks for them besides.
TEST(Icmp, ErrorsAreThoseOfTheRfcs) {
  const std::set<unsigned> errors4 = {3, 4, 5, 11, 12};
  for (unsigned type = 0; type < 256; ++type) {
    EXPECT_EQ(is_icmp4_error(u8(type)), errors4.contains(type)) << type;
    EXPECT_EQ(is_icmp_error(false, u8(type)), errors4.contains(type)) << type;
    // RFC 4443, 2.1: "Error messages are identified as such by a zero in the high-order bit of their message Type
    // field."
    EXPECT_EQ(is_icmp6_error(u8(type)), (type & 0x80) == 0) << type;
    EXPECT_EQ(is_icmp_error(true, u8(type)), (type & 0x80) == 0) << type;
  }
}

Address host_of(bool ip6) { return *parse_address(ip6 ? "2001:db8::1" : "192.0.2.1"); }

// RFC 1812, 4.3.2.7 and RFC 4443, 2.4 e: no error about an error, nor about a redirect.
TEST(Icmp, NoComplaintIsAboutAnErrorOrARedirect) {
  for (const bool ip6 : {false, true})
    for (unsigned type = 0; type < 256; ++type) {
      u8 bytes[sizeof(Icmp)] = {u8(type)};
      Packet p = {};
      p.ip6 = ip6;
      p.source = host_of(ip6);
      p.protocol = ip6 ? kProtoIcmp6 : kProtoIcmp4;
      const std::set<unsigned> never4 = {3, 4, 5, 11, 12};
      const bool never = ip6 ? type < 128 || type == 137 : never4.contains(type);
      EXPECT_EQ(may_complain({bytes, bytes + sizeof bytes}, p, 0), !never) << type << (ip6 ? " of ICMPv6" : " of ICMP");
    }
}

// Nor one to an address that is no single host's.
TEST(Icmp, NoComplaintGoesToAGroupOrToNobody) {
  const auto may = [](const char* source) {
    Packet p = {};
    p.source = *parse_address(source);
    p.ip6 = !is_ip4(p.source);
    p.protocol = kProtoUdp;
    return may_complain({}, p, 0);
  };
  for (const char* source : {"ff02::1", "ff0e::1", "::", "::1", "0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1",
                             "240.0.0.1", "255.255.255.255"})
    EXPECT_FALSE(may(source)) << source;
  for (const char* source : {"2001:db8::1", "fe80::1", "192.0.2.1"}) EXPECT_TRUE(may(source)) << source;
}

}  // namespace waymark
