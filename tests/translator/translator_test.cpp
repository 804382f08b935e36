// The translator against packets written from the RFCs (docs/rfc7915.md names them by clause).
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <regex>
#include <set>

#include "core/translate/map.h"
#include "tests/kit/packet_reader.h"
#include "tests/translator/icmp_rows.h"
#include "tests/translator/judge.h"
#include "tests/translator/site.h"

namespace waymark::translator_cases {
namespace {

TEST(Translator, Cases) {
  std::set<std::string> names;
  for (const TranslatorCase& c : all_translator_cases()) {
    SCOPED_TRACE(c.name + ": " + c.why);
    EXPECT_TRUE(names.insert(c.name).second) << "two cases of one name";
    TranslatorSite& s = site_of(c.site);
    const Became b = s.receive(c.in);
    EXPECT_EQ(b.reason, c.reason);
    EXPECT_EQ(b.out.size(), c.out.size());
    for (size_t i = 0; i < b.out.size() && i < c.out.size(); ++i) {
      EXPECT_EQ(judge::unlike(c.out[i], b.out[i]), "");
      EXPECT_EQ(b.by[i], s.index(b.out[i].at(0) >> 4 == 6));
    }
    EXPECT_EQ(reader::badly_cut(b.out), "") << "its fragments have one identification, too";
  }
}

// A reason of the translator has a packet case, or one of the tests in kElsewhere.
TEST(Translator, CasesNameEveryReason) {
  std::set<std::string> seen, tests;
  for (const TranslatorCase& c : all_translator_cases()) seen.insert(c.reason);
  const auto* unit = testing::UnitTest::GetInstance();
  for (int i = 0; i < unit->total_test_suite_count(); ++i)
    for (int j = 0; j < unit->GetTestSuite(i)->total_test_count(); ++j)
      tests.insert(std::string(unit->GetTestSuite(i)->name()) + "." + unit->GetTestSuite(i)->GetTestInfo(j)->name());
  for (const Elsewhere& e : kElsewhere) {
    EXPECT_TRUE(seen.insert(e.reason).second) << e.reason << " has a case: it need not be elsewhere";
    EXPECT_TRUE(tests.contains(std::string(e.suite) + "." + e.test)) << e.suite << "." << e.test << " is no test";
  }
  for (const ReasonText& r : all_reasons())
    EXPECT_TRUE(!std::string(r.name).starts_with("translator.") || seen.contains(r.name)) << r.name << " has no case";
  for (const std::string& name : seen) {
    bool declared = false;
    for (const ReasonText& r : all_reasons()) declared |= name == r.name;
    EXPECT_TRUE(declared) << name << " is no declared reason";
  }
}

// RFC 7915, 4.2 and 5.2: all other types and codes are dropped.
TEST(Translator, IcmpWithoutTranslationIsDropped) {
  TranslatorSite& s = site_of(site());
  for (const bool ip6 : {false, true})
    for (unsigned type = 0; type < 256; ++type)
      for (unsigned code = 0; code < 256; code += code < 17 ? 1 : 29) {
        if (ip6 ? type == 128 || type == 129 : type == 0 || type == 8) continue;
        if (ip6 && type == 2) continue;  // its code says nothing (RFC 4443, 3.2)
        bool has_row = false;
        for (const IcmpRow& r : ip6 ? rows_to4() : rows_to6()) has_row |= r.type == type && r.code == code;
        if (has_row) continue;
        const Bytes in = ip6 ? complaint6(error6(uint8_t(type), uint8_t(code), 0, quoted6(udp(4000, 53))))
                             : complaint4(error4(uint8_t(type), uint8_t(code), 0, quoted4(udp(4000, 53))));
        const Became b = s.receive(in);
        EXPECT_EQ(b.reason, "translator.icmp_type") << "ICMPv" << (ip6 ? 6 : 4) << " " << type << "/" << code;
        EXPECT_TRUE(b.out.empty());
      }
}

// RFC 7915, figures 3 and 6: pointers to what the other header has not.
TEST(Translator, PointersWithoutTranslationAreDropped) {
  TranslatorSite& s = site_of(site());
  for (const bool ip6 : {false, true})
    for (uint32_t pointer = 0; pointer < 256; ++pointer) {
      const uint32_t second = ip6 ? pointer : pointer << 24;
      const bool known = ip6 ? pointer <= 1 || (pointer >= 4 && pointer <= 39)
                             : pointer <= 3 || pointer == 8 || pointer == 9 || (pointer >= 12 && pointer <= 19);
      const Became b = s.receive(ip6 ? complaint6(error6(4, 0, second, quoted6(udp(4000, 53))))
                                     : complaint4(error4(12, 0, second, quoted4(udp(4000, 53)))));
      EXPECT_EQ(b.reason, !known ? "translator.icmp_type" : ip6 ? "translator.to_ip4" : "translator.to_ip6") << pointer;
    }
}

// Among so many prefixes that buckets have several, each is found; of equal ones the native one, then the map.
TEST(Translator, EachOfManyMapsIsFound) {
  constexpr int kMaps = 3000;
  const auto ip4 = [](int i) { return "198.18." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250); };
  const auto ip6 = [](int i) { return "2001:db8:a::" + std::to_string(1 + i); };
  std::string maps, natives, embedded;
  for (int i = 0; i < kMaps; ++i) {
    maps += map(ip4(i) + "/32", ip6(i) + "/128");
    const std::string quoted = "\"" + ip4(i) + "/32\", ";
    if (i % 5 == 0) natives += quoted;
    if (i % 7 == 0) embedded += quoted;
  }
  const std::string second = "[[translator.prefix]]\nprefix = \"2001:db8:65::/96\"\nip4 = [" + embedded + "]\n";
  TranslatorSite s(
      site({.prefixes = prefix("2001:db8:64::/96") + second + maps, .keys = "native = [" + natives + "]"}));
  for (int i = 0; i < kMaps; ++i) {
    SCOPED_TRACE(ip4(i));
    const Became b = s.receive(four(packets::udp(4000, 53), {.destination = ip4(i)}));
    if (i % 5 == 0) {
      EXPECT_EQ(b.reason, "steer.not_ours");
      // That it is not translated to says nothing of where a packet comes from.
      const Became from = s.receive(four(packets::udp(4000, 53), {.source = ip4(i), .destination = ip4(1)}));
      ASSERT_EQ(from.reason, "translator.to_ip6");
      EXPECT_EQ(part(from.out.at(0), 8, 24), packets::address_bytes(ip6(i)));
      continue;
    }
    ASSERT_EQ(b.reason, "translator.to_ip6");
    EXPECT_EQ(part(b.out.at(0), 24, 40), packets::address_bytes(ip6(i)));
    // And the way back: its source has the map's address.
    const Became back = s.receive(six(packets::udp(53, 4000), {.source = ip6(i), .destination = kHost6}));
    ASSERT_EQ(back.reason, "translator.to_ip4");
    EXPECT_EQ(part(back.out.at(0), 12, 16), packets::address_bytes(ip4(i)));
  }
}

// The four ways of a bucket are compared at once: as if it were one after the other.
TEST(PrefixWays, TheFirstThatFitsIsFound) {
  std::mt19937_64 random(7);
  u32 found = 0;
  for (u32 round = 0; round < 200'000; ++round) {
    u64 tags = 0, mappings = 0;
    u32 wanted = 0;
    // Few values, so that they are often equal, and at both ends, where a carry would show.
    const auto tag = [&] { return u16(random() % 2 ? random() % 3 : kPrefixTagMask - random() % 3); };
    const u16 looked_for = tag();
    const u32 kinds = 1 + u32(random() % 7);
    for (u32 way = 0; way < kPrefixWays; ++way) {
      const u16 has = tag();
      const u8 kind = u8((1u << random() % 4) & 7);  // 0: empty
      tags |= u64(kind ? prefix_tag(has, kind) : 0) << 16 * way;
      mappings |= u64(way + 1 + (random() % 2 ? 0xfff0 : 0)) << 16 * way;
      if (!wanted && (kind & kinds) && has == looked_for) wanted = u16(mappings >> 16 * way);
    }
    const u64 way = first_way(tags, looked_for, kinds);
    ASSERT_EQ(way ? pick_way(mappings, way) : 0, wanted) << std::hex << tags << " " << looked_for << " " << kinds;
    found += wanted != 0;
  }
  EXPECT_GT(found, 20'000u);
}

}  // namespace
}  // namespace waymark::translator_cases
