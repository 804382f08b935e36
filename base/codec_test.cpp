#include "base/codec.h"

#include <gtest/gtest.h>

namespace waymark {
namespace {

TEST(Codec, WhatIsWrittenIsRead) {
  std::vector<u8> out;
  ByteWriter w(out);
  w.number(u8(1));
  w.number(u16(0x0302));
  w.name("d1");
  w.number(u64(0x0b0a090807060504));
  w.bytes(std::vector<u8>{12, 13});
  EXPECT_EQ(out, (std::vector<u8>{1, 2, 3, 2, 'd', '1', 4, 5, 6, 7, 8, 9, 10, 11, 12, 13})) << "little-endian";
  ByteReader r(out);
  EXPECT_EQ(r.number<u8>(), 1);
  EXPECT_EQ(r.number<u16>(), 0x0302);
  EXPECT_EQ(r.name(), "d1");
  EXPECT_EQ(r.number<u64>(), 0x0b0a090807060504u);
  EXPECT_EQ(r.left(), 2u);
  EXPECT_FALSE(r.at_end());
  EXPECT_EQ(r.bytes(2)[1], 13);
  EXPECT_TRUE(r.at_end() && r.good());
}

TEST(Codec, PastTheEndAreZerosAndNothingIsGoodAnyMore) {
  const std::vector<u8> in = {1, 2, 3};
  ByteReader r(in);
  EXPECT_EQ(r.number<u32>(), 0u);
  EXPECT_FALSE(r.good());
  EXPECT_TRUE(r.at_end());
  EXPECT_EQ(r.number<u8>(), 0) << "not what was left, either";
  EXPECT_FALSE(r.good());
}

TEST(Codec, NamesAreTheConfigurations) {
  const auto name_in = [](const std::string& text, u8 size) {
    std::vector<u8> in = {size};
    in.insert(in.end(), text.begin(), text.end());
    ByteReader r(in);
    const std::string name = r.name();
    return r.good() ? name : "refused";
  };
  EXPECT_EQ(name_in("paris-1_a.B", 11), "paris-1_a.B");
  EXPECT_EQ(name_in(std::string(kMostName, 'a'), u8(kMostName)), std::string(kMostName, 'a'));
  EXPECT_EQ(name_in(std::string(kMostName + 1, 'a'), u8(kMostName + 1)), "refused");
  EXPECT_EQ(name_in("", 0), "refused");
  EXPECT_EQ(name_in("ab", 3), "refused");
  for (const std::string bad : {"a b", "a\n", "a\x1b", "a/b", "\xc3\xa9"})
    EXPECT_EQ(name_in(bad, u8(bad.size())), "refused") << bad;
}

}  // namespace
}  // namespace waymark
