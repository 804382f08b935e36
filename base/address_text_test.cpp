#include "base/address_text.h"

#include <gtest/gtest.h>

namespace waymark {

TEST(AddressText, RoundTripsBothFamilies) {
  for (const char* written : {"192.0.2.1", "0.0.0.0", "2001:db8::1", "::", "::1", "2001:db8:0:1:0:1:a00:2"})
    EXPECT_EQ(text(*parse_address(written)), written);
}

TEST(AddressText, RefusesWhatIsNoAddress) {
  for (const char* written : {"", "192.0.2", "192.0.2.256", "2001:db8:::1", "::ffff:192.0.2.1", "web", "10.0.0.1/24"})
    EXPECT_FALSE(parse_address(written)) << written;
}

TEST(AddressText, WritesMacs) { EXPECT_EQ(text(Mac{{0x02, 0x57, 0, 0x0a, 0xff, 0x10}}), "02:57:00:0a:ff:10"); }

TEST(Address, MartianSources) {
  for (const char* written : {"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "ff02::1"})
    EXPECT_TRUE(is_martian_source(*parse_address(written))) << written;
  for (const char* written : {"10.0.0.1", "198.51.100.1", "2001:db8::1", "fe80::1"})
    EXPECT_FALSE(is_martian_source(*parse_address(written))) << written;
}

}  // namespace waymark
