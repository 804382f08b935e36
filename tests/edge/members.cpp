// Two edges of a group, and what the second does for flows of the first: for both builds.
#include <gtest/gtest.h>

#include "tests/edge/site.h"

namespace waymark::edge_cases {

std::string member_site(const std::string& own, const std::string& prefix, const std::string& other,
                        const std::string& other_prefix) {
  std::string toml = site();
  const auto put = [&](const std::string& from, const std::string& to) {
    toml.replace(toml.find(from), from.size(), to);
  };
  put("name = \"e1\"", "name = \"" + own + "\"");
  put(kFirst, prefix);
  return toml + "[[edge.member]]\nmember = \"" + other + "\"\nprefix = \"" + other_prefix +
         "\"\n[group]\nname = \"g\"\nkey = \"/etc/waymark/key\"\nlisten = "
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

}  // namespace waymark::edge_cases
