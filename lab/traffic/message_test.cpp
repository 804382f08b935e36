#include "lab/traffic/message.h"

#include <gtest/gtest.h>

namespace waymark::lab {
namespace {

using Outcome = MessageReader::Outcome;

std::vector<u8> message(u64 connection, u32 sequence, Direction direction = Direction::request) {
  std::vector<u8> out;
  append_message(out, connection, sequence, direction, server_name("s1"));
  return out;
}

TEST(Message, IsReadBackInPiecesOfAnySize) {
  const auto bytes = message(7, 3, Direction::reply);
  for (size_t piece = 1; piece <= bytes.size(); piece += 1 + piece / 2) {
    MessageReader reader;
    Outcome last = Outcome::more;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      std::span<const u8> part(bytes.data() + at, std::min(piece, bytes.size() - at));
      ASSERT_EQ(last, Outcome::more);
      last = reader.read(part);
      EXPECT_TRUE(part.empty());
    }
    ASSERT_EQ(last, Outcome::message) << "pieces of " << piece;
    EXPECT_TRUE(reader.at_boundary());
    EXPECT_EQ(reader.header().connection, 7u);
    EXPECT_EQ(reader.header().sequence, 3u);
    EXPECT_EQ(text(reader.header().server), "s1");
  }
}

TEST(Message, TwoInOneReadAreTakenOneAtATime) {
  auto bytes = message(1, 1);
  const auto second = message(1, 2);
  bytes.insert(bytes.end(), second.begin(), second.end());
  MessageReader reader;
  std::span<const u8> rest(bytes);
  EXPECT_EQ(reader.read(rest), Outcome::message);
  EXPECT_EQ(rest.size(), second.size());
  EXPECT_EQ(reader.read(rest), Outcome::message);
  EXPECT_EQ(reader.header().sequence, 2u);
  EXPECT_TRUE(rest.empty());
}

// The server's name is the one field that may be anything: it says who answers.
TEST(Message, EveryFlippedBitOutsideTheNameIsNoticed) {
  const auto good = message(9, 4);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    if (bit / 8 >= offsetof(MessageHeader, server) && bit / 8 < sizeof(MessageHeader)) continue;
    auto bad = good;
    bad[bit / 8] ^= u8(1u << bit % 8);
    MessageReader reader;
    std::span<const u8> rest(bad);
    ASSERT_EQ(reader.read(rest), Outcome::mismatch) << "bit " << bit;
  }
}

TEST(Message, LengthsSpanOneAndSeveralSegments) {
  u32 shortest = kLongestPayload, longest = 0, large = 0;
  for (u32 i = 0; i < 4096; ++i) {
    const u32 length = payload_length(5, i, Direction::reply);
    shortest = std::min(shortest, length);
    longest = std::max(longest, length);
    large += length >= 4096;
  }
  EXPECT_GE(shortest, 16u);
  EXPECT_LE(shortest, 24u);
  EXPECT_GT(longest, 8000u);
  EXPECT_LE(longest, kLongestPayload);
  EXPECT_NEAR(large, 256, 64);
}

}  // namespace
}  // namespace waymark::lab
