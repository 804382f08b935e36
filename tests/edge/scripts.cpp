// What happens at an edge, packet by packet, from RFC 9293, 4443, 8200, 5382 and 4787 by hand: for both builds.
#include <gtest/gtest.h>

#include "tests/edge/site.h"

namespace waymark::edge_cases {

void expect_sent(const Left& left, const std::string& reason, const Bytes& packet) {
  EXPECT_EQ(left.reason, reason);
  EXPECT_EQ(difference(packet, left.packet), "");
}
void expect_end(const Left& left, const std::string& reason) {
  EXPECT_EQ(left.reason, reason);
  EXPECT_TRUE(left.packet.empty());
}

namespace {

void a_connection_learns_its_server_and_stays_with_it(EdgeSite& s) {
  const Left first = s.from_client(packet(kClient, kAny, syn()));
  const std::string own = source_of(first.packet);
  EXPECT_TRUE(own.starts_with("2001:db8:f:1:")) << own;
  expect_sent(first, "edge.out", sent_on(own, kAny, syn()));
  expect_sent(s.from_client(packet(kClient, kAny, syn())), "edge.out", sent_on(own, kAny, syn()));  // again
  EXPECT_EQ(s.notes(Note::edge_flow_begun), 1u);
  expect_sent(s.from_network(packet(kServer, own, syn_ack())), "edge.back", sent_on(kAny, kClient, syn_ack()));
  EXPECT_EQ(s.notes(Note::edge_server_learnt), 1u);
  expect_sent(s.from_client(packet(kClient, kAny, segment(40'000))), "edge.out",
              sent_on(own, kServer, segment(40'000)));
  for (int i = 0; i < 2; ++i)  // by the longer way at first, then by the record alone
    expect_sent(s.from_network(packet(kServer, own, answer(40'000))), "edge.back",
                sent_on(kAny, kClient, answer(40'000)));
  expect_sent(s.from_client(packet(kClient, kAny, syn())), "edge.out", sent_on(own, kServer, syn()));
  expect_end(s.from_network(packet(kServer2, own, syn_ack())), "edge.wrong_server");
  expect_end(s.from_network(packet(kAny, own, answer(40'000))), "edge.wrong_server");
  EXPECT_EQ(s.notes(Note::edge_server_learnt), 1u);
}

void of_a_prefix_each_address_is_a_flows_own(EdgeSite& s) {
  const std::string own = begin_flow(s, syn(), kClient, kAnyInPrefix);
  expect_sent(s.from_network(packet(kServer, own, syn_ack())), "edge.back", sent_on(kAnyInPrefix, kClient, syn_ack()));
  EXPECT_NE(begin_flow(s, syn(), kClient, "2001:db8:b::1235"), own);
  EXPECT_NE(begin_flow(s, syn(), kOther, kAnyInPrefix), own);
}

// Whoever is outside and does not know the flow's number, or is no server of the service's.
void only_a_genuine_syn_ack_teaches(EdgeSite& s) {
  const std::string own = begin_flow(s, syn());
  expect_end(s.from_network(packet(kStranger, own, syn_ack())), "edge.wrong_server");
  for (const uint32_t number : {1000u, 1002u, 0u, 0x80000000u + 1001})
    expect_end(s.from_network(packet(kServer, own, syn_ack(40'000, number))), "edge.wrong_acknowledgement");
  expect_end(s.from_network(packet(kServer, own, tcp_segment(80, 40'000, 9000, 1001, "A", 5))),
             "edge.wrong_acknowledgement");
  expect_end(s.from_network(packet(kServer, own, tcp_segment(80, 40'000, 9000, 1001, "S", 5))),
             "edge.wrong_acknowledgement");
  expect_end(s.from_network(packet(kServer, own, tcp_segment(80, 40'000, 9000, 1001, "R", 5))),
             "edge.wrong_acknowledgement");
  expect_end(s.from_network(packet(kServer, own, syn_ack(40'001))), "edge.wrong_ports");
  expect_end(s.from_network(packet(kServer, own, udp(80, 40'000))), "edge.wrong_ports");
  EXPECT_EQ(s.notes(Note::edge_server_learnt), 0u);
  const Payload refused = tcp_segment(80, 40'000, 0, 1001, "RA", 0);
  expect_sent(s.from_network(packet(kServer, own, refused)), "edge.back", sent_on(kAny, kClient, refused));
  EXPECT_EQ(s.notes(Note::edge_server_learnt), 0u) << "a reset teaches nothing";
  EXPECT_NE(begin_flow(s, syn()), own) << "it is over: another flow, with another nonce";
}

// A director with direct return.
void replies_from_the_anycast_address_teach_nothing(EdgeSite& s) {
  const std::string own = open_flow(s, 40'000, kAny);
  EXPECT_EQ(s.notes(Note::edge_server_learnt), 0u);
  expect_sent(s.from_client(packet(kClient, kAny, segment(40'000))), "edge.out", sent_on(own, kAny, segment(40'000)));
  expect_sent(s.from_network(packet(kAny, own, answer(40'000))), "edge.back", sent_on(kAny, kClient, answer(40'000)));
  expect_end(s.from_network(packet(kServer, own, syn_ack())), "edge.wrong_server");
  expect_end(s.from_network(packet(kServer, own, answer(40'000))), "edge.wrong_server");
}

void only_a_plain_syn_begins_tcp(EdgeSite& s) {
  for (const char* flags : {"A", "SA", "SF", "SR", "R", "FA", ""})
    expect_end(s.from_client(packet(kClient, kAny, tcp(40'000, 80, flags))), "edge.unknown_flow");
}

void another_number_or_a_flow_that_is_over_is_a_new_flow(EdgeSite& s) {
  const std::string own = open_flow(s);
  const std::string other = begin_flow(s, syn(40'000, 5000));
  EXPECT_NE(other, own);
  expect_end(s.from_network(packet(kServer, own, answer(40'000))), "edge.no_such_flow");
  s.from_network(packet(kServer, other, syn_ack(40'000, 5001)));
  s.from_client(packet(kClient, kAny, segment(40'000, "FA")));
  EXPECT_EQ(begin_flow(s, syn(40'000, 5000)), other) << "half closed";
  expect_sent(s.from_network(packet(kServer, other, answer(40'000, "FA"))), "edge.back",
              sent_on(kAny, kClient, answer(40'000, "FA")));
  const Left late = s.from_client(packet(kClient, kAny, segment(40'000)));
  expect_sent(late, "edge.out", sent_on(other, kServer, segment(40'000)));
  EXPECT_NE(begin_flow(s, syn(40'000, 5000)), other);
}

void udp_learns_from_the_first_reply(EdgeSite& s) {
  const std::string own = begin_flow(s, udp(5000, 53));
  expect_end(s.from_network(packet(kStranger, own, udp(53, 5000))), "edge.wrong_server");
  expect_sent(s.from_network(packet(kServer2, own, udp(53, 5000))), "edge.back", sent_on(kAny, kClient, udp(53, 5000)));
  expect_sent(s.from_client(packet(kClient, kAny, udp(5000, 53))), "edge.out", sent_on(own, kServer2, udp(5000, 53)));
  expect_end(s.from_network(packet(kServer, own, udp(53, 5000))), "edge.wrong_server");
  const Payload bare = udp_unchecked(5000, 53, text("none"));
  expect_sent(s.from_client(packet(kClient, kAny, bare)), "edge.out", sent_on(own, kServer2, bare));
}

void pings_learn_too(EdgeSite& s) {
  const std::string own = begin_flow(s, echo(true, 77));
  expect_end(s.from_network(packet(kServer, own, echo(false, 78))), "edge.wrong_ports");
  expect_sent(s.from_network(packet(kServer, own, echo(false, 77))), "edge.back",
              sent_on(kAny, kClient, echo(false, 77)));
  expect_sent(s.from_client(packet(kClient, kAny, echo(true, 77))), "edge.out", sent_on(own, kServer, echo(true, 77)));
  expect_end(s.from_network(packet(kServer, own, icmp6(135, 0))), "edge.icmp_type");
  expect_end(s.from_client(packet(kClient, kAny, icmp6(135, 0))), "edge.not_caught");
}

// A server asks its client, by the flow's address.
void a_servers_ping_reaches_the_client_and_its_answer_comes_back(EdgeSite& s) {
  expect_end(s.from_client(packet(kClient, kAny, echo(false, 9))), "edge.unknown_echo");
  const std::string own = open_flow(s);
  expect_end(s.from_network(packet(kServer2, own, echo(true, 9))), "edge.wrong_server");
  expect_sent(s.from_network(packet(kServer, own, echo(true, 9))), "edge.back", sent_on(kAny, kClient, echo(true, 9)));
  expect_sent(s.from_client(packet(kClient, kAny, echo(false, 9))), "edge.out", sent_on(own, kServer, echo(false, 9)));
  expect_end(s.from_client(packet(kOther, kAny, echo(false, 9))), "edge.unknown_echo");
  expect_end(s.from_client(packet(kClient, kAny, echo(false, 10))), "edge.unknown_echo");
}

void what_no_service_has_is_the_kernels(EdgeSite& s) {
  expect_end(s.from_client(packet(kClient, kAny, tcp(40'000, 81, "S"))), "edge.not_caught");
  expect_end(s.from_client(packet(kClient, kAny, raw(50, text("esp?")))), "edge.not_caught");
  expect_end(s.from_client(packet(kClient, "2001:db8:a::81", syn())), "steer.not_ours");
  expect_end(s.from_network(packet(kClient, kAny, syn())), "steer.not_ours");
  expect_end(s.from_client(packet(kClient, kPrefix + "1", syn())), "edge.no_such_flow");
}

void foreign_and_forged_packets_are_dropped(EdgeSite& s) {
  expect_end(s.from_client(packet(kPrefix + "1", kAny, syn())), "edge.own_source");
  expect_end(s.from_network(packet(kPrefix + "1", kPrefix + "2", answer(1))), "edge.own_source");
  for (int i = 0; i < 1000; ++i)
    expect_end(s.from_network(packet(kServer, kPrefix + std::to_string(i), answer(1))), "edge.no_such_flow");
  const std::string own = open_flow(s);
  Bytes near = packet(kServer, own, answer(40'000));
  for (size_t byte = 32; byte < 40; ++byte) {
    Bytes other = near;
    other[byte] ^= 1;
    expect_end(s.from_network(other), "edge.no_such_flow");
  }
  expect_end(s.from_client(packet("fe80::5", kAny, syn())), "parse.martian_source");
  EXPECT_EQ(s.from_client(packet(kOther, kAny, extension(0, syn()))).reason, "edge.out") << "options are passed on";
}

// RFC 8200, 4.5.
void fragments_follow_the_first(EdgeSite& s) {
  const std::string own = begin_flow(s, udp(5000, 53));
  s.from_network(packet(kServer, own, udp(53, 5000)));
  const Payload later = fragment6(100, false, raw(17, repeat(7, 64)), 0x55);
  expect_end(s.from_client(packet(kClient, kAny, later)), "edge.unknown_fragment");
  const Payload first = fragment6(0, true, udp(5000, 53, repeat(3, 792)), 0x55);
  expect_sent(s.from_client(packet(kClient, kAny, first)), "edge.out", sent_on(own, kServer, first));
  expect_sent(s.from_client(packet(kClient, kAny, later)), "edge.out", sent_on(own, kServer, later));
  expect_end(s.from_client(packet(kOther, kAny, later)), "edge.unknown_fragment");
  expect_end(s.from_client(packet(kClient, kAny, fragment6(100, false, raw(17, repeat(7, 64)), 0x56))),
             "edge.unknown_fragment");
  const Payload reply = fragment6(0, true, udp(53, 5000, repeat(3, 792)), 0x99);
  expect_sent(s.from_network(packet(kServer, own, reply)), "edge.back", sent_on(kAny, kClient, reply));
  expect_sent(s.from_network(packet(kServer, own, later)), "edge.back", sent_on(kAny, kClient, later));
  expect_end(s.from_network(packet(kServer2, own, later)), "edge.wrong_server");
  const Payload behind = fragment6(0, true, extension(60, udp(5000, 53)), 0x57);
  expect_end(s.from_client(packet(kClient, kAny, behind)), "edge.headers");
}

// RFC 4443: the packet inside gets the addresses that its sender knows.
void errors_reach_the_client(EdgeSite& s) {
  const std::string own = open_flow(s);
  const Bytes inside = packet(own, kServer, segment(40'000)), known = packet(kClient, kAny, segment(40'000));
  const auto error = [](uint8_t type, uint8_t code, uint32_t word, const Bytes& b) {
    return icmp_error(true, type, code, b, word);
  };
  expect_sent(s.from_network(packet(kRouter, own, error(2, 0, 1400, inside))), "edge.back",
              sent_on(kRouter, kClient, error(2, 0, 1400, known)));
  expect_sent(s.from_network(packet(kServer, own, error(1, 4, 0, inside))), "edge.back",
              sent_on(kAny, kClient, error(1, 4, 0, known)));
  // Eight bytes of the transport: its checksum is not there to make up for the addresses.
  expect_sent(s.from_network(packet(kRouter, own, error(3, 0, 0, cut(inside, 48)))), "edge.back",
              sent_on(kRouter, kClient, error(3, 0, 0, cut(known, 48))));
  expect_sent(s.from_network(packet(kRouter, own, error(3, 0, 0, packet(own, kAny, syn())))), "edge.back",
              sent_on(kRouter, kClient, error(3, 0, 0, packet(kClient, kAny, syn()))));
  expect_end(s.from_network(packet(kRouter, own, error(2, 0, 1400, packet(own, kServer2, segment(40'000))))),
             "edge.inner_unknown");
  expect_end(s.from_network(packet(kRouter, own, error(2, 0, 1400, packet(kOther, kServer, segment(40'000))))),
             "edge.inner_unknown");
  expect_end(s.from_network(packet(kRouter, own, error(2, 0, 1400, packet(own, kServer, segment(40'001))))),
             "edge.inner_unknown");
  expect_end(s.from_network(packet(kRouter, own, error(2, 0, 1400, cut(inside, 44)))), "edge.inner_header");
  expect_end(s.from_network(packet(kRouter, own, fragment6(0, true, error(2, 0, 1400, inside)))), "edge.icmp_fragment");
  EXPECT_EQ(s.notes(Note::edge_server_forgotten), 0u) << "TCP does not change its server";
}

void errors_of_the_clients_side_reach_the_server(EdgeSite& s) {
  const std::string own = open_flow(s);
  const Bytes inside = packet(kAny, kClient, answer(40'000)), known = packet(kServer, own, answer(40'000));
  const auto error = [](uint8_t type, uint32_t word, const Bytes& b) { return icmp_error(true, type, 0, b, word); };
  expect_sent(s.from_client(packet("2001:db8:c::1", kAny, error(2, 1300, inside))), "edge.out",
              sent_on("2001:db8:c::1", kServer, error(2, 1300, known)));
  expect_sent(s.from_client(packet(kClient, kAny, error(1, 0, inside))), "edge.out",
              sent_on(own, kServer, error(1, 0, known)));
  expect_end(s.from_client(packet(kClient, kAny, error(1, 0, packet(kAny, kOther, answer(40'000))))),
             "edge.inner_unknown");
  s.from_network(packet(kServer, own, echo(true, 9)));
  expect_sent(s.from_client(packet(kClient, kAny, error(1, 0, packet(kAny, kClient, echo(true, 9))))), "edge.out",
              sent_on(own, kServer, error(1, 0, packet(kServer, own, echo(true, 9)))));
  expect_end(s.from_client(packet(kClient, kAny, error(1, 0, packet(kAny, kClient, echo(true, 8))))),
             "edge.inner_unknown");
}

void a_server_that_is_gone_is_forgotten_by_udp(EdgeSite& s) {
  const std::string own = begin_flow(s, udp(5000, 53));
  s.from_network(packet(kServer, own, udp(53, 5000)));
  const Payload gone = icmp_error(true, 1, 3, packet(own, kServer, udp(5000, 53)), 0);
  expect_sent(s.from_network(packet(kRouter, own, gone)), "edge.back",
              sent_on(kRouter, kClient, icmp_error(true, 1, 3, packet(kClient, kAny, udp(5000, 53)), 0)));
  EXPECT_EQ(s.notes(Note::edge_server_forgotten), 1u);
  expect_sent(s.from_client(packet(kClient, kAny, udp(5000, 53))), "edge.out", sent_on(own, kAny, udp(5000, 53)));
  s.from_network(packet(kServer2, own, udp(53, 5000)));
  expect_sent(s.from_client(packet(kClient, kAny, udp(5000, 53))), "edge.out", sent_on(own, kServer2, udp(5000, 53)));
}

// Servers at the clients' site: their replies come in by the clients' zone, where any client could be the anycast
// address.
void a_server_at_the_clients_site_may_answer(EdgeSite& s) {
  const std::string own = begin_flow(s, syn());
  expect_end(s.from_client(packet(kStranger, own, syn_ack())), "edge.wrong_server");
  expect_end(s.from_client(packet(kAny, own, syn_ack())), "edge.wrong_server");
  expect_end(s.from_client(packet(kServer, own, syn_ack(40'000, 1002))), "edge.wrong_acknowledgement");
  expect_sent(s.from_client(packet(kServer, own, syn_ack())), "edge.back", sent_on(kAny, kClient, syn_ack()));
  expect_sent(s.from_client(packet(kClient, kAny, segment(40'000))), "edge.out",
              sent_on(own, kServer, segment(40'000)));
  expect_sent(s.from_client(packet(kServer, own, answer(40'000))), "edge.back", sent_on(kAny, kClient, answer(40'000)));
  expect_end(s.from_client(packet(kServer2, own, answer(40'000))), "edge.wrong_server");
  expect_end(s.from_client(packet(kAny, own, answer(40'000))), "edge.wrong_server");
  expect_sent(s.from_client(packet(kServer, own, fragment6(0, true, answer(40'000), 3))), "edge.back",
              sent_on(kAny, kClient, fragment6(0, true, answer(40'000), 3)));
  expect_sent(s.from_client(packet(kServer, own, echo(true, 9))), "edge.back", sent_on(kAny, kClient, echo(true, 9)));
  const Bytes inside = packet(own, kServer, segment(40'000)), known = packet(kClient, kAny, segment(40'000));
  expect_sent(s.from_client(packet(kRouter, own, icmp_error(true, 2, 0, inside, 1400))), "edge.back",
              sent_on(kRouter, kClient, icmp_error(true, 2, 0, known, 1400)));
  const std::string asks = begin_flow(s, udp(5000, 53));
  expect_end(s.from_client(packet(kAny, asks, udp(53, 5000))), "edge.wrong_server");
  expect_sent(s.from_client(packet(kServer2, asks, udp(53, 5000))), "edge.back", sent_on(kAny, kClient, udp(53, 5000)));
  expect_end(s.from_client(packet(kOther, "2001:db8:f:1::1", udp(53, 5000))), "edge.no_such_flow");
}

}  // namespace

const std::vector<Script>& scripts() {
  static const std::vector<Script> all = [] {
    std::vector<Script> both = scripts4();
    both.insert(both.begin(),
                {{"AConnectionLearnsItsServerAndStaysWithIt", a_connection_learns_its_server_and_stays_with_it},
                 {"OfAPrefixEachAddressIsAFlowsOwn", of_a_prefix_each_address_is_a_flows_own},
                 {"OnlyAGenuineSynAckTeaches", only_a_genuine_syn_ack_teaches},
                 {"RepliesFromTheAnycastAddressTeachNothing", replies_from_the_anycast_address_teach_nothing},
                 {"OnlyAPlainSynBeginsTcp", only_a_plain_syn_begins_tcp},
                 {"AnotherNumberOrAFlowThatIsOverIsANewFlow", another_number_or_a_flow_that_is_over_is_a_new_flow},
                 {"UdpLearnsFromTheFirstReply", udp_learns_from_the_first_reply},
                 {"PingsLearnToo", pings_learn_too},
                 {"AServersPingReachesTheClientAndItsAnswerComesBack",
                  a_servers_ping_reaches_the_client_and_its_answer_comes_back},
                 {"WhatNoServiceHasIsTheKernels", what_no_service_has_is_the_kernels},
                 {"ForeignAndForgedPacketsAreDropped", foreign_and_forged_packets_are_dropped},
                 {"FragmentsFollowTheFirst", fragments_follow_the_first},
                 {"ErrorsReachTheClient", errors_reach_the_client},
                 {"ErrorsOfTheClientsSideReachTheServer", errors_of_the_clients_side_reach_the_server},
                 {"AServerThatIsGoneIsForgottenByUdp", a_server_that_is_gone_is_forgotten_by_udp},
                 {"AServerAtTheClientsSiteMayAnswer", a_server_at_the_clients_site_may_answer}});
    return both;
  }();
  return all;
}

}  // namespace waymark::edge_cases
