// RFC 6052, RFC 7757, 3 and RFC 7915, 4.1, 4.6, 5.1 and 5.6: which address becomes which.
#include "tests/translator/cases.h"

namespace waymark::translator_cases {

namespace {

const std::string kTo4 = "translator.to_ip4", kTo6 = "translator.to_ip6", kNotOurs = "steer.not_ours";
const std::string kPrefix = "2001:db8:64::";

Site with(const std::string& more, const std::string& keys = "") {
  Site s;
  s.keys = keys;
  s.prefixes += more;
  return s;
}

// `a4` and `a6` are one address, as host's packets to it and its packets to host show.
void one(Cases& c, const std::string& name, const std::string& why, const std::string& site, const std::string& a4,
         const std::string& a6, const std::string& host6 = kHost6) {
  const Payload p = udp(4000, 53);
  c.push_back({name + "/4to6",
               why,
               site,
               four(p, {.destination = a4}),
               kTo6,
               {six(p, {.hops = 63, .source = host6, .destination = a6})}});
  c.push_back({name + "/6to4",
               why,
               site,
               six(p, {.source = a6, .destination = host6}),
               kTo4,
               {four(p, {.ttl = 63, .id = 0, .fragment = 0, .source = a4, .destination = kHost4})}});
}

// An IPv6 packet to `a6` becomes one to `a4`, whatever the other way does.
void to4(Cases& c, const std::string& name, const std::string& why, const std::string& site, const std::string& a6,
         const std::string& a4, const std::string& host6 = kHost6) {
  const Payload p = tcp(4000, 80, "S");
  c.push_back({name,
               why,
               site,
               six(p, {.source = host6, .destination = a6}),
               kTo4,
               {four(p, {.ttl = 63, .id = 0, .fragment = 0, .destination = a4})}});
}
// Likewise from `a6`.
void from6(Cases& c, const std::string& name, const std::string& why, const std::string& site, const std::string& a6,
           const std::string& a4, const std::string& host6 = kHost6) {
  const Payload p = tcp(4000, 80, "S");
  c.push_back({name,
               why,
               site,
               six(p, {.source = a6, .destination = host6}),
               kTo4,
               {four(p, {.ttl = 63, .id = 0, .fragment = 0, .source = a4, .destination = kHost4})}});
}
void to6(Cases& c, const std::string& name, const std::string& why, const std::string& site, const std::string& a4,
         const std::string& a6) {
  const Payload p = tcp(4000, 80, "S");
  c.push_back({name, why, site, four(p, {.destination = a4}), kTo6, {six(p, {.hops = 63, .destination = a6})}});
}

// RFC 6052, 2.4: 192.0.2.33 under prefixes of every length; and 198.51.100.2, which is c6 33 64 02, likewise.
struct Embedding {
  std::string prefix, length, peer, host, with_suffix, with_octet;  // peer's again, with bits set that are not its
};
const std::vector<Embedding>& embeddings() {
  static const std::vector<Embedding> all = {
      {"2001:db8::", "32", "2001:db8:c000:221::", "2001:db8:c633:6402::", "2001:db8:c000:221:1:2:3:4",
       "2001:db8:c000:221:100::"},
      {"2001:db8:100::", "40", "2001:db8:1c0:2:21::", "2001:db8:1c6:3364:2::", "2001:db8:1c0:2:21:2:3:4",
       "2001:db8:1c0:2:8021::"},
      {"2001:db8:122::", "48", "2001:db8:122:c000:2:2100::", "2001:db8:122:c633:64:200::", "2001:db8:122:c000:2:21ff::",
       "2001:db8:122:c000:102:2100::"},
      {"2001:db8:122:300::", "56", "2001:db8:122:3c0:0:221::", "2001:db8:122:3c6:33:6402::",
       "2001:db8:122:3c0:0:221:8000:1", "2001:db8:122:3c0:ff00:221::"},
      {"2001:db8:122:344::", "64", "2001:db8:122:344:c0:2:2100::", "2001:db8:122:344:c6:3364:200::",
       "2001:db8:122:344:c0:2:2180:1", "2001:db8:122:344:1c0:2:2100::"},
      {"2001:db8:122:344::", "96", "2001:db8:122:344::192.0.2.33", "2001:db8:122:344::198.51.100.2", "", ""}};
  return all;
}

void add_embedded(Cases& c) {
  const Payload p = udp(4000, 53);
  for (const Embedding& e : embeddings()) {
    const std::string s = site({.prefixes = prefix(e.prefix + "/" + e.length)});
    const std::string& n = e.length;
    one(c, "embedded_" + n, "RFC 6052, 2.4: the RFC's own example", s, kPeer4, e.peer, e.host);
    if (e.with_suffix.empty()) continue;
    to4(c, "embedded_suffix_" + n, "RFC 6052, 2.2: bits of the suffix are ignored on receipt", s, e.with_suffix, kPeer4,
        e.host);
    c.push_back({"embedded_suffix_source_" + n,
                 "likewise of the source",
                 s,
                 six(p, {.source = e.with_suffix, .destination = e.host}),
                 kTo4,
                 {four(p, {.ttl = 63, .id = 0, .fragment = 0, .source = kPeer4, .destination = kHost4})}});
    c.push_back({"embedded_octet_" + n, "RFC 6052, 2.2: bits 64 to 71 must be zero", s,
                 six(p, {.source = e.host, .destination = e.with_octet}), "translator.reserved_bits"});
    c.push_back({"embedded_octet_source_" + n, "likewise of the source", s,
                 six(p, {.source = e.with_octet, .destination = e.host}), "translator.reserved_bits"});
  }
}

// Hosts under a prefix of the site's own, and all IPv4 peers under the well-known one.
void add_well_known(Cases& c) {
  const Payload p = udp(4000, 53);
  const std::string known = prefix("64:ff9b::/96") + prefix("2001:db8:64::/96", "198.51.100.0/24");
  const std::string strict = site({.prefixes = known}), loose = site({.prefixes = known, .keys = "nonglobal = true"});
  const std::string silent = site({.prefixes = known, .addresses = false});
  const std::string must_not = "RFC 6052, 3.1: the well-known prefix is not for addresses that are not global",
                    told = "translator.nonglobal_told", untold = "translator.nonglobal";
  one(c, "embedded_well_known", "RFC 6052, 2.1: the well-known prefix", strict, "8.8.8.8", "64:ff9b::808:808");
  const auto discarded = [&](const std::string& name, const Bytes& in, const std::string& back) {
    c.push_back({name, must_not, strict, in, told, {prohibited(in, back)}});
  };
  for (const std::string a :
       {"10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1", "198.18.0.1", "198.19.0.1",
        "192.0.0.1", "192.0.0.8", "192.0.0.11", "192.0.2.33", "203.0.113.0", "203.0.113.255"}) {
    discarded("nonglobal_destination_" + a, six(p, {.destination = "64:ff9b::" + a}), kHost6);
    discarded("nonglobal_source_" + a, six(p, {.source = "64:ff9b::" + a, .destination = kHost6}), "64:ff9b::" + a);
    discarded("nonglobal_destination4_" + a, four(p, {.destination = a}), kHost4);
    discarded("nonglobal_source4_" + a, four(p, {.source = a, .destination = "8.8.8.8"}), a);
  }
  discarded("nonglobal_test_net_2", six(p, {.destination = "64:ff9b::198.51.100.2"}), kHost6);
  discarded("nonglobal_destination_169.254.1.1", six(p, {.destination = "64:ff9b::169.254.1.1"}), kHost6);
  const std::string none = "RFC 7915, 4.4, 5.4: dropped, where nobody may be told";
  c.push_back({"nonglobal_silent/6to4", none, silent, six(p, {.destination = "64:ff9b::10.0.0.1"}), untold});
  c.push_back(
      {"nonglobal_silent/4to6", none, silent, four(p, {.source = "10.0.0.1", .destination = "8.8.8.8"}), untold});
  c.push_back({"nonglobal_error/6to4", none, strict,
               six(error6(1, 4, 0, quoted6(p)), {.source = kRouter6, .destination = "64:ff9b::10.0.0.1"}), untold});
  c.push_back({"nonglobal_fragment/6to4", none, strict,
               six(fragment6(3, true, raw(17, repeat(9, 24))), {.destination = "64:ff9b::10.0.0.1"}), untold});
  c.push_back({"nonglobal_fragment/4to6", none, strict,
               four(raw(17, repeat(9, 24)), {.fragment = 0x2003, .source = "10.0.0.1", .destination = "8.8.8.8"}),
               untold});
  // RFC 6791: routers have such addresses, and path MTU discovery needs what they say.
  for (const std::string a : {"10.0.0.1", "100.64.0.1", "192.0.2.77"}) {
    const std::string router = "RFC 6791: an error from a router with such an address comes from the pool";
    c.push_back(
        {"nonglobal_router_" + a + "/6to4",
         router,
         site({.prefixes = known, .keys = "pool = [\"203.0.113.64/32\"]"}),
         six(error6(3, 0, 0, six(p, {.source = "64:ff9b::8.8.8.8", .destination = "64:ff9b::8.8.4.4"})),
             {.source = "64:ff9b::" + a, .destination = "64:ff9b::8.8.8.8"}),
         kTo4,
         {four(error4(11, 0, 0, four(p, {.id = 0, .fragment = 0, .source = "8.8.8.8", .destination = "8.8.4.4"})),
               {.ttl = 63, .id = 0, .fragment = 0, .source = "203.0.113.64", .destination = "8.8.8.8"})}});
    c.push_back({"nonglobal_router_" + a + "/4to6",
                 "likewise, or from the translator itself",
                 strict,
                 four(error4(11, 0, 0, four(p, {.source = "8.8.8.8", .destination = "8.8.4.4"})),
                      {.source = a, .destination = "8.8.8.8"}),
                 kTo6,
                 {six(error6(3, 0, 0, six(p, {.source = "64:ff9b::8.8.8.8", .destination = "64:ff9b::8.8.4.4"})),
                      {.hops = 63, .source = kOwn6, .destination = "64:ff9b::8.8.8.8"})}});
    c.push_back({"nonglobal_router_nothing_" + a, "where there is neither, it cannot be sent", silent,
                 four(error4(11, 0, 0, four(p, {.source = "8.8.8.8", .destination = "8.8.4.4"})),
                      {.source = a, .destination = "8.8.8.8"}),
                 untold});
  }
  for (const std::string a : {"172.15.0.1", "172.32.0.1", "192.167.1.1", "100.63.0.1", "100.128.0.1", "198.17.0.1",
                              "198.20.0.1", "192.0.1.1", "192.0.0.9", "192.0.0.10", "192.0.3.1", "198.51.101.1",
                              "198.51.99.1", "203.0.112.1", "203.0.114.1", "11.0.0.1"})
    to4(c, "global_" + a, "RFC 6052, 3.1: these are global", strict, "64:ff9b::" + a, a);
  one(c, "nonglobal_allowed", "RFC 6052, 3.1, unless the configuration says so", loose, "10.0.0.1",
      "64:ff9b::10.0.0.1");
  one(c, "nonglobal_allowed_documentation", "likewise", loose, "192.0.2.33", "64:ff9b::192.0.2.33");
  c.push_back({"nonglobal_martian", "even then no packet may carry this", loose,
               six(p, {.destination = "64:ff9b::127.0.0.1"}), "translator.martian"});
  one(c, "nonglobal_own_prefix", "RFC 6052, 3.1 speaks of the well-known prefix alone", site(), "10.0.0.1",
      "2001:db8:64::10.0.0.1");
  c.push_back({"nonglobal_inside", "likewise inside an error", strict,
               six(error6(1, 4, 0, six(p, {.source = "64:ff9b::10.0.0.1", .destination = kHost6})),
                   {.source = kHost6, .destination = "64:ff9b::8.8.8.8"}),
               "translator.inner_unknown"});
}

// RFC 7757, 3.2: the table there, and what becomes of addresses by it.
void add_maps(Cases& c) {
  const std::string table =
      site(with(map("192.0.2.1/32", "2001:db8:aaaa::/128") + map("192.0.2.2/32", "2001:db8:bbbb::b/128") +
                map("192.0.2.16/28", "2001:db8:cccc::/124") + map("192.0.2.128/26", "2001:db8:dddd::/64") +
                map("192.0.2.192/29", "2001:db8:eeee:8::/62") + map("192.0.2.224/31", "64:ff9b::/127")));
  for (const auto& [a4, a6] :
       std::vector<std::pair<std::string, std::string>>{{"192.0.2.1", "2001:db8:aaaa::"},
                                                        {"192.0.2.2", "2001:db8:bbbb::b"},
                                                        {"192.0.2.16", "2001:db8:cccc::"},
                                                        {"192.0.2.24", "2001:db8:cccc::8"},
                                                        {"192.0.2.31", "2001:db8:cccc::f"},
                                                        {"192.0.2.128", "2001:db8:dddd::"},
                                                        {"192.0.2.152", "2001:db8:dddd:0:6000::"},
                                                        {"192.0.2.183", "2001:db8:dddd:0:dc00::"},
                                                        {"192.0.2.191", "2001:db8:dddd:0:fc00::"},
                                                        {"192.0.2.193", "2001:db8:eeee:8:8000::"},
                                                        {"192.0.2.199", "2001:db8:eeee:b:8000::"},
                                                        {"192.0.2.224", "64:ff9b::"},
                                                        {"192.0.2.225", "64:ff9b::1"}}) {
    // 192.0.2.1 is this test's translator, elsewhere.
    std::string s = table;
    if (a4 == kOwn4) s.replace(s.find("\"" + kOwn4 + "\""), kOwn4.size() + 2, "\"203.0.113.1\"");
    one(c, "map_" + a4, "RFC 7757, 3.2: the RFC's own table", s, a4, a6);
  }
  from6(c, "map_suffix", "RFC 7757, 3.3.2: bits beyond the IPv4 suffix are ignored", table, "2001:db8:dddd:0:63ff::1",
        "192.0.2.152");
  to4(c, "map_none", "RFC 7757, 3.3: no map: the embedded address", table, kPeer6, "192.0.2.33");

  const std::string nested =
      site(with(map("192.0.2.0/24", "2001:db8:a::/120") + map("192.0.2.32/28", "2001:db8:b::/124") +
                map("192.0.2.33/32", "2001:db8:c::c/128")));
  const std::string longest = "RFC 7757, 3.3: the longest match";
  one(c, "map_longest_32", longest, nested, "192.0.2.33", "2001:db8:c::c");
  one(c, "map_longest_28", longest, nested, "192.0.2.34", "2001:db8:b::2");
  one(c, "map_longest_24", longest, nested, "192.0.2.48", "2001:db8:a::30");
  const std::string all =
      site(with(map("192.0.2.0/24", "2001:db8:a::/120") + map("192.0.2.128/25", "2001:db8:a::/121")));
  to6(c, "map_longest_by_ip4", longest, all, "192.0.2.129", "2001:db8:a::1");
  from6(c, "map_longest_by_ip6", longest, all, "2001:db8:a::1", "192.0.2.129");
  from6(c, "map_longest_by_ip6_other", longest, all, "2001:db8:a::81", "192.0.2.129");

  // RFC 7757 on overlapping maps: what goes one way need not come back. There is no prefix, and so no hairpin.
  const std::string overlap =
      site({.prefixes = map("0.0.0.0/0", "2001:db8:ff00::/40") + map("198.51.100.64/32", "2001:db8::abcd/128")});
  const std::string host_mapped = "2001:db8:ffc6:3364:200::";
  from6(c, "map_overlapping/6to4", "RFC 7757: a map of all IPv4 addresses", overlap,
        "2001:db8:ffc6:3364:4000::", "198.51.100.64", host_mapped);
  const Payload t = tcp(4000, 80, "S");
  c.push_back({"map_overlapping/4to6",
               "RFC 7757: the more specific one on the way back",
               overlap,
               four(t, {.destination = "198.51.100.64"}),
               kTo6,
               {six(t, {.hops = 63, .source = host_mapped, .destination = "2001:db8::abcd"})}});
  one(c, "map_before_prefix", "RFC 7757, 3.3: of the same length, a map goes before a prefix",
      site({.prefixes = prefix("2001:db8:64::/96", "192.0.2.0/24") + prefix("2001:db8:65::/96") +
                        map("192.0.2.0/24", "2001:db8:a::/120")}),
      "192.0.2.33", "2001:db8:a::21", "2001:db8:65::198.51.100.2");
  const Payload p = udp(4000, 53);
  const std::string ends = "2001:db8:beef::7", target = "2001:db8:6::6";
  const std::string both =
      site(with(map("198.51.100.6/32", target + "/128") + map("10.0.0.0/24", "2001:db8:beef::/120")));
  const std::string by_map = "RFC 7757, 3.3.1: a source goes by its map, to whomever it speaks; 4.2.2 excepts hairpins";
  c.push_back({"map_both_ends/bytes",
               by_map,
               both,
               Bytes{0x45, 0x00, 0x00, 0x28, 0x00, 0x01, 0x00, 0x00, 0x40, 0x06, 0x46, 0x95, 0x0a, 0x00,
                     0x00, 0x01, 0xc6, 0x33, 0x64, 0x06, 0x00, 0x50, 0x0f, 0xa0, 0x00, 0x00, 0x00, 0x07,
                     0x00, 0x00, 0x00, 0x02, 0x50, 0x12, 0x20, 0x00, 0x4b, 0x9f, 0x00, 0x00},
               kTo6,
               {Bytes{0x60, 0x00, 0x00, 0x00, 0x00, 0x14, 0x06, 0x3f, 0x20, 0x01, 0x0d, 0xb8, 0xbe, 0xef, 0x00,
                      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x06,
                      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x06, 0x00, 0x50, 0x0f, 0xa0, 0x00,
                      0x00, 0x00, 0x07, 0x00, 0x00, 0x00, 0x02, 0x50, 0x12, 0x20, 0x00, 0x65, 0x6b, 0x00, 0x00}}});
  c.push_back({"map_both_ends/4to6",
               by_map,
               both,
               four(p, {.source = "10.0.0.7", .destination = "198.51.100.6"}),
               kTo6,
               {six(p, {.hops = 63, .source = ends, .destination = target})}});
  c.push_back({"map_both_ends/6to4",
               by_map,
               both,
               six(p, {.source = target, .destination = ends}),
               kTo4,
               {four(p, {.ttl = 63, .id = 0, .fragment = 0, .source = "198.51.100.6", .destination = "10.0.0.7"})}});
  c.push_back(
      {"map_both_ends/error4",
       "RFC 7757, 3.3.1: the packet inside an error as its sender knows it",
       both,
       four(error4(3, 3, 0,
                   four(p, {.ttl = 63, .id = 0, .fragment = 0, .source = "198.51.100.6", .destination = "10.0.0.7"})),
            {.source = "10.0.0.7", .destination = "198.51.100.6"}),
       kTo6,
       {six(error6(1, 4, 0, six(p, {.hops = 63, .source = target, .destination = ends})),
            {.hops = 63, .source = ends, .destination = target})}});
  one(c, "map_wide", "RFC 7757, 3.2: a suffix across bit 64", site(with(map("192.0.0.0/16", "2001:db8:a:fff0::/60"))),
      "192.0.171.205", "2001:db8:a:fffa:bcd0::");
  one(c, "map_upper", "RFC 7757, 3.2: a suffix within the upper half",
      site(with(map("192.0.2.0/24", "2001:db8:a::/48"))), "192.0.2.33", "2001:db8:a:2100::");
}

// RFC 7915, 4.6 and 5.6: what has a route of its own is not translated.
void add_native(Cases& c) {
  const Payload p = udp(4000, 53);
  const std::string wins = "4.6, 5.6: a native route that is more specific";
  const std::string four_native = site({.keys = "native = [\"192.0.2.32/28\"]"}),
                    six_native = site({.keys = "native = [\"2001:db8:64::c000:200/120\"]"});
  c.push_back({"native/4to6", wins, four_native, four(p), kNotOurs});
  c.push_back({"native/6to4", wins, six_native, six(p), kNotOurs});
  c.push_back({"native_beside/4to6",
               "and all else is translated",
               four_native,
               four(p, {.destination = "192.0.2.48"}),
               kTo6,
               {six(p, {.hops = 63, .destination = kPrefix + "192.0.2.48"})}});
  c.push_back({"native_source/4to6",
               "it says nothing of sources",
               four_native,
               four(p, {.source = kPeer4, .destination = kHost4}),
               kTo6,
               {six(p, {.hops = 63, .source = kPeer6, .destination = kHost6})}});
  const std::string within = site(with(map("192.0.2.33/32", "2001:db8:c::c/128"), "native = [\"192.0.2.0/24\"]"));
  c.push_back({"native_over_map", "whatever maps say (docs/configuration.md)", within, four(p), kNotOurs});
  c.push_back({"native_over_map_source",
               "but its own packets come through",
               within,
               six(p, {.source = "2001:db8:c::c", .destination = kHost6}),
               kTo4,
               {four(p, {.ttl = 63, .id = 0, .fragment = 0, .source = kPeer4, .destination = kHost4})}});
  c.push_back({"native_twice", "a prefix that is native and translated",
               site({.keys = "native = [\"2001:db8:64::/96\"]"}), six(p), kNotOurs});

  c.push_back({"unknown_destination/6to4", "no prefix and no map: the kernel's", site(),
               six(p, {.destination = "2001:db8:ffff::1"}), kNotOurs});
  const std::string only = site({.prefixes = prefix("2001:db8:64::/96", "192.0.2.0/24")});
  c.push_back({"unknown_destination/4to6", "no prefix has it", only, four(p, {.source = kPeer4, .destination = kHost4}),
               kNotOurs});
  const std::string unknown = "translator.source_unknown", told = unknown + "_told";
  const std::string neither = "5.1: it has no address in the other version; 5.4: its sender is told 1/1";
  const Six stranger = {.source = "2001:db8:ffff::1"};
  c.push_back({"unknown_source/6to4",
               neither,
               site(),
               six(p, stranger),
               told,
               {prohibited(six(p, stranger), stranger.source)}});
  c.push_back({"unknown_source/4to6", "4.1, 4.4: likewise, 3/13", only, four(p), told, {prohibited(four(p), kHost4)}});
  const std::string route = "RFC 1812, 5.3.1: the hop limit is looked at first, as traceroute wants it";
  const Bytes last4 = four(p, {.ttl = 1}), last6 = six(p, {.hops = 1, .source = stranger.source}),
              last_private = six(p, {.hops = 1, .destination = "64:ff9b::10.0.0.1"});
  c.push_back({"unknown_source_hop_limit/4to6", route, only, last4, "translator.hop_limit", {told4(11, 0, 0, last4)}});
  c.push_back({"unknown_source_hop_limit/6to4",
               route,
               site(),
               last6,
               "translator.hop_limit",
               {told6(3, 0, 0, last6, stranger.source)}});
  c.push_back({"nonglobal_hop_limit/6to4",
               route,
               site(with(prefix("64:ff9b::/96", "10.0.0.0/8"))),
               last_private,
               "translator.hop_limit",
               {told6(3, 0, 0, last_private)}});
  const std::string none = "4.4, 5.4: where nobody may be told";
  c.push_back({"unknown_source_redirect", none, site(), six(icmp6(137, 0, repeat(0, 32)), stranger), unknown});
  c.push_back({"unknown_source_fragment/6to4", none, site(), six(fragment6(3, true, raw(17, repeat(9, 24))), stranger),
               unknown});
  c.push_back(
      {"unknown_source_fragment/4to6", none, only, four(raw(17, repeat(9, 24)), {.fragment = 0x2003}), unknown});
  c.push_back({"unknown_source_silent/6to4", none, site({.addresses = false}), six(p, stranger), unknown});
  c.push_back({"unknown_source_silent/4to6", none,
               site({.prefixes = prefix("2001:db8:64::/96", "192.0.2.0/24"), .addresses = false}), four(p), unknown});
}

void add_prefixes(Cases& c) {
  const Payload p = udp(4000, 53);
  const std::string two = site(
      {.prefixes = prefix("2001:db8:64::/96", "198.51.100.0/24") + prefix("2001:db8:122:344::/64", "192.0.2.0/24")});
  one(c, "prefixes", "each end under the prefix that its IPv4 address has", two, kPeer4,
      "2001:db8:122:344:c0:2:2100::");
  const std::string rest = site({.prefixes = prefix("2001:db8:64::/96") + prefix("2001:db8:65::/96", "192.0.2.0/24") +
                                             prefix("2001:db8:66::/96", "192.0.2.32/27")});
  one(c, "prefixes_longest", "the longest `ip4` decides", rest, kPeer4, "2001:db8:66::192.0.2.33");
  one(c, "prefixes_longer", "likewise", rest, "192.0.2.65", "2001:db8:65::192.0.2.65");
  one(c, "prefixes_rest", "without `ip4`: all others", rest, "203.0.113.5", "2001:db8:64::203.0.113.5");
  c.push_back({"prefixes_land", "one IPv4 address under two prefixes: from and to itself", rest,
               six(p, {.source = "2001:db8:66::192.0.2.33", .destination = "2001:db8:65::192.0.2.33"}), "parse.land"});
  to4(c, "prefixes_other", "towards IPv4 all that lies under a prefix is translated", rest, "2001:db8:66::203.0.113.5",
      "203.0.113.5");
}

}  // namespace

void add_addresses(Cases& c) {
  add_embedded(c);
  add_well_known(c);
  add_maps(c);
  add_native(c);
  add_prefixes(c);
  add_pool(c);
  add_hairpins(c);
  add_hosts(c);
}

}  // namespace waymark::translator_cases
