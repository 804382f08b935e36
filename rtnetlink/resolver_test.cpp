// The resolver against a real kernel. Time is the machine's, plus what a test adds to make periods pass.
#include "rtnetlink/resolver.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <functional>
#include <map>

#include "base/address_text.h"
#include "rtnetlink/machine.h"
#include "rtnetlink/namespaces_test.h"
#include "rtnetlink/netlink.h"

namespace waymark {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Mac kHere{{2, 0, 0, 0, 0, 1}}, kPeer{{2, 0, 0, 0, 0, 2}}, kOther{{2, 0, 0, 0, 0, 0x99}};

struct ResolverTest : Namespaces {
  void SetUp() override {
    Namespaces::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto opened = Resolver::open();
    ASSERT_TRUE(opened) << opened.error().sentence;
    resolver = std::move(*opened);
  }

  void watch(std::initializer_list<const char*> targets, const char* from4 = nullptr, const char* from6 = nullptr) {
    std::vector<RouteQuestion> set;
    for (const char* target : targets) {
      RouteQuestion question{*parse_address(target)};
      if (const char* from = is_ip4(question.destination) ? from4 : from6) question.source = *parse_address(from);
      set.push_back(question);
    }
    resolver->watch(set);
  }

  // Serves the resolver as the daemon's loop does until `holds`; false when that takes too long.
  bool until(const std::function<bool()>& holds) {
    const Time end = now() + seconds(20);
    for (; !holds(); take())
      if (now() > end)
        return false;
      else
        wait();
    return true;
  }
  void take() {
    for (const Resolution& r : resolver->poll(now() + added)) told[text(r.target)] = r;
  }
  void wait() {
    pollfd descriptor{resolver->descriptor(), POLLIN, 0};
    const Duration left = std::clamp<Duration>(resolver->deadline() - (now() + added), {}, milliseconds(100));
    ::poll(&descriptor, 1, int(left / milliseconds(1)) + (left % milliseconds(1) != Duration{}));
  }

  bool reaches(const char* target, const Mac& mac, u16 mtu = 1500) {
    const std::string_view to = target;
    const bool on_link = to.starts_with("10.77.0.") || to.starts_with("2001:db8:77::");
    const WayOut wanted{link_by_name("wm-here")->index, kHere, mac, mtu, !on_link};
    return until([&] { return told[target].adjacency == wanted; });
  }
  bool says(const char* target, const std::string& why) {
    return until([&] { return !told[target].adjacency && told[target].why == why; });
  }
  std::string last(const char* target) { return told[target].adjacency ? "an adjacency" : told[target].why; }

  std::unique_ptr<Resolver> resolver;
  std::map<std::string, Resolution> told;
  Duration added{};
};

}  // namespace

TEST_F(ResolverTest, ResolvesNeighboursOnTheLink) {
  watch({"10.77.0.2", "2001:db8:77::2"});
  EXPECT_TRUE(reaches("10.77.0.2", kPeer)) << last("10.77.0.2");
  EXPECT_TRUE(reaches("2001:db8:77::2", kPeer)) << last("2001:db8:77::2");
}

TEST_F(ResolverTest, ResolvesByWayOfGatewaysOfEitherFamily) {
  here(
      "ip route add 192.0.2.0/24 via 10.77.0.2; ip route add 2001:db8:1::/48 via 2001:db8:77::2; "
      "ip route add 198.51.100.0/24 via inet6 2001:db8:77::2 mtu 1400");
  watch({"192.0.2.9", "2001:db8:1::9", "198.51.100.9"});
  EXPECT_TRUE(reaches("192.0.2.9", kPeer)) << last("192.0.2.9");
  EXPECT_TRUE(reaches("2001:db8:1::9", kPeer)) << last("2001:db8:1::9");
  EXPECT_TRUE(reaches("198.51.100.9", kPeer, 1400)) << last("198.51.100.9");
}

TEST_F(ResolverTest, FollowsANeighbourThatGetsAnotherMac) {
  peer("sysctl -qw net.ipv4.conf.wm-peer.arp_notify=1 net.ipv6.conf.wm-peer.ndisc_notify=1");
  here("sysctl -qw net.ipv4.neigh.wm-here.locktime=0");
  watch({"10.77.0.2", "2001:db8:77::2"});
  EXPECT_TRUE(reaches("10.77.0.2", kPeer)) << last("10.77.0.2");
  EXPECT_TRUE(reaches("2001:db8:77::2", kPeer)) << last("2001:db8:77::2");
  peer("ip link set wm-peer address 02:00:00:00:00:99");
  EXPECT_TRUE(reaches("10.77.0.2", kOther)) << last("10.77.0.2");
  EXPECT_TRUE(reaches("2001:db8:77::2", kOther)) << last("2001:db8:77::2");
}

