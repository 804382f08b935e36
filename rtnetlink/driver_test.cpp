#include "rtnetlink/driver.h"

#include "rtnetlink/machine.h"
#include "rtnetlink/namespaces_test.h"
#include "rtnetlink/veth.h"

namespace waymark {

// As drivers of Linux 6.1 to 6.18 name them.
TEST(Driver, WhatItRefused) {
  const auto sum = [](const DriverCounts& counts) { return refused_in(counts); };
  EXPECT_EQ(sum({{"peer_ifindex", 7},
                 {"rx_queue_0_drops", 1},
                 {"rx_queue_0_xdp_drops", 2},
                 {"rx_queue_0_xdp_tx", 4},
                 {"rx_queue_0_xdp_tx_errors", 8},
                 {"rx_queue_1_xdp_tx_errors", 16},
                 {"tx_queue_0_xdp_xmit", 32},
                 {"tx_queue_0_xdp_xmit_errors", 64}}),
            88u)
      << "veth";
  EXPECT_EQ(sum({{"rx_queue_0_xdp_drops", 1},
                 {"rx_queue_0_xdp_redirects", 2},
                 {"tx_queue_0_xdp_tx", 4},
                 {"tx_queue_0_xdp_tx_drops", 8},
                 {"tx_queue_1_xdp_tx_drops", 16}}),
            24u)
      << "virtio_net";
  EXPECT_EQ(sum({{"rx_xdp_drop", 1},
                 {"rx_xdp_tx_full", 2},
                 {"rx_xdp_tx_err", 4},
                 {"tx_xdp_full", 8},
                 {"tx_xdp_err", 16},
                 {"rx0_xdp_tx_full", 2},
                 {"rx0_xdp_tx_err", 4},
                 {"tx0_xdp_full", 8},
                 {"tx0_xdp_err", 16}}),
            30u)
      << "mlx5: sums, and the same by queue";
  EXPECT_EQ(sum({{"tx3_xdp_err", 3}, {"tx4_xdp_full", 4}}), 7u);
  EXPECT_EQ(sum({{"rx_packets", 1}, {"rx_queue_0_xdp_drops", 5}, {"tx_errors", 6}}), std::nullopt) << "says nothing";
  EXPECT_EQ(sum({}), std::nullopt);
}

class DriverTest : public Namespaces {};

TEST_F(DriverTest, TellsWhatItDoesAndCounts) {
  auto told = offloads("wm-here");
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->checksums && told->tx_vlan && told->rx_vlan && !told->gro && !told->lro);
  here("ethtool -K wm-here tx off txvlan off rxvlan off gro on >/dev/null");
  told = offloads("wm-here");
  EXPECT_TRUE(told && !told->checksums && !told->tx_vlan && !told->rx_vlan && told->gro);
  EXPECT_EQ(refused_in(driver_counts("wm-here")), 0u);
  EXPECT_TRUE(driver_counts("lo").empty());
  EXPECT_FALSE(offloads("wm-none"));
  EXPECT_TRUE(driver_counts("wm-none").empty());
}

TEST_F(DriverTest, TheOtherEndOfAVeth) {
  here("ip link add wm-two type veth peer name wm-twin; ethtool -K wm-twin tx off >/dev/null");
  auto peer_of = [](const char* name) { return veth_peer(*link_by_name(name)); };
  auto twin = peer_of("wm-two");
  ASSERT_TRUE(twin && *twin) << (twin ? "" : twin.error().sentence);
  EXPECT_EQ((*twin)->name, "wm-twin");
  EXPECT_EQ((*twin)->enter, "");
  EXPECT_FALSE((*twin)->offloads.checksums);
  EXPECT_FALSE((*twin)->has_program);
  const auto lo = peer_of("lo");
  EXPECT_TRUE(lo && !*lo);

  EXPECT_EQ(peer_of("wm-here").error().sentence,
            "the other end of wm-here cannot be looked at: it is in a network namespace that neither /run/netns nor a "
            "process names");
  const Inhabitant someone = inhabit_peer();
  auto far = peer_of("wm-here");
  ASSERT_TRUE(far && *far) << (far ? "" : far.error().sentence);
  EXPECT_EQ((*far)->name, "wm-peer");
  EXPECT_EQ((*far)->enter, "nsenter -t " + std::to_string(someone.pid) + " -n ");
  EXPECT_TRUE((*far)->offloads.checksums);
  here((*far)->enter + "ethtool -K wm-peer tx off >/dev/null");
  far = peer_of("wm-here");
  ASSERT_TRUE(far && *far);
  EXPECT_FALSE((*far)->offloads.checksums);
  EXPECT_TRUE(link_by_name("wm-here")) << "this thread is where it was";
}

}  // namespace waymark
