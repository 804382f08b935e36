// What depends on more than one packet and a configuration: routes, time, the frame around a packet.
#include <gtest/gtest.h>

#include <set>

#include "tests/translator/cases.h"
#include "tests/translator/site.h"

namespace waymark::translator_cases {
namespace {

struct Routes {
  WayKind kind;
  u16 mtu;
};
void route(TranslatorSite& s, const Routes& r) {
  s.scene().engine().set_routes([r](const Address&, const Address&) { return Routed{r.kind, 0, {}, {}, r.mtu}; });
}

// With the identification of the packet that it is about.
Bytes own4(const Payload& error) {
  return four(error, {.tos = 0xc0, .fragment = 0, .source = kOwn4, .destination = kHost4});
}
Bytes own6(const Payload& error) { return six(error, {.traffic_class = 0xc0, .source = kOwn6, .destination = kHost6}); }

Bytes frame_for(const TranslatorSite& s, const Bytes& packet, const std::vector<uint16_t>& tags = {}) {
  Link link = {.destination = "02:57:00:00:00:0" + std::to_string(s.index(packet[0] >> 4 == 6))};
  link.tags = tags;
  return frame(packet, link);
}

// The kernel spends the hop itself where it routes the packet.
TEST(TranslatorWays, WithoutANextHopTheKernelRoutes) {
  TranslatorSite s(site());
  route(s, {WayKind::kernel, 0});
  const Payload p = udp(4000, 53);
  for (const bool ip6 : {false, true}) {
    const Bytes in = frame_for(s, ip6 ? six(p) : four(p));
    const Outcome o = s.scene().receive(in, s.index(ip6));
    EXPECT_STREQ(reason_text(o.verdict.reason)->name,
                 ip6 ? "translator.to_ip4_by_kernel" : "translator.to_ip6_by_kernel");
    EXPECT_EQ(o.action, Action::pass);
    ASSERT_GT(o.frame.size(), 34u);
    EXPECT_EQ(part(o.frame, 0, 6), part(in, 0, 6)) << "still addressed to this machine";
    EXPECT_EQ(o.frame[12] << 8 | o.frame[13], ip6 ? 0x0800 : 0x86dd);
    Bytes out(o.frame.begin() + 14, o.frame.end());
    Bytes expected = ip6 ? four(p, {.id = 0, .fragment = 0}) : six(p);
    if (ip6) {
      EXPECT_EQ(internet_checksum(part(out, 0, 20)), 0);
      out = with_word(with_word(out, 4, 0), 10, 0);
      expected = with_word(expected, 10, 0);
    }
    EXPECT_EQ(difference(expected, out), "");
  }
  // And what is too big for what it knows of the way is told of at once.
  route(s, {WayKind::kernel, 1400});
  s.scene().advance(std::chrono::seconds(3));
  const Bytes big = four(udp(4000, 53, repeat(1, 1400)));
  const Became b = s.receive(big);
  EXPECT_EQ(b.reason, "translator.too_big");
  ASSERT_EQ(b.out.size(), 1u);
  EXPECT_EQ(difference(own4(error4(3, 4, 1380, cut(big, 548))), b.out[0]), "");
}

// RFC 1812, 4.3.3.1 and RFC 4443, 3.1: no route to the destination.
TEST(TranslatorWays, WhereRoutesLeadNowhereSendersAreTold) {
  TranslatorSite s(site({.prefixes = prefix("2001:db8:64::/96") + map("203.0.113.1/32", "2001:db8:a::1/128")}));
  route(s, {WayKind::unreachable, 0});
  const Bytes in4 = four(udp(4000, 53), {.destination = "203.0.113.1"}), in6 = six(udp(4000, 53)),
              pin = six(udp(4000, 53), {.destination = "2001:db8:64::203.0.113.1"});
  const auto told = [&](const Bytes& in, const Bytes& out) {
    const Became b = s.receive(in);
    EXPECT_EQ(b.reason, "translator.unreachable");
    ASSERT_EQ(b.out.size(), 1u);
    EXPECT_EQ(difference(out, b.out[0]), "");
  };
  told(in4, own4(error4(3, 0, 0, in4)));
  told(in6, own6(error6(1, 0, 0, in6)));
  told(pin, own6(error6(1, 0, 0, pin)));
  for (const Bytes& in :
       {complaint4(error4(3, 3, 0, quoted4(udp(1, 2))), {.destination = "203.0.113.1"}),
        complaint6(error6(1, 4, 0, quoted6(udp(1, 2)))),
        six(error6(1, 4, 0, six(udp(1, 2), {.source = "2001:db8:64::203.0.113.1", .destination = kHost6})),
            {.destination = "2001:db8:64::203.0.113.1"}),
        four(raw(17, repeat(1, 24)), {.fragment = 3, .destination = "203.0.113.1"}),
        six(fragment6(3, false, raw(17, repeat(1, 24)))),
        six(fragment6(3, false, raw(17, repeat(1, 24))), {.destination = "2001:db8:64::203.0.113.1"})}) {
    const Became b = s.receive(in);
    EXPECT_EQ(b.reason, "translator.error_withheld") << hexdump(in);
    EXPECT_TRUE(b.out.empty());
  }
}

// Of all reasons the one that depends on the driver: 20 bytes and a Fragment Header must fit in front.
TEST(TranslatorWays, WithoutHeadRoomNothingLeaves) {
  TranslatorSite s(site());
  const auto reason = [&](const Bytes& packet, u32 room) {
    const bool ip6 = packet[0] >> 4 == 6;
    const Outcome o = s.scene().engine().run(frame_for(s, packet), s.index(ip6), s.scene().ticks(), nullptr, room);
    return std::string(reason_text(o.verdict.reason)->name);
  };
  const Payload p = udp(4000, 53);
  EXPECT_EQ(reason(four(p), 19), "translator.no_room");
  EXPECT_EQ(reason(four(p), 20), "translator.to_ip6");
  const Bytes fragment = four(raw(17, repeat(1, 24)), {.fragment = 3});
  EXPECT_EQ(reason(fragment, 27), "translator.no_room");
  EXPECT_EQ(reason(fragment, 28), "translator.to_ip6");
  const Bytes error = complaint4(error4(3, 3, 0, quoted4(p)));
  EXPECT_EQ(reason(error, 39), "translator.no_room");
  EXPECT_EQ(reason(error, 40), "translator.to_ip6");
  EXPECT_EQ(reason(six(p), 0), "translator.to_ip4");
}

// An IPv6 packet has up to 40 + 65535 bytes, an IPv4 packet 65535. The frame is too long for a case in the kernel.
TEST(TranslatorWays, WhatIpv4CannotSayIsDropped) {
  TranslatorSite s(site({.engine = "mtu = { eth0 = 65535, eth1 = 65535 }"}));
  const Bytes fits = six(udp(1, 2, repeat(1, 65515 - 8))), longer = six(udp(1, 2, repeat(1, 65516 - 8)));
  EXPECT_EQ(s.receive(fits).reason, "translator.to_ip4");
  const Became b = s.receive(longer);
  EXPECT_EQ(b.reason, "translator.too_long");
  EXPECT_TRUE(b.out.empty());
}

// RFC 6791: many routers share the pool; each has always the same address, or traceroutes would lie.
TEST(TranslatorWays, APoolGivesEachRouterOneAddress) {
  TranslatorSite s(site({.keys = "pool = [\"203.0.113.64/30\", \"203.0.113.128/32\"]"}));
  std::set<std::string> used;
  for (int router = 1; router < 200; ++router) {
    const Bytes in =
        six(error6(3, 0, 0, quoted6(udp(4000, 53))), {.source = "2001:db8:ffff::" + std::to_string(router)});
    std::set<std::string> its;
    for (int again = 0; again < 2; ++again) {
      const Became b = s.receive(in);
      ASSERT_EQ(b.out.size(), 1u);
      its.insert(hexdump(part(b.out[0], 12, 16)));
    }
    EXPECT_EQ(its.size(), 1u);
    used.merge(its);
  }
  std::set<std::string> pool;
  for (const char* a : {"203.0.113.64", "203.0.113.65", "203.0.113.66", "203.0.113.67", "203.0.113.128"})
    pool.insert(hexdump(address_bytes(a)));
  EXPECT_EQ(used, pool);
}

// RFC 7915, 4.4 and 5.4; RFC 4443, 2.4 f: so many a second, and pings apart from errors.
TEST(TranslatorWays, ErrorsAndEchoesAreLimitedApart) {
  TranslatorSite s(site({.keys = "errors = 3\nechoes = 2"}));
  const auto count = [&](const Bytes& in, const std::string& reason) {
    int n = 0;
    for (int i = 0; i < 10; ++i) {
      const Became b = s.receive(in);
      EXPECT_TRUE(b.reason == reason || (b.reason == "translator.error_limited" && b.out.empty())) << b.reason;
      n += b.reason == reason;
    }
    return n;
  };
  const Bytes expired4 = four(udp(1, 2), {.ttl = 1}), expired6 = six(udp(1, 2), {.hops = 1}),
              ping = four(icmp4(8, 0), {.destination = kOwn4});
  for (int second = 0; second < 3; ++second) {
    EXPECT_EQ(count(expired4, "translator.hop_limit"), 3);
    EXPECT_EQ(count(expired6, "translator.hop_limit"), 0) << "both versions draw on one allowance";
    EXPECT_EQ(count(ping, "translator.echoed"), 2);
    s.scene().advance(std::chrono::milliseconds(1100));
  }
}

// Answers go back the way the packet came, whatever routes say: by its interface, MACs exchanged.
TEST(TranslatorWays, AnswersGoBackByTheirLink) {
  TranslatorSite s(site());
  for (const Bytes& packet : {four(udp(1, 2), {.ttl = 1}), six(udp(1, 2), {.hops = 1}),
                              four(icmp4(8, 0), {.destination = kOwn4}), six(icmp6(128, 0), {.destination = kOwn6})}) {
    const bool ip6 = packet[0] >> 4 == 6;
    const Bytes in = frame_for(s, packet);
    const Outcome o = s.scene().receive(in, s.index(ip6));
    EXPECT_EQ(o.action, Action::forward);
    EXPECT_EQ(o.out_interface, s.index(ip6));
    EXPECT_EQ(part(o.frame, 0, 14), part(in, 6, 12) + part(in, 0, 6) + part(in, 12, 14));
  }
}

// What a VLAN brings in goes back with its tag.
TEST(TranslatorWays, AnswersKeepTheirTags) {
  std::string toml = site();
  toml.replace(toml.find("eth1 = "), 7, "\"eth0:100\" = \"public\", \"eth0:100:7\" = \"public\", eth1 = ");
  TranslatorSite s(toml);
  for (const std::vector<uint16_t>& tags : {std::vector<uint16_t>{100}, {100, 7}})
    for (const Bytes& packet :
         {four(udp(1, 2, repeat(3, 100)), {.ttl = 1}), four(icmp4(8, 0), {.destination = kOwn4})}) {
      const Bytes in = frame_for(s, packet, tags);
      const Outcome o = s.scene().receive(in, s.index(false));
      ASSERT_EQ(o.action, Action::forward) << reason_text(o.verdict.reason)->name;
      const size_t head = 14 + 4 * tags.size();
      EXPECT_EQ(part(o.frame, 0, head), part(in, 6, 12) + part(in, 0, 6) + part(in, 12, head));
      if (packet[8] != 1) continue;
      const Bytes out(o.frame.begin() + long(head), o.frame.end());
      EXPECT_EQ(difference(own4(error4(11, 0, 0, packet)), out), "");
    }
}

}  // namespace
}  // namespace waymark::translator_cases
