// What is asked of sources that prove nothing: cookies, rates, and answers that are not much larger than questions.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/dns/site.h"

namespace waymark::dns {

namespace {

std::string hex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out += char(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  return out;
}

std::span<const u8> bytes(const std::string& s) { return {reinterpret_cast<const u8*>(s.data()), s.size()}; }

SipKey key(const std::string& text) {
  SipKey out;
  std::memcpy(&out, hex(text).data(), 16);
  return out;
}

const std::string kClient = "12345678";

// RFC 9018, appendix A.
TEST(Cookie, TheRfcsOwn) {
  const auto made = [](const std::string& secret, const std::string& client, const std::string& from, u32 seconds) {
    const std::string c = hex(client);
    const ServerCookie cookie = make_cookie(key(secret), bytes(c), ip(from), seconds);
    return std::string(cookie.begin(), cookie.end());
  };
  EXPECT_EQ(made("e5e973e5a6b2a43f48e7dc849e37bfcf", "2464c4abcf10c957", "198.51.100.100", 1'559'731'985),
            hex("010000005cf79f111f8130c3eee29480"));
  EXPECT_EQ(
      made("dd3bdf9344b678b185a6f5cb60fca715", "22681ab97d52c298", "2001:db8:220:1:59de:d0f4:8769:82b8", 1'559'741'817),
      hex("010000005cf7c57926556bd0934c72f8"));
}

TEST(Cookie, HoldsForAnHour) {
  const SipKey secret{5, 6};
  const Address from = ip("192.0.2.1");
  const ServerCookie made = make_cookie(secret, bytes(kClient), from, 1000);
  const auto check = [&](u32 seconds) { return check_cookie(secret, bytes(kClient), made, from, seconds); };
  EXPECT_EQ(check(1000), CookieCheck::good);
  EXPECT_EQ(check(1000 + 1800), CookieCheck::good);
  EXPECT_EQ(check(1000 + 1801), CookieCheck::aged);
  EXPECT_EQ(check(1000 + 3600), CookieCheck::aged);
  EXPECT_EQ(check(1000 + 3601), CookieCheck::bad);
  EXPECT_EQ(check(1000 - 300), CookieCheck::good);
  EXPECT_EQ(check(1000 - 301), CookieCheck::bad);
  EXPECT_EQ(check_cookie({5, 7}, bytes(kClient), made, from, 1000), CookieCheck::bad);
  EXPECT_EQ(check_cookie(secret, bytes("12345679"), made, from, 1000), CookieCheck::bad);
  EXPECT_EQ(check_cookie(secret, bytes(kClient), made, ip("192.0.2.2"), 1000), CookieCheck::bad);
  for (std::size_t i = 0; i < made.size(); ++i) {
    ServerCookie other = made;
    other[i] ^= 1;
    EXPECT_EQ(check_cookie(secret, bytes(kClient), other, from, 1000), CookieCheck::bad) << i;
  }
}

TEST(Cookie, IsGivenAndProves) {
  Site s;
  const Reply first = s.ask({.options = option(10, kClient)});
  ASSERT_EQ(first.cookie.size(), 24u);
  EXPECT_EQ(first.cookie.substr(0, 8), kClient);
  EXPECT_EQ(first.rcode, 0u);
  for (u32 i = 0; i < 200; ++i) ASSERT_EQ(s.ask({.options = option(10, first.cookie)}).answers, 1u) << i;
  EXPECT_EQ(s.counts.cookies[std::size_t(Cookies::good)], 200u);
  s.seconds += 2000;
  const Reply renewed = s.ask({.options = option(10, first.cookie)});
  EXPECT_NE(renewed.cookie, first.cookie);
  EXPECT_EQ(renewed.cookie.size(), 24u);
  s.responder.set_secrets({{9, 9}, SipKey{1, 2}});  // the one before is good for a while
  s.ask({.options = option(10, renewed.cookie)});
  s.responder.set_secrets({{9, 9}, {}});
  s.ask({.options = option(10, renewed.cookie)});
  EXPECT_EQ(s.counts.cookies[std::size_t(Cookies::bad)], 1u);
}

TEST(Cookie, MayBeAllThatIsAskedFor) {
  Site s;
  const Reply r = s.ask({.options = option(10, kClient), .questions = 0});
  EXPECT_EQ(r.rcode, 0u);
  EXPECT_EQ(r.cookie.size(), 24u);
  EXPECT_EQ(s.count(Outcome::cookie), 1u);
}

TEST(Rate, BeyondItSomeAreToldOfAnotherWay) {
  Site s;
  const auto asked = [&](const Ask& ask, const std::string& from, u32 times) {
    std::array<u32, 4> out{};  // answered, truncated, BADCOOKIE, nothing
    for (u32 i = 0; i < times; ++i) {
      const Reply r = s.ask(ask, from);
      ++out[r.none ? 3 : r.truncated ? 1 : r.rcode == 23 ? 2 : 0];
      if (r.truncated) {
        EXPECT_EQ(r.answers, 0u);
      }
    }
    return out;
  };
  EXPECT_EQ(asked({}, kAnn, 70), (std::array<u32, 4>{50, 10, 0, 10}));
  EXPECT_EQ(asked({}, "3fff:c00:1:101::", 2), (std::array<u32, 4>{0, 1, 0, 1})) << "of the same /56";
  EXPECT_EQ(asked({.options = option(10, kClient)}, kAnn, 2), (std::array<u32, 4>{0, 0, 1, 1}));
  EXPECT_EQ(asked({}, kBob, 1), (std::array<u32, 4>{1, 0, 0, 0})) << "another prefix";
  EXPECT_EQ(s.ask({}, kAnn, Transport::tcp).answers, 1u);
  EXPECT_EQ(asked({}, "2001:db8:9::1", 70), (std::array<u32, 4>{70, 0, 0, 0})) << "a listed resolver";
  s.now += std::chrono::milliseconds(100);
  EXPECT_EQ(asked({}, kAnn, 7)[0], 5u);
  EXPECT_EQ(s.raw(std::string(12, 'x') + "junk", kAnn), "");
}

TEST(Rate, TheTableIsBoundedAndForgivesNobody) {
  Limiter limiter({1, 2}, 1);
  const Time now = std::chrono::seconds(1);
  u32 passed = 0;
  for (u32 i = 0; i < 10'000; ++i) {
    const Address from = {0, u64(0xffff0000) | u64(__builtin_bswap32(0x0a000000 + (i % 100) * 256)) << 32};
    passed += limiter.ask(from, 10, now) == Limiter::Verdict::pass;
  }
  EXPECT_EQ(passed, 40u);  // four places with ten each
}

TEST(Amplification, AnUnprovenAnswerIsAtMostThreeTimesTheQuestion) {
  std::string many = R"(
[dns]
listen = "2001:db8:0:1::53"
[[dns.zone]]
name = "svc.example"
ns = "ns.a-name-server-of-a-long-name.example.net"
mailbox = "the-people-who-look-after-it.at-a-long-place.example.net"
[[dns.name]]
name = "m.svc.example"
address = [)";
  for (int i = 1; i <= 16; ++i) many += "\"2001:db8::" + std::to_string(i) + "\", ";
  Site s(many + "]\n");
  const auto sizes = [&](const Ask& ask) {
    const Reply r = s.ask(ask);
    EXPECT_LE(r.size, 3 * message(ask).size()) << ask.name << " " << ask.type;
    return r;
  };
  Reply r = sizes({.name = "m.svc.example"});
  EXPECT_TRUE(r.truncated);
  EXPECT_EQ(r.answers, 0u);
  sizes({.name = "m.svc.example", .edns = true, .payload = 4096});
  sizes({.name = "n.svc.example"});
  sizes({.name = "svc.example", .type = 6});
  sizes({.name = "m.svc.example", .options = option(10, kClient)});
  EXPECT_EQ(s.ask({.name = "m.svc.example"}, kAnn, Transport::tcp).answers, 16u);
  const std::string cookie = s.ask({.name = "m.svc.example", .options = option(10, kClient)}).cookie;
  EXPECT_EQ(s.ask({.name = "m.svc.example", .options = option(10, cookie)}).answers, 16u);
}

}  // namespace

}  // namespace waymark::dns
