// Which routes of the machine win over what is translated (RFC 7915, 4.6 and 5.6).
#include "node/translations.h"

#include <gtest/gtest.h>

#include <random>

#include "base/address_text.h"
#include "core/translate/map.h"

namespace waymark {

namespace {

Prefix prefix(const char* address, u8 length) { return {*parse_address(address), length}; }

std::vector<std::string> won(const TranslatorConfig& config, const std::vector<Prefix>& natives) {
  std::vector<std::string> out;
  for (const Prefix& p : winners(config, natives)) out.push_back(text(p.address) + "/" + std::to_string(p.length));
  return out;
}

}  // namespace

// The four ways of a bucket are compared at once: as if it were one after the other.
TEST(PrefixWays, TheFirstThatFitsIsFound) {
  std::mt19937_64 random(7);
  u32 found = 0;
  for (u32 round = 0; round < 200'000; ++round) {
    u64 tags = 0, mappings = 0;
    u32 wanted = 0;
    // Few values, so that they are often equal, and at both ends, where a carry would show.
    const auto tag = [&] { return u16(random() % 2 ? random() % 3 : translate::kPrefixTagMask - random() % 3); };
    const u16 looked_for = tag();
    const u32 kinds = 1 + u32(random() % 7);
    for (u32 way = 0; way < kPrefixWays; ++way) {
      const u16 has = tag();
      const u8 kind = u8((1u << random() % 4) & 7);  // 0: empty
      tags |= u64(kind ? translate::prefix_tag(has, kind) : 0) << 16 * way;
      mappings |= u64(way + 1 + (random() % 2 ? 0xfff0 : 0)) << 16 * way;
      if (!wanted && (kind & kinds) && has == looked_for) wanted = u16(mappings >> 16 * way);
    }
    const u64 way = translate::first_way(tags, looked_for, kinds);
    ASSERT_EQ(way ? translate::pick_way(mappings, way) : 0, wanted)
        << std::hex << tags << " " << looked_for << " " << kinds;
    found += wanted != 0;
  }
  EXPECT_GT(found, 20'000u);
}

TEST(Winners, AreLongerAndWithin) {
  TranslatorConfig config;
  config.prefix.push_back({.prefix = prefix("2001:db8:64::", 96), .ip4 = {prefix("203.0.113.0", 24)}});
  config.map.push_back({.ip4 = prefix("198.51.100.16", 28), .ip6 = prefix("2001:db8:6::10", 124)});
  const std::vector<Prefix> natives = {prefix("2001:db8:64::", 96),  // as long: no winner
                                       prefix("2001:db8:64::", 64),  // shorter
                                       prefix("2001:db8:64::cb00:7100", 120),
                                       prefix("2001:db8:65::", 104),
                                       prefix("203.0.113.0", 25),
                                       prefix("203.0.112.0", 25),
                                       prefix("198.51.100.17", 32),
                                       prefix("198.51.100.0", 24),
                                       prefix("2001:db8:6::11", 128),
                                       prefix("2001:db8:6::1", 128)};
  EXPECT_EQ(won(config, natives), (std::vector<std::string>{"2001:db8:64::cb00:7100/120", "203.0.113.0/25",
                                                            "198.51.100.17/32", "2001:db8:6::11/128"}));
}

TEST(Winners, AreAllOfIp4WhereAPrefixStandsForAllOfIt) {
  TranslatorConfig config;
  config.prefix.push_back({.prefix = prefix("2001:db8:64::", 96), .ip4 = {}});
  EXPECT_EQ(won(config, {prefix("10.0.0.0", 8), prefix("0.0.0.0", 0), prefix("2001:db8::", 48)}),
            (std::vector<std::string>{"10.0.0.0/8"}));
}

}  // namespace waymark
