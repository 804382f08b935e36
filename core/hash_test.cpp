#include "core/hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <vector>

#include "base/address_text.h"
#include "core/steer.h"

namespace waymark {
namespace {

constexpr u32 kKey[12] = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0,
                          0x082efa98, 0xec4e6c89, 0x452821e6, 0x38d01377, 0xbe5466cf, 0x34e90c6c};

Address parse(const char* text) { return *parse_address(text); }

// Pinned tables outlive builds, so these values may never change. They were computed by another program, in Python.
TEST(Hash, KnownValues) {
  EXPECT_EQ(mix(1), 0x5692161d100b05e5u);
  EXPECT_EQ(mix(~0ull), 0xb4d055fcf2cbbd7bu);
  EXPECT_EQ(hash_flow(kKey, 0, 6, parse("0.0.0.0"), parse("0.0.0.0"), 0, 0), 0xaf4f60d334e0da9au);
  EXPECT_EQ(hash_flow(kKey, 0x1234, 6, parse("203.0.113.7"), parse("198.51.100.1"), 40000, 80), 0x76757f8a6a1b1656u);
  EXPECT_EQ(hash_flow(kKey, 0x1234, 17, parse("2001:db8:c::7"), parse("2001:db8:80::1"), 65535, 443),
            0x321bc185c1318df8u);
  EXPECT_EQ(hash_flow(kKey, ~0u, 255, parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), parse("::"), 65535, 65535),
            0x29e37b2645f2ba12u);
  EXPECT_EQ(hash_client(kKey, 0x1234, parse("203.0.113.7")), 0xfa775b7504b2b6f5u);
  EXPECT_EQ(hash_client(kKey, 0, parse("2001:db8::1")), 0x299894b59d15d30u);
  EXPECT_EQ(steer_hash(7, 1, parse("198.51.100.1")), 0x9a90e2b86e8b3f0bu);
  EXPECT_EQ(steer_hash(0, 0xdeadbeef, parse("2001:db8:80::1")), 0x97874ead663bc26du);
  EXPECT_EQ(zone_of("", 0), 0x811c9dc5u);
  EXPECT_EQ(zone_of("a", 1), 0xe40c292cu);  // FNV-1a's own test vectors
  EXPECT_EQ(zone_of("foobar", 6), 0xbf9cf968u);
}

struct Input {
  u32 words[11];  // addresses, ports, zone, protocol
  u64 hash() const {
    const Address source = {u64(words[1]) << 32 | words[0], u64(words[3]) << 32 | words[2]};
    const Address destination = {u64(words[5]) << 32 | words[4], u64(words[7]) << 32 | words[6]};
    return hash_flow(kKey, words[9], u8(words[10]), source, destination, u16(words[8] >> 16), u16(words[8]));
  }
};

TEST(Hash, EveryInputBitMovesHalfTheOutput) {
  std::mt19937_64 random(5);
  constexpr int kTrials = 2000;
  for (u32 bit = 0; bit < 10 * 32 + 8; ++bit) {
    u64 flipped = 0;
    std::vector<int> each(64);
    for (int n = 0; n < kTrials; ++n) {
      Input a;
      for (u32& w : a.words) w = u32(random());
      Input b = a;
      b.words[bit / 32] ^= 1u << bit % 32;
      const u64 difference = a.hash() ^ b.hash();
      flipped += u64(std::popcount(difference));
      for (u32 i = 0; i < 64; ++i) each[i] += int(difference >> i & 1);
    }
    EXPECT_NEAR(double(flipped) / kTrials, 32, 0.8) << "input bit " << bit;
    for (u32 i = 0; i < 64; ++i)
      EXPECT_NEAR(each[i] / double(kTrials), 0.5, 0.08) << "input bit " << bit << ", output bit " << i;
  }
}

// What clients do: ports that count up, addresses that are neighbours.
TEST(Hash, FlowsInSequenceDoNotCollide) {
  std::vector<u64> all;
  Address client = parse("203.0.113.0"), service = parse("198.51.100.1");
  for (u32 host = 0; host < 16; ++host) {
    client.low = (client.low & ~(0xffull << 56)) | u64(host) << 56;
    for (u32 port = 0; port < 65536; ++port) all.push_back(hash_flow(kKey, 1, 6, client, service, u16(port), 80));
  }
  std::vector<u32> lower;
  std::vector<u32> buckets(1024);
  for (u64 h : all) lower.push_back(u32(h)), ++buckets[reduce(u32(h >> 32), 1024)];
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
  std::sort(lower.begin(), lower.end());
  const auto distinct = std::unique(lower.begin(), lower.end()) - lower.begin();
  EXPECT_NEAR(double(all.size() - size_t(distinct)), 128, 60);  // 2^20 draws of 2^32: 128 meet by birth
  double chi = 0;
  for (u32 n : buckets) chi += (n - 1024.0) * (n - 1024.0) / 1024.0;
  EXPECT_NEAR(chi, 1023, 5 * 45.2);
}

TEST(Hash, ReduceCoversItsRangeEvenly) {
  for (u32 n : {1u, 2u, 7u, 1000u, 65537u}) {
    EXPECT_EQ(reduce(0, n), 0u);
    EXPECT_EQ(reduce(0xffffffff, n), n - 1);
  }
  u32 last = 0;
  for (u64 h = 0; h <= 0xffffffff; h += 9973) {
    const u32 r = reduce(u32(h), 1000);
    ASSERT_TRUE(r == last || r == last + 1);
    last = r;
  }
}

}  // namespace
}  // namespace waymark
