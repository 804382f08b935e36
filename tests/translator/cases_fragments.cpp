// RFC 7915, 4.1, 4.5, 5.1, 5.1.1 and RFC 8021: fragments in and out, DF, and packets too big for their way.
#include "tests/translator/cases.h"

namespace waymark::translator_cases {

namespace {

const std::string kTo4 = "translator.to_ip4", kTo6 = "translator.to_ip6", kCut = "translator.fragmented";
constexpr uint16_t kMore = 0x2000, kMayFragment = 0x4000;

// An IPv4 fragment, and an IPv6 one, of a whole's bytes; offsets in units of 8.
Bytes piece4(uint8_t protocol, const Bytes& bytes, uint16_t offset, bool more, uint16_t id = 0x4242, uint8_t ttl = 64) {
  return four(raw(protocol, bytes), {.ttl = ttl, .id = id, .fragment = uint16_t(offset | (more ? kMore : 0))});
}
Bytes piece6(uint8_t protocol, const Bytes& bytes, uint16_t offset, bool more, uint32_t id = 0x4242,
             uint8_t hops = 64) {
  return six(fragment6(offset, more, raw(protocol, bytes), id), {.hops = hops});
}

void add_translated(Cases& c) {
  const Payload whole = udp(4000, 53, repeat(0x61, 56));  // 64 bytes
  const Bytes as4 = transport4(whole), as6 = transport6(whole);
  struct Piece {
    std::string name, why;
    size_t from, to;
  };
  for (const Piece& p : std::vector<Piece>{
           {"first", "the first has the checksum of the whole, which is translated without the rest", 0, 24},
           {"middle", "others have no header", 24, 48},
           {"last", "the last has no M flag", 48, 64}}) {
    const uint16_t offset = uint16_t(p.from / 8);
    const bool more = p.to < 64;
    c.push_back({"fragment_" + p.name + "/4to6",
                 "4.1: a Fragment Header with the low 16 bits of the identification; " + p.why,
                 site(),
                 piece4(17, part(as4, p.from, p.to), offset, more),
                 kTo6,
                 {piece6(17, part(as6, p.from, p.to), offset, more, 0x4242, 63)}});
    c.push_back({"fragment_" + p.name + "/6to4",
                 "5.1.1: offset and M are copied, 16 bits of the identification, DF is 0; " + p.why,
                 site(),
                 piece6(17, part(as6, p.from, p.to), offset, more, 0xabcd4242),
                 kTo4,
                 {piece4(17, part(as4, p.from, p.to), offset, more, 0x4242, 63)}});
  }
  const Payload t = tcp(4000, 80, "PA", repeat(0x62, 44));
  c.push_back({"fragment_tcp/4to6",
               "4.1: TCP's first",
               site(),
               piece4(6, part(transport4(t), 0, 40), 0, true),
               kTo6,
               {piece6(6, part(transport6(t), 0, 40), 0, true, 0x4242, 63)}});
  c.push_back({"fragment_df",
               "4.1: DF of a fragment is forgotten, IPv6 has none",
               site(),
               four(raw(17, part(as4, 24, 48)), {.fragment = kMayFragment | kMore | 3}),
               kTo6,
               {piece6(17, part(as6, 24, 48), 3, true, 0x4242, 63)}});
  c.push_back({"fragment_esp/6to4",
               "5.1.1: of what is no ICMP the protocol is copied",
               site(),
               piece6(50, repeat(0x5a, 16), 2, false),
               kTo4,
               {piece4(50, repeat(0x5a, 16), 2, false, 0x4242, 63)}});
  c.push_back({"fragment_behind_options/6to4",
               "5.1: options in front of the Fragment Header are skipped",
               site(),
               six(extension(60, fragment6(3, true, raw(17, part(as6, 24, 48)), 0x4242))),
               kTo4,
               {piece4(17, part(as4, 24, 48), 3, true, 0x4242, 63)}});
  c.push_back({"atomic/6to4",
               "RFC 8021, 5.1.1: a fragment that is the whole: its identification, DF is 0",
               site(),
               six(fragment6(0, false, whole, 0x99994242)),
               kTo4,
               {four(whole, {.ttl = 63, .fragment = 0})}});
  c.push_back({"atomic_echo/6to4",
               "likewise of ICMP, which is not fragmented",
               site(),
               six(fragment6(0, false, icmp6(128, 0), 0x4242)),
               kTo4,
               {four(icmp4(8, 0), {.ttl = 63, .fragment = 0})}});
  c.push_back({"no_atomic/4to6",
               "RFC 8021: no Fragment Header for a whole packet with DF clear",
               site(),
               four(whole, {.fragment = 0}),
               kTo6,
               {to_six(whole)}});
}

void add_refused_fragments(Cases& c) {
  const Payload whole = udp(4000, 53, repeat(0x61, 56));
  const Bytes as4 = transport4(whole), as6 = transport6(whole);
  const Bytes ping4 = transport4(icmp4(8, 0, repeat(1, 40))), ping6 = transport6(icmp6(128, 0, repeat(1, 40)));
  c.push_back({"fragment_icmp_first/4to6", "4.1, 1.2: fragmented ICMP cannot be translated", site(),
               piece4(1, part(ping4, 0, 24), 0, true), "translator.icmp_fragment"});
  c.push_back({"fragment_icmp_last/4to6", "likewise", site(), piece4(1, part(ping4, 24, 48), 3, false),
               "translator.icmp_fragment"});
  c.push_back({"fragment_icmp_first/6to4", "likewise", site(), piece6(58, part(ping6, 0, 24), 0, true),
               "translator.icmp_fragment"});
  c.push_back({"fragment_icmp_last/6to4", "likewise", site(), piece6(58, part(ping6, 24, 48), 3, false),
               "translator.icmp_fragment"});
  c.push_back({"fragment_udp_zero_later",
               "4.5: the others have no checksum to look at",
               site(),
               piece4(17, repeat(0, 24), 3, false),
               kTo6,
               {piece6(17, repeat(0, 24), 3, false, 0x4242, 63)}});
  c.push_back({"fragment_beyond/4to6", "RFC 791, 3.2: nothing is behind byte 65535", site(),
               piece4(17, part(as4, 0, 24), 8191, false), "translator.fragment"});
  c.push_back({"fragment_beyond/6to4", "RFC 8200, 4.5", site(), piece6(17, part(as6, 0, 24), 8190, false),
               "translator.fragment"});
  c.push_back({"fragment_short_first", "RFC 7112, RFC 1858: the first fragment has the transport's header", site(),
               piece6(6, part(transport6(tcp(1, 2, "S")), 0, 8), 0, true), "parse.tcp_header"});
}

// 4.1: what may be fragmented is, at the lowest IPv6 MTU; what may not is told of.
void add_cut4(Cases& c) {
  const auto cut6 = [](const Payload& p, size_t each, uint8_t protocol = 17) {
    const Bytes all = transport6(p);
    std::vector<Bytes> out;
    for (size_t at = 0; at < all.size(); at += each) {
      const size_t to = std::min(at + each, all.size());
      out.push_back(piece6(protocol, part(all, at, to), uint16_t(at / 8), to < all.size(), 0x4242, 63));
    }
    return out;
  };
  const Payload u1472 = udp(4000, 53, repeat(0x63, 1472)), t1480 = tcp(4000, 80, "PA", repeat(0x64, 1460));
  const std::string cut_at = "4.1: DF is clear: cut so that none is above the lowest IPv6 MTU";
  c.push_back({"cut_udp/4to6", cut_at, site(), four(u1472, {.fragment = 0}), kCut, cut6(u1472, 1232)});
  c.push_back({"cut_tcp/4to6", cut_at, site(), four(t1480, {.fragment = 0}), kCut, cut6(t1480, 1232, 6)});
  const Payload fits = udp(4000, 53, repeat(0x63, 1232)), one_more = udp(4000, 53, repeat(0x63, 1233));
  c.push_back(
      {"cut_not/4to6", "4.1: 1280 bytes are none too many", site(), four(fits, {.fragment = 0}), kTo6, {to_six(fits)}});
  c.push_back(
      {"cut_by_one/4to6", "4.1: 1281 are", site(), four(one_more, {.fragment = 0}), kCut, cut6(one_more, 1232)});
  c.push_back({"cut_at_1400/4to6", "4.1: the lowest IPv6 MTU is configurable", site({.keys = "lowest_ip6_mtu = 1400"}),
               four(u1472, {.fragment = 0}), kCut, cut6(u1472, 1352)});
  c.push_back({"cut_at_next_hop/4to6", "4.1: but the next hop's MTU is the limit",
               site({.engine = "mtu = { eth1 = 1300 }", .keys = "lowest_ip6_mtu = 1400"}), four(u1472, {.fragment = 0}),
               kCut, cut6(u1472, 1248)});
  // A fragment of 1400 bytes from byte 1400 on.
  const Bytes big = repeat(0x65, 1400);
  c.push_back({"cut_fragment/4to6",
               "4.1: a fragment becomes two, with its own offset and M",
               site(),
               piece4(17, big, 175, true),
               kCut,
               {piece6(17, part(big, 0, 1232), 175, true, 0x4242, 63),
                piece6(17, part(big, 1232, 1400), 175 + 154, true, 0x4242, 63)}});
  c.push_back({"cut_last_fragment/4to6",
               "likewise: M is the last one's",
               site(),
               piece4(17, big, 175, false),
               kCut,
               {piece6(17, part(big, 0, 1232), 175, true, 0x4242, 63),
                piece6(17, part(big, 1232, 1400), 175 + 154, false, 0x4242, 63)}});
  const Bytes bare = four(udp_unchecked(4000, 53, repeat(0x63, 1472)), {.fragment = 0});
  c.push_back(
      {"cut_udp_zero/4to6", "4.1 and 4.5: with the checksum it did not have", site(), bare, kCut, cut6(u1472, 1232)});

  const Payload fits_df = udp(4000, 53, repeat(0x63, 1452));
  c.push_back(
      {"df_fits/4to6", "4.1: DF is set and the way is wide enough", site(), four(fits_df), kTo6, {to_six(fits_df)}});
}

// 5.1: DF is clear up to 1260 bytes, so that routers may cut; else it is set.
void add_cut6(Cases& c) {
  const std::string narrow = site({.engine = "mtu = { eth0 = 1000 }"});
  const Payload p1212 = udp(4000, 53, repeat(0x63, 1232)), p1213 = udp(4000, 53, repeat(0x63, 1233));
  c.push_back({"df_clear/6to4",
               "5.1: 1260 bytes: DF is clear, an identification is made",
               site(),
               six(p1212),
               kTo4,
               {four(p1212, {.ttl = 63, .id = 0, .fragment = 0})}});
  c.push_back({"df_set/6to4",
               "5.1: 1261 bytes: DF is set",
               site(),
               six(p1213),
               kTo4,
               {four(p1213, {.ttl = 63, .id = 0, .fragment = kMayFragment})}});
  const Bytes all = transport4(p1212);
  c.push_back({"cut/6to4",
               "5.1, 1.4: and cut where the next hop's MTU is less",
               narrow,
               six(p1212),
               kCut,
               {piece4(17, part(all, 0, 976), 0, true, 0, 63), piece4(17, part(all, 976, 1240), 122, false, 0, 63)}});
  const Bytes big = repeat(0x65, 1400);
  c.push_back({"cut_fragment/6to4",
               "5.1.1: DF of fragments is 0: cut further, by the identification that is there",
               narrow,
               piece6(17, big, 175, true),
               kCut,
               {piece4(17, part(big, 0, 976), 175, true, 0x4242, 63),
                piece4(17, part(big, 976, 1400), 175 + 122, true, 0x4242, 63)}});
  const Payload whole = udp(4000, 53, repeat(0x63, 1392));
  const Bytes bytes = transport4(whole);
  c.push_back({"cut_atomic/6to4",
               "RFC 8021, 6: a whole packet with a Fragment Header may be cut, too",
               narrow,
               six(fragment6(0, false, whole, 0x4242)),
               kCut,
               {piece4(17, part(bytes, 0, 976), 0, true, 0x4242, 63),
                piece4(17, part(bytes, 976, 1400), 122, false, 0x4242, 63)}});
}

}  // namespace

void add_fragments(Cases& c) {
  add_translated(c);
  add_refused_fragments(c);
  add_cut4(c);
  add_cut6(c);
}

}  // namespace waymark::translator_cases
