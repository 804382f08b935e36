#include "cli/address.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/address_text.h"
#include "cli/meaning.h"
#include "config/parse.h"

namespace waymark::cli {

namespace {

const Config kConfig = parse_config(R"(
[engine]
interfaces = { eth0 = "public" }
[translator]
address = "192.0.2.250"
native = "8.51.100.0/24"
map = [{ ip4 = "192.0.2.0/24", ip6 = "2001:db8:1::/64" }, { ip4 = "192.0.2.7", ip6 = "2001:db8:2::7" },
       { ip4 = "203.0.113.0/28", ip6 = "2001:db8:3::f0/124" }]
prefix = [{ prefix = "64:ff9b::/96" }, { prefix = "2001:db8:122:344::/64", ip4 = "10.0.0.0/8" }]
[plan.cloud]
prefix = "3fff:e00::/32"
layout = "tenant:32 gateway:32 ipv4:32"
[plan.servers]
prefix = "3fff:a00::/40"
layout = "path:5x8 policy:4 id:16 epoch:2 tag:26"
over = "pair"
keys = { 1 = "000102030405060708090a0b0c0d0e0f" }
[plan.flows]
prefix = "3fff:f00::/32"
layout = "gateway:8 tenant:16 zero:25 dscp:6 valid:1 birth:8 ipv4:32"
birth_unit = "30m"
)",
                                    "f")
                           .config.value();

std::string told(const char* address, const char* client = nullptr) {
  const auto out =
      explain(kConfig, *parse_address(address), client ? std::optional(*parse_address(client)) : std::nullopt, false);
  return out ? *out : out.error().sentence;
}

nlohmann::json as_json(const char* address) {
  return nlohmann::json::parse(*explain(kConfig, *parse_address(address), {}, true));
}

TEST(Explain, TellsEveryField) {
  EXPECT_EQ(told("3fff:e00:0:1:0:1:a00:2"),
            "3fff:e00:0:1:0:1:a00:2 is an address for documentation (RFC 9637)\n"
            "by plan \"cloud\", 3fff:e00::/32:\n"
            "  tenant   1         whose private address space it is\n"
            "  gateway  1         the gateway, or group of gateways, that takes its packets back\n"
            "  ipv4     10.0.0.2  the IPv4 address that it stands for\n");
  const nlohmann::json json = as_json("3fff:e00:0:1:0:1:a00:2");
  EXPECT_EQ(json["address"], "3fff:e00:0:1:0:1:a00:2");
  EXPECT_EQ(json["meaning"], "an address for documentation (RFC 9637)");
  EXPECT_EQ(json["plan"]["name"], "cloud");
  EXPECT_EQ(json["plan"]["prefix"], "3fff:e00::/32");
  EXPECT_EQ(json["plan"]["fields"], (nlohmann::json{{"tenant", 1}, {"gateway", 1}, {"ipv4", "10.0.0.2"}}));
  EXPECT_FALSE(json.contains("translator"));
}

TEST(Explain, SaysWhatAnAddressSaysOfItsFlow) {
  EXPECT_EQ(told("3fff:f00:100:100:0:5d07:a00:2"),
            "3fff:f00:100:100:0:5d07:a00:2 is an address for documentation (RFC 9637)\n"
            "by plan \"flows\", 3fff:f00::/32:\n"
            "  gateway  1         the gateway, or group of gateways, that takes its packets back\n"
            "  tenant   1         whose private address space it is\n"
            "  dscp     46        the class of service\n"
            "  valid    1         whether the flow's client is known to be good\n"
            "  birth    7         when the flow began, in units of 1800 s since 1970, modulo 256\n"
            "  ipv4     10.0.0.2  the IPv4 address that it stands for\n");
}

TEST(Explain, VerifiesTags) {
  const std::vector<AddressPlan> plans = compile_plans(kConfig);
  const std::vector<std::string> words = {"path=3,5,7", "policy=1", "id=561", "epoch=1", "client=2001:db9::5"};
  const std::string good = text(*encode_address(plans, plans[1], words));
  const auto tag_line = [](const std::string& said) { return said.substr(said.rfind("  tag ")); };
  const auto ends_with = [&](const std::string& said, const std::string& end) {
    EXPECT_TRUE(tag_line(said).ends_with(end)) << said;
  };
  ends_with(told(good.c_str(), "2001:db9::77"), "  good: the address was given out as it is\n");
  ends_with(told(good.c_str(), "2001:dba::5"), "  bad: no key here made it for this address\n");
  ends_with(told(good.c_str()), "  not verified: it covers the client, too; give --client\n");
  ends_with(told("3fff:a00:3:507:0:1023:1800:0", "2001:db9::5"),
            "  unknown epoch: there is no key to verify it with\n");
  EXPECT_EQ(as_json(good.c_str())["plan"]["tag"], "not verified");
  EXPECT_EQ(as_json(good.c_str())["plan"]["fields"]["path"], nlohmann::json({3, 5, 7}));
}

TEST(Explain, RefusesWhatDoesNotDecode) {
  EXPECT_EQ(told("3fff:a00:3:7:0:1023:1400:0"),
            "3fff:a00:3:7:0:1023:1400:0 is no address of plan \"servers\": its path has a zero between its POPs");
}

TEST(Explain, AsksTheTranslator) {
  EXPECT_EQ(
      told("8.8.8.8"),
      "8.8.8.8 is a global address\nto the translator it is dropped, translator.would_return: no map has its "
      "destination, which "
      "would come back here, and its sender was told\nas a source it is 64:ff9b::808:808, by prefix 64:ff9b::/96 (RFC "
      "6052)\n");
  EXPECT_EQ(told("8.51.100.1"),
            "8.51.100.1 is a global address\n"
            "to the translator it is never translated, by native 8.51.100.0/24\n"
            "as a source it is 64:ff9b::833:6401, by prefix 64:ff9b::/96 (RFC 6052)\n");
  EXPECT_EQ(told("2001:db8:9::"), "2001:db8:9:: is an address for documentation (RFC 3849)\n");
  const nlohmann::json json = as_json("8.51.100.1")["translator"];
  EXPECT_EQ(json["why"], "never translated, by native 8.51.100.0/24");
  EXPECT_FALSE(json.contains("address"));
  EXPECT_EQ(json["source"]["address"], "64:ff9b::833:6401");
  EXPECT_EQ(json["source"]["why"], "prefix 64:ff9b::/96 (RFC 6052)");
  EXPECT_EQ(as_json("8.8.8.8")["translator"]["source"]["address"], "64:ff9b::808:808");
}

// Whether or not there is a translator.
TEST(Explain, NamesTheRoleThatHasIt) {
  const Config config = parse_config(R"(
[engine]
interfaces = { eth0 = "public", eth1 = "lab" }
[director]
address = "10.0.0.1"
[[service]]
name = "web"
address = ["198.51.100.80", "203.0.113.0/24"]
ports = "tcp/80"
target = [{ name = "s1", address = "10.0.0.11" }]
[[service]]
name = "dns"
zone = "lab"
address = "198.51.100.80"
ports = "udp/53"
target = [{ name = "s1", address = "10.0.0.11" }]
)",
                                     "f")
                            .config.value();
  const auto said = [&](const char* address, bool json = false) {
    return *explain(config, *parse_address(address), {}, json);
  };
  EXPECT_EQ(said("198.51.100.80"),
            "198.51.100.80 is an address for documentation (RFC 5737)\n"
            "to the director it is an address of service \"web\", in zone \"public\"\n"
            "to the director it is an address of service \"dns\", in zone \"lab\"\n");
  EXPECT_EQ(said("203.0.113.7"),
            "203.0.113.7 is an address for documentation (RFC 5737)\n"
            "to the director it is an address of service \"web\", in 203.0.113.0/24, in zone \"public\"\n");
  EXPECT_EQ(said("10.0.0.1"),
            "10.0.0.1 is a private address (RFC 1918)\nto the director it is the address of [director]\n");
  EXPECT_EQ(said("10.0.0.11"),
            "10.0.0.11 is a private address (RFC 1918)\n"
            "to the director it is target \"s1\" of service \"web\"\n"
            "to the director it is target \"s1\" of service \"dns\"\n");
  EXPECT_EQ(said("10.0.0.2"), "10.0.0.2 is a private address (RFC 1918)\n");
  const nlohmann::json owners = nlohmann::json::parse(said("203.0.113.7", true))["owners"];
  ASSERT_EQ(owners.size(), 1u);
  EXPECT_EQ(owners[0]["role"], "director");
  EXPECT_EQ(owners[0]["whose"], "an address of service \"web\"");
  EXPECT_EQ(owners[0]["prefix"], "203.0.113.0/24");
  EXPECT_EQ(owners[0]["zone"], "public");
}

