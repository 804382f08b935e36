// Errors readied for translation against packets written by hand, and against what realign() promises.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "roles/translator/punted.h"
#include "roles/translator/punted_test.h"

namespace waymark::translator {

namespace {

// What a checksum is short of being right: 0 (or ffff) where it is.
u32 discrepancy(const Bytes& covered, u32 pseudo) { return internet_checksum(covered, 0, pseudo) % 0xffff; }

// An extension structure (RFC 4884, 7): version 2, a checksum that nobody looks at here, one object of `size` bytes.
Bytes extensions(std::size_t size = 8) {
  return Bytes{0x20, 0, 0xde, 0xad, uint8_t((size + 4) >> 8), uint8_t(size + 4), 1, 1} + Bytes(size, 0x5a);
}

// An error with a length field of `words` before the checksum is made. `second`: its second word's other bytes.
Payload error(bool six, uint8_t type, uint8_t code, const Bytes& datagram, const Bytes& rest, u32 words) {
  Payload p = icmp_error(six, type, code, datagram + rest);
  p.bytes[six ? 4u : 5u] = uint8_t(words);
  return p;
}
const Ip4Header kRouter4 = {.source = "203.0.113.1", .destination = "192.0.2.33"};
const Ip6Header kRouter6 = {.source = "2001:db8:ffff::1", .destination = "64:ff9b::192.0.2.33"};
Bytes error4(const Bytes& datagram, const Bytes& rest = extensions(), uint8_t type = 11, uint8_t code = 0) {
  return frame(ip4(kRouter4, error(false, type, code, datagram, rest, u32(datagram.size() / 4))));
}
Bytes error6(const Bytes& datagram, const Bytes& rest = extensions(), uint8_t type = 3, uint8_t code = 0) {
  return frame(ip6(kRouter6, error(true, type, code, datagram, rest, u32(datagram.size() / 8))));
}
Bytes sent4(std::size_t length, uint16_t fragment = 0x4000, const Bytes& options = {}) {
  Ip4Header h = {.source = "192.0.2.33", .destination = "198.51.100.2", .fragment = fragment};
  h.options = options;
  return ip4(h, raw(253, numbered(length - 20 - options.size())));
}
Bytes sent6(std::size_t length) { return ip6(kFrom6, raw(253, numbered(length - 40))); }
Bytes realigned(const Bytes& frame) { return realign(frame).value_or(Bytes{}); }

// What a realigned IPv6 error with sent6() inside becomes in IPv4 (RFC 7915, 5.2 and 5.3), tightened: `came` is the
// error before realign().
Bytes tightened(const Bytes& came, const Bytes& six) {
  const std::size_t quoted = 14 + 40 + 8, length = six[14 + 40 + 4] * 8u, end = length ? quoted + length : six.size();
  const Bytes datagram = sent4(20) + range(six, quoted + 40, end), rest = range(six, end, six.size());
  Bytes four = frame(ip4(kRouter4, error(false, 11, 0, datagram, rest, length ? u32(datagram.size() / 4) : 0)));
  tighten(came, four);
  return four;
}

}  // namespace

TEST(Realign, WhatIsRightStaysByteForByte) {
  const Bytes four = error4(cut(sent4(600), 132)), six = error6(cut(sent6(600), 152));
  EXPECT_EQ(difference(four, realigned(four)), "");
  EXPECT_EQ(difference(six, realigned(six)), "");
}

// 128 bytes are 148 in IPv6, which is no whole number of 64-bit words; what was cut off before is cut to 144.
TEST(Realign, ACutDatagramIsCutToWholeWordsTowardsIp6) {
  EXPECT_EQ(difference(error4(cut(sent4(600), 124)), realigned(error4(cut(sent4(600), 128)))), "");
  for (const auto& [type, code] : {std::pair(3, 0), {3, 1}, {3, 3}, {3, 13}, {11, 0}, {11, 1}})
    EXPECT_EQ(difference(error4(cut(sent4(600), 124), extensions(), uint8_t(type), uint8_t(code)),
                         realigned(error4(cut(sent4(600), 128), extensions(), uint8_t(type), uint8_t(code)))),
              "");
}

TEST(Realign, ADatagramThatIsAllThereIsNotCut) {
  EXPECT_EQ(difference(error4(padded(sent4(128), 132)), realigned(error4(sent4(128)))), "");
  // Forty bytes and the zeros that RFC 4884 wants: 108 are enough, as translation adds 20, and no fewer zeros.
  EXPECT_EQ(difference(error4(padded(sent4(40), 108)), realigned(error4(padded(sent4(40), 128)))), "");
  EXPECT_EQ(difference(error4(padded(sent4(128), 132)), realigned(error4(padded(sent4(128), 148)))), "");
}

TEST(Realign, AFragmentGrowsByItsHeaderToo) {
  for (const uint16_t fragment : std::vector<uint16_t>{0x2000, 0x0010, 0x2010})
    EXPECT_EQ(difference(error4(cut(sent4(600, fragment), 124)), realigned(error4(cut(sent4(600, fragment), 128)))),
              "");
  // Headers with options grow less: 24 bytes become 40, so 128 are right.
  const Bytes with = error4(cut(sent4(600, 0x4000, {1, 1, 1, 0}), 128));
  EXPECT_EQ(difference(with, realigned(with)), "");
}

TEST(Realign, ADatagramTooSmallForIp4IsPadded) {
  EXPECT_EQ(difference(error6(padded(cut(sent6(600), 128), 152)), realigned(error6(cut(sent6(600), 128)))), "");
  EXPECT_EQ(difference(error6(padded(sent6(48), 152), extensions(), 1, 4),
                       realigned(error6(padded(sent6(48), 128), extensions(), 1, 4))),
            "");
  // The headers that translation leaves out count: here 16 of options and 8 of a Fragment Header.
  const Bytes headers = ip6(kFrom6, extension(60, fragment6(0, true, raw(17, numbered(600))), 1));
  EXPECT_EQ(difference(error6(padded(cut(headers, 152), 176)), realigned(error6(cut(headers, 152)))), "");
}

TEST(Realign, TheWholeErrorFitsTheOtherSide) {
  // 576 = 20 + 8 + datagram + extensions in IPv4, with words of eight bytes on this side.
  EXPECT_EQ(difference(error6(cut(sent6(1200), 552)), realigned(error6(cut(sent6(1200), 1000)))), "");
  EXPECT_EQ(difference(error6(cut(sent6(1200), 360), extensions(200)),
                       realigned(error6(cut(sent6(1200), 800), extensions(200)))),
            "");
  // 1280 = 40 + 8 + datagram + extensions in IPv6.
  EXPECT_EQ(difference(error4(cut(sent4(1400), 1012), extensions(192)),
                       realigned(error4(cut(sent4(1400), 1020), extensions(192)))),
            "");
  EXPECT_EQ(difference(error4(cut(sent4(1400), 204), extensions(1000)),
                       realigned(error4(cut(sent4(1400), 1020), extensions(1000)))),
            "");
}

TEST(Realign, WithoutRoomTheExtensionsGo) {
  // Beside 128 bytes of datagram in IPv6 there is room for 1104 of extensions.
  EXPECT_EQ(difference(error4(cut(sent4(600), 108), extensions(1096)),
                       realigned(error4(cut(sent4(600), 128), extensions(1096)))),
            "");
  const Bytes none = frame(ip4(kRouter4, error(false, 11, 0, cut(sent4(600), 128), {}, 0)));
  EXPECT_EQ(difference(none, realigned(error4(cut(sent4(600), 128), extensions(1100)))), "");
  const Bytes none6 = frame(ip6(kRouter6, error(true, 3, 0, cut(sent6(600), 128), {}, 0)));
  EXPECT_EQ(difference(none6, realigned(error6(cut(sent6(600), 128), extensions(416)))), "");
}

// 128 bytes of datagram beside the extensions still fit; the 132 that 64-bit words can say do not, before tighten().
TEST(Realign, ThePaddingOfAShortDatagramIsNotInTheWayOfExtensions) {
  for (const std::size_t said : {128, 152, 160})
    for (const std::size_t size : {408, 409, 412}) {
      const Bytes came = error6(padded(sent6(100), said), extensions(size));
      const Bytes out = realigned(came);
      EXPECT_EQ(difference(error6(padded(sent6(100), 152), extensions(size)), out), "") << said << " " << size;
      const Bytes translated = padded(sent4(20) + range(sent6(100), 40, 100), 128);
      EXPECT_EQ(difference(error4(translated, extensions(size)), tightened(came, out)), "") << said << " " << size;
      EXPECT_LE(tightened(came, out).size() - 14, 576u);
    }
  const Bytes full = error6(padded(sent6(100), 128), extensions(413));
  EXPECT_EQ(realigned(full)[14 + 40 + 4], 0) << "577 bytes: the extensions go";
}

// Who pads with something else than zeros has it in the checksum.
TEST(Realign, PaddingThatIsTakenAwayLeavesTheChecksumRight) {
  const Bytes came = error6(padded(sent6(100), 128) + Bytes(24, 0x77), extensions(412)), out = realigned(came);
  ASSERT_EQ(difference(came, out), "");
  const Bytes four = tightened(came, out);
  EXPECT_EQ(four.size() - 14, 576u);
  EXPECT_EQ(discrepancy(range(four, 34, four.size()), 0), 0u);
}

TEST(Realign, PacketTooBigAndParameterProblemHaveNoLength) {
  for (const auto& [type, code] : {std::pair(3, 2), {3, 4}, {12, 0}}) {
    Payload p = error(false, uint8_t(type), uint8_t(code), cut(sent4(600), 128), extensions(), 32);
    p.bytes[4] = type == 12 ? 9 : 0;
    p.bytes[6] = 0x05;  // the next hop's MTU, where there is one
    p.bytes[7] = 0xdc;
    const Bytes in = frame(ip4(kRouter4, p));
    p.bytes[5] = 0;
    p.bytes = cut(p.bytes, 8 + 128);
    EXPECT_EQ(difference(frame(ip4(kRouter4, p)), realigned(in)), "");
  }
}

TEST(Realign, TagsOptionsAndExtensionHeadersStay) {
  for (const std::vector<uint16_t>& tags : {std::vector<uint16_t>{100}, {100, 0x2007}}) {
    Link link{};
    link.tags = tags;
    const auto with = [&](std::size_t size) {
      Ip4Header h = kRouter4;
      h.options = {1, 1, 1, 0};
      return frame(ip4(h, error(false, 11, 0, cut(sent4(600), size), extensions(), u32(size / 4))), link);
    };
    EXPECT_EQ(difference(with(124), realigned(with(128))), "");
    const auto six = [&](const Bytes& datagram) {
      return frame(
          ip6(kRouter6,
              extension(0, extension(43, error(true, 1, 0, datagram, extensions(), u32(datagram.size() / 8))))),
          link);
    };
    EXPECT_EQ(difference(six(padded(cut(sent6(600), 128), 152)), realigned(six(cut(sent6(600), 128)))), "");
  }
}

TEST(Realign, OtherFramesAreNotTouched) {
  const Bytes good = error4(cut(sent4(600), 128)), six = error6(cut(sent6(600), 128));
  ASSERT_TRUE(realign(good) && realign(six));
  EXPECT_FALSE(realign(with_byte(good, 14 + 20 + 5, 0))) << "no length";
  EXPECT_FALSE(realign(with_byte(good, 14 + 20 + 5, 37))) << "longer than the message";
  EXPECT_TRUE(realign(with_byte(good, 14 + 20 + 5, 36))) << "no extensions";
  EXPECT_FALSE(realign(with_byte(good, 14 + 20 + 5, 4))) << "no whole IP header";
  EXPECT_FALSE(realign(with_byte(good, 14 + 20, 8))) << "a ping";
  EXPECT_FALSE(realign(with_byte(six, 14 + 40, 2))) << "Packet Too Big has no length";
  EXPECT_FALSE(realign(with_byte(good, 14 + 6, 0x20))) << "a fragment";
  EXPECT_FALSE(realign(with_byte(good, 14 + 9, 17)));
  EXPECT_FALSE(realign(with_byte(good, 14 + 28, 0x60))) << "an IPv6 packet in ICMPv4";
  EXPECT_FALSE(realign(with_byte(six, 14 + 48 + 6, 0))) << "extension headers that do not end";
  EXPECT_FALSE(realign(with_word(good, 12, 0x0806)));
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(realign(cut(good, size)));
  for (std::size_t size = 0; size < six.size(); ++size) EXPECT_FALSE(realign(cut(six, size)));
  EXPECT_EQ(difference(*realign(good), realigned(padded(good, good.size() + 9))), "") << "the link's padding goes";
}

// Whatever stands in the packet: afterwards all of what realign() promises holds, and the checksums are as wrong as
// they were.
RC_GTEST_PROP(RealignProperties, IsOfWholeWordsAndAsCorruptAsBefore, ()) {
  const bool six = *rc::gen::arbitrary<bool>();
  const u32 unit = six ? 8 : 4, header = six ? 40 : 20;
  const u32 words = *rc::gen::inRange(128 / unit, 600 / unit), said = words * unit;
  const u32 inner_length = *rc::gen::inRange(100u, 900u);
  const Bytes rest = extensions(*rc::gen::inRange(0u, 1200u));
  Bytes datagram = six ? sent6(inner_length) : sent4(inner_length);
  datagram = datagram.size() > said ? cut(datagram, said) : padded(datagram, said);
  Bytes in = six ? error6(datagram, rest) : error4(datagram, rest);
  const std::size_t icmp = 14 + header;
  in = with_word(in, icmp + 2, *rc::gen::arbitrary<uint16_t>());
  if (!six) in = with_word(in, 14 + 10, *rc::gen::arbitrary<uint16_t>());
  const Bytes out = realigned(in);
  RC_ASSERT(!out.empty());

  const auto wrong = [&](const Bytes& f) {
    u32 pseudo = 0;
    if (six) {
      pseudo = u32(f.size() - icmp) + 58;
      for (std::size_t at = 22; at < 54; at += 2) pseudo += word(f, at);
    }
    return discrepancy(range(f, icmp, f.size()), pseudo);
  };
  RC_ASSERT(wrong(in) == wrong(out));
  if (!six) RC_ASSERT(discrepancy(range(in, 14, 34), 0) == discrepancy(range(out, 14, 34), 0));
  RC_ASSERT(word(out, six ? 18 : 16) == out.size() - (six ? 54 : 14));

  const u32 length = out[icmp + (six ? 4 : 5)] * unit;
  const int growth = six ? -20 : 20;
  RC_ASSERT((six ? tightened(in, out).size() - 14 : out.size() - 14 + 40) <= (six ? 576u : 1280u));
  if (length) {
    RC_ASSERT((int(length) + growth) % (six ? 4 : 8) == 0);
    RC_ASSERT(int(length) + growth >= 128);
    RC_ASSERT(range(out, icmp + 8 + length, out.size()) == rest);
  } else {
    RC_ASSERT(128 + rest.size() > (six ? 544u : 1232u));
  }
  const std::size_t same = std::min<std::size_t>(said, length ? length : out.size() - icmp - 8);
  RC_ASSERT(range(in, icmp + 8, icmp + 8 + same) == range(out, icmp + 8, icmp + 8 + same));
  // Once is enough, but where zeros took the place of what was cut off: nobody can tell them from the packet's own.
  if (inner_length <= said || length <= said) RC_ASSERT(realigned(out) == (length ? out : Bytes{}));
}

}  // namespace waymark::translator
