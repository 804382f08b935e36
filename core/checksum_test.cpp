#include "core/checksum.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "core/forward.h"
#include "tests/kit/packets.h"

namespace waymark {
namespace {

u16 full(const packets::Bytes& data) { return packets::internet_checksum(data); }

u64 memory_sum(const packets::Bytes& data) {  // of words as they stand in memory, as the core adds them
  u64 sum = 0;
  for (size_t i = 0; i + 1 < data.size(); i += 2) sum += u64(data[i] | data[i + 1] << 8);
  return sum;
}

TEST(Checksum, Rfc1071Example) {
  const packets::Bytes data = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};  // section 3: the sum is ddf2
  EXPECT_EQ(swap16(fold(memory_sum(data))), 0xddf2);
  EXPECT_EQ(full(data), u16(~0xddf2));
}

TEST(Checksum, FoldsEverything) {
  EXPECT_EQ(fold(0), 0);
  EXPECT_EQ(fold(0xffff), 0xffff);
  EXPECT_EQ(fold(0x10000), 1);
  EXPECT_EQ(fold(0x1fffe), 0xffff);
  EXPECT_EQ(fold(~0ull), 0xffff);
  EXPECT_EQ(fold(0xffffffff00000001ull), 1);
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const u64 x = random();
    EXPECT_EQ(fold(x) % 0xffff, x % 0xffff);  // one's complement is arithmetic modulo 65535
    EXPECT_TRUE(fold(x) || !x);
  }
}

TEST(Checksum, OfRandomDataEqualsTheFullOne) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20'000; ++i) {
    packets::Bytes data(2 + random() % 64 * 2);
    for (u8& b : data) b = u8(random());
    EXPECT_EQ(swap16(u16(~fold(memory_sum(data)))), full(data));
  }
}

// All checksums of data whose other words sum to `rest`, and one word changed in it.
TEST(Checksum, UpdateEqualsTheFullOne) {
  std::mt19937_64 random(3);
  for (u32 rest = 1; rest <= 0xffff; rest += rest < 4 || rest > 0xfff0 ? 1 : 1 + u32(random() % 5)) {
    for (u32 before :
         {0u, 1u, 0x8000u, 0xfffeu, 0xffffu, u32(random() & 0xffff), 0xffff - rest, (0xfffe - rest) & 0xffff})
      for (u32 after : {0u, 1u, 0x7fffu, 0xfffeu, 0xffffu, u32(random() & 0xffff), 0xffff - rest}) {
        const u16 old = u16(~fold(u64(rest) + before)), expected = u16(~fold(u64(rest) + after));
        ASSERT_EQ(update_checksum(old, u16(before), u16(after)), expected) << rest << " " << before << " " << after;
      }
  }
}

// A header with this time to live and protocol, whose words beside sum up to what `id` makes of them.
packets::Bytes header(u8 ttl, u8 protocol, u16 id) {
  packets::Bytes b = {0x45, 0, 0, 40, u8(id >> 8), u8(id), 0x40, 0, ttl, protocol, 0, 0, 192, 0, 2, 1, 198, 51, 100, 7};
  const u16 sum = full(b);
  b[10] = u8(sum >> 8), b[11] = u8(sum);
  return b;
}

void spend(packets::Bytes& b) {
  const View view = {b.data(), b.data() + b.size()};
  ASSERT_TRUE(spend_hop(view, 0, false));
}

TEST(SpendHop, EqualsTheFullSumForEveryTtlAndProtocol) {
  std::mt19937_64 random(4);
  for (u32 ttl = 1; ttl < 256; ++ttl)
    for (u32 protocol = 0; protocol < 256; ++protocol)
      for (u16 id : {u16(0), u16(0xffff), u16(random())}) {
        packets::Bytes b = header(u8(ttl), u8(protocol), id);
        spend(b);
        ASSERT_EQ(b, header(u8(ttl - 1), u8(protocol), id)) << ttl << " " << protocol << " " << id;
      }
}

TEST(SpendHop, EqualsTheFullSumForEveryChecksum) {
  for (u32 id = 0; id < 0x10000; ++id)
    for (u8 ttl : packets::Bytes{1, 2, 64, 255}) {
      packets::Bytes b = header(ttl, 6, u16(id));
      spend(b);
      ASSERT_EQ(b, header(u8(ttl - 1), 6, u16(id))) << int(ttl) << " " << id;
    }
}

TEST(SpendHop, KeepsACorruptChecksumCorrupt) {
  for (u32 error = 1; error < 0xffff; ++error) {
    packets::Bytes b = header(64, 17, 0x1234);
    const u32 right = u32(b[10] << 8 | b[11]), wrong = (right + error) % 0xffff;
    b[10] = u8(wrong >> 8), b[11] = u8(wrong);
    spend(b);
    const packets::Bytes good = header(63, 17, 0x1234);
    ASSERT_NE((b[10] << 8 | b[11]) % 0xffff, (good[10] << 8 | good[11]) % 0xffff) << error;
  }
}

TEST(SpendHop, TakesOneFromAnIp6Header) {
  packets::Bytes b(40, 7);
  packets::Bytes expected = b;
  expected[7] = 6;
  EXPECT_TRUE(spend_hop({b.data(), b.data() + b.size()}, 0, true));
  EXPECT_EQ(b, expected);
  EXPECT_FALSE(spend_hop({b.data(), b.data() + b.size() - 1}, 0, true));
  EXPECT_FALSE(spend_hop({b.data(), b.data() + 19}, 0, false));
  EXPECT_EQ(b, expected);
}

}  // namespace
}  // namespace waymark
