// What explain says of the translator, where that is easily told wrong: each of these once was.
#include "cli/translated_test.h"

#include <gtest/gtest.h>

namespace waymark::cli {

TEST(Translated, IsTheLongestOfMapsAndPrefixesTogether) {
  const Explainer said(mixed());
  const std::string returns =
      "to the translator it is dropped, translator.would_return: no map has its destination, which would come back "
      "here, "
      "and its sender was told\n";
  EXPECT_EQ(said("8.0.2.65"),
            returns + "as a source it is 2001:db8:122:344:8:2:4100:0, by prefix 2001:db8:122:344::/64 (RFC 6052)\n")
      << "within a map of /24, but its \"ip4\" has 28 bits";
  EXPECT_EQ(said("2001:db8:122:344:a:202:2100:0"),
            "to the translator it is 10.2.2.33, by prefix 2001:db8:122:344::/64 (RFC 6052)\n")
      << "within a map of /40";
}

TEST(Translated, OfEqualPrefixesNativesGoFirstThenMaps) {
  const Explainer said(mixed());
  EXPECT_EQ(said("8.0.113.3"),
            "to the translator it is 2001:db8:3::3, by explicit map 8.0.113.0/28 <-> 2001:db8:3::/124 (RFC 7757)\n");
  EXPECT_TRUE(
      said("100.65.1.2")
          .starts_with(
              "to the translator it is never translated, by native 100.65.0.0/16\n"
              "as a source it is 2001:db8:6::102, by explicit map 100.65.0.0/16 <-> 2001:db8:6::/112 (RFC 7757)\n"))
      << said("100.65.1.2");
}

TEST(Translated, ReservedBitsAreDropped) {
  EXPECT_EQ(Explainer(mixed())("2001:db8:122:344:ff0a:202:2100:0"),
            "to the translator it is dropped, translator.reserved_bits: an address under an IPv4-embedding prefix with "
            "bits set that must be zero\n");
}

TEST(Translated, NonGlobalAddressesAreDroppedUnderTheWellKnownPrefix) {
  const std::string dropped =
      "to the translator it is dropped, translator.nonglobal_told: a non-global IPv4 address under the well-known "
      "prefix, and its sender was told\n";
  const Explainer said(mixed()), all(mixed("nonglobal = true\n"));
  const std::string error = "as the source of an ICMP error it is ";
  EXPECT_EQ(said("192.168.3.4"), dropped + error + "2001:db8:9::1, by the translator's own address (RFC 6791)\n");
  EXPECT_EQ(said("64:ff9b::192.168.3.4"), dropped + error + "8.0.2.250, by the translator's own address (RFC 6791)\n");
  EXPECT_TRUE(all("192.168.3.4").ends_with("as a source it is 64:ff9b::c0a8:304, by prefix 64:ff9b::/96 (RFC 6052)\n"))
      << all("192.168.3.4");
  EXPECT_EQ(all("64:ff9b::192.168.3.4"), "to the translator it is 192.168.3.4, by prefix 64:ff9b::/96 (RFC 6052)\n");
}

TEST(Translated, MartiansAreNot) {
  const Explainer said(lengths());
  EXPECT_EQ(said("127.0.0.1"),
            "to the translator it is left to the kernel: no router sends a packet there\n"
            "as a source it is dropped, parse.martian_source: the source is multicast, loopback, unspecified or "
            "reserved\n"
            "as the source of an ICMP error it is 2001:db8:48:7f00:0:100::, by prefix 2001:db8:48::/48 (RFC 6052)\n");
  EXPECT_EQ(said("2001:db8:48:a9fe:1:100::"),
            "to the translator it is dropped, translator.martian: would carry an IPv4 address that no packet may "
            "carry\n");
}

TEST(Translated, NativeIsWhereAPacketGoesNotWhereItComesFrom) {
  const Explainer said(mixed());
  EXPECT_EQ(said("8.51.100.4"),
            "to the translator it is never translated, by native 8.51.100.0/24\n"
            "as a source it is 64:ff9b::833:6404, by prefix 64:ff9b::/96 (RFC 6052)\n");
  EXPECT_EQ(said("2001:db8:77::1"),
            "to the translator it is never translated, by native 2001:db8:77::/48\n"
            "as a source it is dropped, translator.source_unknown_told: the source has no translation, and its sender "
            "was told\n");
  EXPECT_EQ(said("10.1.2.3"),
            "to the translator it is never translated, by native 10.1.0.0/16\n"
            "as a source it is 2001:db8:103::, by explicit map 10.1.2.0/24 <-> 2001:db8:100::/40 (RFC 7757)\n")
      << "a map within it does not win";
}

TEST(Translated, ToExplicitlyMappedHostsPacketsTurnRound) {
  const Explainer said(mixed());
  EXPECT_EQ(said("64:ff9b::8.0.2.7"),
            "to the translator it is 8.0.2.7, by prefix 64:ff9b::/96 (RFC 6052)\n"
            "as a destination it turns round (RFC 7757, 4.2) and is 2001:db8:2::7, by its IPv4 address 8.0.2.7\n");
  EXPECT_EQ(said("2001:db8:2::7"),
            "to the translator it is 8.0.2.7, by explicit map 8.0.2.7 <-> 2001:db8:2::7 (RFC 7757)\n"
            "as the source of what turns round (RFC 7757, 4.2) it is 64:ff9b::800:207, by its IPv4 address "
            "8.0.2.7\n");
  EXPECT_EQ(
      said("2001:db8:4::102"),
      "to the translator it is 100.64.1.2, by explicit map 100.64.0.0/16 <-> 2001:db8:4::/112 (RFC 7757)\n"
      "as the source of what turns round (RFC 7757, 4.2) it is dropped, translator.source_unknown_told: the source has "
      "no translation, and its sender was told\n")
      << "not global under the well-known prefix";
}

TEST(Translated, WhoseAnAddressIsGoesFirst) {
  const Explainer said(lengths());
  EXPECT_EQ(said("203.0.113.80"),
            "to the translator it is a service's address, and never translated\n"
            "as a source it is 2001:db8:48:cb00:71:5000::, by prefix 2001:db8:48::/48 (RFC 6052)\n");
  EXPECT_EQ(said("192.0.2.250"),
            "to the translator it is the translator's own address\n"
            "as a source it is 2001:db8:48:c000:2:fa00::, by prefix 2001:db8:48::/48 (RFC 6052)\n");
}

TEST(Translated, IsNothingWithoutARule) {
  EXPECT_EQ(Explainer(mixed())("2001:db8:999::"), "");
  EXPECT_EQ(Explainer(mixed())("2001:db8:9::1"), "to the translator it is the translator's own address\n");
}

// The table of RFC 6052, 2.4.
TEST(Translated, EmbedsAsTheRfcDoes) {
  for (const auto& [prefix, embedded] : {std::pair("2001:db8::/32", "2001:db8:c000:221::"),
                                         {"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
                                         {"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
                                         {"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
                                         {"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100:0"},
                                         {"2001:db8:122:344::/96", "2001:db8:122:344::c000:221"}}) {
    const Explainer said("[engine]\n" + kInterfaces + "[translator]\nprefix = [{ prefix = \"" + prefix + "\" }]\n");
    const std::string by = std::string(", by prefix ") + prefix + " (RFC 6052)\n";
    EXPECT_EQ(said("192.0.2.33"), std::string("to the translator it is ") + embedded + by);
    EXPECT_EQ(said(embedded), "to the translator it is 192.0.2.33" + by);
  }
}

}  // namespace waymark::cli
