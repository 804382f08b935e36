#include "signal/auth.h"

#include <gtest/gtest.h>

#include "signal/examples_test.h"

namespace waymark::signalling {
namespace {

const std::vector<u8> kKey = hex("000102030405060708090a0b0c0d0e0f");
const std::vector<u8> kReceiver = {'a', 'g', 'e', 'n', 't', '1'};
const std::vector<u8> kOther = {'a', 'g', 'e', 'n', 't', '2'};

const Parties kParties{at("2001:db8:9::1"), at("2001:db8:100::1"), kReceiver};

Association association(u32 spi = 256) { return std::move(*Association::make(spi, kKey)); }
ByteView view(const Bytes& bytes) { return {bytes.data(), bytes.size()}; }

Bytes signed_example() {
  Bytes bytes = *encode(examples()[0].message);
  EXPECT_TRUE(association().sign(bytes, kParties));
  return bytes;
}

// The value was computed once by another implementation of HMAC: python3's hmac module, over the bytes that RFC
// 4285, 5.1 names, and the receiver's identity.
TEST(Authentication, IsTheHmacOfWhatTheRfcNames) {
  Message message{Update{16, kAcknowledge, 15}, {}};
  message.options.mac = MnHa{256, {}};
  Bytes bytes = *encode(message);
  ASSERT_TRUE(association().sign(bytes, kParties));
  EXPECT_EQ(vector_of(bytes), hex("3b 03 05 00 0000 0010 8000 000f 00 09 11 01 00000100 ea2cd31b5e1604ca6d26c838"));
}

TEST(Authentication, AcceptsWhatWasSigned) {
  Bytes bytes = signed_example();
  Association ours = association();
  EXPECT_TRUE(ours.verify(view(bytes), kParties));
  EXPECT_TRUE(ours.verify(view(bytes), kParties)) << "a second time";
  write_checksum(bytes, kNode6, kAgent6);
  EXPECT_TRUE(ours.verify(view(bytes), kParties)) << "the checksum is not covered";
  const Decoded read = decode(view(bytes), kNode6, kAgent6);
  ASSERT_TRUE(read.message);
  EXPECT_NE(read.message->options.mac->value, examples()[0].message.options.mac->value);
}

TEST(Authentication, RefusesEveryFlippedBit) {
  Bytes bytes = signed_example();
  Association ours = association();
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    if (bit / 8 == 4 || bit / 8 == 5) continue;  // the checksum, which covers itself in IPv6 and is ignored over UDP
    bytes[bit / 8] ^= u8(1 << bit % 8);
    EXPECT_FALSE(ours.verify(view(bytes), kParties)) << "bit " << bit;
    bytes[bit / 8] ^= u8(1 << bit % 8);
  }
  EXPECT_TRUE(ours.verify(view(bytes), kParties));
}

TEST(Authentication, RefusesOtherPartiesKeysAndSpis) {
  const Bytes bytes = signed_example();
  Association ours = association();
  EXPECT_FALSE(ours.verify(view(bytes), {kParties.care_of, kParties.home, kOther})) << "another receiver";
  EXPECT_FALSE(ours.verify(view(bytes), {kParties.care_of, kParties.home, {}})) << "no receiver";
  EXPECT_FALSE(ours.verify(view(bytes), {kParties.care_of, kParties.home, ByteView(kReceiver).first(5)}));
  EXPECT_FALSE(ours.verify(view(bytes), {at("2001:db8:9::2"), kParties.home, kReceiver})) << "another care-of address";
  EXPECT_FALSE(ours.verify(view(bytes), {kParties.care_of, at("2001:db8:100::2"), kReceiver})) << "another home";
  EXPECT_FALSE(ours.verify(view(bytes), {kParties.home, kParties.care_of, kReceiver})) << "exchanged";
  EXPECT_FALSE(association(257).verify(view(bytes), kParties)) << "another SPI";
  std::vector<u8> key = kKey;
  key[15] ^= 1;
  EXPECT_FALSE(Association::make(256, key)->verify(view(bytes), kParties)) << "another key";
}

TEST(Authentication, NeedsTheOptionAtTheEnd) {
  Association ours = association();
  for (const Example& e : examples()) {
    Bytes bytes = *encode(e.message);
    EXPECT_EQ(ours.sign(bytes, kParties), e.message.options.mac.has_value()) << e.name;
    EXPECT_EQ(ours.verify(view(bytes), kParties), e.message.options.mac.has_value()) << e.name;
  }
  Bytes bytes = signed_example();
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(ours.verify(view(bytes).first(size), kParties)) << size;
  bytes.add(u8(0));
  EXPECT_FALSE(ours.verify(view(bytes), kParties));
}

TEST(Authentication, TakesKeysAndSpisOfTheRfc) {
  EXPECT_TRUE(Association::make(256, kKey));
  EXPECT_EQ(Association::make(256, kKey)->spi(), 256u);
  EXPECT_EQ(Association::make(255, kKey).error().sentence, "SPI 255 is reserved (RFC 4285): the least is 256");
  EXPECT_EQ(Association::make(256, ByteView(kKey).first(15)).error().sentence,
            "a key of 15 bytes is too short: 16 or more");
}

}  // namespace
}  // namespace waymark::signalling
