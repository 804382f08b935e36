// Questions for names at POP 1, packet by packet: written by hand, for both builds.
#include <gtest/gtest.h>

#include "base/address_text.h"
#include "tests/dns/site.h"
#include "tests/path/asked.h"

namespace waymark::path_cases {

namespace {

const std::string kMine = client(1);
std::string whole(const std::string& client) { return dns::subnet(client + "/128"); }
Left asks(PathSite& s, const std::string& from, const dns::Ask& ask, const std::string& to = kNameServer) {
  return s.from_network(question(from, dns::message(ask), to));
}
void expect_passed(const Left& left, const std::string& reason, const Bytes& packet) {
  EXPECT_EQ(left.reason, reason);
  EXPECT_TRUE(left.packet.empty());
  EXPECT_EQ(difference(packet, left.passed), "");
}
void expect_passed(PathSite& s, const std::string& from, const dns::Ask& ask, const std::string& reason) {
  const Bytes packet = question(from, dns::message(ask));
  expect_passed(s.from_network(packet), reason, packet);
}

// The answer's message, of a packet as it must be.
dns::Reply answered(const Left& left, const std::string& from, const std::string& to = kNameServer) {
  EXPECT_EQ(left.reason, "path.answered");
  const bool four = to == kNameServer4;
  const size_t l7 = four ? 28 : 48;
  if (left.packet.size() < l7) return {};
  const Bytes data = part(left.packet, l7, left.packet.size());
  const Payload payload = udp(53, 40'000, data);
  EXPECT_EQ(difference(four ? ip4({.source = to, .destination = from, .id = 0}, payload)
                            : ip6({.source = to, .destination = from}, payload),
                       left.packet),
            "");
  const dns::Reply reply = dns::read_reply({data.data(), data.size()});
  EXPECT_EQ(reply.fault, "");
  EXPECT_EQ(reply.id, 0x1234u);
  EXPECT_TRUE(reply.authoritative);
  EXPECT_EQ(reply.rcode, 0u);
  EXPECT_EQ(reply.answers, 1u);
  EXPECT_EQ(reply.ttl, 20u);
  return reply;
}
std::string address_in(const dns::Reply& r) {
  return r.data.size() == 16 ? text(load_address(r.data.data())) : "no address";
}

}  // namespace

void a_client_asks_for_a_name(PathSite& s) {
  const dns::Reply r = answered(asks(s, kMine, {}), kMine);
  EXPECT_EQ(address_in(r), server("1,3", kMine, web, 7, 2)) << "with the newest key's tag";
  EXPECT_EQ(r.payload, 0u) << "no OPT record where there was none";
  EXPECT_TRUE(r.recursion);
  EXPECT_EQ(address_in(answered(s.from_client(question(kMine, dns::message({}))), kMine)), address_in(r));
  EXPECT_EQ(address_in(answered(asks(s, kMine, {}, pop(1)), kMine, pop(1))), address_in(r)) << "at the POP's address";
  const std::string far = client(4);
  EXPECT_EQ(address_in(answered(asks(s, far, {.flags = 0}), far)), server("4,3", far, web, 7, 2));
  const std::string at_3 = client(3);
  EXPECT_EQ(address_in(answered(asks(s, at_3, {.name = "x.svc.example"}), at_3)), server("3", at_3, web, 7, 2));
  const dns::Reply mixed = answered(asks(s, kMine, {.name = "wWw.SVC.eXaMpLe", .dnssec_ok = true}), kMine);
  EXPECT_EQ(address_in(mixed), address_in(r));
  EXPECT_TRUE(mixed.dnssec_ok);
  EXPECT_EQ(mixed.payload, 1232u);
}

void a_resolver_asks_for_its_client(PathSite& s) {
  dns::Reply r = answered(asks(s, kResolver, {.options = whole(kMine), .dnssec_ok = true}), kResolver);
  EXPECT_EQ(address_in(r), server("1,3", kMine, web, 7, 2));
  EXPECT_EQ(r.scope, 128);
  r = answered(asks(s, kResolver4, {.options = whole(client(2))}, kNameServer4), kResolver4, kNameServer4);
  EXPECT_EQ(address_in(r), server("2,3", client(2), web, 7, 2));
  const std::string cookie = cookie_option(kResolver, s.scene().seconds() - 100);
  for (const std::string& options : {whole(kMine) + cookie, cookie + whole(kMine)}) {
    r = answered(asks(s, kResolver, {.options = options}), kResolver);
    EXPECT_EQ(address_in(r), server("1,3", kMine, web, 7, 2));
    EXPECT_EQ(r.cookie, cookie.substr(4));
  }
}

// Each as it came, for one reason.
void what_only_the_name_server_answers(PathSite& s) {
  const auto left = [&](const dns::Ask& ask, const std::string& reason, const std::string& from = kMine) {
    SCOPED_TRACE(reason + " " + ask.name);
    expect_passed(s, from, ask, reason);
  };
  for (const u32 type : {1u, 2u, 65u, 255u}) left({.type = type}, "path.ask_form");
  left({.cls = 3}, "path.ask_form");
  left({.flags = 0x8100}, "path.ask_form");
  left({.flags = 0x2900}, "path.ask_form");
  left({.questions = 0}, "path.ask_form");
  left({.questions = 2}, "path.ask_form");
  for (const char* name : {"no.svc.example", "svc.example", "many.svc.example", "www.svc.example.x", "ww.svc.example"})
    left({.name = name}, "path.ask_name");
  left({.version = 1}, "path.ask_options");
  left({.options = dns::option(3, "")}, "path.ask_options");
  left({.options = dns::option(10, "12345678")}, "path.ask_options");
  left({.options = whole(kMine) + whole(kMine)}, "path.ask_options", kResolver);
  left({.options = dns::subnet("3fff:c00:1:200::/56")}, "path.ask_options", kResolver);
  left({.options = dns::subnet("198.51.100.7/32")}, "path.ask_options", kResolver);
  left({.options = whole(kMine)}, "path.ask_client", kMine);
  left({.options = whole(kMine)}, "path.ask_client", kUnlisted);
  left({}, "path.ask_client", kResolver);
  left({}, "path.ask_client", kUnlisted);
  left({.options = whole(kUnlisted)}, "path.ask_client", kResolver);
  left({}, "path.ask_client", client(9));
  left({}, "path.ask_client", "3fff:c00:1:200:0:500::1");
}

void a_cookie_is_looked_at(PathSite& s) {
  const auto with = [&](const std::string& cookie) { return asks(s, kMine, {.options = cookie}).reason; };
  const u32 now = s.scene().seconds();
  EXPECT_EQ(with(cookie_option(kMine, now - 1'700)), "path.answered");
  EXPECT_EQ(with(cookie_option(kMine, now + 250)), "path.answered");
  EXPECT_EQ(with(cookie_option(kMine, now - 1'900)), "path.ask_cookie") << "to be renewed";
  EXPECT_EQ(with(cookie_option(kMine, now + 400)), "path.ask_cookie");
  EXPECT_EQ(with(cookie_option(client(1, 6), now)), "path.ask_cookie") << "another's";
  std::string wrong = cookie_option(kMine, now);
  for (const size_t at : {size_t(4), size_t(12), size_t(14), size_t(27)}) {
    std::string one = wrong;
    one[at] ^= 1;
    EXPECT_EQ(with(one), "path.ask_cookie") << at;
  }
  wrong.back() ^= 1;
  expect_passed(s, kMine, {.options = wrong}, "path.ask_cookie");
}

// Wrong checksums, lengths that lie, and packets that are not UDP alone go on.
void what_is_no_plain_packet(PathSite& s) {
  const std::string message = dns::message({.dnssec_ok = true});
  const Bytes good = question(kMine, message);
  EXPECT_EQ(s.from_network(good).reason, "path.answered");
  const Payload payload = udp(40'000, 53, Bytes(message.begin(), message.end()));
  const auto passed = [&](const Bytes& packet, const std::string& reason) {
    expect_passed(s.from_network(packet), reason, packet);
  };
  for (const auto& [to, from] : {std::pair(kNameServer, kMine), std::pair(pop(1), kMine)}) {
    passed(ip6({.source = from, .destination = to}, extension(60, payload)), "path.local");
    passed(ip6({.source = from, .destination = to}, fragment6(0, false, payload)), "path.local");
    passed(ip6({.source = from, .destination = to}, tcp(40'000, 53, "S")), "path.local");
    passed(ip6({.source = from, .destination = to}, udp(40'000, 54, Bytes(message.begin(), message.end()))),
           "path.local");
  }
  passed(ip4({.source = kResolver4, .destination = kNameServer4, .fragment = 0x2000}, payload), "path.ask_form");
  passed(ip4({.source = kResolver4, .destination = kNameServer4, .options = {1, 1, 1, 1}}, payload), "path.ask_form");
  passed(ip6({.source = kMine, .destination = kNameServer},
             udp_unchecked(40'000, 53, Bytes(message.begin(), message.end()))),
         "path.ask_form");
  passed(ip6({.source = kMine, .destination = kNameServer}, udp(0, 53, Bytes(message.begin(), message.end()))),
         "path.ask_form");
  passed(with_byte(good, 46, uint8_t(good[46] ^ 0x55)), "path.ask_form");
  passed(with_byte(good, 49, uint8_t(good[49] ^ 2)), "path.ask_form");
  passed(padded(good, good.size() + 7), "path.ask_form");
  passed(with_word(good, 44, uint16_t(8 + message.size() - 1)), "path.ask_form");
  passed(question(kMine, message + '\0'), "path.ask_options");
  passed(question(kMine, dns::message({}) + '\0'), "path.ask_form");
  const std::string bare = dns::message({});
  for (size_t length = 0; length < bare.size(); ++length) {
    SCOPED_TRACE(length);
    const Left left = s.from_network(question(kMine, bare.substr(0, length)));
    EXPECT_EQ(left.passed, question(kMine, bare.substr(0, length)));
  }
  passed(question(kMine, bare.substr(0, 12) + "\xc0\x0c" + std::string("\0\x1c\0\1", 4)), "path.ask_name");
  passed(tunnelled(pop(2), kNameServer, packet(kMine, server("1,2,3", kMine), syn()), 64), "path.local");
}

// A server that is lost is given only where all are; where no path leads there, the name server answers.
void what_is_lost_is_avoided(PathSite& s) {
  const auto lose = [&](u32 id, bool lost) {
    u64& word = s.live().path_lost[id / 64];
    word = lost ? word | u64(1) << id % 64 : word & ~(u64(1) << id % 64);
  };
  u32 sevens = 0;
  for (u32 id = 1; id <= 200; ++id) {
    const std::string one = client(1, id);
    sevens += address_in(answered(
                  asks(s, one, {.name = "both.svc.example", .options = cookie_option(one, s.scene().seconds())}),
                  one)) == server("1,3", one, web, 7, 2);
  }
  EXPECT_NEAR(sevens, 150, 25) << "by weight";
  const std::string both = "both.svc.example";
  const auto gets = [&](const std::string& name) {
    return address_in(answered(asks(s, kMine, {.name = name}), kMine));
  };
  const std::string seven = server("1,3", kMine, web, 7, 2), eight = server("1,3", kMine, web, 8, 2);
  const std::string first = gets(both);
  lose(7, true);
  EXPECT_EQ(gets(both), eight);
  lose(8, true);
  EXPECT_EQ(gets(both), first) << "where all are lost, as if none were";
  EXPECT_EQ(gets("www.svc.example"), seven);
  lose(7, false);
  EXPECT_EQ(gets(both), seven);
  lose(8, false);
  const std::vector<u64> ways(s.live().path_ways.begin(), s.live().path_ways.begin() + 100);
  std::ranges::fill(s.live().path_ways.first(100), 0);
  expect_passed(s, kMine, {}, "path.ask_way");
  std::ranges::copy(ways, s.live().path_ways.begin());
}

// What is written for another load is not believed; and nothing that the daemon left for too long, ever after.
void old_answers_end(PathSite& s) {
  u64& in_force = s.live().path_asked[0];
  const u64 was = in_force;
  AskedHead& head = s.live().path_asked_heads[was & 1];
  head.layout ^= 2;
  expect_passed(s, kMine, {}, "path.ask_tables");
  head.layout ^= 2;
  EXPECT_EQ(asks(s, kMine, {}).reason, "path.answered");
  in_force = 0;
  expect_passed(s, kMine, {}, "path.ask_tables");
  const u32 life = s.scene().engine().image().settings.role.path.asked.life;
  in_force = was - (u64(life / 2) << 32);
  EXPECT_EQ(asks(s, kMine, {}).reason, "path.answered");
  in_force = was - (u64(life + life / 2) << 32);
  expect_passed(s, kMine, {}, "path.ask_tables");
  EXPECT_EQ(in_force, 0u) << "nor when the clock comes round";
  in_force = was;
}

// Of a source that proves nothing; a cookie does.
void questions_have_a_rate(PathSite& s) {
  const std::string from = client(5, 77, slow);
  const Bytes packet = question(from, dns::message({}));
  u32 answers = 0;  // in the kernel's build time goes on meanwhile
  Left last = s.from_network(packet);
  for (; answers < 20'000 && last.reason == "path.answered"; ++answers) last = s.from_network(packet);
  EXPECT_GE(answers, 190u);
  expect_passed(last, "path.ask_rate", packet);
  EXPECT_EQ(asks(s, from, {.options = cookie_option(from, s.scene().seconds())}).reason, "path.answered");
  EXPECT_EQ(asks(s, client(5, 78, open), {}).reason, "path.answered") << "another /56";
}

}  // namespace waymark::path_cases
