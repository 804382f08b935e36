#include "core/plan.h"

#include <gtest/gtest.h>

#include <random>

#include "base/address_text.h"

namespace waymark {
namespace {

Address parse(const char* text) { return *parse_address(text); }

constexpr void place(Plan& plan, FieldKind kind, u8 offset, u8 width, u8 count = 1) {
  plan.field[u32(kind)] = {offset, width, count, 0};
}

// 3fff:a00::/40, path:5x8 policy:4 id:16 epoch:2 tag:26
constexpr Plan servers(bool over_pair = false) {
  Plan plan{};
  plan.prefix_mask = leading_ones(40);
  plan.tag_mask = write_bits(Address{}, 102, 26, ~0ull);
  place(plan, FieldKind::path, 40, 8, 5);
  place(plan, FieldKind::policy, 80, 4);
  place(plan, FieldKind::id, 84, 16);
  place(plan, FieldKind::epoch, 100, 2);
  place(plan, FieldKind::tag, 102, 26);
  plan.over_pair = over_pair;
  plan.key_places = 3;
  plan.keys[0] = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}, 1};
  plan.keys[1] = {{0x1716151413121110, 0x1f1e1d1c1b1a1918}, 2};
  return plan;
}
static_assert(read_bits(Address{0x0123456789abcdef, 0}, 0, 8) == 0xef, "the first byte on the wire is the lowest");

TEST(PlanBits, CountFromTheFirstOnTheWire) {
  const Address a = parse("0123:4567:89ab:cdef:fedc:ba98:7654:3210");
  EXPECT_EQ(read_bits(a, 0, 64), 0x0123456789abcdefu);
  EXPECT_EQ(read_bits(a, 64, 64), 0xfedcba9876543210u);
  EXPECT_EQ(read_bits(a, 60, 8), 0xffu);
  EXPECT_EQ(read_bits(a, 32, 64), 0x89abcdeffedcba98u);
  EXPECT_EQ(read_bits(a, 1, 64), 0x02468acf13579bdfu);
  EXPECT_EQ(read_bits(a, 127, 1), 0u);
  EXPECT_EQ(read_bits(a, 123, 5), 0x10u);
  EXPECT_EQ(leading_ones(0), parse("::"));
  EXPECT_EQ(leading_ones(33), parse("ffff:ffff:8000::"));
  EXPECT_EQ(leading_ones(64), parse("ffff:ffff:ffff:ffff::"));
  EXPECT_EQ(leading_ones(68), parse("ffff:ffff:ffff:ffff:f000::"));
  EXPECT_EQ(leading_ones(128), parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
}

// Against a model that goes bit by bit.
TEST(PlanBits, EveryPlaceAndWidth) {
  std::mt19937_64 random(7);
  const auto bit = [](const Address& a, u32 n) { return byte_of(a, n / 8) >> (7 - n % 8) & 1; };
  for (u32 width = 1; width <= 64; ++width)
    for (u32 offset = 0; offset + width <= 128; ++offset) {
      const Address a{random(), random()};
      const u64 value = random();
      u64 expected = 0;
      for (u32 i = 0; i < width; ++i) expected = expected << 1 | bit(a, offset + i);
      ASSERT_EQ(read_bits(a, offset, width), expected) << offset << " " << width;
      const Address written = write_bits(a, offset, width, value);
      ASSERT_EQ(read_bits(written, offset, width), width == 64 ? value : value & ((1ull << width) - 1));
      for (u32 n = 0; n < 128; ++n)
        ASSERT_TRUE(n - offset < width || bit(written, n) == bit(a, n)) << offset << " " << width;
    }
}

TEST(PlanPath, IsHopsThenZeros) {
  constexpr Plan plan = servers();
  const auto shape = [&](std::initializer_list<u64> hops) {
    Address a = parse("3fff:a00::");
    u32 i = 0;
    for (u64 hop : hops) a = write_field(plan, FieldKind::path, a, hop, i++);
    return path_shape(plan, a);
  };
  EXPECT_EQ(shape({3}), PathShape::good);
  EXPECT_EQ(shape({3, 5, 7}), PathShape::good);
  EXPECT_EQ(shape({1, 2, 3, 4, 5}), PathShape::good);
  EXPECT_EQ(shape({}), PathShape::empty);
  EXPECT_EQ(shape({0, 5}), PathShape::gap);
  EXPECT_EQ(shape({3, 0, 5}), PathShape::gap);
  EXPECT_EQ(shape({3, 5, 3}), PathShape::twice);
  EXPECT_EQ(shape({1, 2, 3, 4, 4}), PathShape::twice);
}

// Values by OpenSSL: `openssl mac -macopt hexkey:KEY -macopt size:8 SIPHASH` over these bytes, the last 26 bits of its
// result as a little-endian number.
TEST(PlanTag, IsSipHashOfTheRest) {
  constexpr Plan alone = servers(), pair = servers(true);
  const Address one = parse("3fff:a00:3:507:0:1023:1400:0"), two = parse("3fff:a00:3:507:0:1023:1800:0"),
                client = parse("3fff:c00:101::1");
  EXPECT_EQ(read_field(alone, FieldKind::epoch, one), 1u);
  EXPECT_EQ(read_field(alone, FieldKind::epoch, two), 2u);
  EXPECT_EQ(tag_by(alone, alone.keys[0].key, one, {}), 0x34f90c8u);
  EXPECT_EQ(tag_by(alone, alone.keys[1].key, two, client), 0x2bc7445u) << "the client does not matter";
  EXPECT_EQ(tag_by(pair, pair.keys[0].key, one, client), 0x2497ee2u);
  EXPECT_EQ(tag_by(pair, pair.keys[0].key, one, client_in_tag(client, false)), 0x33a9c7cu);
}

TEST(PlanTag, AnyBitThatChangesMakesItBad) {
  constexpr Plan plan = servers(true);
  const Address client = parse("3fff:c00:101::1"), bare = parse("3fff:a00:3:507:0:1023:1400:0");
  const Address a = bare | write_field(plan, FieldKind::tag, Address{}, tag_by(plan, plan.keys[0].key, bare, client));
  EXPECT_EQ(check_tag(plan, a, client), TagCheck::good);
  for (u32 n = 0; n < 128; ++n) {
    const Address flip = write_bits(Address{}, n, 1, 1);
    const bool names_no_key = n == 101;  // epoch 1 becomes 0; by the other bit it becomes 3
    EXPECT_EQ(check_tag(plan, a ^ flip, client), n == 100 || names_no_key ? TagCheck::unknown_epoch : TagCheck::bad)
        << n;
    EXPECT_EQ(check_tag(plan, a, client ^ flip), TagCheck::bad) << n;
  }
}

TEST(PlanTag, ClientsWithoutAPlanAreTheir64) {
  EXPECT_EQ(client_in_tag(parse("2001:db8:1:2:3:4:5:6"), false), parse("2001:db8:1:2::"));
  EXPECT_EQ(client_in_tag(parse("2001:db8:1:2:3:4:5:6"), true), parse("2001:db8:1:2:3:4:5:6"));
}

}  // namespace
}  // namespace waymark
