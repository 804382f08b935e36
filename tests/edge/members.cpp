// Two edges of a group, and what the second does for flows of the first: for both builds.
#include <gtest/gtest.h>

#include "tests/edge/site.h"

namespace waymark::edge_cases {

std::string member_site(bool first) {
  const std::string own = first ? "e1" : "e2", other = first ? "e2" : "e1", prefix = first ? kFirst : kSecond,
                    other_prefix = first ? kSecond : kFirst, pool = R"(["203.0.113.0/30", "203.0.113.8"])",
                    pool2 = R"(["203.0.113.16/30", "203.0.113.24"])";
  std::string toml = site();
  const auto put = [&](const std::string& from, const std::string& to) {
    toml.replace(toml.find(from), from.size(), to);
  };
  put("name = \"e1\"", "name = \"" + own + "\"");
  put(kFirst, prefix);
  put(pool, first ? pool : pool2);
  return toml + "[[edge.member]]\nmember = \"" + other + "\"\nprefix = \"" + other_prefix +
         "\"\npool = " + (first ? pool2 : pool) +
         "\n[group]\nname = \"g\"\nkey = \"/etc/waymark/key\"\nlisten = "
         "\"[2001:db8:5::1]:6090\"\n[[group.member]]\nname = \"" +
         other + "\"\naddress = \"[2001:db8:5::2]:6090\"\n";
}

void expect_carried(EdgeSite& s, const std::string& own) {
  for (int i = 0; i < 2; ++i)  // by the longer way at first, then by the record alone
    expect_sent(s.from_network(packet(kServer, own, answer(40'000))), "edge.back",
                sent_on(kAny, kClient, answer(40'000)));
  expect_sent(s.from_client(packet(kClient, kAny, segment(40'000))), "edge.out",
              sent_on(own, kServer, segment(40'000)));
}

void carries_a_members_flows(EdgeSite& s, const std::string& own, const std::string& asks) {
  expect_carried(s, own);
  expect_end(s.from_network(packet(kServer2, own, answer(40'000))), "edge.wrong_server");
  expect_end(s.from_network(packet(own, asks, udp(53, 5000))), "edge.own_source");
  std::string elsewhere = own;  // the same place and nonce, of this edge's own prefix
  elsewhere.replace(elsewhere.find("f:1:"), 4, "f:2:");
  expect_end(s.from_network(packet(kServer, elsewhere, answer(40'000))), "edge.no_such_flow");
  // A server's ping, and the client's answer.
  expect_sent(s.from_network(packet(kServer, own, echo(true, 9))), "edge.back", sent_on(kAny, kClient, echo(true, 9)));
  expect_sent(s.from_client(packet(kClient, kAny, echo(false, 9))), "edge.out", sent_on(own, kServer, echo(false, 9)));
  // Errors about the flow's packets, from either side.
  const Bytes inside = packet(kAny, kClient, answer(40'000)), known = packet(kServer, own, answer(40'000));
  expect_sent(s.from_client(packet("2001:db8:c::1", kAny, icmp_error(true, 2, 0, inside, 1300))), "edge.out",
              sent_on("2001:db8:c::1", kServer, icmp_error(true, 2, 0, known, 1300)));
  const Bytes sent = packet(own, kServer, segment(40'000)), meant = packet(kClient, kAny, segment(40'000));
  expect_sent(s.from_network(packet(kRouter, own, icmp_error(true, 2, 0, sent, 1300))), "edge.back",
              sent_on(kRouter, kClient, icmp_error(true, 2, 0, meant, 1300)));
  // A fragment, and what follows it.
  expect_sent(s.from_client(packet(kClient, kAny, fragment6(0, true, segment(40'000), 5))), "edge.out",
              sent_on(own, kServer, fragment6(0, true, segment(40'000), 5)));
  const Payload rest = fragment6(2, false, raw(6, text("the rest")), 5);
  expect_sent(s.from_client(packet(kClient, kAny, rest)), "edge.out", sent_on(own, kServer, rest));
  // UDP keeps its address; a SYN is a new connection, and this edge's own.
  expect_sent(s.from_client(packet(kClient, kAny, udp(5000, 53))), "edge.out", sent_on(asks, kServer, udp(5000, 53)));
  expect_sent(s.from_network(packet(kServer, asks, udp(53, 5000))), "edge.back", sent_on(kAny, kClient, udp(53, 5000)));
  EXPECT_TRUE(begin_flow(s, syn(40'000, 77)).starts_with("2001:db8:f:2:"));
  expect_end(s.from_client(packet(kOther, kAny, segment(40'000))), "edge.unknown_flow");
}

void expect_carried4(EdgeSite& s, const Own& own, const std::string& client) {
  for (int i = 0; i < 2; ++i)
    expect_sent(s.from_network(packet4(kServer4, own.address, answer(own.port))), "edge.back",
                sent_on4(kAny4, client, answer(40'000)));
  expect_sent(s.from_client(packet4(client, kAny4, segment(40'000))), "edge.out",
              sent_on4(own.address, kServer4, segment(own.port)));
}

void carries_a_members_flows4(EdgeSite& s, const Own& own, const Own& asks, const std::string& other,
                              const Own& others) {
  expect_carried4(s, own);
  expect_carried4(s, others, other);
  expect_end(s.from_network(packet4(kServer4b, own.address, answer(own.port))), "edge.wrong_server");
  expect_end(s.from_network(packet4(kServer4, own.address, answer(uint16_t(own.port ^ 0x100)))), "edge.no_such_flow");
  expect_end(s.from_network(packet4("203.0.113.24", asks.address, udp(53, asks.port))), "edge.wrong_server");
  std::string elsewhere = own.address;  // the same number, at this edge's own address
  elsewhere.replace(elsewhere.rfind('.') + 1, 1, "16");
  expect_end(s.from_network(packet4(kServer4, elsewhere, answer(own.port))), "edge.no_such_flow");
  // Errors about the flow's packets, from either side.
  const auto error = [](const Bytes& inside) { return icmp_error(false, 3, 4, inside, 1300); };
  const Bytes inside = packet4(kAny4, other, answer(40'000)),
              known = packet4(kServer4, others.address, answer(others.port));
  expect_sent(s.from_client(packet4("10.9.9.9", kAny4, error(inside))), "edge.out",
              sent_on4(others.address, kServer4, error(known)));
  const Bytes sent = packet4(others.address, kServer4, segment(others.port)),
              meant = packet4(other, kAny4, segment(40'000));
  expect_sent(s.from_network(packet4(kRouter4, others.address, error(sent))), "edge.back",
              sent_on4(kRouter4, other, error(meant)));
  // Fragments, and what follows them.
  const Payload rest = raw(17, repeat(7, 64));
  expect_sent(s.from_client(packet4(kClient4, kAny4, udp(5000, 53, repeat(3, 792)), 0x2000)), "edge.out",
              sent_on4(asks.address, kServer4, udp(asks.port, 53, repeat(3, 792)), 0x2000));
  expect_sent(s.from_client(packet4(kClient4, kAny4, rest, 0x0064)), "edge.out",
              packet4(asks.address, kServer4, rest, 0x0064, 63));
  expect_sent(s.from_network(packet4(kServer4, asks.address, udp(53, asks.port, repeat(3, 792)), 0x2000)), "edge.back",
              sent_on4(kAny4, kClient4, udp(53, 5000, repeat(3, 792)), 0x2000));
  expect_sent(s.from_network(packet4(kServer4, asks.address, rest, 0x0064)), "edge.back",
              packet4(kAny4, kClient4, rest, 0x0064, 63));
  // A SYN is a new connection, and this edge's own.
  EXPECT_TRUE(begin_flow4(s, syn(40'000, 77)).address.starts_with("203.0.113.1") ||
              begin_flow4(s, syn(40'000, 78)).address.starts_with("203.0.113.2"));
  expect_end(s.from_client(packet4("10.0.0.250", kAny4, segment(40'000))), "edge.unknown_flow");
}

}  // namespace waymark::edge_cases
