// Which addresses on links are announced, and by what frames.
#include <gtest/gtest.h>

#include "config/parse.h"
#include "roles/compile.h"
#include "roles/gateway/role.h"

namespace waymark::gateway {

namespace {

Config two_links() {
  const auto read = parse_config(R"([engine]
interfaces = { eth0 = "public", eth1 = "links", "eth1:100" = "links", "eth1:200:7" = "links", eth2 = "links" }
[plan.cloud]
prefix = "3fff:c00::/32"
layout = "gateway:16 tenant:32 zero:16 ipv4:32"
[gateway]
plan = "cloud"
holds = [1, 3]
prefix = [{ prefix = "64:ff9b::/96" }]
[[gateway.id]]
id = 1
address = "192.0.2.1"
[[gateway.id]]
id = 2
address = "192.0.2.2"
[[gateway.id]]
id = 3
address = "192.0.2.3"
[[gateway.tenant]]
name = "red"
number = 1
tunnel = [{ tunnel = "ethernet", interface = "eth1", id = 1, gateway = "10.0.0.1", ip4 = "10.0.0.0/24" },
          { tunnel = "ethernet", interface = "eth1:100", id = 3, gateway = "10.1.0.1", ip4 = "10.1.0.0/24" },
          { tunnel = "ethernet", interface = "eth1:200:7", id = 3, gateway = "10.2.0.1", ip4 = "10.2.0.0/24" },
          { tunnel = "ethernet", interface = "eth2", id = 2, gateway = "10.3.0.1", ip4 = "10.3.0.0/24" }]
)",
                                 "f");
  EXPECT_TRUE(read.config);
  return read.config.value_or(Config{});
}

const std::vector<InterfaceFacts> kFacts = {{"eth1", 7, {{2, 0, 0, 0, 0, 0x11}}}, {"eth2", 8, {{2, 0, 0, 0, 0, 0x12}}}};

TEST(Greetings, AnnounceWhatIsHeld) {
  const std::vector<Greeting> all = greetings(two_links(), kFacts);
  ASSERT_EQ(all.size(), 3u) << "2 is another node's";
  const std::vector<u8> untagged = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,  0, 0, 0, 0, 0x11, 8, 6,  // to all
                                    0,    1,    8,    0,    6,    4,    0,  1, 2, 0, 0, 0,    0, 0x11,
                                    10,   0,    0,    1,  // who says so
                                    0,    0,    0,    0,    0,    0,    10, 0, 0, 1};
  EXPECT_EQ(all[0].interface, 7u);
  EXPECT_EQ(all[0].frame, untagged);
  const auto tags = [](const std::vector<u8>& frame) { return std::vector<u8>(frame.begin() + 12, frame.end() - 28); };
  EXPECT_EQ(tags(all[1].frame), (std::vector<u8>{0x81, 0, 0, 100, 8, 6}));
  EXPECT_EQ(tags(all[2].frame), (std::vector<u8>{0x88, 0xa8, 0, 200, 0x81, 0, 0, 7, 8, 6}));
}

TEST(Greetings, SayNothingOfWhatAnotherNodeTakes) {
  Config config = two_links();
  config.gateway->held = {1, 3};
  config.gateway->leaving = {3};
  EXPECT_EQ(greetings(config, kFacts).size(), 1u);
  EXPECT_TRUE(greetings(config, {}).empty()) << "an interface that is not there";
}

}  // namespace

}  // namespace waymark::gateway
