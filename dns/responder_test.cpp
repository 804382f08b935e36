#include "dns/responder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "provision/clients.h"
#include "tests/dns/site.h"

namespace waymark::dns {

namespace {

constexpr u32 kA = 1, kNs = 2, kSoa = 6, kTxt = 16, kAaaa = 28, kHttps = 65;

std::string address_in(const Reply& r) {
  return r.data.size() == 16 ? text(load_address(r.data.data())) : "no address";
}

std::string made(const Config& config, const std::string& client, u32 server, const std::string& path) {
  const auto address = provision::server_address(config, ip(client), server, path, "web");
  return address ? text(*address) : address.error().sentence;
}

const std::string kResolver = "2001:db8:9::1";

TEST(Dns, AClientGetsTheAddressThatProvisionPrints) {
  Site s;
  const Reply r = s.ask({}, kAnn);
  EXPECT_EQ(r.rcode, 0u);
  EXPECT_TRUE(r.authoritative);
  EXPECT_TRUE(r.recursion);
  EXPECT_EQ(r.answers, 1u);
  EXPECT_EQ(r.type, kAaaa);
  EXPECT_EQ(r.ttl, 20u);
  EXPECT_EQ(address_in(r), made(s.config, kAnn, 7, "1,2"));
  EXPECT_EQ(r.payload, 0u) << "an OPT record only where there was one";
  EXPECT_EQ(address_in(s.ask({}, kBob)), made(s.config, kBob, 7, "2"));
  EXPECT_EQ(s.count(Outcome::personal), 2u);
}

TEST(Dns, AResolverAsksForItsClient) {
  Site s;
  const Reply r = s.ask({.options = subnet(kAnn + "/128")}, kResolver);
  EXPECT_EQ(address_in(r), made(s.config, kAnn, 7, "1,2"));
  EXPECT_EQ(r.scope, 128);
  EXPECT_EQ(r.ttl, 20u);
}

// Whose word is not listed is not believed: the answer is for the one that asked, and is kept for nobody else.
TEST(Dns, AForgedSubnetIsNotBelieved) {
  Site s;
  Reply r = s.ask({.options = subnet(kAnn + "/128")}, "2001:db8:a::1");
  EXPECT_EQ(address_in(r), "2001:db8::80");
  EXPECT_EQ(r.ttl, 0u);
  EXPECT_EQ(r.scope, 128);
  r = s.ask({.options = subnet(kAnn + "/128")}, kBob);
  EXPECT_EQ(address_in(r), made(s.config, kBob, 7, "2"));
  EXPECT_EQ(r.scope, 128);
}

// An answer that is not a client's own is never kept where a client could meet it.
TEST(Dns, ADefaultAnswerStaysAwayFromClients) {
  Site s;
  const auto unknown = [&](const std::string& prefix, u32 ttl, int scope) {
    const Reply r = s.ask({.options = subnet(prefix)}, kResolver);
    EXPECT_EQ(address_in(r), "2001:db8::80") << prefix;
    EXPECT_EQ(r.ttl, ttl) << prefix;
    EXPECT_EQ(r.scope, scope) << prefix;
  };
  unknown("3fff:c00::/40", 0, 128);  // a client's plan, too short
  unknown("3fff:c00:1:100::/56", 0, 128);
  unknown("3fff::/20", 0, 128);  // what clients are in
  unknown("::/0", 0, 0);
  unknown("2001:db8:77::/56", 300, 4);  // 2001: and 3fff: differ in the fourth bit
  unknown("3fff:c01::1/128", 300, 32);
  unknown("3fff:c00:1:100:0:501::/128", 0, 128);  // of the plan's prefix, with a bit that must be zero
  unknown("3fff:c00:9:100:0:500::/128", 0, 128);  // of POP 9, which there is none
  unknown("198.51.100.0/24", 300, 24);
  const Reply r = s.ask({}, kResolver);
  EXPECT_EQ(address_in(r), "2001:db8::80");
  EXPECT_EQ(r.ttl, 0u);
  EXPECT_EQ(s.ask({}, "198.51.100.7").ttl, 0u);
}

TEST(Dns, WhoIsNotKnownIsRefusedWhereThereIsNoDefault) {
  Site s;
  EXPECT_EQ(s.ask({.name = "both.svc.example"}, "2001:db8:a::1").rcode, 5u);
  EXPECT_EQ(s.ask({.name = "both.svc.example", .type = kA}, "2001:db8:a::1").rcode, 0u) << "the name is there";
  EXPECT_EQ(s.ask({.name = "both.svc.example"}, kAnn).rcode, 0u);
}

TEST(Dns, WhatIsTheSameForAllHasScopeZero) {
  Site s;
  Reply r = s.ask({.type = kA, .options = subnet(kAnn + "/128")}, kResolver);
  EXPECT_EQ(r.data, std::string("\xc0\x00\x02\x50", 4));
  EXPECT_EQ(r.ttl, 300u);
  EXPECT_EQ(r.scope, 0);
  r = s.ask({.type = kHttps});
  EXPECT_EQ(r.data, std::string("\0\1\0\0\1\0\6\2h2\2h3\0\3\0\2\x20\xfb", 19));
  r = s.ask({.name = "svc.example", .type = kNs});
  EXPECT_EQ(r.answers, 2u);
  EXPECT_EQ(r.ttl, 3600u);
  EXPECT_EQ(s.ask({.name = "svc.example", .type = kSoa}).answers, 1u);
  r = s.ask({.name = "deep.below.svc.example"});
  EXPECT_EQ(address_in(r), "2001:db8::d");
}

TEST(Dns, WhatIsNotThere) {
  Site s;
  const auto negative = [&](const Ask& ask, u32 rcode) {
    const Reply r = s.ask(ask, kResolver);
    EXPECT_EQ(r.rcode, rcode) << ask.name;
    EXPECT_TRUE(r.authoritative);
    EXPECT_EQ(r.answers, 0u);
    EXPECT_EQ(r.authority, 1u);
    EXPECT_EQ(r.type, kSoa);
    EXPECT_EQ(r.ttl, 15u);
    EXPECT_EQ(r.authority_owner, "svc.example");
    EXPECT_EQ(r.scope, 0);
  };
  const std::string whose = subnet(kAnn + "/128");
  negative({.type = kTxt, .options = whose}, 0);
  negative({.name = "below.svc.example", .options = whose}, 0);  // an empty non-terminal
  negative({.name = "no.svc.example", .options = whose}, 3);
  negative({.name = "x.www.svc.example", .options = whose}, 3);
  negative({.name = "svc.example", .options = whose}, 0);
  EXPECT_EQ(s.count(Outcome::nodata), 3u);
  EXPECT_EQ(s.count(Outcome::nxdomain), 2u);
}

TEST(Dns, Refused) {
  Site s;
  for (const std::string name : {"example", "svc.example.net", "xsvc.example", ""}) {
    const Reply r = s.ask({.name = name});
    EXPECT_EQ(r.rcode, 5u) << name;
    EXPECT_FALSE(r.authoritative);
    EXPECT_EQ(r.answers + r.authority, 0u);
  }
  EXPECT_EQ(s.ask({.name = "svc.example", .type = 252}, kAnn, Transport::tcp).rcode, 5u);
  EXPECT_EQ(s.ask({.name = "svc.example", .type = 251}).rcode, 5u);
  EXPECT_EQ(s.ask({.cls = 3}).rcode, 5u);
}

TEST(Dns, AnyGetsOneRecord) {
  Site s;
  const Reply r = s.ask({.type = 255});
  EXPECT_EQ(r.type, 13u);
  EXPECT_EQ(r.data, std::string("\7RFC8482\0", 9));
  EXPECT_EQ(s.ask({.name = "no.svc.example", .type = 255}).rcode, 3u);
}

TEST(Dns, NamesKeepTheirCase) {
  Site s;
  const Reply r = s.ask({.name = "wWw.SVC.eXample"});
  EXPECT_EQ(r.question, "wWw.SVC.eXample");
  EXPECT_EQ(address_in(r), made(s.config, kAnn, 7, "1,2"));
}

TEST(Dns, EdnsIsAnsweredByEdns) {
  Site s;
  Reply r = s.ask({.edns = true, .dnssec_ok = true});
  EXPECT_EQ(r.payload, 1232u);
  EXPECT_TRUE(r.dnssec_ok);
  EXPECT_EQ(r.answers, 1u);
  EXPECT_FALSE(s.ask({.edns = true}).dnssec_ok);
  r = s.ask({.version = 1});
  EXPECT_EQ(r.rcode, 16u);
  EXPECT_EQ(r.answers, 0u);
}

TEST(Dns, OddQuestions) {
  Site s;
  const auto rcode = [&](const std::string& wire) {
    const std::string out = s.raw(wire, kAnn);
    return out.size() < 12 ? -1 : u8(out[3]) & 15;
  };
  const std::string good = message({});
  EXPECT_EQ(rcode(good), 0);
  for (const u32 opcode : {1u, 2u, 4u, 5u, 6u, 15u}) EXPECT_EQ(rcode(message({.flags = opcode << 11})), 4) << opcode;
  EXPECT_EQ(rcode(message({.flags = 0x8000})), -1) << "an answer";
  EXPECT_EQ(rcode(message({.questions = 2})), 1);
  EXPECT_EQ(rcode(message({.questions = 0})), 1);
  EXPECT_EQ(rcode(message({.type = 41})), 1);
  EXPECT_EQ(rcode(message({.type = 250})), 4);
  for (std::size_t cut = 0; cut < good.size(); ++cut) EXPECT_EQ(rcode(good.substr(0, cut)), cut < 12 ? -1 : 1) << cut;
  EXPECT_EQ(rcode(good + "x"), 1) << "bytes are left over";
  const std::string head = good.substr(0, 12), tail = u16_text(kAaaa) + u16_text(1);
  EXPECT_EQ(rcode(head + "\xc0\x0c" + tail), 1) << "a pointer to itself";
  EXPECT_EQ(rcode(head + std::string("\1a\xc0\x0c", 4) + tail), 1) << "a loop";
  EXPECT_EQ(rcode(head + std::string("\x41") + std::string(65, 'a') + '\0' + tail), 1) << "a part of 65 bytes";
  std::string longest;
  for (int i = 0; i < 3; ++i) longest += std::string("\x3f") + std::string(63, 'a');
  EXPECT_EQ(rcode(head + longest + std::string("\x3d") + std::string(61, 'a') + '\0' + tail), 5) << "255 bytes";
  EXPECT_EQ(rcode(head + longest + std::string("\x3e") + std::string(62, 'a') + '\0' + tail), 1) << "256 bytes";
  std::string lies = message({.edns = true});
  lies.back() = '\x09';
  EXPECT_EQ(rcode(lies), 1) << "an OPT record that says more than there is";
  std::string two = message({.edns = true});
  two[11] = 2;
  EXPECT_EQ(rcode(two + two.substr(two.size() - 11)), 1) << "two OPT records";
}

TEST(Dns, OptionsAsTheyMustBe) {
  Site s;
  const auto rcode = [&](u32 code, const std::string& data) {
    return s.ask({.options = option(code, data)}, kResolver).rcode;
  };
  EXPECT_EQ(rcode(8, std::string("\0\2\x80", 3)), 1u);
  EXPECT_EQ(rcode(8, std::string("\0\3\0\0", 4)), 1u) << "a family that there is not";
  EXPECT_EQ(rcode(8, std::string("\0\1\x21\0\1\2\3\4\5", 9)), 1u) << "33 bits of IPv4";
  EXPECT_EQ(rcode(8, std::string("\0\1\x18\0\1\2\3\4", 8)), 1u) << "a byte too much";
  EXPECT_EQ(rcode(8, std::string("\0\1\x17\0\1\2\3", 7)), 1u) << "a bit behind the prefix";
  EXPECT_EQ(rcode(8, std::string("\0\1\x18\x18\1\2\3", 7)), 1u) << "a scope in a question";
  EXPECT_EQ(rcode(8, std::string("\0\2\x80\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 20)), 1u) << "IPv4 as IPv6";
  EXPECT_EQ(rcode(8, std::string("\0\1\x18\0\1\2\3", 7)), 0u);
  for (const u32 length : {0u, 7u, 9u, 15u, 41u}) EXPECT_EQ(rcode(10, std::string(length, 'c')), 1u) << length;
  for (const u32 length : {8u, 16u, 24u, 40u}) EXPECT_EQ(rcode(10, std::string(length, 'c')), 0u) << length;
  EXPECT_EQ(rcode(65001, "unknown"), 0u);
}

TEST(Dns, ServersByWeight) {
  Site s;
  u32 at_7 = 0;
  constexpr u32 kClients = 2000;
  for (u32 i = 0; i < kClients; ++i) {
    const std::string client = "3fff:c00:1:100:" + std::to_string(1000 + i) + "::";
    const Reply r = s.ask({.name = "both.svc.example", .options = subnet(client + "/128")}, kResolver);
    const std::string got = address_in(r);
    ASSERT_TRUE(got == made(s.config, client, 7, "1,2") || got == made(s.config, client, 8, "1")) << got;
    at_7 += got == made(s.config, client, 7, "1,2");
    s.now += std::chrono::milliseconds(1);
  }
  EXPECT_NEAR(at_7, kClients * 3 / 4, kClients / 20);
}

TEST(Dns, ALostServerIsHandedOutOnlyWhereAllAre) {
  Site s;
  const auto zones = Zones::compile(s.config);
  const auto with = [&](const Lost& lost) {
    s.responder.know({zones, std::make_shared<DirectWays>(), std::make_shared<Lost>(lost)});
    return address_in(s.ask({.name = "both.svc.example"}));
  };
  const std::string at_7 = made(s.config, kAnn, 7, "1,2"), at_8 = made(s.config, kAnn, 8, "1"), usual = with({});
  EXPECT_EQ(with({{}, {7}}), at_8);
  EXPECT_EQ(with({{2}, {}}), at_8);
  EXPECT_EQ(with({{}, {8}}), at_7);
  EXPECT_EQ(with({{1, 2}, {}}), usual);
}

TEST(Dns, AnAddressIsMadeByTheKeyInUse) {
  Site s;
  PlanConfig& servers = *std::ranges::find(s.config.plan, "servers", &PlanConfig::name);
  const auto epoch = [&] {
    s.responder.know({Zones::compile(s.config), std::make_shared<DirectWays>(), std::make_shared<Lost>()});
    const auto zones = Zones::compile(s.config);
    const std::string given = address_in(s.ask({}));
    EXPECT_EQ(given, made(s.config, kAnn, 7, "1,2")) << "`waymark provision` gives another";
    EXPECT_EQ(check_tag(zones->servers(), ip(given), ip(kAnn)), TagCheck::good);
    return read_field(zones->servers(), FieldKind::epoch, ip(given));
  };
  EXPECT_EQ(epoch(), 2u) << "the highest";
  servers.keys.push_back({3, {5, 6}});
  servers.use = 2;  // as `waymark key rotate` leaves it: all POPs have to know the new one first
  EXPECT_EQ(epoch(), 2u);
  servers.use = 3;
  EXPECT_EQ(epoch(), 3u);
  servers.keys.push_back({0, {7, 8}});
  servers.use = 0;
  EXPECT_EQ(epoch(), 0u) << "epochs begin again";
  std::erase_if(servers.keys, [](const TagKeyConfig& key) { return key.epoch != 0; });
  EXPECT_EQ(epoch(), 0u);
}

// Ways that know less than all.
struct OneWay : Ways {
  std::optional<std::vector<u32>> path(u32 from, u32 to, u32 policy) const override {
    EXPECT_EQ(policy, 2u);
    if (to == 2) return std::nullopt;
    return std::vector<u32>{from, 2, to == from ? 1 : to};
  }
};

TEST(Dns, ThePathIsTheWays) {
  Site s;
  const auto zones = Zones::compile(s.config);
  s.responder.know({zones, std::make_shared<OneWay>(), std::make_shared<Lost>()});
  EXPECT_EQ(s.ask({}).rcode, 2u) << "no way to server 7, and there is no other";
  EXPECT_EQ(s.count(Outcome::no_way), 1u);
  struct Long : Ways {
    std::optional<std::vector<u32>> path(u32, u32, u32) const override { return std::vector<u32>{1, 2, 3, 4, 5, 6}; }
  };
  s.responder.know({zones, std::make_shared<Long>(), std::make_shared<Lost>()});
  EXPECT_EQ(s.ask({}).rcode, 2u) << "a path of six in five hops";
}

}  // namespace

}  // namespace waymark::dns
