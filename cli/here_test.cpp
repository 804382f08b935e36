#include "cli/here_test.h"

namespace waymark::cli {

TEST_F(HereTest, Interfaces) {
  std::string all = findings(R"(
[engine]
interfaces = { wm-none = "public", lo = "servers", "wm-here:7" = "b" }
[director]
address = "10.77.0.1"
[[service]]
name = "web"
address = "198.51.100.80"
ports = "tcp/80"
target = [{ name = "s1", address = "10.77.0.2" }]
)");
  expect(all, "interface wm-none does not exist\n");
  expect(all, "interface lo has no Ethernet frames; ");
  expect(all, "warning: wm-peer, the other end of wm-here, hides VLAN tags from XDP: " + enter() +
                  "ethtool -K wm-peer txvlan off\n");
  expect_none(all, "rxvlan");  // which a veth has, and which changes nothing
  const std::string low =
      "warning: \"mtu\" in [engine] gives 9000 to wm-here, whose own MTU is 1500: that is in force; to raise it: ip "
      "link "
      "set wm-here mtu 9000\n";
  const std::string given = kDirector;
  const auto with_mtu = [&](const std::string& mtu) {
    return std::string(given).replace(given.find("\" }\n"), 4, "\" }\nmtu = { wm-here = " + mtu + " }\n");
  };
  expect(findings(with_mtu("9000")), low);
  expect_none(findings(with_mtu("1500")), "whose own MTU");
  here("ip link set wm-here down");
  expect(findings(kDirector), "warning: interface wm-here is down: ip link set wm-here up\n");
  here("ip link set wm-here up");
  peer("ip link set wm-peer down");
  expect(findings(kDirector), "warning: interface wm-here has no carrier: ");
}

TEST_F(HereTest, AddressesThatNobodyAnswersFor) {
  here("ip addr add 198.51.100.1/24 dev wm-here");
  const std::string lies = "198.51.100.80 of service web lies in the subnet of wm-here";
  EXPECT_EQ(mend(findings(kPlain), lies), "ip addr add 198.51.100.80/32 dev wm-here");
  expect_none(findings(kPlain), "198.51.100.80 of service web");
  peer("ip addr add 198.51.100.2/24 dev wm-peer; ping -qc 1 -W 5 198.51.100.80 >/dev/null");
  here(
      "ip addr del 198.51.100.80/32 dev wm-here; ip addr add 198.51.100.80/32 dev lo; sysctl -qw "
      "net.ipv4.conf.all.arp_ignore=1");
  expect(findings(kPlain), lies);
  here("sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.wm-here.arp_ignore=0");
  expect_none(findings(kPlain), "198.51.100.80 of service web");
}

TEST_F(HereTest, ServicesThatWouldGoRound) {
  std::string both = kPlain;
  const std::string one = "address = \"198.51.100.80\"";
  both.replace(both.find(one), one.size(), "address = [\"198.51.100.80\", \"2001:db8:80::/64\"]");
  here("ip route add default via 10.77.0.2; ip -6 route add default via 2001:db8:77::2");
  const std::string on = " has a route that leads on from here";
  expect(findings(both), "198.51.100.80 of service web" + on);
  expect_none(findings(both + "[announce]\n"), on);
  const auto command = [](const std::string& all, const std::string& what) {
    const auto at = all.find("; ip", all.find(what));
    return at == all.npos ? std::string("false") : all.substr(at + 2, all.find('\n', at) - at - 2);
  };
  const std::string all = findings(both);
  EXPECT_EQ(command(all, "198.51.100.80" + on), "false") << "the service is named in between";
  const std::string four = command(all, "198.51.100.80 of service web" + on),
                    six = command(all, "2001:db8:80::/64 of service web" + on);
  EXPECT_EQ(four, "ip route add unreachable 198.51.100.80/32");
  EXPECT_EQ(six, "ip -6 route add unreachable 2001:db8:80::/64");
  here(four + "; " + six);
  expect_none(findings(both), on);
}

TEST_F(HereTest, WhatADirectorNeeds) {
  here(
      "ip addr add 198.51.100.80/32 dev lo; sysctl -qw net.ipv4.conf.wm-here.rp_filter=1 net.ipv4.ip_forward=0 "
      "net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.all.accept_local=0 net.ipv4.conf.wm-here.accept_local=0");
  std::string all = findings(kDirector);
  expect(all, "warning: 198.51.100.80 of service web is an address of this machine: ");
  expect(all,
         "warning: the kernel cannot stand in for a next hop that is not known: sysctl -w net.ipv4.ip_forward=1\n");
  expect(all, "sysctl -w net.ipv6.conf.all.forwarding=1\n");
  expect(all, "sysctl -w net.ipv4.conf.wm-here.accept_local=1\n");
  expect(all, "sysctl -w net.ipv4.conf.wm-here.rp_filter=2\n");
  expect(all, "warning: target s2 of service web: ");
  expect(all, "warning: target s4 of service web: ");
  expect_none(all, "target s1 of service web: ");
  expect(
      all,
      "warning: the way to target s1 of service web carries packets of 1500 bytes, with its tunnel's header 1480 of a "
      "client's; clients may send 1500 and are told: raise the MTU on that way to 1520, ");
  expect(all, "the way to target s3 of service web carries packets of 1500 bytes, with its tunnel's header 1448 ");
  expect_none(all, "where tunnels come from");
  here(
      "ip addr del 198.51.100.80/32 dev lo; sysctl -qw net.ipv4.conf.wm-here.rp_filter=0 net.ipv4.ip_forward=1 "
      "net.ipv6.conf.all.forwarding=1 net.ipv4.conf.wm-here.accept_local=1; ip addr del 10.77.0.1/24 dev wm-here; "
      "ip route add 10.77.0.0/24 dev wm-here");
  all = findings(kDirector);
  expect(all, "warning: 10.77.0.1, where tunnels come from, is no address of this machine: ");
  for (const char* gone : {"sysctl", "198.51.100.80"}) expect_none(all, gone);
}

// Applies the command as it is printed, and the finding is gone.
TEST_F(HereTest, RulesThatChooseByMoreThanTunnelsTell) {
  here("ip rule add pref 100 iif wm-here lookup 77; ip -6 rule add pref 100 dport 6080 ipproto udp lookup 77");
  std::string all = findings(kDirector);
  const std::string mend4 = "ip rule add pref 99 from 10.77.0.1 lookup 77",
                    mend6 = "ip -6 rule add pref 99 from 2001:db8:77::1 lookup 77";
  expect(all, "warning: rule 100 of IPv4 (iif wm-here) chooses by what differs from packet to packet: ");
  expect(all, mend4 + "\n");
  expect(all, "warning: rule 100 of IPv6 (ipproto 17 dport 6080) chooses ");
  expect(all, mend6 + "\n");
  here(mend4 + "; " + mend6);
  expect_none(findings(kDirector), "chooses by");
  all = findings(kTranslator);
  expect(all, "warning: rule 99 of IPv4 (from 10.77.0.1) does not choose by destination alone: ");
  expect(all,
         "warning: rule 100 of IPv6 (ipproto 17 dport 6080) does not choose by destination alone: while it is there "
         "the kernel sends all that is translated, "
         "which is slower\n");
  here("ip rule flush; ip rule add pref 10 to 192.0.2.0/24 lookup 77; ip -6 rule flush; ip -6 rule add lookup main");
  expect_none(findings(kTranslator), "rule ");
}

// A next hop is that of the tunnel's own source address.
TEST_F(HereTest, TargetsAreReachedAsTunnelsAre) {
  here("ip rule add from 10.77.0.1 to 10.77.0.2 prohibit");
  expect(findings(kDirector), "warning: target s1 of service web: the route to 10.77.0.2 says prohibited; ");
}

TEST_F(HereTest, WhatAServerNeeds) {
  here("ip route add default via 10.77.0.2; ip -6 route add default via 2001:db8:77::2");
  std::string all = findings(kHost);
  expect(
      all,
      "198.51.100.80 of service web is no address of this machine: the kernel would forward or drop what comes out of "
      "tunnels; ip addr add 198.51.100.80/32 dev lo\n");
  expect(all, "ip addr add 2001:db8:80::1/128 dev lo\n");
  here("ip addr add 198.51.100.80/32 dev lo; ip -6 addr add 2001:db8:80::1/128 dev lo");
  all = findings(kHost);
  expect(all, "warning: this server answers ARP for 198.51.100.80 on wm-here, past the director: ");
  EXPECT_EQ(mend(all, "this server answers ARP"),
            "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2");
  expect_none(findings(kHost), "past the director");
  here("ip addr del 198.51.100.80/32 dev lo; ip addr add 198.51.100.80/24 dev wm-here");
  EXPECT_EQ(mend(findings(kHost), "198.51.100.80 is an address on wm-here, so this server answers"),
            "ip addr del 198.51.100.80/24 dev wm-here; ip addr add 198.51.100.80/32 dev lo");
  expect_none(findings(kHost), "past the director");
  const std::string change4 = "ip route change default via 10.77.0.2 dev wm-here advmss 1428",
                    change6 = "ip -6 route change default via 2001:db8:77::2 dev wm-here advmss 1408";
  expect(all,
         "warning: replies from 198.51.100.80 offer clients an MSS of 1460, and a tunnel on the way here carries 1428: "
         "larger packets of clients are lost; " +
             change4 + "\n");
  expect(all, change6 + "\n");
  here(change4 + "; " + change6);
  expect_none(findings(kHost), "198.51.100.80");
  expect_none(findings(kHost), "advmss");
  here("ip addr del 10.77.0.1/24 dev wm-here; ip route flush 0/0");
  expect(findings(kHost), "10.77.0.1, where tunnels end, is no address of this machine\n");
}

TEST_F(HereTest, WhatATranslatorNeeds) {
  here(
      "sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0 net.ipv4.conf.all.rp_filter=0 "
      "net.ipv4.conf.wm-here.rp_filter=1; ip -6 route add 2001:db8:64::/104 via 2001:db8:77::2; "
      "ip route add 198.51.100.128/25 via 10.77.0.2; ip route add 192.0.2.17 via 10.77.0.2; "
      "ip -6 route add 2001:db8:77::12 via 2001:db8:77::2; ip addr add 198.51.100.1/32 dev lo");
  std::string all = findings(kTranslator);
  expect(all, "the kernel does not forward what is translated to IPv4 from wm-here: sysctl -w net.ipv4.ip_forward=1\n");
  expect(all,
         "the kernel does not forward what is translated to IPv6 from wm-here: "
         "sysctl -w net.ipv6.conf.all.forwarding=1\n");
  expect(all,
         "as rp_filter is strict and the way back is another: sysctl -w net.ipv4.conf.all.rp_filter=0 "
         "net.ipv4.conf.wm-here.rp_filter=0\n");
  expect(all,
         "warning: within 2001:db8:64::/96 this machine has routes or addresses of its own, which win: packets to "
         "2001:db8:64::/104 are not translated\n");
  expect(all,
         "warning: within 198.51.100.0/24 this machine has routes or addresses of its own, which win: packets to "
         "198.51.100.128/25 are not translated\n");
  expect(all, "packets to 192.0.2.17/32 are not translated\n");
  expect_none(all, "2001:db8:77::12");  // a way to an IPv6 host
  expect_none(all, "198.51.100.1/32");
  expect(all,
         "warning: 2001:db8:66::1, where the translator's ICMP errors come from, is no address of this machine: let "
         "routers know the way here, or ip addr add 2001:db8:66::1/128 dev lo\n");
  here("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.wm-here.forwarding=0");
  expect(findings(kTranslator), "sysctl -w net.ipv4.conf.wm-here.forwarding=1\n");
  here("sysctl -qw net.ipv4.conf.wm-here.rp_filter=2");
  expect_none(findings(kTranslator), "rp_filter");
  expect(findings(std::string(kTranslator) + "[announce]\n"),
         "came in by wm-here, as rp_filter is on and [announce] has unreachable routes to its sources: sysctl -w "
         "net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.wm-here.rp_filter=0\n");
  for (int i = 0; i < 6; ++i) here("ip route add 198.51.100." + std::to_string(2 + i) + " via 10.77.0.2");
  expect(
      findings(kTranslator),
      "packets to 198.51.100.2/32, 198.51.100.3/32, 198.51.100.4/32, 198.51.100.5/32 and 3 more are not translated\n");
}

// The plan's prefix, announced, hides the other gateways' own addresses from who does not import them.
TEST_F(HereTest, AGatewayKnowsTheWayToTheOthers) {
  const std::string gateway =
      "[engine]\ninterfaces = { wm-here = \"public\" }\n[plan.cloud]\nprefix = \"3fff:c00::/32\"\n"
      "layout = \"gateway:16 tenant:32 zero:16 ipv4:32\"\n[gateway]\nplan = \"cloud\"\nholds = [1]\n"
      "prefix = [{ prefix = \"3fff:64::/96\" }]\nid = [{ id = 1, address = \"10.77.0.1\" }, { id = 2, address = "
      "\"10.77.0.2\" }]\n[[gateway.tenant]]\nname = \"red\"\nnumber = 1\ntunnel = [{ tunnel = \"ip\", remote = "
      "\"10.77.0.9\", ip4 = [\"10.0.0.0/24\"] }]\n";
  const std::string lost = "no route leads to 3fff:c00:2::, gateway 2's own address";
  here("ip route add default via 2001:db8:77::2");
  expect_none(findings(gateway), lost);
  here("ip -6 route add unreachable 3fff:c00::/32");
  expect(findings(gateway), "warning: " + lost);
  expect_none(findings(gateway), "gateway 1's own address");
  here("ip -6 route add 3fff:c00:2::/128 via 2001:db8:77::2");
  expect_none(findings(gateway), lost);
}

TEST_F(HereTest, AWorkingTranslatorHasNoFindings) {
  WM_NEED(Cap::bpf);
  mend_peer();
  here(
      "mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf; "
      "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 "
      "net.ipv4.conf.wm-here.rp_filter=0; ip addr add 198.51.100.1/32 dev lo; "
      "ip -6 addr add 2001:db8:66::1/128 dev lo; ip -6 route add 2001:db8:64::/48 via 2001:db8:77::2; "
      "ip route add unreachable 198.51.100.77");
  EXPECT_EQ(findings(kTranslator), "");
}

TEST_F(HereTest, AWorkingServerHasNoFindings) {
  WM_NEED(Cap::bpf);
  mend_peer();
  here(
      "mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf; "
      "sysctl -qw net.ipv4.conf.all.arp_ignore=1; "
      "ip route add default via 10.77.0.2 advmss 1400; ip -6 route add default via 2001:db8:77::2 advmss 1400; "
      "ip addr add 198.51.100.80/32 dev lo; ip -6 addr add 2001:db8:80::1/128 dev lo");
  EXPECT_EQ(findings(kHost), "");
}

TEST_F(HereTest, ServersOfAnEdgeAmongItsClients) {
  here("ip addr add 2001:db8:c::1/64 dev wm-here nodad");
  const auto edge = [](const std::string& servers) {
    return findings(R"(
[engine]
interfaces = { wm-here = "clients", wm-out = "network" }
[edge]
zone = "clients"
outside = "network"
prefix = "2001:db8:f:1::/64"
address = "2001:db8:f:2::1"
[[edge.service]]
name = "web"
anycast = ["2001:db8:a::80"]
ports = ["tcp/443"]
servers = [")" + servers +
                    "\"]\n");
  };
  expect(edge("2001:db8:c::/48"),
         "warning: \"servers\" of edge service web has 2001:db8:c::/48, and clients on wm-here have 2001:db8:c::/64 "
         "without "
         "a router: a server there and its clients would pass the edge by\n");
  expect(edge("2001:db8:c::7"), "has 2001:db8:c::7, and clients on wm-here");
  expect_none(edge("2001:db8:c:1::/64"), "would pass the edge by");
  expect_none(edge("fe00::/8"), "would pass the edge by");
}

}  // namespace waymark::cli
