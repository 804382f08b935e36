// A translator's tables: each key's range, and what must hold between prefixes and maps.
#include <gtest/gtest.h>

#include "base/address_text.h"
#include "config/prefixes.h"
#include "config/text_test.h"

namespace waymark {
namespace {

const std::string kEngine = "[engine]\ninterfaces = { eth0 = \"public\", \"eth1:7\" = \"public\" }\n";  // lines 1, 2
const std::string kWellKnown = "[[translator.prefix]]\nprefix = \"64:ff9b::/96\"\n";

// A key of [translator], in line 4, before a prefix in lines 5 and 6.
std::string in_translator(const std::string& line) { return kEngine + "[translator]\n" + line + "\n" + kWellKnown; }
// Tables behind an empty [translator]: from line 4 on.
std::string behind(const std::string& lines) { return kEngine + "[translator]\n" + lines; }
std::string prefix(const std::string& value, const std::string& ip4 = "") {
  return "[[translator.prefix]]\nprefix = \"" + value + "\"\n" + (ip4.empty() ? "" : "ip4 = " + ip4 + "\n");
}
std::string map(const std::string& ip4, const std::string& ip6) {
  return "[[translator.map]]\nip4 = \"" + ip4 + "\"\nip6 = \"" + ip6 + "\"\n";
}

TEST(Translators, AreRead) {
  const std::string text = in_translator(R"(zone = "public"
address = ["192.0.2.1", "2001:db8::1"]
native = ["10.0.0.0/8", "2001:db8:64::/80", "192.0.2.7"]
pool = "198.51.100.0/24"
lowest_ip6_mtu = 1400
plateaus = [1500, 68]
traffic_class = 0
zero_checksum = "drop"
nonglobal = true
errors = 0
echoes = 5
interface4 = "eth0"
interface6 = "eth1:7")") + map("203.0.113.0/24", "2001:db8:aaaa::/120") +
                           prefix("2001:db8:64::/64", "[\"10.0.0.0/8\"]");
  EXPECT_EQ(problems_of(text), "");
  const Config c = parse_config(text, "f").config.value();
  EXPECT_FALSE(only_plans(c));
  const TranslatorConfig& t = c.translator.value();
  ASSERT_EQ(t.native.size(), 3u);
  EXPECT_EQ(t.native[0], (Prefix{*parse_address("10.0.0.0"), 8}));
  EXPECT_EQ(t.native[1], (Prefix{*parse_address("2001:db8:64::"), 80}));
  EXPECT_EQ(t.native[2], (Prefix{*parse_address("192.0.2.7"), 32})) << "an address is the prefix of its length";
  EXPECT_EQ(t.pool.at(0).length, 24);
  EXPECT_EQ(t.lowest_ip6_mtu, 1400u);
  EXPECT_EQ(t.plateaus, (std::vector<u32>{1500, 68}));
  EXPECT_EQ(t.traffic_class, u8(0));
  EXPECT_EQ(t.zero_checksum, ZeroChecksum::drop);
  EXPECT_TRUE(t.nonglobal);
  EXPECT_EQ(t.errors, 0u);
  EXPECT_EQ(t.echoes, 5u);
  EXPECT_EQ(t.interface6, "eth1:7");
  ASSERT_EQ(t.prefix.size(), 2u);
  EXPECT_TRUE(t.prefix[0].ip4.empty());
  EXPECT_EQ(t.prefix[1].ip4.at(0).length, 8);
  EXPECT_EQ(t.map.at(0).ip6.length, 120);
  const auto copied = parse_config(in_translator("traffic_class = \"copy\""), "f").config;
  ASSERT_TRUE(copied);
  EXPECT_FALSE(copied->translator->traffic_class);
  EXPECT_EQ(copied->translator->plateaus.size(), 11u);
}

TEST(Translators, RangesOfTheirKeys) {
  const std::string a_prefix = "f:4:10: \"native\" in [translator] must ";
  const auto native = [](const std::string& value) { return in_translator("native = " + value); };
  expect({
      {in_translator("lowest_ip6_mtu = 1279"),
       "f:4:18: \"lowest_ip6_mtu\" in [translator] must be a whole number from 1280 to 65535, not 1279"},
      {in_translator("traffic_class = 256"),
       "f:4:17: \"traffic_class\" in [translator] must be \"copy\", or a whole number from 0 to 255, not 256"},
      {in_translator("traffic_class = \"keep\""),
       "f:4:17: \"traffic_class\" in [translator] must be \"copy\", or a whole number from 0 to 255, not \"keep\""},
      {in_translator("zero_checksum = true"),
       "f:4:17: \"zero_checksum\" in [translator] must be \"compute\" or \"drop\", not true"},
      {in_translator("nonglobal = 1"), "f:4:13: \"nonglobal\" in [translator] must be true or false, not 1"},
      {in_translator("errors = 1000001"),
       "f:4:10: \"errors\" in [translator] must be 0, or a whole number from 1 to 1000000, not 1000001"},
      {in_translator("echoes = -1"),
       "f:4:10: \"echoes\" in [translator] must be 0, or a whole number from 1 to 1000000, not -1"},
      {in_translator("plateaus = []"), "f:4:12: \"plateaus\" in [translator] must be given: it is empty"},
      {in_translator("plateaus = [1500, 67]"),
       "f:4:19: \"plateaus\" in [translator] must be a whole number from 68 to 65535, not 67"},
      {in_translator("plateaus = [1500, 1500]"),
       "f:4:19: \"plateaus\" in [translator] must descend, but 1500 follows 1500"},
      {in_translator("plateaus = [70, 1500]"),
       "f:4:17: \"plateaus\" in [translator] must descend, but 1500 follows 70"},
      {in_translator("plateaus = [90,89,88,87,86,85,84,83,82,81,80,79,78,77,76,75,74]"),
       "f:4:61: \"plateaus\" in [translator] has 17 entries; at most 16 are supported"},
      {in_translator("plateaus = [90,89,88,87,86,85,84,83,82,81,80,79,78,77,76,75]"), ""},
      {in_translator(
           "pool = [\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\",\"1.1.1.4\",\"1.1.1.5\",\"1.1.1.6\",\"1.1.1.7\",\"1.1.1.8\"]"),
       ""},
      {in_translator("pool = "
                     "[\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\",\"1.1.1.4\",\"1.1.1.5\",\"1.1.1.6\",\"1.1.1.7\",\"1.1.1.8\","
                     "\"1.1.1.9\"]"),
       "f:4:89: \"pool\" in [translator] has 9 prefixes; at most 8 are supported"},
      {native("[]"), ""},
      {native("[7]"),
       "f:4:11: \"native\" in [translator] must be a prefix such as \"192.0.2.0/24\" or "
       "\"2001:db8::/32\", not 7"},
      {native("\"::ffff:1.2.3.4\""), a_prefix + "be the IPv4 address itself, not the mapped \"::ffff:1.2.3.4\""},
      {native("\"10.0.0.0/33\""), a_prefix + "have a length of at most 32, unlike \"10.0.0.0/33\""},
      {native("\"10.0.0.0/\""), a_prefix + "be a prefix such as \"192.0.2.0/24\" or \"2001:db8::/32\", not "
                                           "\"10.0.0.0/\""},
      {native("\"10.0.0.0/08\""), a_prefix + "be a prefix such as \"192.0.2.0/24\" or \"2001:db8::/32\", not "
                                             "\"10.0.0.0/08\""},
      {native("\"10.0.0.1/8\""),
       a_prefix + "have no bits behind its length, unlike \"10.0.0.1/8\"; \"10.0.0.0/8\" is probably meant"},
      {native("[\"0.0.0.0/0\", \"::/0\", \"10.0.0.0/8\", \"10.0.0.0/8\"]"),
       "f:4:46: 10.0.0.0/8 is listed twice; the first is in line 4"},
      {in_translator("pool = \"2001:db8::/32\""),
       "f:4:8: \"pool\" in [translator] must be an IPv4 prefix such as \"192.0.2.0/24\", not \"2001:db8::/32\""},
      {in_translator("pool = \"0.0.0.0/0\""),
       "f:4:8: \"pool\" in [translator] must be of addresses that packets may carry; 0.0.0.0/0 holds the unspecified "
       "address"},
      {in_translator("pool = [\"192.0.2.1\", \"192.0.2.1\"]"),
       "f:4:22: 192.0.2.1 is listed twice; the first is in line 4"},
  });
}

TEST(Translators, FitTheirNode) {
  expect({
      {behind(""),
       "f:3:1: [translator] has neither a [[translator.prefix]] nor a [[translator.map]]: it could translate nothing"},
      {in_translator("zone = \"lan\""), "f:4:8: [translator] is in zone \"lan\", but no interface in [engine] is"},
      {with(in_translator(""), "\"public\", \"eth1:7\" = \"public\"", "\"a\""),
       "f:3:1: [translator] is in zone \"public\", but no interface in [engine] is"},
      {in_translator("interface4 = \"eth1\""),
       "f:4:14: interface \"eth1\" of [translator] is not in [engine] interfaces; did you mean \"eth0\"?"},
      {in_translator("interface6 = \"eth1:8\""),
       "f:4:14: interface \"eth1:8\" of [translator] is not in [engine] interfaces; did you mean \"eth1:7\"?"},
      {in_translator("interface6 = \"eth0:0\""),
       "f:4:14: \"interface6\" in [translator] must be an interface such as \"eth0\", with up to two VLAN ids from 1 "
       "to "
       "4094 as in \"eth0:100\", not \"eth0:0\""},
      {in_translator("address = [\"192.0.2.1\", \"192.0.2.2\"]"),
       "f:4:25: [translator] has a second IPv4 address, 192.0.2.2; it answers from one address per family"},
      {in_translator("address = [\"2001:db8::1\", \"192.0.2.1\", \"2001:db8::2\"]"),
       "f:4:40: [translator] has a second IPv6 address, 2001:db8::2; it answers from one address per family"},
      {in_translator("address = \"127.0.0.1\""),
       "f:4:11: \"address\" in [translator] must be an address that packets may carry; 127.0.0.1 lies in 127.0.0.0/8, "
       "loopback addresses"},
      {"[translator]\n" + kWellKnown, "f:1:1: \"interfaces\" in [engine] is missing"},
      {"translator = 1\n" + kEngine, "f:1:14: [translator] must be a table, not 1"},
  });
}

TEST(Translators, PrefixesAreThoseOfRfc6052) {
  for (const char* good : {"2001:db8::/32", "2001:db8:100::/40", "2001:db8:1::/48", "2001:db8:1:100::/56",
                           "2001:db8:1:1::/64", "2001:db8:1:1::/96", "64:ff9b::/96", "2001:db8:1:1:ff::/96"})
    EXPECT_EQ(problems_of(behind(prefix(good))), "") << good;
  for (const auto& [bad, bits] : {std::pair("2001:db8::/80", 80),
                                  {"2001:d00::/24", 24},
                                  {"2001:db8::/33", 33},
                                  {"2001:db8::/72", 72},
                                  {"2001:db8::1", 128},
                                  {"2001:db8::/95", 95}})
    EXPECT_EQ(problems_of(behind(prefix(bad))),
              "f:5:10: " + std::string(bad) + " has " + std::to_string(bits) +
                  " bits; IPv4 addresses are embedded behind 32, 40, 48, 56, 64 or 96 (RFC 6052, 2.2)");
  expect({
      {behind("[[translator.prefix]]\n"), "f:4:1: \"prefix\" in [[translator.prefix]] is missing"},
      {behind(prefix("2001:db8:1:1:100::/96")),
       "f:5:10: bits 64 to 71 of 2001:db8:1:1:100::/96 must be zero (RFC 6052, 2.2)"},
      {behind(prefix("::/96")),
       "f:5:10: \"prefix\" in [[translator.prefix]] must be of addresses that packets may carry; ::/96 holds the "
       "unspecified address"},
      {behind(prefix("::/64")),
       "f:5:10: \"prefix\" in [[translator.prefix]] must be of addresses that packets may carry; ::/64 holds the "
       "unspecified address"},
      {behind(prefix("fe80::/64")),
       "f:5:10: \"prefix\" in [[translator.prefix]] must be of addresses that packets may carry; fe80::/64 lies in "
       "fe80::/10, link-local addresses"},
      {behind(prefix("ff02::/96")),
       "f:5:10: \"prefix\" in [[translator.prefix]] must be of addresses that packets may carry; ff02::/96 lies in "
       "ff00::/8, multicast addresses"},
      {behind(prefix("64:ff9b::/96") + prefix("2001:db8::/96", "\"10.0.0.0/8\"")), ""},
      {behind(prefix("64:ff9b::/96") + prefix("2001:db8::/96")),
       "f:7:10: 2001:db8::/96 and 64:ff9b::/96 in line 5 both embed all IPv4 addresses; say by \"ip4\" which embeds "
       "what"},
      {behind(prefix("64:ff9b::/96", "\"12.0.0.0/8\"") + prefix("64:ff9b::/96", "\"11.0.0.0/8\"")),
       "f:8:10: 64:ff9b::/96 is a prefix of the translator twice; the first is in line 5"},
      {behind(prefix("64:ff9b::/96", "\"12.0.0.0/8\"") + prefix("2001:db8::/96", "\"12.0.0.0/8\"")),
       "f:9:7: 12.0.0.0/8 is embedded twice; the first is in line 6"},
      {behind(prefix("64:ff9b::/96", "\"12.0.0.0/8\"") + prefix("2001:db8::/96", "\"12.1.0.0/16\"")), ""},
      {behind(prefix("64:ff9b::/96", "\"127.1.0.0/16\"")),
       "f:6:7: \"ip4\" in [[translator.prefix]] must be of addresses that packets may carry; 127.1.0.0/16 lies in "
       "127.0.0.0/8, loopback addresses"},
      {behind(prefix("64:ff9b::/96", "\"0.0.0.0/0\"")), ""},
  });
}

TEST(Translators, MapsAreThoseOfRfc7757) {
  expect({
      {behind(map("192.0.2.0/24", "2001:db8:1::/64")), ""},
      {behind(map("192.0.2.0/24", "2001:db8:1::/120")), ""},
      {behind(map("192.0.2.1", "2001:db8:1::1")), ""},
      {behind(map("0.0.0.0/0", "64:ff9b::/96")), ""},
      {behind(map("192.0.2.0/24", "2001:db8:1::/121")),
       "f:6:7: 2001:db8:1::/121 leaves 7 bits for the 8 that follow 192.0.2.0/24; it may have at most 120 (RFC 7757, "
       "3.2)"},
      {behind(map("192.0.2.0/24", "2001:db8:1::/64") + map("192.0.2.0/24", "2001:db8:2::/64")),
       "f:8:7: 192.0.2.0/24 is mapped twice; the first is in line 5"},
      {behind(map("192.0.2.0/24", "2001:db8:1::/64") + map("192.0.3.0/24", "2001:db8:1::/64")),
       "f:9:7: 2001:db8:1::/64 is mapped twice; the first is in line 6"},
      {behind(map("192.0.2.0/24", "2001:db8:1::/64") + map("192.0.2.4/30", "2001:db8:1::/96")), ""},  // nested
      {behind(map("224.0.0.0/4", "2001:db8:1::/64")),
       "f:5:7: \"ip4\" in [[translator.map]] must be of addresses that packets may carry; 224.0.0.0/4 lies in "
       "224.0.0.0/3, multicast and reserved addresses"},
      {behind(map("255.255.255.255", "2001:db8:1::1")),
       "f:5:7: \"ip4\" in [[translator.map]] must be of addresses that packets may carry; 255.255.255.255 lies in "
       "224.0.0.0/3, multicast and reserved addresses"},
      {behind(map("0.0.0.0/8", "2001:db8:1::/64")),
       "f:5:7: \"ip4\" in [[translator.map]] must be of addresses that packets may carry; 0.0.0.0/8 lies in 0.0.0.0/8, "
       "addresses of no host"},
      {behind(map("192.0.2.1", "::1")),
       "f:6:7: \"ip6\" in [[translator.map]] must be of addresses that packets may carry; ::1 is the loopback address"},
      {behind(map("192.0.2.0/24", "::fffe:0:0/95")),
       "f:6:7: \"ip6\" in [[translator.map]] must be of addresses that packets may carry; ::fffe:0:0/95 holds "
       "IPv4-mapped addresses"},
      {behind(map("2001:db8::/64", "192.0.2.0/24")),
       "f:5:7: \"ip4\" in [[translator.map]] must be an IPv4 prefix such as \"192.0.2.0/24\", not \"2001:db8::/64\"\n"
       "f:6:7: \"ip6\" in [[translator.map]] must be an IPv6 prefix such as \"2001:db8::/32\", not \"192.0.2.0/24\""},
      {behind("[[translator.map]]\n"),
       "f:4:1: \"ip4\" in [[translator.map]] is missing\nf:4:1: \"ip6\" in [[translator.map]] is missing"},
  });
}

TEST(Translators, NativeThatHoldsAMapIsWarnedOf) {
  EXPECT_EQ(problems_of(behind("native = [\"203.0.113.0/24\", \"2001:db8:6::/48\", \"2001:db8:7::7\"]\n" +
                               map("203.0.113.6/32", "2001:db8:6::6/128") + map("203.0.112.0/24", "2001:db8:7::/120"))),
            "f:6:7: warning: packets to 203.0.113.6 are never translated: \"native\" in line 4 has 203.0.113.0/24, "
            "and wins over maps");
}

TEST(Translators, AreBounded) {
  const auto maps = [](u32 count) {
    std::string out = behind("native = \"2001:db8::/64\"\nmap = [\n");
    for (u32 i = 0; i < count; ++i)
      out += "{ ip4 = \"100." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." +
             std::to_string(i & 255) + "\", ip6 = \"2001:db8::" + std::to_string(i % 9999) + ":" +
             std::to_string(i / 9999) + "\" },\n";
    return out + "]\n";
  };
  EXPECT_EQ(problems_of(maps(64'999)), "");
  EXPECT_EQ(problems_of(maps(65'000)),
            "f:3:1: [translator] has 65001 prefixes, maps and native entries; at most 65000 are supported");
  EXPECT_EQ(problems_of(maps(65'001)), "f:65006:1: there are 65001 [[translator.map]]; at most 65000 are supported");
}

TEST(Prefixes, AreSets) {
  const Prefix ten{*parse_address("10.0.0.0"), 8}, inner{*parse_address("10.1.0.0"), 16},
      all{*parse_address("0.0.0.0"), 0}, six{*parse_address("::"), 0};
  EXPECT_TRUE(contains(ten, inner));
  EXPECT_FALSE(contains(inner, ten));
  EXPECT_TRUE(contains(all, ten));
  EXPECT_FALSE(contains(six, ten)) << "the families never meet";
  EXPECT_TRUE(overlap(inner, ten));
  EXPECT_TRUE(contains(ten, *parse_address("10.255.255.255")));
  EXPECT_FALSE(contains(ten, *parse_address("11.0.0.0")));
  EXPECT_EQ(text(ten), "10.0.0.0/8");
  EXPECT_EQ(text(Prefix{*parse_address("10.0.0.1"), 32}), "10.0.0.1");
  EXPECT_EQ(text(six), "::/0");
}

// Where a service, or a tunnel's end, would win over the translator without a word.
TEST(Translators, AndServicesHaveAddressesOfTheirOwn) {
  const auto service = [](const std::string& address, const std::string& zone) {
    return "[[service]]\nname = \"web\"\naddress = \"" + address + "\"\nzone = \"" + zone +
           "\"\nports = \"tcp/80\"\n[[service.target]]\nname = \"s1\"\naddress = \"10.0.0.11\"\n";
  };
  const std::string director = "[director]\naddress = [\"10.0.0.1\", \"2001:db8:ff::1\"]\n";
  const std::string two = "[engine]\ninterfaces = { eth0 = \"public\", \"eth1:7\" = \"inner\" }\n";
  const std::string own = "[translator]\naddress = \"192.0.2.1\"\n" + kWellKnown;
  const std::string mapped =
      "[translator]\nzone = \"public\"\n" + map("192.0.2.9", "2001:db8::9") + map("192.0.2.16/28", "2001:db8::10/124");
  expect({
      {kEngine + own + director + service("192.0.2.1", "public"),
       "f:4:11: 192.0.2.1 is both the address of [translator] and an address of service \"web\""},
      {kEngine + own + "[host]\naddress = \"192.0.2.1\"\ndirectors = \"10.0.0.1\"\n" +
           "[[host.service]]\nname = \"web\"\naddress = \"198.51.100.80\"\nports = \"tcp/80\"\n",
       "f:4:11: 192.0.2.1 is both the address of [translator] and the address of [host]"},
      {kEngine + mapped + director + service("192.0.2.9", "public"),
       "f:6:7: 192.0.2.9 is both mapped by [translator] and an address of service \"web\""},
      {kEngine + mapped + director + service("2001:db8::9", "public"),
       "f:7:7: 2001:db8::9 is both mapped by [translator] and an address of service \"web\""},
  });
  EXPECT_EQ(problems_of(kEngine + mapped + director + service("192.0.2.17", "public")), "") << "the longer match wins";
  EXPECT_EQ(problems_of(two + "[translator]\nzone = \"public\"\naddress = \"192.0.2.1\"\n" + kWellKnown + director +
                        service("192.0.2.1", "inner")),
            "")
      << "another zone's is another one";
}

}  // namespace
}  // namespace waymark
