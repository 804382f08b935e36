// Which routes a gateway announces, by the order of its plan.
#include <gtest/gtest.h>

#include "base/address_text.h"
#include "config/parse.h"
#include "roles/gateway/role.h"

namespace waymark::gateway {

namespace {

std::vector<std::string> announced(const std::string& announce, const std::string& layout) {
  const auto read = parse_config(R"([engine]
interfaces = { eth0 = "public" }
[announce]
[plan.cloud]
prefix = "3fff:c00::/32"
layout = ")" + layout + R"("
[gateway]
plan = "cloud"
holds = [1, 3]
prefix = [{ prefix = "64:ff9b::/96" }]
)" + announce + R"(
[[gateway.id]]
id = 1
address = ["192.0.2.1", "2001:db8::1"]
[[gateway.id]]
id = 2
address = "192.0.2.2"
[[gateway.id]]
id = 3
address = "192.0.2.3"
[[gateway.tenant]]
name = "red"
number = 1
tunnel = [{ remote = "192.0.2.71", ip4 = "10.0.0.0/24" }]
[[gateway.tenant]]
name = "blue"
number = 2
tunnel = [{ remote = "192.0.2.72", ip4 = "10.0.0.0/24" }]
)",
                                 "f");
  std::vector<std::string> out;
  if (read.config)
    for (const Prefix& p : announced_prefixes(*read.config)) out.push_back(text(p));
  for (const Problem& p : read.problems) out.push_back(p.sentence);
  return out;
}

using Texts = std::vector<std::string>;
const std::string kGatewayFirst = "gateway:16 tenant:32 zero:16 ipv4:32", kTenantFirst = "tenant:32 gateway:32 ipv4:32";

TEST(GatewayRoutes, AreThePlansAndThoseOfIdsHeld) {
  const Texts usual = {"3fff:c00::/32", "3fff:c00:1::", "192.0.2.1", "2001:db8::1", "3fff:c00:3::", "192.0.2.3"};
  EXPECT_EQ(announced("", kGatewayFirst), usual);
  EXPECT_EQ(announced("announce = [\"ends\", \"own\", \"plan\"]", kGatewayFirst), usual);
  EXPECT_EQ(announced("announce = \"own\"", kTenantFirst), (Texts{"3fff:c00::1:0:0", "3fff:c00::3:0:0"}));
  EXPECT_EQ(announced("announce = \"ends\"", kTenantFirst), (Texts{"192.0.2.1", "2001:db8::1", "192.0.2.3"}));
  EXPECT_EQ(announced("announce = []", kGatewayFirst), Texts{});
}

TEST(GatewayRoutes, OfAnIdAreOneOrOneForEachTenant) {
  const std::string specific = "announce = [\"specific\"]";
  EXPECT_EQ(announced(specific, kGatewayFirst), (Texts{"3fff:c00:1::/48", "3fff:c00:3::/48"}));
  EXPECT_EQ(announced(specific, "zero:16 gateway:16 tenant:32 ipv4:32"),
            (Texts{"3fff:c00:0:1::/64", "3fff:c00:0:3::/64"}));
  EXPECT_EQ(announced(specific, kTenantFirst), (Texts{"3fff:c00:0:1:0:1::/96", "3fff:c00:0:2:0:1::/96",
                                                      "3fff:c00:0:1:0:3::/96", "3fff:c00:0:2:0:3::/96"}));
}

}  // namespace

}  // namespace waymark::gateway
