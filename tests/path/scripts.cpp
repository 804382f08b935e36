// What happens at a POP, packet by packet, by issue and RFC 8200, 4443, 2473, 3443 and 6040 by hand: for both builds.
#include <gtest/gtest.h>

#include <functional>

#include "base/address_text.h"
#include "tests/path/site.h"

namespace waymark::path_cases {

void expect_sent(const Left& left, const std::string& reason, const Bytes& packet) {
  EXPECT_EQ(left.reason, reason);
  EXPECT_NE(left.interface, 0u) << "it leaves by none";
  EXPECT_EQ(difference(packet, without_label(left.packet)), "");
}
void expect_end(const Left& left, const std::string& reason) {
  EXPECT_EQ(left.reason, reason);
  EXPECT_TRUE(left.packet.empty());
}

namespace {

const std::string kMine = client(1), kServer = server("1,2,3", kMine), kOpen = server("1,2,3", kMine, open);

// POP 1, where the client is and paths begin.
void a_clients_packet_enters_its_path(PathSite& s) {
  // The class is the client's policy's, as the server's says nothing; ECN stays.
  expect_sent(s.from_client(packet(kMine, kServer, syn(), 64, 2)), "path.onward",
              tunnelled(pop(1), pop(2), packet(kMine, kServer, syn(), 63, 46 << 2 | 2), 63, 46 << 2 | 2));
  const std::string by_23 = server("2,3", kMine);  // off the path: to its first POP
  expect_sent(s.from_client(packet(kMine, by_23, syn())), "path.onward",
              tunnelled(pop(1), pop(2), packet(kMine, by_23, syn(), 63, 46 << 2), 63, 46 << 2));
}

// A POP is a host, too: its neighbours are found, and its operator logs in.
void what_is_others_is_left_alone(PathSite& s) {
  const Bytes advertisement = packet("fe80::2", "fe80::1", icmp_error(true, 136, 0, repeat(1, 16), 0x60000000), 255);
  const Bytes routed = packet(kStranger, kRouter, syn()), from_client = packet(kMine, kStranger, syn());
  for (const Bytes& p :
       {advertisement, routed, from_client, ip4({.source = "192.0.2.66", .destination = "192.0.2.77"}, syn())}) {
    expect_end(s.from_network(p), "steer.not_ours");
    expect_end(s.from_client(p), "steer.not_ours");
  }
}

void a_policy_refuses_ports(PathSite& s) {
  const Bytes wrong = packet(kMine, kServer, syn(81));
  expect_sent(s.from_client(wrong), "path.refused", error(pop(1), kMine, 1, 1, 0, wrong, 64));
  EXPECT_EQ(s.from_client(packet(kMine, kServer, udp(9, 53))).reason, "path.onward");
  EXPECT_EQ(s.from_client(packet(kMine, kServer, udp(53, 9))).reason, "path.refused");
  EXPECT_EQ(s.from_client(packet(kMine, kOpen, syn(81))).reason, "path.onward");
  EXPECT_EQ(s.from_client(packet(kMine, kServer, raw(50, repeat(1, 40)))).reason, "path.refused");
  EXPECT_EQ(s.from_client(packet(kMine, kOpen, raw(50, repeat(1, 40)))).reason, "path.onward");
  EXPECT_EQ(s.from_client(packet(kMine, kOpen, raw(51, repeat(1, 40)))).reason, "path.refused");
  EXPECT_EQ(s.from_client(packet(kMine, kServer, echo(true))).reason, "path.onward");
  EXPECT_EQ(s.from_client(packet(kMine, kServer, echo(false))).reason, "path.refused") << "servers may not ping";
  EXPECT_EQ(s.from_client(packet(kMine, kServer, icmp6(135, 0, repeat(0, 20)))).reason, "path.refused");
  // Extension headers hide no port.
  EXPECT_EQ(s.from_client(packet(kMine, kServer, extension(60, syn(81)))).reason, "path.refused");
  EXPECT_EQ(s.from_client(packet(kMine, kServer, extension(0, extension(60, syn(80))))).reason, "path.onward");
  expect_end(s.from_client(packet(kMine, server("1,2,3", kMine, 9), syn())), "path.unknown_policy");
}

void later_fragments_pass_where_no_port_rule_applies(PathSite& s) {
  EXPECT_EQ(s.from_client(packet(kMine, kServer, fragment6(0, true, syn()))).reason, "path.onward");
  EXPECT_EQ(s.from_client(packet(kMine, kServer, fragment6(10, false, raw(6, repeat(1, 40))))).reason,
            "path.error_withheld");
  EXPECT_EQ(s.from_client(packet(kMine, kOpen, fragment6(10, false, raw(6, repeat(1, 40))))).reason, "path.onward");
  EXPECT_EQ(s.from_client(packet(kMine, kServer, fragment6(10, false, raw(58, repeat(1, 40))))).reason, "path.onward");
  expect_end(s.from_client(packet(kMine, kServer, fragment6(0, true, extension(60, syn())))), "path.headers");
}

void a_tag_is_of_one_address_and_one_client(PathSite& s) {
  const Bytes altered = with_byte(packet(kMine, kServer, syn()), 39, uint8_t(packet(kMine, kServer, syn())[39] ^ 1));
  const Left told = s.from_client(altered);
  EXPECT_EQ(told.reason, "path.bad_tag");
  ASSERT_GT(told.packet.size(), 48u);
  EXPECT_EQ(told.packet[40], 1);
  EXPECT_EQ(told.packet[41], 5);
  EXPECT_EQ(s.from_client(packet(kMine, server("1,2,3", client(1, 6)), syn())).reason, "path.bad_tag") << "stolen";
  EXPECT_EQ(s.from_client(packet(kMine, server("1,2,3", kMine, web, 7, 2), syn())).reason, "path.onward");
  const Bytes other_epoch = packet(kMine, server("1,2,3", kMine, web, 7, 1), syn());
  EXPECT_EQ(s.from_client(with_byte(other_epoch, 36, uint8_t(other_epoch[36] & 0xf3))).reason, "path.unknown_epoch");
}

// At each key's place: once a packet that was found good, by either way.
void keys_count_the_tags_that_they_made(PathSite& s) {
  const std::string second = server("1,2,3", kMine, web, 7, 2);
  const auto counted = [&](u32 key, const std::function<void()>& act) {
    const std::vector<u64> before = s.tag_uses();
    act();
    std::vector<u64> after = s.tag_uses(), is;
    for (u32 i = 0; i < kTagUses; ++i) is.push_back(after.at(i) - before.at(i));
    std::vector<u64> wanted(kTagUses);
    if (key < kTagUses) wanted[key] = 1;
    EXPECT_EQ(is, wanted) << "key " << key;
  };
  counted(1, [&] { EXPECT_EQ(s.from_client(packet(kMine, kServer, syn())).reason, "path.onward"); });
  counted(2, [&] { EXPECT_EQ(s.from_client(packet(kMine, second, syn())).reason, "path.onward"); });
  counted(2, [&] { EXPECT_EQ(s.from_pop(2, packet(second, kMine, syn_ack())).reason, "path.to_client"); });
  counted(1, [&] { EXPECT_EQ(s.from_client(packet(kMine, kServer, syn(81))).reason, "path.refused"); });
  const Bytes altered = with_byte(packet(kMine, second, syn()), 39, uint8_t(packet(kMine, second, syn())[39] ^ 1));
  counted(kTagUses, [&] { EXPECT_EQ(s.from_client(altered).reason, "path.bad_tag"); });
  counted(kTagUses, [&] { EXPECT_EQ(s.from_client(packet(kMine, kStranger, syn())).reason, "steer.not_ours"); });
}

void a_clients_source_is_bound(PathSite& s) {
  for (const std::string& from : {client(2), kStranger, client(200), kServer})
    expect_end(s.from_client(packet(from, server("1,2,3", from == kServer ? kMine : from, web, 8), syn())),
               "path.foreign_source");
  expect_end(s.from_network(packet(kMine, kServer, syn())), "path.not_predecessor");
  expect_end(s.from_pop(4, packet(kMine, kServer, syn())), "path.not_predecessor");
}

void hop_limits_end_here(PathSite& s) {
  const Bytes last = packet(kMine, kServer, syn(), 1);
  expect_sent(s.from_client(last), "path.hop_limit", error(pop(1), kMine, 3, 0, 0, last, 64));
  EXPECT_EQ(s.from_client(packet(kMine, kServer, syn(81), 1)).reason, "path.hop_limit") << "traceroute by any port";
  EXPECT_EQ(s.from_client(packet(kMine, kServer, syn(), 0)).reason, "path.hop_limit");
  expect_end(s.from_client(error(kMine, kServer, 1, 4, 0, packet(kServer, kMine, syn_ack()), 1)),
             "path.error_withheld");
}

void packets_come_home(PathSite& s) {
  expect_sent(s.from_pop(2, packet(kServer, kMine, syn_ack(), 60)), "path.to_client",
              packet(kServer, kMine, syn_ack(), 59));
  EXPECT_EQ(s.from_pop(2, packet(kServer, kMine, udp(53, 9))).reason, "path.to_client");
  EXPECT_EQ(s.from_pop(2, packet(kServer, kMine, echo(false))).reason, "path.to_client");
  // A router's error, which no tag covers.
  const Bytes big = error(kRouter, kMine, 2, 0, 1400, packet(kMine, kServer, syn()));
  EXPECT_EQ(s.from_network(big).reason, "path.to_client");
  EXPECT_EQ(s.from_pop(4, big).reason, "path.to_client");
  // What a client of another POP's sends: from that one, by its policy.
  EXPECT_EQ(s.from_pop(4, packet(client(4), kMine, syn(22))).reason, "path.to_client");
  expect_end(s.from_pop(5, packet(client(4), kMine, syn(22))), "path.not_predecessor");
}

void nothing_begins_towards_a_client(PathSite& s) {
  const std::string mine = client(1, 5, web), from = server("1,2,3", mine), open_one = server("1,2,3", kMine, open);
  const Left told = s.from_pop(2, packet(from, mine, syn(40'000)));
  EXPECT_EQ(told.reason, "path.refused");
  ASSERT_GT(told.packet.size(), 40u);
  EXPECT_EQ(text(load_address(told.packet.data() + 24)), pop(2)) << "the server is told, by its path";
  EXPECT_NE(s.from_pop(2, packet(from, mine, tcp_segment(80, 40'000, 1, 0, "S", 1))).reason, "path.to_client");
  EXPECT_NE(s.from_pop(2, packet(from, mine, echo(true))).reason, "path.to_client");
  EXPECT_NE(s.from_pop(2, packet(from, mine, syn(22))).reason, "path.to_client");
  EXPECT_EQ(s.from_pop(2, packet(open_one, kMine, syn(22))).reason, "path.to_client");
  EXPECT_EQ(s.from_pop(2, packet(open_one, kMine, echo(true))).reason, "path.to_client");
  EXPECT_NE(s.from_pop(2, packet(open_one, kMine, syn(23))).reason, "path.to_client");
}

void the_next_hop_that_lives(PathSite& s) {
  s.set_down(2, true);
  expect_sent(s.from_client(packet(kMine, kServer, syn())), "path.onward",
              tunnelled(pop(1), pop(3), packet(kMine, kServer, syn(), 63, 46 << 2), 63, 46 << 2));
  const Bytes strict_one = packet(kMine, server("1,2,3", kMine, strict), syn());
  expect_sent(s.from_client(strict_one), "path.unreachable", error(pop(1), kMine, 1, 0, 0, strict_one, 64));
  s.set_down(3, true);
  EXPECT_EQ(s.from_client(packet(kMine, kServer, syn())).reason, "path.unreachable");
  s.set_down(2, false);
  s.set_down(3, false);
}

void addresses_that_do_not_decode(PathSite& s) {
  const auto bytes = [](const Bytes& b, size_t at, uint8_t v) { return with_byte(b, at, v); };
  const Bytes good = packet(kMine, kServer, syn());  // its path is in bytes 31 to 35
  expect_end(s.from_client(bytes(good, 31, 0)), "path.bad_path");
  expect_end(s.from_client(bytes(good, 32, 0)), "path.bad_path");
  expect_end(s.from_client(bytes(good, 33, 1)), "path.bad_path");
  expect_end(s.from_client(bytes(good, 23, 1)), "path.reserved_bits");
  expect_end(s.from_network(tunnelled(pop(2), pop(1), packet(kServer, kStranger, syn_ack()), 9)), "path.no_plan");
}

void too_big_is_told(PathSite& s) {
  const Bytes big = packet(kMine, kServer, tcp(40'000, 80, "A", repeat(7, 1441 - 20)));
  const Left told = s.from_client(big);
  EXPECT_EQ(told.reason, "path.too_big");
  expect_sent(told, "path.too_big", error(pop(1), kMine, 2, 0, 1460, big, 64));
}

// POP 2, in the middle.
void the_middle_looks_at_neither_tag_nor_policy(PathSite& s) {
  const Bytes altered = with_byte(packet(kMine, kServer, syn(81)), 39, 0x55);
  Bytes on = altered;
  on[7] = 63;
  expect_sent(s.from_pop(1, altered), "path.onward", tunnelled(pop(2), pop(3), on, 63));
  expect_sent(s.from_pop(3, packet(kServer, kMine, syn_ack())), "path.onward",
              tunnelled(pop(2), pop(1), packet(kServer, kMine, syn_ack(), 63), 63));
}

void only_from_where_the_path_leads_from(PathSite& s) {
  expect_end(s.from_pop(3, packet(kMine, kServer, syn())), "path.not_predecessor");
  expect_end(s.from_pop(1, packet(kServer, kMine, syn_ack())), "path.not_predecessor");
  expect_end(s.from_network(packet(kMine, kServer, syn())), "path.not_predecessor");
  expect_end(s.from_network(packet(kServer, kMine, syn_ack())), "path.not_predecessor");
  expect_end(s.from_network(tunnelled(kStranger, pop(2), packet(kMine, kServer, syn()), 9)), "path.untrusted_source");
  // POP 4 was passed by, but not where it is mandatory.
  const std::string by_four = server("1,4,2,3", kMine);
  EXPECT_EQ(s.from_pop(1, packet(kMine, by_four, syn())).reason, "path.onward");
  expect_end(s.from_pop(5, packet(kMine, by_four, syn())), "path.not_predecessor");
}

void tunnels_are_opened(PathSite& s) {
  const Bytes good = packet(kMine, kServer, syn());
  Bytes on = packet(kMine, kServer, syn(), 63);
  EXPECT_EQ(s.from_network(ip6({.source = pop(1), .destination = pop(2)}, gue(50'000, 6080, good))).reason,
            "path.onward");
  EXPECT_EQ(s.from_network(ip4({.source = pop4(1), .destination = pop4(2)}, inside(good))).reason, "path.onward");
  expect_end(s.from_network(ip6({.source = pop(1), .destination = pop(2)}, gue_naming(50'000, 6080, good, pop(3)))),
             "path.tunnel_header");
  const Bytes four = ip4({.source = "10.0.0.1", .destination = "10.0.0.2"}, syn());
  expect_end(s.from_network(tunnelled(pop(1), pop(2), four, 64)), "path.tunnel_header");
  expect_end(s.from_network(packet(pop(1), pop(2), udp(9, 9))), "path.local");
  expect_end(s.from_pop(1, cut(good, good.size() - 4)), "parse.ip_length");
  // The outer hop limit and mark count.
  expect_sent(s.from_network(tunnelled(pop(1), pop(2), packet(kMine, kServer, syn(), 64, 2), 11, 3)), "path.onward",
              tunnelled(pop(2), pop(3), packet(kMine, kServer, syn(), 10, 3), 10, 3));
  expect_end(s.from_network(tunnelled(pop(1), pop(2), good, 11, 3)), "path.congestion");
}

// Errors go back by the addresses, too, through POP 1's tunnel.
void the_middle_answers_traceroute(PathSite& s) {
  const Bytes last = packet(kMine, kServer, syn(), 1);
  expect_sent(s.from_pop(1, last), "path.hop_limit",
              tunnelled(pop(2), pop(1), error(pop(2), kMine, 3, 0, 0, last, 63), 64, 0xc0));
  const Bytes back = packet(kServer, kMine, syn_ack(), 1);
  expect_sent(s.from_pop(3, back), "path.hop_limit",
              tunnelled(pop(2), pop(3), error(pop(2), kServer, 3, 0, 0, back, 63), 64, 0xc0));
  // Of a stranger's packet nobody is told: the way to him is another POP's.
  expect_end(s.from_pop(4, packet(kStranger, server("2,3", kStranger), syn(), 1)), "path.error_withheld");
  const Bytes here = packet(kStranger, server("2,3", kStranger), syn(), 1);
  expect_sent(s.from_network(here), "path.hop_limit", error(pop(2), kStranger, 3, 0, 0, here, 64));
}

// POP 3, where the servers are.
void packets_reach_their_server(PathSite& s) {
  expect_sent(s.from_pop(2, packet(kMine, kServer, syn())), "path.to_server",
              tunnelled(pop(3), kEnd7, packet(kMine, kServer, syn(), 63), 64));
  const std::string eight = server("1,2,3", kMine, web, 8), nine = server("1,2,3", kMine, web, 9);
  expect_sent(s.from_pop(2, packet(kMine, eight, syn())), "path.to_server", packet(kMine, eight, syn(), 63));
  EXPECT_EQ(s.from_pop(2, packet(kMine, nine, syn())).reason, "path.to_server");
  expect_end(s.from_pop(2, packet(kMine, server("1,2,3", kMine, web, 99), syn())), "path.unknown_server");
  EXPECT_EQ(s.from_pop(1, packet(kMine, kServer, syn())).reason, "path.to_server") << "POP 2 was passed by";
  expect_end(s.from_pop(1, packet(kMine, server("1,2,3", kMine, strict), syn())), "path.not_predecessor");
}

void the_last_pop_checks_again(PathSite& s) {
  expect_sent(s.from_pop(2, packet(kMine, kServer, syn(81))), "path.refused",
              tunnelled(pop(3), pop(1), error(pop(3), kMine, 1, 1, 0, packet(kMine, kServer, syn(81)), 63), 64, 0xc0));
  const Bytes stolen = packet(client(1, 6), kServer, syn());
  expect_sent(s.from_pop(2, stolen), "path.bad_tag",
              tunnelled(pop(3), pop(1), error(pop(3), client(1, 6), 1, 5, 0, stolen, 63), 64, 0xc0));
  // The error of a router near the client, about what the server sent.
  EXPECT_EQ(s.from_pop(2, error(kRouter, kServer, 2, 0, 1300, packet(kServer, kMine, syn_ack()))).reason,
            "path.to_server");
  EXPECT_NE(s.from_pop(2, error(kRouter, kServer, 2, 0, 1300, packet(kServer, client(1, 6), syn_ack()))).reason,
            "path.to_server");
}

void servers_answer(PathSite& s) {
  expect_sent(s.from_network(packet(kServer, kMine, syn_ack())), "path.onward",
              tunnelled(pop(3), pop(2), packet(kServer, kMine, syn_ack(), 63, 46 << 2), 63, 46 << 2));
  const Left forged = s.from_network(packet(server("1,2,3", client(1, 6)), kMine, syn_ack()));
  EXPECT_EQ(forged.reason, "path.bad_tag");
  s.set_down(2, true);
  EXPECT_EQ(difference(tunnelled(pop(3), pop(1), packet(kServer, kMine, syn_ack(), 63, 46 << 2), 63, 46 << 2),
                       without_label(s.from_network(packet(kServer, kMine, syn_ack())).packet)),
            "");
  s.set_down(2, false);
  const std::string elsewhere = client(4), to_there = server("2,3", elsewhere);
  EXPECT_EQ(s.from_network(packet(to_there, elsewhere, syn_ack())).reason, "path.onward");
}

void a_server_elsewhere(PathSite& s) {
  expect_end(s.from_pop(1, packet(kMine, server("1,4", kMine), syn())), "path.not_here");
}

// Where its path begins: both ways, whoever is told, and nobody but that id.
void a_revoked_client_is_refused(PathSite& s) {
  s.revoke("client 5", true);
  const Bytes out = packet(kMine, kServer, syn()), in = packet(kServer, kMine, syn_ack());
  expect_sent(s.from_client(out), "path.revoked", error(pop(1), kMine, 1, 1, 0, out, 64));
  EXPECT_EQ(s.from_client(packet(client(1, 5, web), server("1,2,3", client(1, 5, web)), syn())).reason, "path.revoked")
      << "by whatever policy";
  EXPECT_EQ(s.from_pop(2, in).reason, "path.revoked");
  EXPECT_EQ(s.from_pop(4, packet(client(4), kMine, syn(22))).reason, "path.revoked");
  EXPECT_EQ(s.from_client(packet(kMine, kServer, syn(), 1)).reason, "path.revoked") << "traceroute shows nothing";
  EXPECT_EQ(s.from_client(with_byte(out, 39, uint8_t(out[39] ^ 1))).reason, "path.bad_tag") << "nor do forged tags";
  const std::string other = client(1, 6);
  EXPECT_EQ(s.from_client(packet(other, server("1,2,3", other), syn())).reason, "path.onward");
  EXPECT_EQ(s.from_client(packet(other, server("1,2,3", other, web, 5), syn())).reason, "path.onward")
      << "a server's id is another";
  s.revoke("client 5", false);
  EXPECT_EQ(s.from_client(out).reason, "path.onward");
  s.revoke("server 7", true);
  EXPECT_EQ(s.from_client(out).reason, "path.revoked");
  EXPECT_EQ(s.from_pop(2, in).reason, "path.revoked");
  EXPECT_EQ(s.from_client(packet(kMine, server("1,2,3", kMine, web, 8), syn())).reason, "path.onward");
  s.revoke("server 7", false);
  EXPECT_EQ(s.from_client(out).reason, "path.onward");
}

// And at its other end.
void the_last_pop_knows_who_is_revoked(PathSite& s) {
  const Bytes out = packet(kMine, kServer, syn()), in = packet(kServer, kMine, syn_ack());
  s.revoke("client 5", true);
  expect_sent(s.from_pop(2, out), "path.revoked",
              tunnelled(pop(3), pop(1), error(pop(3), kMine, 1, 1, 0, out, 63), 64, 0xc0));
  EXPECT_EQ(s.from_network(in).reason, "path.revoked");
  s.revoke("client 5", false);
  EXPECT_EQ(s.from_pop(2, out).reason, "path.to_server");
  EXPECT_EQ(s.from_network(in).reason, "path.onward");
}

void the_middle_does_not_ask_who_is_revoked(PathSite& s) {
  s.revoke("client 5", true);
  EXPECT_EQ(s.from_pop(1, packet(kMine, kServer, syn())).reason, "path.onward");
  s.revoke("client 5", false);
}

// 16 KiB at once, each way; then none before time goes on.
void a_policy_has_a_rate(PathSite& s) {
  const std::string slow_one = client(1, 5, slow), to = server("1,2,3", slow_one, open);
  const Bytes big = packet(slow_one, to, udp(40'000, 53, repeat(1, 1'200)));
  const auto passed = [&](const Bytes& p, bool out) {
    u32 count = 0;
    while (count < 100 && (out ? s.from_client(p) : s.from_pop(2, p)).reason != "path.over_rate") ++count;
    return count;
  };
  const u32 out = passed(big, true);
  EXPECT_GE(out, 13u);
  EXPECT_LE(out, 16u);
  expect_end(s.from_client(big), "path.over_rate");
  EXPECT_EQ(s.from_client(packet(kMine, kServer, syn())).reason, "path.onward") << "the others go on";
  const u32 in = passed(packet(to, slow_one, udp(53, 40'000, repeat(1, 1'200))), false);
  EXPECT_GE(in, 13u) << "the other way has a rate of its own";
  EXPECT_LE(in, 16u);
  // One that was refused by its policy has used nothing, and is told so as ever.
  EXPECT_EQ(s.from_client(packet(slow_one, to, raw(50, repeat(1, 40)))).reason, "path.refused");
}

// Of both policies; once where both are the same.
void both_policies_have_rates(PathSite& s) {
  const std::string from = client(1, 9), to = server("1,2,3", from, slow);
  u32 count = 0;
  while (count < 100 && s.from_client(packet(from, to, udp(40'000, 53, repeat(1, 1'200)))).reason != "path.over_rate")
    ++count;
  EXPECT_LE(count, 16u) << "the server's";
  const std::string both = client(1, 9, slow);
  EXPECT_EQ(s.from_client(packet(both, server("1,2,3", both, slow), syn())).reason, "path.over_rate");
}

}  // namespace

const std::vector<Script>& scripts() {
#define WM_SCRIPT(POP, NAME) \
  { #NAME, POP, NAME }
  static const std::vector<Script> all = {WM_SCRIPT(1, a_clients_packet_enters_its_path),
                                          WM_SCRIPT(1, what_is_others_is_left_alone),
                                          WM_SCRIPT(1, a_policy_refuses_ports),
                                          WM_SCRIPT(1, later_fragments_pass_where_no_port_rule_applies),
                                          WM_SCRIPT(1, a_tag_is_of_one_address_and_one_client),
                                          WM_SCRIPT(1, keys_count_the_tags_that_they_made),
                                          WM_SCRIPT(1, a_clients_source_is_bound),
                                          WM_SCRIPT(1, hop_limits_end_here),
                                          WM_SCRIPT(1, packets_come_home),
                                          WM_SCRIPT(1, nothing_begins_towards_a_client),
                                          WM_SCRIPT(1, the_next_hop_that_lives),
                                          WM_SCRIPT(1, addresses_that_do_not_decode),
                                          WM_SCRIPT(1, too_big_is_told),
                                          WM_SCRIPT(1, a_pop_says_that_it_is_up),
                                          WM_SCRIPT(1, only_other_pops_are_told_that_it_is_up),
                                          WM_SCRIPT(2, the_middle_looks_at_neither_tag_nor_policy),
                                          WM_SCRIPT(2, only_from_where_the_path_leads_from),
                                          WM_SCRIPT(2, tunnels_are_opened),
                                          WM_SCRIPT(2, the_middle_answers_traceroute),
                                          WM_SCRIPT(3, packets_reach_their_server),
                                          WM_SCRIPT(3, the_last_pop_checks_again),
                                          WM_SCRIPT(3, servers_answer),
                                          WM_SCRIPT(4, a_server_elsewhere),
                                          WM_SCRIPT(1, a_revoked_client_is_refused),
                                          WM_SCRIPT(3, the_last_pop_knows_who_is_revoked),
                                          WM_SCRIPT(2, the_middle_does_not_ask_who_is_revoked),
                                          WM_SCRIPT(1, a_policy_has_a_rate),
                                          WM_SCRIPT(1, both_policies_have_rates),
                                          WM_SCRIPT(1, a_client_asks_for_a_name),
                                          WM_SCRIPT(1, a_resolver_asks_for_its_client),
                                          WM_SCRIPT(1, what_only_the_name_server_answers),
                                          WM_SCRIPT(1, a_cookie_is_looked_at),
                                          WM_SCRIPT(1, what_is_no_plain_packet),
                                          WM_SCRIPT(1, what_is_lost_is_avoided),
                                          WM_SCRIPT(1, old_answers_end),
                                          WM_SCRIPT(1, questions_have_a_rate)};
#undef WM_SCRIPT
  return all;
}

}  // namespace waymark::path_cases
