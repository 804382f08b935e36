// What happens at an edge to IPv4, packet by packet, from RFC 791, 792, 4787, 5382 and 5508 by hand: for both builds.
#include <gtest/gtest.h>

#include "tests/edge/site.h"

namespace waymark::edge_cases {

namespace {

void a_connection_keeps_its_port_and_learns(EdgeSite& s) {
  const Left first = s.from_client(packet4(kClient4, kAny4, syn()));
  const Own own = own_of(first.packet);
  EXPECT_TRUE(own.address.starts_with("203.0.113.")) << own.address;
  EXPECT_EQ(own.port, 40'000);
  expect_sent(first, "edge.out", sent_on4(own.address, kAny4, syn()));
  expect_sent(s.from_client(packet4(kClient4, kAny4, syn())), "edge.out", sent_on4(own.address, kAny4, syn()));
  EXPECT_EQ(s.notes(Note::edge_flow_begun), 1u);
  expect_end(s.from_network(packet4(kStranger4, own.address, syn_ack())), "edge.wrong_server");
  for (const uint32_t number : {1000u, 1002u, 0u, 0x80000000u + 1001})
    expect_end(s.from_network(packet4(kServer4, own.address, syn_ack(40'000, number))), "edge.wrong_acknowledgement");
  expect_sent(s.from_network(packet4(kServer4, own.address, syn_ack())), "edge.back",
              sent_on4(kAny4, kClient4, syn_ack()));
  EXPECT_EQ(s.notes(Note::edge_server_learnt), 1u);
  expect_sent(s.from_client(packet4(kClient4, kAny4, segment(40'000))), "edge.out",
              sent_on4(own.address, kServer4, segment(40'000)));
  for (int i = 0; i < 2; ++i)
    expect_sent(s.from_network(packet4(kServer4, own.address, answer(40'000))), "edge.back",
                sent_on4(kAny4, kClient4, answer(40'000)));
  expect_end(s.from_network(packet4(kServer4b, own.address, syn_ack())), "edge.wrong_server");
  expect_end(s.from_network(packet4(kAny4, own.address, answer(40'000))), "edge.wrong_server");
  expect_end(s.from_network(packet4(kServer4, own.address, udp(80, 40'000))), "edge.wrong_ports");
  expect_end(s.from_network(packet4(kServer4, own.address, tcp_segment(81, 40'000, 9001, 1009, "A", 5))),
             "edge.wrong_ports");
}

// RFC 4787, 4.2.1: a port that another has is not given twice, and none of the well-known ones is drawn.
void two_clients_share_an_address_and_no_port(EdgeSite& s) {
  const std::string other = other_of(s);
  ASSERT_NE(other, "");
  for (const uint16_t port : {uint16_t(40'000), uint16_t(123)}) {
    const Own one = open_flow4(s, port, kServer4), two = open_flow4(s, port, kServer4b, other);
    EXPECT_EQ(one.address, two.address);
    EXPECT_EQ(one.port, port) << "free, so it is kept";
    EXPECT_NE(two.port, port);
    EXPECT_GE(two.port, 1024);
    expect_sent(s.from_client(packet4(other, kAny4, segment(port))), "edge.out",
                sent_on4(two.address, kServer4b, segment(two.port)));
    for (int i = 0; i < 2; ++i)
      expect_sent(s.from_network(packet4(kServer4b, two.address, answer(two.port))), "edge.back",
                  sent_on4(kAny4, other, answer(port)));
    expect_end(s.from_network(packet4(kServer4, two.address, answer(two.port))), "edge.wrong_server");
    expect_end(s.from_network(packet4(kServer4b, one.address, answer(port))), "edge.wrong_server");
  }
}

// RFC 4787, REQ-2.
void a_client_has_one_address_of_the_pool(EdgeSite& s) {
  const Own first = begin_flow4(s, syn());
  for (uint16_t i = 1; i < 50; ++i) {
    EXPECT_EQ(begin_flow4(s, syn(uint16_t(40'000 + i))).address, first.address);
    EXPECT_EQ(begin_flow4(s, udp(uint16_t(50'000 + i), 53), kClient4, kAnyInPrefix4).address, first.address);
    EXPECT_EQ(begin_flow4(s, echo4(true, i)).address, first.address);
  }
}

void a_flow_that_is_over_gives_its_port_back(EdgeSite& s) {
  const Own own = open_flow4(s);
  expect_end(s.from_client(packet4(kClient4, kAny4, tcp(40'001, 80, "A"))), "edge.unknown_flow");
  EXPECT_EQ(begin_flow4(s, syn(40'000, 5000)), own) << "another number: another connection by the same port";
  EXPECT_EQ(s.notes(Note::edge_flow_begun), 2u);
  expect_end(s.from_network(packet4(kServer4, own.address, answer(40'000))), "edge.wrong_acknowledgement");
}

void replies_from_anycast_teach_nothing(EdgeSite& s) {
  const Own own = open_flow4(s, 40'000, kAny4);
  EXPECT_EQ(s.notes(Note::edge_server_learnt), 0u);
  expect_sent(s.from_client(packet4(kClient4, kAny4, segment(40'000))), "edge.out",
              sent_on4(own.address, kAny4, segment(40'000)));
  expect_sent(s.from_network(packet4(kAny4, own.address, answer(40'000))), "edge.back",
              sent_on4(kAny4, kClient4, answer(40'000)));
  expect_end(s.from_network(packet4(kServer4, own.address, answer(40'000))), "edge.wrong_server");
}

void udp_learns_from_its_first_reply(EdgeSite& s) {
  const std::string other = other_of(s);
  begin_flow4(s, udp(5000, 53));
  const Own own = begin_flow4(s, udp(5000, 53), other, kAnyInPrefix4);
  EXPECT_NE(own.port, 5000);
  const Payload bare = udp_unchecked(53, own.port, text("none")), kept = udp_unchecked(53, 5000, text("none"));
  expect_sent(s.from_network(packet4(kServer4b, own.address, bare)), "edge.back", sent_on4(kAnyInPrefix4, other, kept));
  expect_sent(s.from_client(packet4(other, kAnyInPrefix4, udp_unchecked(5000, 53, text("none")))), "edge.out",
              sent_on4(own.address, kServer4b, udp_unchecked(own.port, 53, text("none"))));
  expect_sent(s.from_client(packet4(other, kAnyInPrefix4, udp(5000, 53))), "edge.out",
              sent_on4(own.address, kServer4b, udp(own.port, 53)));
  expect_end(s.from_network(packet4(kServer4, own.address, udp(53, own.port))), "edge.wrong_server");
}

// RFC 5508, REQ-1: an identifier is a port.
void pings_get_an_identifier(EdgeSite& s) {
  const std::string other = other_of(s);
  const Own one = begin_flow4(s, echo4(true, 77)), two = begin_flow4(s, echo4(true, 77), other);
  EXPECT_EQ(one.port, 77);
  EXPECT_NE(two.port, 77);
  expect_end(s.from_network(packet4(kServer4, two.address, echo4(false, 78))), "edge.no_such_flow");
  expect_sent(s.from_network(packet4(kServer4, two.address, echo4(false, two.port))), "edge.back",
              sent_on4(kAny4, other, echo4(false, 77)));
  expect_sent(s.from_client(packet4(other, kAny4, echo4(true, 77))), "edge.out",
              sent_on4(two.address, kServer4, echo4(true, two.port)));
  expect_end(s.from_client(packet4(other, kAny4, echo4(false, 77))), "edge.unknown_echo");
  expect_end(s.from_client(packet4(other, kAny4, icmp4(13, 0))), "edge.not_caught");
}

void what_names_no_flow_is_dropped(EdgeSite& s) {
  const Own own = open_flow4(s);
  expect_end(s.from_network(packet4(kServer4, own.address, echo4(true, 40'000))), "edge.names_no_flow");
  expect_end(s.from_network(packet4(kServer4, own.address, raw(47, text("gre?")))), "edge.names_no_flow");
  expect_end(s.from_network(packet4(kServer4, own.address, icmp4(13, 0))), "edge.icmp_type");
  expect_end(s.from_network(packet4(kServer4, own.address, answer(40'001))), "edge.no_such_flow");
  for (const char* address : {"203.0.113.0", "203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.8"})
    if (address != own.address)
      expect_end(s.from_network(packet4(kServer4, address, answer(40'000))), "edge.no_such_flow");
  expect_end(s.from_network(packet4(kServer4, "203.0.113.4", answer(40'000))), "steer.not_ours");
  expect_end(s.from_client(packet4(kClient4, "203.0.113.1", syn())), "edge.no_such_flow");
  expect_end(s.from_client(packet4(kClient4, kAny4, tcp(40'000, 81, "S"))), "edge.not_caught");
  expect_end(s.from_client(packet4(kClient4, "192.0.2.81", syn())), "steer.not_ours");
}

void forged_packets_are_dropped(EdgeSite& s) {
  expect_end(s.from_client(packet4("203.0.113.8", kAny4, syn())), "edge.own_source");
  expect_end(s.from_client(packet4("203.0.113.2", kAny4, syn())), "edge.own_source");
  const Own own = begin_flow4(s, echo4(true, 7));
  expect_end(s.from_network(packet4("203.0.113.2", own.address, echo4(false, 7))), "edge.own_source");
  expect_end(s.from_client(packet4("169.254.1.1", kAny4, syn())), "parse.martian_source");
  expect_end(s.from_client(packet4("127.0.0.1", kAny4, syn())), "parse.martian_source");
  const Bytes loose = {0x83, 7, 4, 198, 18, 51, 7, 0}, plain = {1, 1, 1, 0};
  expect_end(s.from_client(ip4({.source = kClient4, .destination = kAny4, .options = loose}, syn())), "edge.headers");
  EXPECT_EQ(s.from_client(ip4({.source = kClient4, .destination = kAny4, .options = plain}, syn())).reason, "edge.out");
}

// RFC 791: of a datagram's fragments the first alone has ports; what follows has the same identification.
void fragments_follow_their_first(EdgeSite& s) {
  const std::string other = other_of(s);
  begin_flow4(s, udp(5000, 53));
  const Own own = begin_flow4(s, udp(5000, 53), other);
  s.from_network(packet4(kServer4, own.address, udp(53, own.port)));
  const Payload rest = raw(17, repeat(7, 64));
  const auto later = [&](const std::string& from, const std::string& to, uint8_t hops = 64) {
    return packet4(from, to, rest, 0x0064, hops);
  };
  expect_end(s.from_client(later(other, kAny4)), "edge.unknown_fragment");
  expect_sent(s.from_client(packet4(other, kAny4, udp(5000, 53, repeat(3, 792)), 0x2000)), "edge.out",
              sent_on4(own.address, kServer4, udp(own.port, 53, repeat(3, 792)), 0x2000));
  expect_sent(s.from_client(later(other, kAny4)), "edge.out", later(own.address, kServer4, 63));
  expect_end(s.from_client(later(kClient4, kAny4)), "edge.unknown_fragment");

  expect_end(s.from_network(later(kServer4, own.address)), "edge.unknown_fragment");
  expect_sent(s.from_network(packet4(kServer4, own.address, udp(53, own.port, repeat(3, 792)), 0x2000)), "edge.back",
              sent_on4(kAny4, other, udp(53, 5000, repeat(3, 792)), 0x2000));
  expect_sent(s.from_network(later(kServer4, own.address)), "edge.back", later(kAny4, other, 63));
  expect_end(s.from_network(later(kServer4b, own.address)), "edge.unknown_fragment");
  expect_end(
      s.from_network(ip4({.source = kServer4, .destination = own.address, .id = 0x4243, .fragment = 0x64}, rest)),
      "edge.unknown_fragment");
  expect_end(s.from_network(packet4(kServer4, own.address, raw(6, repeat(7, 64)), 0x0064)), "edge.unknown_fragment");
  // A first fragment of nobody who may answer is followed by none.
  expect_end(s.from_network(packet4(kServer4b, own.address, udp(53, own.port, repeat(3, 792)), 0x2000)),
             "edge.wrong_server");
  expect_end(s.from_network(later(kServer4b, own.address)), "edge.unknown_fragment");
}

// RFC 792, 5508: the packet inside gets the addresses and the port that its sender knows.
void errors_reach_the_client_renumbered(EdgeSite& s) {
  const std::string other = other_of(s);
  open_flow4(s);
  const Own own = open_flow4(s, 40'000, kServer4, other);
  ASSERT_NE(own.port, 40'000);
  const Bytes inside = packet4(own.address, kServer4, segment(own.port)),
              known = packet4(other, kAny4, segment(40'000));
  const auto error = [](uint8_t type, uint8_t code, const Bytes& b, uint32_t word = 0) {
    return icmp_error(false, type, code, b, word);
  };
  expect_sent(s.from_network(packet4(kRouter4, own.address, error(3, 4, inside, 1400))), "edge.back",
              sent_on4(kRouter4, other, error(3, 4, known, 1400)));
  expect_sent(s.from_network(packet4(kServer4, own.address, error(3, 3, inside))), "edge.back",
              sent_on4(kAny4, other, error(3, 3, known)));
  // Eight bytes of the transport (RFC 792): its checksum is not there to make up for the port.
  expect_sent(s.from_network(packet4(kRouter4, own.address, error(11, 0, cut(inside, 28)))), "edge.back",
              sent_on4(kRouter4, other, error(11, 0, cut(known, 28))));
  expect_sent(s.from_network(packet4(kRouter4, own.address, error(11, 0, packet4(own.address, kAny4, syn(own.port))))),
              "edge.back", sent_on4(kRouter4, other, error(11, 0, packet4(other, kAny4, syn(40'000)))));
  const auto forged = [&](const Bytes& quoted, const std::string& reason) {
    expect_end(s.from_network(packet4(kRouter4, own.address, error(3, 1, quoted))), reason);
  };
  forged(packet4(own.address, kServer4b, segment(own.port)), "edge.inner_unknown");
  forged(packet4("203.0.113.9", kServer4, segment(own.port)), "edge.inner_unknown");
  forged(packet4(own.address, kServer4, udp(own.port, 80)), "edge.inner_unknown");
  forged(packet4(own.address, kServer4, tcp(own.port, 81, "A")), "edge.inner_unknown");
  forged(packet4(own.address, kServer4, segment(uint16_t(own.port ^ 1))), "edge.no_such_flow");
  forged(cut(inside, 24), "edge.inner_header");
  forged(packet4(own.address, kServer4, raw(6, repeat(1, 32)), 0x64), "edge.inner_header");
  expect_end(s.from_network(packet4(kRouter4, own.address, error(5, 1, inside))), "edge.icmp_type");
  expect_end(s.from_network(packet4(kRouter4, own.address, error(4, 0, inside))), "edge.icmp_type");
  expect_end(s.from_network(packet4(kRouter4, own.address, error(3, 1, inside), 0x2000)), "edge.icmp_fragment");
  const Own pings = begin_flow4(s, echo4(true, 77), other);
  expect_sent(s.from_network(packet4(kRouter4, pings.address,
                                     error(11, 0, packet4(pings.address, kAny4, echo4(true, pings.port))))),
              "edge.back", sent_on4(kRouter4, other, error(11, 0, packet4(other, kAny4, echo4(true, 77)))));
  EXPECT_EQ(s.notes(Note::edge_server_forgotten), 0u) << "TCP does not change its server";
}

void errors_of_the_clients_side_are_renumbered(EdgeSite& s) {
  const std::string other = other_of(s);
  open_flow4(s);
  const Own own = open_flow4(s, 40'000, kServer4, other);
  const auto error = [](uint8_t type, uint8_t code, const Bytes& b, uint32_t word = 0) {
    return icmp_error(false, type, code, b, word);
  };
  const Bytes inside = packet4(kAny4, other, answer(40'000)), known = packet4(kServer4, own.address, answer(own.port));
  expect_sent(s.from_client(packet4(other, kAny4, error(3, 3, inside))), "edge.out",
              sent_on4(own.address, kServer4, error(3, 3, known)));
  // A router of the clients' has no address that the network knows (RFC 5508, REQ-5).
  expect_sent(s.from_client(packet4("10.9.9.9", kAny4, error(3, 4, inside, 1300))), "edge.out",
              sent_on4(own.address, kServer4, error(3, 4, known, 1300)));
  expect_end(s.from_client(packet4(other, kAny4, error(3, 3, packet4(kAny4, other, answer(40'001))))),
             "edge.inner_unknown");
  expect_end(s.from_client(packet4(other, kAny4, error(3, 3, packet4(kAnyInPrefix4, other, answer(40'000))))),
             "edge.inner_unknown");
  expect_end(s.from_client(packet4(other, kAny4, error(3, 3, packet4(kAny4, other, echo4(true, 5))))),
             "edge.inner_unknown");
  const Own pings = begin_flow4(s, echo4(true, 40'000), other);
  s.from_network(packet4(kServer4, pings.address, echo4(false, pings.port)));
  expect_sent(
      s.from_client(packet4(other, kAny4, error(3, 3, packet4(kAny4, other, echo4(false, 40'000))))), "edge.out",
      sent_on4(pings.address, kServer4, error(3, 3, packet4(kServer4, pings.address, echo4(false, pings.port)))));
}

void udp_forgets_a_server_that_is_gone(EdgeSite& s) {
  const Own own = begin_flow4(s, udp(5000, 53));
  s.from_network(packet4(kServer4, own.address, udp(53, 5000)));
  const auto told = [&](uint8_t code) {
    const Bytes quoted = packet4(own.address, kServer4, udp(5000, 53));
    return s.from_network(packet4(kRouter4, own.address, icmp_error(false, 3, code, quoted, 1400))).reason;
  };
  EXPECT_EQ(told(4), "edge.back");
  EXPECT_EQ(s.notes(Note::edge_server_forgotten), 0u) << "too big is not gone";
  EXPECT_EQ(told(3), "edge.back");
  EXPECT_EQ(s.notes(Note::edge_server_forgotten), 1u);
  expect_sent(s.from_client(packet4(kClient4, kAny4, udp(5000, 53))), "edge.out",
              sent_on4(own.address, kAny4, udp(5000, 53)));
  s.from_network(packet4(kServer4b, own.address, udp(53, 5000)));
  expect_sent(s.from_client(packet4(kClient4, kAny4, udp(5000, 53))), "edge.out",
              sent_on4(own.address, kServer4b, udp(5000, 53)));
}

// Where any client could be the anycast address.
void a_server_among_the_clients_may_answer(EdgeSite& s) {
  const Own own = begin_flow4(s, syn());
  expect_end(s.from_client(packet4(kStranger4, own.address, syn_ack())), "edge.wrong_server");
  expect_end(s.from_client(packet4(kAny4, own.address, syn_ack())), "edge.wrong_server");
  expect_sent(s.from_client(packet4(kServer4, own.address, syn_ack())), "edge.back",
              sent_on4(kAny4, kClient4, syn_ack()));
  expect_sent(s.from_client(packet4(kServer4, own.address, answer(40'000))), "edge.back",
              sent_on4(kAny4, kClient4, answer(40'000)));
  const Own pings = begin_flow4(s, echo4(true, 9));
  expect_end(s.from_client(packet4(kAny4, pings.address, echo4(false, 9))), "edge.wrong_server");
  expect_sent(s.from_client(packet4(kServer4b, pings.address, echo4(false, 9))), "edge.back",
              sent_on4(kAny4, kClient4, echo4(false, 9)));
  // Nor of a flow whose replies from there came by the network just now.
  const Own direct = begin_flow4(s, syn(40'001));
  s.from_network(packet4(kAny4, direct.address, syn_ack(direct.port)));
  s.from_client(packet4(kClient4, kAny4, segment(40'001)));
  expect_sent(s.from_network(packet4(kAny4, direct.address, answer(direct.port))), "edge.back",
              sent_on4(kAny4, kClient4, answer(40'001)));
  expect_end(s.from_client(packet4(kAny4, direct.address, answer(direct.port))), "edge.wrong_server");
}

}  // namespace

std::vector<Script> scripts4() {
  return {{"AConnectionKeepsItsPortAndLearns", a_connection_keeps_its_port_and_learns},
          {"TwoClientsShareAnAddressAndNoPort", two_clients_share_an_address_and_no_port},
          {"AClientHasOneAddressOfThePool", a_client_has_one_address_of_the_pool},
          {"AFlowThatIsOverGivesItsPortBack", a_flow_that_is_over_gives_its_port_back},
          {"RepliesFromAnycastTeachNothing4", replies_from_anycast_teach_nothing},
          {"UdpLearnsFromItsFirstReply", udp_learns_from_its_first_reply},
          {"PingsGetAnIdentifier", pings_get_an_identifier},
          {"WhatNamesNoFlowIsDropped", what_names_no_flow_is_dropped},
          {"ForgedPacketsAreDropped", forged_packets_are_dropped},
          {"FragmentsFollowTheirFirst", fragments_follow_their_first},
          {"ErrorsReachTheClientRenumbered", errors_reach_the_client_renumbered},
          {"ErrorsOfTheClientsSideAreRenumbered", errors_of_the_clients_side_are_renumbered},
          {"UdpForgetsAServerThatIsGone", udp_forgets_a_server_that_is_gone},
          {"AServerAmongTheClientsMayAnswer", a_server_among_the_clients_may_answer}};
}

}  // namespace waymark::edge_cases
