// What labs read from other programs' output.
#include <gtest/gtest.h>

#include "lab/kit/capture.h"
#include "lab/kit/traceroute.h"

namespace waymark::lab {
namespace {

const std::vector<TappedLink> kLinks = {{"eth", 1500}, {"low", 1400}};

TEST(Traceroute, Hops) {
  EXPECT_EQ(hops("traceroute to 198.51.100.6 (198.51.100.6), 9 hops max, 60 byte packets\n"
                 " 1  203.0.113.1  0.028 ms\n 2  *\n10  2001:db8::1  0.1 ms !N\n"),
            (std::vector<std::string>{"203.0.113.1", "*", "2001:db8::1"}));
}

// Each packet as tshark's fields: length, interface, malformed, checksum states, UDP checksum, ICMP types, fragments,
// a TCP checksum of 0xffff in place of 0.
TEST(Capture, AGoodPacketIsGood) {
  const Judged is = judged("1514\teth\t\t1\t\t\t1\t\t\t\t\t0\t\t\n", kLinks);
  EXPECT_EQ(is.all, 1u);
  EXPECT_EQ(is.good, 1u);
  EXPECT_EQ(is.bad + is.malformed + is.large + is.errors + is.fragments + is.no_checksum, 0u);
}

TEST(Capture, EveryFaultIsFound) {
  EXPECT_EQ(judged("1515\teth\t\t1\t\t\t1\t\t\t\t\t0\t\t\n", kLinks).large, 1u);
  EXPECT_EQ(judged("1415\tlow\t\t1\t\t\t1\t\t\t\t\t0\t\t\n", kLinks).large, 1u);
  EXPECT_EQ(judged("100\tother\t\t1\t\t\t1\t\t\t\t\t0\t\t\n", kLinks).large, 1u);
  EXPECT_EQ(judged("100\teth\tmalformed\t1\t\t\t1\t\t\t\t\t0\t\t\n", kLinks).malformed, 1u);
  EXPECT_EQ(judged("100\teth\t\t0\t\t\t1\t\t\t\t\t0\t\t\n", kLinks).bad, 1u);
  EXPECT_EQ(judged("100\teth\t\t1\t\t\t0\t\t\t\t\t0\t\t\n", kLinks).bad, 1u);
  EXPECT_EQ(judged("100\teth\t\t\t\t\t\t0\t0x1234\t\t\t\t\t\n", kLinks).bad, 1u);
  EXPECT_EQ(judged("100\teth\t\t\t\t0\t\t\t\t\t128\t\t\t\n", kLinks).bad, 1u);
}

// Both are zero to every receiver, and Linux itself writes the former (RFC 1624, 3).
TEST(Capture, ATcpChecksumOfOnesIsOneOfZeros) {
  const Judged is = judged("66\teth\t\t1\t\t\t0\t\t\t\t\t0\t\t1\n", kLinks);
  EXPECT_EQ(is.bad, 0u);
  EXPECT_EQ(is.good, 1u);
  EXPECT_EQ(judged("66\teth\t\t0\t\t\t0\t\t\t\t\t0\t\t1\n", kLinks).bad, 1u) << "the header's";
}

TEST(Capture, AnErrorsQuotedPacketHasNoChecksumButItsHeaders) {
  const Judged truncated = judged("590\teth\t\t1,1\t1\t\t0\t\t\t3\t\t0,0\t\t\n", kLinks);
  EXPECT_EQ(truncated.bad, 0u);
  EXPECT_EQ(truncated.errors, 1u);
  EXPECT_EQ(judged("590\teth\t\t1,0\t1\t\t1\t\t\t3\t\t0,0\t\t\n", kLinks).bad, 1u);
}

TEST(Capture, FragmentsAndUdpWithoutChecksumAreCounted) {
  EXPECT_EQ(judged("100\teth\t\t1\t\t\t\t3\t0x0000\t\t\t0\t\t\n", kLinks).no_checksum, 1u);
  EXPECT_EQ(judged("100\teth\t\t1\t\t\t\t\t\t\t\t1\t\t\n", kLinks).fragments, 1u);
  EXPECT_EQ(judged("100\teth\t\t\t\t\t\t\t\t\t\t\t17\t\n", kLinks).fragments, 1u);
}

}  // namespace
}  // namespace waymark::lab