TEST(Explain, KnowsTheWellKnown) {
  EXPECT_EQ(told("64:ff9b::8.8.4.4"),
            "64:ff9b::808:404 is behind the well-known prefix of translators (RFC 6052, 2.1)\n"
            "it stands for the IPv4 address 8.8.4.4\n"
            "to the translator it is 8.8.4.4, by prefix 64:ff9b::/96 (RFC 6052)\n");
  EXPECT_EQ(*explain({}, *parse_address("64:ff9b::8.8.4.4"), {}, false),
            "64:ff9b::808:404 is behind the well-known prefix of translators (RFC 6052, 2.1)\n"
            "it stands for the IPv4 address 8.8.4.4\n");
  EXPECT_EQ(*explain({}, *parse_address("ff02::1"), {}, false), "ff02::1 is a multicast address (RFC 4291, 2.7)\n");
  for (const auto& [address, what] : {std::pair("10.1.2.3", "a private address (RFC 1918)"),
                                      {"8.8.8.8", "a global address"},
                                      {"255.255.255.255", "the broadcast address (RFC 919)"},
                                      {"0.0.0.0", "the unspecified address (RFC 1122, 3.2.1.3)"},
                                      {"::", "the unspecified address (RFC 4291, 2.5.2)"},
                                      {"::1", "the loopback address (RFC 4291, 2.5.3)"},
                                      {"fe80::1", "a link-local address (RFC 4291, 2.5.6)"},
                                      {"fd00::1", "a unique local address (RFC 4193)"},
                                      {"2a00::1", "a global address (RFC 4291, 2.5.4)"},
                                      {"2002::1", "a 6to4 address (RFC 3056)"},
                                      {"64:ff9b:1::", "behind a prefix for translators within one network (RFC 8215)"},
                                      {"4000::", "in no block that is assigned (RFC 4291, 2.4)"}})
    EXPECT_EQ(general_meaning(*parse_address(address)), what) << address;
}

}  // namespace

}  // namespace waymark::cli
