// Cut packets against a reassembly written from the RFCs.
#include "roles/translator/punted.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "roles/translator/punted_test.h"

namespace waymark::translator {

namespace {

// Pieces put together again by their offsets (RFC 791, 3.2; RFC 8200, 4.5). Each may come once, and all bytes must.
struct Reassembled {
  Bytes payload;
  u32 first = 0;
  bool more = false;
};
struct Piece {
  u32 offset;
  bool more;
  Bytes payload;
};
Reassembled together(std::vector<Piece> list) {
  std::sort(list.begin(), list.end(), [](auto& a, auto& b) { return a.offset < b.offset; });
  Reassembled out;
  out.first = list.front().offset;
  for (std::size_t i = 0; i < list.size(); ++i) {
    EXPECT_EQ(list[i].offset, out.first + out.payload.size()) << "pieces tile";
    EXPECT_FALSE(list[i].payload.empty());
    if (i + 1 < list.size()) {
      EXPECT_TRUE(list[i].more);
      EXPECT_EQ(list[i].payload.size() % 8, 0u);
    }
    out.payload = out.payload + list[i].payload;
  }
  out.more = list.back().more;
  return out;
}

// Reads a piece, whose IP header must be right, and gives the header with what fragments change in it taken out.
Piece piece4(const Bytes& f, u32 mtu, Bytes& header) {
  EXPECT_EQ(word(f, 16), f.size() - 14);
  EXPECT_LE(f.size() - 14, mtu);
  EXPECT_EQ(internet_checksum(range(f, 14, 34)), 0) << "header checksum";
  header = with_word(with_word(with_word(range(f, 0, 34), 16, 0), 20, uint16_t(word(f, 20) & 0xc000)), 24, 0);
  return {(word(f, 20) & 0x1fff) * 8, (word(f, 20) & 0x2000) != 0, range(f, 34, f.size())};
}
Piece piece6(const Bytes& f, u32 mtu, Bytes& header) {
  EXPECT_EQ(word(f, 18), f.size() - 54);
  EXPECT_LE(f.size() - 14, mtu);
  EXPECT_EQ(f[20], 44);
  header = with_word(with_word(range(f, 0, 62), 18, 0), 56, 0);  // next header and identification stay in
  return {word(f, 56) & 0xfff8, (word(f, 56) & 1) != 0, range(f, 62, f.size())};
}

using ReadPiece = Piece (*)(const Bytes&, u32, Bytes&);
Reassembled reassemble(const std::vector<Bytes>& frames, u32 mtu, ReadPiece read, Bytes& header) {
  std::vector<Piece> list;
  for (const Bytes& f : frames) {
    Bytes one;
    list.push_back(read(f, mtu, one));
    if (list.size() > 1) {
      EXPECT_EQ(one, header) << "all pieces have the same header";
    }
    header = one;
  }
  return together(list);
}

Ip4Header from4(uint16_t fragment) {
  return {.source = "192.0.2.1", .destination = "198.51.100.2", .id = 0x1234, .fragment = fragment};
}

}  // namespace

TEST(Split, WhatFitsStaysAsItIsWithoutThePadding) {
  const Bytes small = frame(ip4(from4(0), raw(253, numbered(10))));
  EXPECT_EQ(split(padded(small, 60), 1280, 1), std::vector<Bytes>{small});
  const Bytes six = frame(ip6(kFrom6, raw(253, numbered(1240))));
  EXPECT_EQ(split(padded(six, 1400), 1280, 1), std::vector<Bytes>{six});
}

TEST(Split, AnIp6PacketGetsAFragmentHeader) {
  const auto out = split(frame(ip6(kFrom6, raw(253, numbered(1241)))), 1280, 0x0000beef);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].size(), 14u + 1280);
  EXPECT_EQ(out[0], frame(ip6(kFrom6, fragment6(0, true, raw(253, range(numbered(1241), 0, 1232)), 0xbeef))));
  EXPECT_EQ(out[1], frame(ip6(kFrom6, fragment6(154, false, raw(253, range(numbered(1241), 1232, 1241)), 0xbeef))));
}

TEST(Split, AFragmentIsCutFurther) {
  const auto six = split(frame(ip6(kFrom6, fragment6(100, true, raw(17, numbered(1440)), 0xcafe0001))), 1280, 7);
  ASSERT_EQ(six.size(), 2u);
  EXPECT_EQ(six[0], frame(ip6(kFrom6, fragment6(100, true, raw(17, range(numbered(1440), 0, 1232)), 0xcafe0001))));
  EXPECT_EQ(six[1], frame(ip6(kFrom6, fragment6(254, true, raw(17, range(numbered(1440), 1232, 1440)), 0xcafe0001))));

  const auto four = split(frame(ip4(from4(0x2000 | 100), raw(17, numbered(1440)))), 1005, 7);
  ASSERT_EQ(four.size(), 2u);
  EXPECT_EQ(four[0], frame(ip4(from4(0x2000 | 100), raw(17, range(numbered(1440), 0, 984)))));
  EXPECT_EQ(four[1], frame(ip4(from4(0x2000 | 223), raw(17, range(numbered(1440), 984, 1440)))));
}

