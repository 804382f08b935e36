#include "rtnetlink/machine.h"

#include <gtest/gtest.h>

#include "base/address_text.h"
#include "rtnetlink/namespaces_test.h"

namespace waymark {

namespace {

Address at(const char* written) { return *parse_address(written); }

using MachineTest = Namespaces;

}  // namespace

TEST_F(MachineTest, ListsLinks) {
  here("ip link add wm-vx type vxlan id 7 dstport 4789 dev wm-here; ip link set wm-here mtu 1400");
  const auto link = link_by_name("wm-here");
  ASSERT_TRUE(link);
  EXPECT_EQ(link->kind, "veth");
  EXPECT_EQ(link->mtu, 1400u);
  EXPECT_EQ(link->mac.byte[5], 1);
  EXPECT_TRUE(link->up && link->carrier && link->ethernet);
  EXPECT_EQ(link_by_name("wm-vx")->kind, "vxlan");
  EXPECT_FALSE(link_by_name("wm-vx")->up);
  EXPECT_FALSE(link_by_name("lo")->ethernet);
  EXPECT_FALSE(link_by_name("wm-none"));
  EXPECT_GE(links()->size(), 3u);
}

TEST_F(MachineTest, KnowsItsAddresses) {
  here("ip -6 route add local 2001:db8:99::/64 dev lo");
  for (const char* local : {"10.77.0.1", "127.0.0.1", "2001:db8:77::1", "2001:db8:99::1234"})
    EXPECT_TRUE(*is_local(at(local))) << local;
  for (const char* far : {"10.77.0.2", "192.0.2.1", "2001:db8:77::2"}) EXPECT_FALSE(*is_local(at(far))) << far;
}

TEST_F(MachineTest, ReadsSettings) {
  here("sysctl -qw net.ipv4.conf.wm-here.rp_filter=2");
  EXPECT_EQ(sysctl("net.ipv4.conf.wm-here.rp_filter"), "2");
  EXPECT_EQ(sysctl("net/ipv4/conf/wm-here/rp_filter"), "2");
  EXPECT_FALSE(sysctl("net.ipv4.conf.wm-none.rp_filter"));
  EXPECT_FALSE(sysctl("net/../../self/comm")) << "only below /proc/sys";
  here("ip link set wm-here down; ip link set wm-here name wm.5");
  EXPECT_EQ(sysctl("net/ipv4/conf/wm.5/rp_filter"), "2");
  EXPECT_EQ(sysctl("net.ipv4.conf.wm/5.rp_filter"), "2");
}

TEST_F(MachineTest, FindsTheAdvmssOfReplies) {
  here(
      "ip addr add 198.51.100.80/32 dev lo; ip -6 addr add 2001:db8:80::1/128 dev lo; "
      "ip route add default via 10.77.0.2; ip -6 route add default via 2001:db8:77::2 advmss 1400; "
      "ip route add default via 10.77.0.2 advmss 1380 table 80; ip rule add from 198.51.100.80 lookup 80");
  const auto lowered = route_advmss(at("198.51.100.80"), at("203.0.113.7"));
  ASSERT_TRUE(lowered) << lowered.error().sentence;
  EXPECT_EQ(lowered->interface, "wm-here");
  EXPECT_EQ(lowered->mtu, 1500u);
  EXPECT_EQ(lowered->advmss, 1380u) << "by the rule for the service's address";
  EXPECT_EQ(route_advmss(at("10.77.0.1"), at("203.0.113.7"))->advmss, 0u);
  EXPECT_EQ(route_advmss(at("2001:db8:80::1"), at("2001:db8:f::7"))->advmss, 1400u);
  EXPECT_FALSE(route_advmss(at("203.0.113.99"), at("203.0.113.7"))) << "not an address of this machine";
}

}  // namespace waymark
