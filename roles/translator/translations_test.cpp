// Which routes of the machine win over what is translated (RFC 7915, 4.6 and 5.6).
#include "roles/translator/translations.h"

#include <gtest/gtest.h>

#include "base/address_text.h"
#include "roles/translator/hosts.h"

namespace waymark {

namespace {

Prefix prefix(const char* address, u8 length) { return {*parse_address(address), length}; }

std::vector<std::string> won(const TranslatorConfig& config, const std::vector<Prefix>& natives) {
  std::vector<std::string> out;
  for (const Prefix& p : winners(config, natives)) out.push_back(text(p.address) + "/" + std::to_string(p.length));
  return out;
}

// "203.0.113.0/24 returns" of those that do.
std::vector<std::string> under(const TranslatorConfig& config, const std::vector<Prefix>& natives) {
  std::vector<std::string> out;
  for (const Under& u : ip4_under_prefixes(config, natives)) out.push_back(text(u.ip4) + (u.returns ? " returns" : ""));
  return out;
}

}  // namespace

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

TEST(Under, ARouteOfTheMachineSaysWhereHostsAre) {
  TranslatorConfig config;
  config.prefix.push_back({.prefix = prefix("2001:db8:64::", 96), .ip4 = {}});
  EXPECT_EQ(under(config, {}), std::vector<std::string>{"0.0.0.0/0"}) << "without maps all hosts are there";
  config.map.push_back({.ip4 = prefix("203.0.113.6", 32), .ip6 = prefix("2001:db8:6::6", 128)});
  EXPECT_EQ(under(config, {}), std::vector<std::string>{"0.0.0.0/0 returns"});
  const Prefix hosts = prefix("2001:db8:64::cb00:7100", 120);
  EXPECT_EQ(under(config, {hosts, hosts}), (std::vector<std::string>{"0.0.0.0/0 returns", "203.0.113.0/24"}));
  EXPECT_EQ(under(config, {hosts, prefix("203.0.0.0", 16)}), std::vector<std::string>{"0.0.0.0/0 returns"})
      << "in IPv4 the machine has them itself";
  EXPECT_EQ(under(config, {prefix("2001:db8:65::", 120), prefix("2001:db8:64::cb00:7106", 128)}),
            std::vector<std::string>{"0.0.0.0/0 returns"})
      << "another prefix; and one that has a map";
}

}  // namespace waymark