TEST_F(ResolverTest, FollowsRoutes) {
  here(
      "ip neigh add 10.77.0.9 lladdr 02:00:00:00:00:99 dev wm-here nud permanent; "
      "ip neigh add 2001:db8:77::9 lladdr 02:00:00:00:00:99 dev wm-here nud permanent");
  watch({"192.0.2.9", "2001:db8:1::9"});
  EXPECT_TRUE(says("192.0.2.9", "there is no route to 192.0.2.9")) << last("192.0.2.9");
  EXPECT_TRUE(says("2001:db8:1::9", "there is no route to 2001:db8:1::9")) << last("2001:db8:1::9");
  here("ip route add 192.0.2.0/24 via 10.77.0.2; ip route add 2001:db8:1::/48 via 2001:db8:77::2");
  EXPECT_TRUE(reaches("192.0.2.9", kPeer)) << last("192.0.2.9");
  EXPECT_TRUE(reaches("2001:db8:1::9", kPeer)) << last("2001:db8:1::9");
  here("ip route replace 192.0.2.0/24 via 10.77.0.9; ip route replace 2001:db8:1::/48 via 2001:db8:77::9");
  EXPECT_TRUE(reaches("192.0.2.9", kOther)) << last("192.0.2.9");
  EXPECT_TRUE(reaches("2001:db8:1::9", kOther)) << last("2001:db8:1::9");
  here("ip route replace blackhole 192.0.2.0/24; ip route add unreachable 2001:db8:1::9/128");
  EXPECT_TRUE(says("192.0.2.9", "the route to 192.0.2.9 is a black hole")) << last("192.0.2.9");
  EXPECT_TRUE(says("2001:db8:1::9", "the route to 2001:db8:1::9 says unreachable")) << last("2001:db8:1::9");
}

TEST_F(ResolverTest, FollowsPolicyRules) {
  here("ip route add 192.0.2.0/24 via 10.77.0.2");
  watch({"192.0.2.9"});
  EXPECT_TRUE(reaches("192.0.2.9", kPeer)) << last("192.0.2.9");
  here("ip rule add to 192.0.2.9 prohibit");
  EXPECT_TRUE(says("192.0.2.9", "the route to 192.0.2.9 says prohibited")) << last("192.0.2.9");
}

// Source routing as machines with two uplinks have it. What the kernel forwards in XDP's stead comes in from outside,
// and must find the same way.
TEST_F(ResolverTest, FollowsRulesBySource) {
  here(
      "sysctl -qw net.ipv4.conf.wm-here.accept_local=1 net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1; "
      "ip neigh add 10.77.0.9 lladdr 02:00:00:00:00:99 dev wm-here nud permanent; "
      "ip neigh add 2001:db8:77::9 lladdr 02:00:00:00:00:99 dev wm-here nud permanent; "
      "ip route add 192.0.2.0/24 via 10.77.0.2; ip route add 2001:db8:1::/48 via 2001:db8:77::2; "
      "ip route add default via 10.77.0.9 table 100; ip -6 route add default via 2001:db8:77::9 table 100");
  const auto both = [&](const Mac& mac) {
    EXPECT_TRUE(reaches("192.0.2.9", mac)) << last("192.0.2.9");
    EXPECT_TRUE(reaches("2001:db8:1::9", mac)) << last("2001:db8:1::9");
  };
  const auto kernel_goes = [&](const char* from, const char* to, const char* gateway) {
    const std::string command = std::string("ip route get ") + to + " from " + from + " iif wm-here 2>&1",
                      answer = output(command);
    EXPECT_NE(answer.find(std::string(" via ") + gateway + " "), std::string::npos) << command << ": " << answer;
  };
  watch({"192.0.2.9", "2001:db8:1::9"}, "10.77.0.1", "2001:db8:77::1");
  both(kPeer);
  kernel_goes("10.77.0.1", "192.0.2.9", "10.77.0.2");
  here("ip rule add from 10.77.0.1 lookup 100");
  EXPECT_TRUE(reaches("192.0.2.9", kOther)) << last("192.0.2.9");
  EXPECT_TRUE(reaches("2001:db8:1::9", kPeer)) << "the rule is IPv4's";
  here("ip -6 rule add from 2001:db8:77::1 lookup 100");
  both(kOther);
  kernel_goes("10.77.0.1", "192.0.2.9", "10.77.0.9");
  kernel_goes("2001:db8:77::1", "2001:db8:1::9", "2001:db8:77::9");
  here("ip rule del from 10.77.0.1; ip -6 rule del from 2001:db8:77::1");
  both(kPeer);
  here("ip rule add from 10.77.0.5 lookup 100; ip -6 rule add from 2001:db8:77::5 lookup 100");
  watch({"192.0.2.9", "2001:db8:1::9"}, "10.77.0.5", "2001:db8:77::5");
  EXPECT_TRUE(reaches("2001:db8:1::9", kOther)) << last("2001:db8:1::9");
  EXPECT_TRUE(reaches("192.0.2.9", kPeer)) << "of an address that is not its own the kernel tells no route";
  here("ip addr add 10.77.0.5/32 dev lo");
  both(kOther);
  here("ip rule add from 10.77.0.5 prohibit");
  EXPECT_TRUE(says("192.0.2.9", "the route to 192.0.2.9 says prohibited")) << last("192.0.2.9");
  here("ip rule del from 10.77.0.5 prohibit; ip addr del 10.77.0.5/32 dev lo");
  EXPECT_TRUE(reaches("192.0.2.9", kPeer)) << last("192.0.2.9");
}

