// Traffic selectors with every field, byte by byte from the figures of RFC 6088.
#include "signal/selector.h"

#include <gtest/gtest.h>

#include "signal/examples_test.h"

namespace waymark::signalling {
namespace {

void expect_form(const Selector& selector, const char* bytes) {
  Writer out;
  write_selector(out, selector);
  EXPECT_EQ(vector_of(out.bytes()), hex(bytes));
  Selector read;
  EXPECT_FALSE(read_selector(hex(bytes), read));
  EXPECT_EQ(read, selector);
}

TEST(Selectors, HaveTheFieldsOfFigure1) {
  Selector s;
  s.ip6 = false;
  s.source = {at("192.0.2.1"), at("192.0.2.9")};
  s.destination = {at("198.51.100.1"), at("198.51.100.2")};
  s.spi = {0x100, 0x1ff};
  s.source_port = {1024, 65535};
  s.destination_port = {80, 443};
  s.traffic_class = {0x20, 0x28};
  s.protocol = {6, 17};
  expect_form(s,
              "01 00 fffc0000 c0000201 c0000209 c6336401 c6336402 00000100 000001ff 0400 ffff 0050 01bb 20 28 06 11");
}

TEST(Selectors, HaveTheFieldsOfFigure2) {
  Selector s;
  s.source = {at("2001:db8::1"), at("2001:db8::9")};
  s.destination = {at("2001:db8:1::1"), at("2001:db8:1::2")};
  s.spi = {0x100, 0x1ff};
  s.flow_label = {1, 0xfffff};
  s.source_port = {1024, 65535};
  s.destination_port = {80, 443};
  s.traffic_class = {0x20, 0x28};
  s.protocol = {6, 17};
  expect_form(s,
              "02 00 ffff0000 20010db8000000000000000000000001 20010db8000000000000000000000009"
              "20010db8000100000000000000000001 20010db8000100000000000000000002"
              "00000100 000001ff 00000001 000fffff 0400 ffff 0050 01bb 20 28 06 11");
}

TEST(Selectors, LeaveOutWhatMatchesAllAndEndsOfSingleValues) {
  expect_form(Selector{}, "02 00 00000000");
  Selector one;
  one.spi = {7, 7};
  one.protocol = {6, 6};
  expect_form(one, "02 00 08020000 00000007 06");
  one.ip6 = false;
  expect_form(one, "01 00 08080000 00000007 06");
}

TEST(Selectors, AreReadWithTheirEndsToo) {
  Selector read;
  EXPECT_FALSE(read_selector(hex("01 ff 000cffff 06 06"), read)) << "reserved bits are ignored";
  EXPECT_EQ(read.protocol, (Range<u8>{6, 6}));
}

TEST(Selectors, AreRefusedWhereTheyMeanNothing) {
  auto why = [](const char* bytes) {
    Selector read;
    const auto reason = read_selector(hex(bytes), read);
    return reason ? name_of(*reason) : "none";
  };
  EXPECT_EQ(why("02 00 000000"), "option_length");
  EXPECT_EQ(why("00 00 00000000"), "selector_format");
  EXPECT_EQ(why("02 00 80000000 20010db800000000000000000000"), "option_length") << "cut in a field";
  EXPECT_EQ(why("02 00 00000000 00"), "option_length") << "a byte too many";
  EXPECT_EQ(why("01 00 00040000 06"), "selector_range") << "an end alone";
  EXPECT_EQ(why("01 00 c0000000 c0000209 c0000201"), "selector_range") << "backwards, by its last byte";
  EXPECT_EQ(why("01 00 c0000000 c0000201 bf000209"), "selector_range") << "backwards, by its first byte";
  EXPECT_EQ(why("02 00 80000000 00000000000000000000ffffc0000201"), "address") << "IPv4-mapped";
}

}  // namespace
}  // namespace waymark::signalling
