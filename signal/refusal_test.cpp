// Messages that are refused, byte by byte: why, and where.
#include "signal/refusal.h"

#include <gtest/gtest.h>

#include "signal/examples_test.h"

namespace waymark::signalling {
namespace {

struct Refused {
  const char* name;
  const char* bytes;
  Reason reason;
  u8 type;
  u16 at;
};

const char kTwice[] = "3b 02 05 00 0000 0102 8000 0003 02 02 000f 02 02 000f 01 02 0000";

const Refused kRefused[] = {
    {"nothing", "", Reason::no_header, 0, 0},
    {"seven bytes", "3b 00 00 00 00 00 00", Reason::no_header, 0, 0},
    {"less than Header Len says", "3b 01 00 00 0000 0000", Reason::truncated, 0, 1},
    {"unknown type", "3b 00 0c 00 0000 0000", Reason::unknown_type, 12, 2},
    {"the type comes before Payload Proto", "06 00 0c 00 0000 0000", Reason::unknown_type, 12, 2},
    {"Payload Proto", "06 01 05 00 0000 0102 8000 0003 01 02 0000", Reason::payload_proto, 5, 0},
    {"Update of 8 bytes", "3b 00 05 00 0000 0102", Reason::header_len, 5, 1},
    {"Acknowledgement of 8 bytes", "3b 00 06 00 0000 0102", Reason::header_len, 6, 1},
    {"Heartbeat of 8 bytes", "3b 00 0d 00 0000 0102", Reason::header_len, 13, 1},
    {"Revocation of 8 bytes", "3b 00 10 00 0000 0102", Reason::header_len, 16, 1},
    {"Error of 16 bytes", "3b 01 07 00 0000 0100 0000000000000000", Reason::header_len, 7, 1},
    {"Revocation of another type", "3b 01 10 00 0000 03 80 0005 e000 01 02 0000", Reason::revocation_type, 16, 6},
    {"option without length", "3b 01 05 00 0000 0102 8000 0003 00 00 00 02", Reason::option_overruns, 5, 15},
    {"option beyond the end", "3b 01 05 00 0000 0102 8000 0003 02 03 000f", Reason::option_overruns, 5, 12},
    {"PadN beyond the end", "3b 01 05 00 0000 0102 8000 0003 01 03 0000", Reason::option_overruns, 5, 12},
    {"unknown option beyond the end", "3b 01 05 00 0000 0102 8000 0003 c8 03 0000", Reason::option_overruns, 5, 12},
    {"short option", "3b 01 05 00 0000 0102 8000 0003 02 01 00 00", Reason::option_length, 5, 12},
    {"long option", "3b 02 05 00 0000 0102 8000 0003 02 03 000f00 00 01 04 00000000", Reason::option_length, 5, 12},
    {"an option twice", kTwice, Reason::option_twice, 5, 16},
    {"Redirect-Capability twice", "3b 02 05 00 0000 0102 8000 0003 2e 02 0000 2e 02 0000 01 02 0000",
     Reason::option_twice, 5, 16},
    {"one prefix twice",
     "3b 06 05 00 0000 0102 8000 0003 06 12 00 30 20010db8010000000000000000000000 01 02 0000"
     "06 12 00 30 20010db8010000000000000000000000",
     Reason::option_twice, 5, 36},
    {"one Binding ID twice", "3b 02 05 00 0000 0102 8000 0003 23 04 0007 0000 23 04 0007 0080", Reason::option_twice, 5,
     18},
    {"one flow twice", "3b 03 05 00 0000 0102 8000 0003 2d 06 0001 0001 0000 2d 06 0001 0002 0000 01 02 0000",
     Reason::option_twice, 5, 20},
    {"two flows of one priority",
     "3b 03 05 00 0000 0102 8000 0003 2d 06 0001 0001 0000 2d 06 0002 0001 0000 01 02 0000", Reason::option_twice, 5,
     20},
    {"an option behind the MAC",
     "3b 04 05 00 0000 0102 8000 0003 00 09 11 01 00000100 0102030405060708090a0b0c 02 02 000f 01 02 0000",
     Reason::option_after_mac, 5, 32},
    {"padding behind the MAC",
     "3b 04 05 00 0000 0102 8000 0003 00 09 11 01 00000100 0102030405060708090a0b0c 0000000000000000",
     Reason::option_after_mac, 5, 32},
    {"SPI 255", "3b 03 05 00 0000 0102 8000 0003 00 09 11 01 000000ff 0102030405060708090a0b0c", Reason::authentication,
     5, 13},
    {"MN-AAA", "3b 03 05 00 0000 0102 8000 0003 00 09 11 02 00000100 0102030405060708090a0b0c", Reason::authentication,
     5, 13},
    {"a MAC of 11 bytes", "3b 03 05 00 0000 0102 8000 0003 00 00 09 10 01 00000100 0102030405060708090a0b",
     Reason::option_length, 5, 14},
    {"care-of address multicast", "3b 03 05 00 0000 0102 8000 0003 01 00 03 10 ff020db8000900000000000000000001",
     Reason::address, 5, 14},
    {"care-of address of one link", "3b 03 05 00 0000 0102 8000 0003 01 00 03 10 fe800db8000900000000000000000001",
     Reason::address, 5, 14},
    {"care-of address IPv4-mapped", "3b 03 05 00 0000 0102 8000 0003 01 00 03 10 00000000000000000000ffffc0000209",
     Reason::address, 5, 14},
    {"IPv4 care-of address 127.0.0.1", "3b 02 05 00 0000 0102 8000 0003 20 06 0000 7f000001 01 02 0000",
     Reason::address, 5, 12},
    {"home address IPv4-mapped", "3b 02 07 00 0000 02 00 00000000000000000000ffffc0000209", Reason::address, 7, 8},
    {"prefix of 129 bits", "3b 03 05 00 0000 0102 8000 0003 06 12 00 81 20010db8010000000000000000000000",
     Reason::prefix, 5, 12},
    {"prefix with host bits", "3b 03 05 00 0000 0102 8000 0003 06 12 00 2f 20010db8010100000000000000000000",
     Reason::prefix, 5, 12},
    {"IPv4 prefix of 0 bits", "3b 02 05 00 0000 0102 8000 0003 1d 06 0200 00000000 01 02 0000", Reason::prefix, 5, 12},
    {"two IPv4 home addresses", "3b 03 05 00 0000 0102 8000 0003 1d 06 8000 c6336401 1d 06 8000 c6336402 01 02 0000",
     Reason::option_twice, 5, 20},
    {"P and O", "3b 01 05 00 0000 0102 0240 0003 01 02 0000", Reason::flags, 5, 8},
    {"IPv4 prefix of 33 bits", "3b 02 05 00 0000 0102 8000 0003 1d 06 8400 c6336400 01 02 0000", Reason::prefix, 5, 12},
    {"Binding ID 0", "3b 02 05 00 0000 0102 8000 0003 23 04 0000 0000 01 04 00000000", Reason::identifier, 5, 12},
    {"Binding ID of 5 bytes", "3b 02 05 00 0000 0102 8000 0003 23 05 0001 0000 00 01 03 000000", Reason::option_length,
     5, 12},
    {"care-of address in an Acknowledgement", "3b 02 06 00 0000 00 00 0003 0000 23 08 0007 00 00 c0000209 00 00",
     Reason::address, 6, 12},
    {"flow 0", "3b 02 05 00 0000 0102 8000 0003 2d 06 0000 0001 0000 01 02 0000", Reason::identifier, 5, 12},
    {"flow of priority 0", "3b 02 05 00 0000 0102 8000 0003 2d 06 0001 0000 0000 01 02 0000", Reason::identifier, 5,
     12},
    {"sub-option beyond its option", "3b 02 05 00 0000 0102 8000 0003 2d 08 0001 0001 0000 03 06 0000",
     Reason::option_overruns, 5, 12},
    {"selector of another format",
     "3b 03 05 00 0000 0102 8000 0003 2d 0e 0001 0001 0000 03 06 03 00 00000000 01 02 0000", Reason::selector_format, 5,
     12},
    {"selector that ends without a start",
     "3b 03 05 00 0000 0102 8000 0003 2d 0f 0001 0001 0000 03 07 02 00 00010000 06 01 01 00", Reason::selector_range, 5,
     12},
    {"selector that ends before its start",
     "3b 03 05 00 0000 0102 8000 0003 2d 12 0001 0001 0000 03 0a 02 00 00300000 01bb 0050", Reason::selector_range, 5,
     12},
    {"selector longer than its fields",
     "3b 03 05 00 0000 0102 8000 0003 2d 0f 0001 0001 0000 03 07 02 00 00000000 06 01 01 00", Reason::option_length, 5,
     12},
    {"reference of 3 bytes", "3b 03 05 00 0000 0102 8000 0003 2d 0b 0001 0001 0000 02 03 000100 01 05 0000000000",
     Reason::option_length, 5, 12},
    {"Redirect with K and N", "3b 03 05 00 0000 0102 8000 0003 2f 12 c000 20010db8000300000000000000000001",
     Reason::option_length, 5, 12},
    {"Redirect with neither", "3b 02 05 00 0000 0102 8000 0003 2f 06 0000 c0000201 01 02 0000", Reason::option_length,
     5, 12},
    {"K with an IPv4 address", "3b 02 05 00 0000 0102 8000 0003 2f 06 8000 c0000201 01 02 0000", Reason::option_length,
     5, 12},
};

TEST(Refusals, HaveReasonAndPlace) {
  for (const Refused& r : kRefused) {
    SCOPED_TRACE(r.name);
    const Decoded read = decode(hex(r.bytes));
    ASSERT_FALSE(read.message) << text(*read.message);
    EXPECT_EQ(name_of(read.refusal.reason), name_of(r.reason));
    EXPECT_EQ(read.refusal.type, r.type);
    EXPECT_EQ(read.refusal.at, r.at);
  }
}

// RFC 6275, 9.2.
TEST(Refusals, SayWhatTheSenderIsTold) {
  EXPECT_EQ(reply_to(Reason::checksum), Reply::none);
  EXPECT_EQ(reply_to(Reason::payload_proto), Reply::parameter_problem);
  EXPECT_EQ(reply_to(Reason::header_len), Reply::parameter_problem);
  EXPECT_EQ(reply_to(Reason::unknown_type), Reply::binding_error);
  EXPECT_EQ(name_of(Reason::option_twice), "option_twice");
  EXPECT_EQ(text(decode(hex("3b 00 05 00 0000 0102")).refusal),
            "MH Type 5 refused at byte 1: Header Len is too small for the MH Type");
}

}  // namespace
}  // namespace waymark::signalling