TEST_F(ResolverTest, FollowsTheLink) {
  here("ip route add 192.0.2.0/24 via 10.77.0.2");
  watch({"10.77.0.2", "192.0.2.9", "2001:db8:77::2"});
  EXPECT_TRUE(reaches("192.0.2.9", kPeer)) << last("192.0.2.9");
  here("ip link set wm-here mtu 1400");
  EXPECT_TRUE(reaches("192.0.2.9", kPeer, 1400)) << last("192.0.2.9");
  here("sysctl -qw net.ipv6.conf.wm-here.mtu=1300");
  here("ip link set wm-here mtu 1500");  // a device's new MTU replaces IPv6's own
  EXPECT_TRUE(reaches("2001:db8:77::2", kPeer)) << last("2001:db8:77::2");
  peer("ip link set wm-peer down");
  EXPECT_TRUE(says("192.0.2.9", "interface wm-here, the way to 192.0.2.9, has no carrier")) << last("192.0.2.9");
  peer("ip link set wm-peer up; ip addr replace 2001:db8:77::2/64 dev wm-peer nodad");
  EXPECT_TRUE(reaches("192.0.2.9", kPeer)) << last("192.0.2.9");
  EXPECT_TRUE(reaches("2001:db8:77::2", kPeer)) << last("2001:db8:77::2");
  here("ip link set wm-here down");
  EXPECT_TRUE(says("192.0.2.9", "there is no route to 192.0.2.9")) << "the kernel removes IPv4 routes silently";
  here("ip link set wm-here up");
  EXPECT_TRUE(reaches("10.77.0.2", kPeer)) << last("10.77.0.2");
  here("ip link del wm-here");
  EXPECT_TRUE(says("10.77.0.2", "there is no route to 10.77.0.2")) << last("10.77.0.2");
}

TEST_F(ResolverTest, ResolvesWhatAnswersLater) {
  here("sysctl -qw net.ipv4.neigh.wm-here.retrans_time_ms=50 net.ipv6.neigh.wm-here.retrans_time_ms=50");
  watch({"10.77.0.3", "2001:db8:77::3"});
  EXPECT_TRUE(says("10.77.0.3", "next hop 10.77.0.3 on wm-here does not answer")) << last("10.77.0.3");
  EXPECT_TRUE(says("2001:db8:77::3", "next hop 2001:db8:77::3 on wm-here does not answer")) << last("2001:db8:77::3");
  peer("ip addr add 10.77.0.3/24 dev wm-peer; ip addr add 2001:db8:77::3/64 dev wm-peer nodad");
  EXPECT_TRUE(reaches("10.77.0.3", kPeer)) << last("10.77.0.3");
  EXPECT_TRUE(reaches("2001:db8:77::3", kPeer)) << last("2001:db8:77::3");
}