TEST(Split, TheLastPieceMayFillTheWayToItsLastByte) {
  const auto four = split(frame(ip4(from4(0), raw(253, numbered(8 + 15)))), 20 + 15, 1);
  ASSERT_EQ(four.size(), 2u);
  EXPECT_EQ(four[1].size(), 14u + 20 + 15);
}

TEST(Split, TakesWholePacketsWithoutOptionsOnly) {
  const Bytes good = frame(ip4(from4(0), raw(253, numbered(100))));
  ASSERT_EQ(split(good, 68, 1).size(), 3u);
  Ip4Header options = from4(0);
  options.options = {1, 1, 1, 0};
  EXPECT_TRUE(split(frame(ip4(options, raw(253, numbered(100)))), 68, 1).empty());
  EXPECT_TRUE(split(cut(good, good.size() - 1), 68, 1).empty());
  EXPECT_TRUE(split(good, 27, 1).empty()) << "no room for eight bytes";
  EXPECT_TRUE(split(good, 0, 1).empty());
  EXPECT_TRUE(split(cut(good, 20), 68, 1).empty());
  EXPECT_TRUE(split(cut(good, 3), 68, 1).empty());
  const Bytes six = frame(ip6(kFrom6, raw(253, numbered(100))));
  ASSERT_EQ(split(six, 56, 1).size(), 13u);
  EXPECT_TRUE(split(six, 55, 1).empty());
  EXPECT_TRUE(split(cut(six, six.size() - 1), 100, 1).empty());
  EXPECT_TRUE(split(with_word(six, 12, 0x0806), 56, 1).empty());
  EXPECT_TRUE(split(frame(ip6(kFrom6, raw(44, numbered(7)))), 46, 1).empty()) << "no whole Fragment Header";
}

TEST(Split, NoOffsetLeavesItsField) {
  EXPECT_TRUE(split(frame(ip4(from4(8190), raw(17, numbered(64)))), 36, 1).empty());
  EXPECT_EQ(split(frame(ip4(from4(8189), raw(17, numbered(24)))), 36, 1).size(), 2u);
  EXPECT_TRUE(split(frame(ip6(kFrom6, fragment6(8190, false, raw(17, numbered(64))))), 64, 1).empty());
}

RC_GTEST_PROP(SplitProperties, Ip4ComesTogetherAgain, ()) {
  const u32 size = *rc::gen::inRange(1u, 3000u), mtu = *rc::gen::inRange(28u, 2000u);
  const u16 fragment = u16(*rc::gen::inRange(0u, 7000u) | (*rc::gen::arbitrary<bool>() ? 0x2000 : 0));
  const Bytes whole = frame(ip4(from4(fragment), raw(17, numbered(size))));
  const auto out = split(whole, mtu, 0);
  Bytes header, old;
  const Reassembled got = reassemble(out, mtu, piece4, header);
  piece4(whole, 65535, old);
  RC_ASSERT(header == old);
  RC_ASSERT(got.payload == numbered(size));
  RC_ASSERT(got.first == (fragment & 0x1fffu) * 8);
  RC_ASSERT(got.more == ((fragment & 0x2000) != 0));
  RC_ASSERT(!testing::Test::HasFailure());
}

RC_GTEST_PROP(SplitProperties, Ip6ComesTogetherAgain, ()) {
  const u32 size = *rc::gen::inRange(1u, 3000u), mtu = *rc::gen::inRange(56u, 2000u);
  const bool fragment = *rc::gen::arbitrary<bool>(), more = *rc::gen::arbitrary<bool>();
  const u16 offset = fragment ? u16(*rc::gen::inRange(0u, 7000u)) : u16(0);
  const Payload payload = raw(17, numbered(size));
  const Bytes whole = frame(ip6(kFrom6, fragment ? fragment6(offset, more, payload, 0xabcdef01) : payload));
  const auto out = split(whole, mtu, 0xabcdef01);
  if (whole.size() - 14 <= mtu) RC_SUCCEED("it fits");
  Bytes header, like;
  const Reassembled got = reassemble(out, mtu, piece6, header);
  piece6(frame(ip6(kFrom6, fragment6(0, false, payload, 0xabcdef01))), 65535, like);
  RC_ASSERT(header == like);
  RC_ASSERT(got.payload == numbered(size));
  RC_ASSERT(got.first == offset * 8u);
  RC_ASSERT(got.more == (fragment && more));
  RC_ASSERT(!testing::Test::HasFailure());
}

}  // namespace waymark::translator
