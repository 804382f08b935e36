#include "roles/path/digest.h"

#include <gtest/gtest.h>

#include "config/parse.h"

namespace waymark::path {
namespace {

constexpr const char* kFile = R"([engine]
pins = 0
interfaces = { eth0 = "wan" }
[plan.clients]
prefix = "3fff:c00::/40"
layout = "pop:8 policy:8 id:32 zero:40"
[plan.servers]
prefix = "3fff:a00::/40"
layout = "id:16 path:5x8 policy:4 epoch:2 tag:26"
keys = { 1 = "00112233445566778899aabbccddeeff" }
[path]
id = 1
clients = "clients"
servers = "servers"
zone = "wan"
[[path.pop]]
id = 1
address = "2001:db8::1"
[[path.pop]]
id = 2
address = "2001:db8::2"
[[path.server]]
id = 7
pop = 2
address = "2001:db8::7"
[[path.policy]]
name = "web"
index = 1
to_server = ["tcp/80", "tcp/443"]
rate = "1gbit"
)";

SharedDigest of(const std::string& from, const std::string& to) {
  std::string toml = kFile;
  if (!from.empty()) toml.replace(toml.find(from), from.size(), to);
  const Parsed parsed = parse_config(toml, "pop.toml");
  EXPECT_TRUE(parsed.config) << from;
  return parsed.config ? shared_digest(*parsed.config) : SharedDigest{};
}

std::string differ(const std::string& from, const std::string& to) {
  const SharedDigest a = of("", ""), b = of(from, to);
  std::string out;
  for (const DigestPart& part : kDigestParts)
    if (a.*part.value != b.*part.value) out += part.name;
  return out;
}

TEST(SharedDigest, SaysWhichPartDiffers) {
  EXPECT_EQ(differ("ccddeeff", "ccddeefe"), "plans") << "a key";
  EXPECT_EQ(differ("{ 1 =", "{ 2 ="), "plans");
  EXPECT_EQ(differ("id:32 zero:40", "id:33 zero:39"), "plans");
  EXPECT_EQ(differ("2001:db8::2", "2001:db8::3"), "pops");
  EXPECT_EQ(differ("2001:db8::2\"", "2001:db8::2\"\ntunnel = \"gue\""), "pops");
  EXPECT_EQ(differ("2001:db8::7", "2001:db8::8"), "servers");
  EXPECT_EQ(differ("tcp/443", "tcp/444"), "policies");
  EXPECT_EQ(differ("1gbit", "2gbit"), "policies");
  EXPECT_EQ(differ("1gbit\"", "1gbit\"\ndscp = 46"), "policies");
}

TEST(SharedDigest, WhatIsAPopsOwnIsNoPartOfIt) {
  EXPECT_EQ(differ("[path]\nid = 1", "[path]\nid = 2"), "");
  EXPECT_EQ(differ("[path]", "[path]\nplain = [2]\ndown = [2]\nerrors = 7\nrevoked = \"/etc/r\""), "");
  EXPECT_EQ(differ("[\"tcp/80\", \"tcp/443\"]", "[\"tcp/443\", \"tcp/80\"]"), "") << "nor an order";
  EXPECT_EQ(differ("1gbit", "1000mbit"), "");
  EXPECT_EQ(of("", "").plans == 0, false);
  EXPECT_EQ(shared_digest(Config{}), SharedDigest{});
  EXPECT_TRUE(text(of("", "")).starts_with("plans ")) << text(of("", ""));
}

}  // namespace
}  // namespace waymark::path