TEST_F(ResolverTest, KeepsUsedNeighboursVerified) {
  watch({"10.77.0.2", "2001:db8:77::2"});
  EXPECT_TRUE(reaches("10.77.0.2", kPeer)) << last("10.77.0.2");
  EXPECT_TRUE(reaches("2001:db8:77::2", kPeer)) << last("2001:db8:77::2");
  here(
      "ip neigh replace 10.77.0.2 lladdr 02:00:00:00:00:02 dev wm-here nud stale; "
      "ip neigh replace 2001:db8:77::2 lladdr 02:00:00:00:00:02 dev wm-here nud stale");
  take();
  EXPECT_NE(output("ip neigh show 10.77.0.2").find("STALE"), std::string::npos) << "not due yet";
  added = seconds(26);
  EXPECT_TRUE(until([] { return output("ip neigh show dev wm-here nud stale").find("77") == std::string::npos; }))
      << output("ip neigh");
}

TEST_F(ResolverTest, LeavesPermanentAndForeignNeighboursAlone) {
  here(
      "ip neigh add 10.77.0.9 lladdr 02:00:00:00:00:99 dev wm-here nud permanent; "
      "ip neigh add 2001:db8:77::9 lladdr 02:00:00:00:00:99 dev wm-here nud permanent; "
      "ip neigh add 10.77.0.8 lladdr 02:00:00:00:00:99 dev wm-here nud stale extern_learn");
  const std::string before = output("ip neigh show dev wm-here | grep :99");
  watch({"10.77.0.9", "2001:db8:77::9", "10.77.0.8"});
  for (int i = 0; i < 4; ++i, added += seconds(30)) {
    take();
    EXPECT_TRUE(reaches("10.77.0.9", kOther)) << last("10.77.0.9");
    EXPECT_TRUE(reaches("2001:db8:77::9", kOther)) << last("2001:db8:77::9");
    EXPECT_TRUE(reaches("10.77.0.8", kOther)) << last("10.77.0.8");
  }
  EXPECT_EQ(output("ip neigh show dev wm-here | grep :99"), before);
}

TEST_F(ResolverTest, LeavesToTheKernelWhatXdpCannotSend) {
  here(
      "ip link add wm-vx type vxlan id 7 dstport 4789 local 10.77.0.1 remote 10.77.0.2; ip link set wm-vx up; "
      "ip route add 192.0.2.0/24 dev wm-vx; ip route add 198.51.100.0/24 dev lo");
  watch({"10.77.0.1", "127.0.0.1", "2001:db8:77::1", "192.0.2.9", "198.51.100.9", "10.77.0.255", "fe80::1"});
  for (const char* self : {"10.77.0.1", "127.0.0.1", "2001:db8:77::1"})
    EXPECT_TRUE(says(self, self + std::string(" is an address of this machine itself"))) << last(self);
  const std::string rest = ", which takes no ready Ethernet frames, so the kernel must forward";
  EXPECT_TRUE(says("192.0.2.9", "the route to 192.0.2.9 leaves through wm-vx (vxlan)" + rest)) << last("192.0.2.9");
  EXPECT_TRUE(says("198.51.100.9", "the route to 198.51.100.9 leaves through lo (not Ethernet)" + rest))
      << last("198.51.100.9");
  EXPECT_TRUE(says("10.77.0.255", "10.77.0.255 is a broadcast, multicast or anycast address here"));
  EXPECT_TRUE(says("fe80::1", "fe80::1 is link-local, so it does not say which interface leads there"));
}

TEST_F(ResolverTest, ReadsEverythingAnewWhenEventsWereLost) {
  auto listener = netlink::Events::open();
  ASSERT_TRUE(listener);
  watch({"10.77.0.2", "192.0.2.9"});
  EXPECT_TRUE(reaches("10.77.0.2", kPeer)) << last("10.77.0.2");
  here(
      "i=0; while [ $i -lt 40000 ]; do echo route add 10.$((80 + i / 65536)).$((i / 256 % 256)).$((i % 256))/32 "
      "dev wm-here; i=$((i + 1)); done | ip -batch -; "
      "ip route add 192.0.2.0/24 via 10.77.0.2; ip link set wm-here mtu 1400");
  std::vector<netlink::Event> events;
  auto end = netlink::Events::End::more;
  while (end == netlink::Events::End::more) end = listener->drain(events);
  EXPECT_EQ(end, netlink::Events::End::lost) << "the flood was too small to show anything";
  EXPECT_TRUE(reaches("10.77.0.2", kPeer, 1400)) << last("10.77.0.2");
  EXPECT_TRUE(reaches("192.0.2.9", kPeer, 1400)) << last("192.0.2.9");
}

}  // namespace waymark
