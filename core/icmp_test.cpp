#include "core/icmp.h"

#include <gtest/gtest.h>

#include <set>

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

// RFC 1812, 4.3.2.7 and RFC 4443, 2.4 e: no error about an error, nor about a redirect.
TEST(Icmp, NoComplaintIsAboutAnErrorOrARedirect) {
  for (const bool ip6 : {false, true})
    for (unsigned type = 0; type < 256; ++type) {
      u8 bytes[sizeof(Icmp)] = {u8(type)};
      Packet p = {};
      p.ip6 = ip6;
      p.protocol = ip6 ? kProtoIcmp6 : kProtoIcmp4;
      const std::set<unsigned> never4 = {3, 4, 5, 11, 12};
      const bool never = ip6 ? type < 128 || type == 137 : never4.contains(type);
      EXPECT_EQ(may_complain({bytes, bytes + sizeof bytes}, p, 0), !never) << type << (ip6 ? " of ICMPv6" : " of ICMP");
    }
}

}  // namespace waymark
