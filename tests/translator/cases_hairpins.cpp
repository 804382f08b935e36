// RFC 7757, 4: IPv6 hosts with explicit maps that speak to each other by their IPv4 addresses; and RFC 6791: ICMP
// errors from routers without an address in the other version.
#include "tests/translator/cases.h"

namespace waymark::translator_cases {

namespace {

const std::string kTo4 = "translator.to_ip4", kTo6 = "translator.to_ip6", kHairpinned = "translator.hairpinned";

// 203.0.113.1 and 203.0.113.2, and as the other one knows them.
const std::string kA = "2001:db8:a::1", kB = "2001:db8:b::2";
const std::string kAEmbedded = "2001:db8:64::203.0.113.1", kBEmbedded = "2001:db8:64::203.0.113.2";

std::string hosts(const std::string& engine = "", const std::string& keys = "") {
  Site s;
  s.engine = engine;
  s.keys = keys;
  s.prefixes += map("203.0.113.1/32", kA + "/128") + map("203.0.113.2/32", kB + "/128");
  return site(s);
}

Bytes sent(const Payload& p, uint8_t hops = 64) {
  return six(p, {.hops = hops, .source = kA, .destination = kBEmbedded});
}
Bytes received(const Payload& p, uint8_t hops = 63) {
  return six(p, {.hops = hops, .source = kAEmbedded, .destination = kB});
}
// The answer's way.
Bytes answered(const Payload& p) { return six(p, {.source = kB, .destination = kAEmbedded}); }
Bytes heard(const Payload& p) { return six(p, {.hops = 63, .source = kBEmbedded, .destination = kA}); }
void add_passed(Cases& c) {
  const std::string intrinsic = "RFC 7757, 4.2: to the host's own address, from the sender's embedded one";
  const auto both = [&](const std::string& name, const std::string& why, const Payload& p) {
    c.push_back({name, why, hosts(), sent(p), kHairpinned, {received(p)}});
    c.push_back({name + "_back", why, hosts(), answered(p), kHairpinned, {heard(p)}});
  };
  both("hairpin_tcp", intrinsic, tcp(4000, 80, "S"));
  both("hairpin_udp", intrinsic, udp(4000, 53));
  both("hairpin_echo", intrinsic, icmp6(128, 0));
  both("hairpin_reply", intrinsic, icmp6(129, 0));
  both("hairpin_esp", "RFC 7757, 4.2: of what has no checksum the addresses alone", raw(50, repeat(0x5a, 24)));
  both("hairpin_udp_zero", "RFC 6935: no checksum stays none", udp_unchecked(4000, 53, text("x")));
  both("hairpin_extensions", "extension headers stay", extension(0, extension(60, tcp(4000, 80, "PA"))));
  const Payload whole = udp(4000, 53, repeat(0x61, 56));
  const Bytes before = part(sent(whole), 40, 104), after = part(received(whole), 40, 104);
  c.push_back({"hairpin_fragment_first",
               "a fragment stays one, with its 32 bits of identification",
               hosts(),
               sent(fragment6(0, true, raw(17, part(before, 0, 24)), 0xabcd4242)),
               kHairpinned,
               {received(fragment6(0, true, raw(17, part(after, 0, 24)), 0xabcd4242))}});
  c.push_back({"hairpin_fragment_last",
               "likewise",
               hosts(),
               sent(fragment6(3, false, raw(17, part(before, 24, 64)))),
               kHairpinned,
               {received(fragment6(3, false, raw(17, part(after, 24, 64))))}});
  c.push_back({"hairpin_fragment_icmp", "RFC 7915, 5.1: as of all fragmented ICMP", hosts(),
               sent(fragment6(0, true, raw(58, Bytes{128, 0} + repeat(1, 22)))), "translator.icmp_fragment"});
  const Payload p = udp(4000, 53);
  c.push_back(
      {"hairpin_class_label",
       "nothing else of the header changes",
       hosts(),
       six(p, {.traffic_class = 0xb9, .label = 0xabcde, .source = kA, .destination = kBEmbedded}),
       kHairpinned,
       {six(p, {.hops = 63, .traffic_class = 0xb9, .label = 0xabcde, .source = kAEmbedded, .destination = kB})}});
  c.push_back({"hairpin_by_own_address",
               "RFC 7757, 4.2.2: only where the destination was an embedded address",
               hosts(),
               six(p, {.source = kA, .destination = kB}),
               kTo4,
               {four(p, {.ttl = 63, .id = 0, .fragment = 0, .source = "203.0.113.1", .destination = "203.0.113.2"})}});
  c.push_back({"hairpin_from_embedded",
               "RFC 7757, 4.2: from a host without a map",
               hosts(),
               six(p, {.source = kHost6, .destination = kBEmbedded}),
               kHairpinned,
               {six(p, {.hops = 63, .source = kHost6, .destination = kB})}});
  const std::string few = site({.prefixes = prefix("2001:db8:64::/96", "203.0.113.2/32") +
                                            map("203.0.113.1/32", kA + "/128") + map("203.0.113.2/32", kB + "/128")});
  c.push_back({"hairpin_source_without_prefix",
               "RFC 7757, 4.2.2: the sender's map must not be used, and it has no prefix",
               few,
               sent(p),
               "translator.source_unknown_told",
               {prohibited(sent(p), kA)}});
  const Bytes later = sent(fragment6(3, true, raw(17, repeat(9, 24))));
  c.push_back({"hairpin_fragment_without_prefix", "4.4: nothing about fragments that are not the first", few, later,
               "translator.source_unknown"});
  c.push_back({"hairpin_not",
               "to a host without a map: it is an IPv4 host",
               hosts(),
               six(p, {.source = kA}),
               kTo4,
               {four(p, {.ttl = 63, .id = 0, .fragment = 0, .source = "203.0.113.1"})}});
  c.push_back({"hairpin_padding",
               "what pads the frame is not sent",
               hosts(),
               padded(sent(p), 120),
               kHairpinned,
               {received(p)}});
  c.push_back({"hairpin_hops", "a hop less, once", hosts(), sent(p, 2), kHairpinned, {received(p, 1)}});
  c.push_back({"hairpin_hop_limit",
               "RFC 4443, 3.3: the translator is one router",
               hosts(),
               sent(p, 1),
               "translator.hop_limit",
               {told6(3, 0, 0, sent(p, 1), kA)}});
}

void add_errors_between(Cases& c) {
  // B complains of what A sent; A must find the packet as it sent it.
  for (const auto& [name, p] : std::vector<std::pair<std::string, Payload>>{{"tcp", tcp(4000, 80, "S")},
                                                                            {"udp", udp(4000, 53)},
                                                                            {"echo", icmp6(128, 0)},
                                                                            {"esp", raw(50, repeat(7, 8))}})
    c.push_back({"hairpin_error_" + name,
                 "RFC 7757, 4.2: the packet inside as its sender knows it",
                 hosts(),
                 answered(error6(1, 4, 0, received(p))),
                 kHairpinned,
                 {heard(error6(1, 4, 0, sent(p, 63)))}});
  const Payload p = udp(4000, 53);
  c.push_back({"hairpin_error_cut",
               "likewise of eight bytes of it",
               hosts(),
               answered(error6(1, 4, 0, cut(received(p), 48))),
               kHairpinned,
               {heard(error6(1, 4, 0, cut(sent(p, 63), 48)))}});
  c.push_back({"hairpin_error_too_big",
               "an MTU stays as it is: it is IPv6 on both sides",
               hosts(),
               answered(error6(2, 0, 1300, received(p))),
               kHairpinned,
               {heard(error6(2, 0, 1300, sent(p, 63)))}});
  const Bytes extensions = repeat(0x20, 24);
  c.push_back({"hairpin_error_extensions",
               "RFC 4884, 4: what follows the datagram is not the transport's checksum",
               hosts(),
               answered(error6(1, 4, 7u << 24, cut(received(tcp(4000, 80, "S")), 56) + extensions)),
               kHairpinned,
               {heard(error6(1, 4, 7u << 24, cut(sent(tcp(4000, 80, "S"), 63), 56) + extensions))}});
  c.push_back({"hairpin_error_lies", "nor can a datagram be longer than the message", hosts(),
               answered(error6(1, 4, 20u << 24, received(p))), "translator.icmp_length"});
  c.push_back({"hairpin_error_within", "RFC 7757, 4.2.2: as if there and back: or end in the header inside", hosts(),
               answered(error6(1, 4, 3u << 24, received(p))), "translator.inner_header"});
  c.push_back({"hairpin_error_unknown", "the packet inside was never translated", hosts(),
               answered(error6(1, 4, 0, six(p, {.source = "2001:db8:ffff::1", .destination = kB}))),
               "translator.inner_unknown"});
  c.push_back({"hairpin_error_short", "nothing is inside", hosts(), answered(error6(1, 4, 0, repeat(0x60, 20))),
               "translator.inner_header"});
  c.push_back(
      {"hairpin_error_router",
       "RFC 6791: from a router that has no IPv4 address",
       hosts("", "pool = [\"203.0.113.64/32\"]"),
       six(error6(3, 0, 0, received(p)), {.source = "2001:db8:ffff::9", .destination = kAEmbedded}),
       kHairpinned,
       {six(error6(3, 0, 0, sent(p, 63)), {.hops = 63, .source = "2001:db8:64::203.0.113.64", .destination = kA})}});

  const std::string narrow = hosts("mtu = { eth0 = 9000, eth1 = 1400 }");
  const Payload fits = udp(4000, 53, repeat(1, 1352)), big = udp(4000, 53, repeat(1, 1353));
  c.push_back({"hairpin_fits", "1400 bytes", narrow, sent(fits), kHairpinned, {received(fits)}});
  c.push_back({"hairpin_too_big",
               "RFC 4443, 3.2: no IPv6 router cuts packets",
               narrow,
               sent(big),
               "translator.too_big",
               {told6(2, 0, 1400, sent(big), kA)}});
  c.push_back({"hairpin_too_big_error", "RFC 4443, 2.4 e: nothing is said about an error", narrow,
               answered(error6(1, 4, 0, received(udp(4000, 53, repeat(1, 1320))))), "translator.error_withheld"});
  c.push_back({"hairpin_too_big_fragment", "RFC 792, as of IPv4: nor about a fragment that is not the first", narrow,
               sent(fragment6(3, true, raw(17, repeat(1, 1360)))), "translator.error_withheld"});
}

}  // namespace

void add_hairpins(Cases& c) {
  add_passed(c);
  add_errors_between(c);
}

void add_pool(Cases& c) {
  const Payload p = udp(4000, 53);
  const std::string router6 = "2001:db8:ffff::9";
  const Bytes from6 = six(error6(3, 0, 0, quoted6(p)), {.source = router6});
  const auto becomes4 = [&](const std::string& source) {
    return four(error4(11, 0, 0, quoted4(p, {.id = 0, .fragment = 0})),
                {.ttl = 63, .id = 0, .fragment = 0, .source = source});
  };
  const std::string pool = "pool = [\"203.0.113.64/32\"]";
  c.push_back({"pool",
               "RFC 6791: an IPv6 router's error comes from the pool",
               site({.keys = pool}),
               from6,
               kTo4,
               {becomes4("203.0.113.64")}});
  c.push_back({"pool_alone",
               "likewise where the translator has no address",
               site({.keys = pool, .addresses = false}),
               from6,
               kTo4,
               {becomes4("203.0.113.64")}});
  c.push_back({"pool_none", "RFC 6791: or from the translator itself", site(), from6, kTo4, {becomes4(kOwn4)}});
  c.push_back({"pool_nothing", "where there is neither, it cannot be sent", site({.addresses = false}), from6,
               "translator.source_unknown"});
  c.push_back({"pool_mapped",
               "RFC 6791: a router that has a translation shows it",
               site({.keys = pool}),
               complaint6(error6(3, 0, 0, quoted6(p))),
               kTo4,
               {complaint_to4(error4(11, 0, 0, quoted4(p, {.id = 0, .fragment = 0})))}});
  c.push_back({"pool_not_for_echo",
               "RFC 6791 is for errors alone",
               site({.keys = pool}),
               six(icmp6(128, 0), {.source = router6}),
               "translator.source_unknown_told",
               {prohibited(six(icmp6(128, 0), {.source = router6}), router6)}});
  c.push_back({"pool_not_for_udp",
               "likewise",
               site({.keys = pool}),
               six(p, {.source = router6}),
               "translator.source_unknown_told",
               {prohibited(six(p, {.source = router6}), router6)}});

  Site own = {.prefixes = prefix("2001:db8:64::/96", "192.0.2.0/24") + map(kHost4 + "/32", "2001:db8:a::1/128"),
              .keys = "native = [\"2001:db8:64::192.0.2.0/120\"]"};
  const Bytes from4 = four(error4(11, 0, 0, four(p, {.source = kPeer4, .destination = kHost4})),
                           {.source = "198.51.100.9", .destination = kPeer4});
  c.push_back({"pool/4to6",
               "an IPv4 router without an IPv6 address: the translator's own",
               site(own),
               from4,
               kTo6,
               {six(error6(3, 0, 0, six(p, {.source = kPeer6, .destination = "2001:db8:a::1"})),
                    {.hops = 63, .source = kOwn6, .destination = kPeer6})}});
  own.addresses = false;
  c.push_back(
      {"pool_nothing/4to6", "where it has none, it cannot be sent", site(own), from4, "translator.source_unknown"});
}

}  // namespace waymark::translator_cases
