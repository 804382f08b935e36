// Where implementations differ: what the RFCs' text, or the practice of most routers where they are silent, makes of
// it.
#include "tests/translator/cases.h"

namespace waymark::translator_cases {

namespace {

const std::string kTo4 = "translator.to_ip4", kTo6 = "translator.to_ip6";

// RFC 791, 3.2 and RFC 8200, 4.5 tell who reassembles that all fragments but the last are multiples of 8 bytes. RFC
// 7915, 1.4: a translator is a router.
void add_odd_fragments(Cases& c) {
  const Bytes as4 = part(transport4(udp(4000, 53, repeat(0x61, 56))), 0, 23);
  const Bytes as6 = part(transport6(udp(4000, 53, repeat(0x61, 56))), 0, 23);
  c.push_back({"conform_fragment_odd/4to6",
               "4.1: fragments are translated as they are",
               site(),
               four(raw(17, as4), {.fragment = 0x2000}),
               kTo6,
               {six(fragment6(0, true, raw(17, as6), 0x4242), {.hops = 63})}});
  c.push_back({"conform_fragment_odd/6to4",
               "5.1.1: likewise",
               site(),
               six(fragment6(0, true, raw(17, as6), 0x12344242)),
               kTo4,
               {four(raw(17, as4), {.ttl = 63, .fragment = 0x2000})}});
  const Bytes long4 = repeat(0x77, 1245);
  c.push_back({"conform_fragment_odd_cut",
               "4.1: it is cut, and what follows the last piece is still to come",
               site(),
               four(raw(17, long4), {.fragment = 0x2003}),
               "translator.fragmented",
               {six(fragment6(3, true, raw(17, part(long4, 0, 1232)), 0x4242), {.hops = 63}),
                six(fragment6(157, true, raw(17, part(long4, 1232, 1245)), 0x4242), {.hops = 63})}});
}

// RFC 7915, 4.1: "the 'illegal' source address will be translated for the purpose of trouble shooting".
void add_illegal_sources(Cases& c) {
  const Payload p = udp(4000, 53);
  for (const std::string source : {"127.0.0.1", "0.0.0.0", "224.0.0.9", "255.255.255.255"}) {
    const Payload complaint = error4(3, 1, 0, quoted4(p));
    c.push_back({"conform_illegal_source_" + source,
                 "4.1: of an ICMPv4 error it is translated",
                 site(),
                 four(complaint, {.source = source}),
                 kTo6,
                 {six(error6(1, 0, 0, quoted6(p)), {.hops = 63, .source = "2001:db8:64::" + source})}});
  }
  c.push_back({"conform_illegal_source_ping", "4.1: of all else it is not", site(),
               four(icmp4(8, 0), {.source = "127.0.0.1"}), "parse.martian_source"});
  c.push_back({"conform_illegal_source_later", "nor of what may be an error's second fragment", site(),
               four(raw(1, repeat(3, 16)), {.fragment = 3, .source = "127.0.0.1"}), "parse.martian_source"});
  c.push_back({"conform_illegal_source_global", "RFC 6052, 3.1: nor below the well-known prefix",
               site({.prefixes = prefix("64:ff9b::/96")}),
               four(error4(3, 1, 0, quoted4(p)), {.source = "127.0.0.1", .destination = "8.8.8.8"}),
               "translator.nonglobal"});
}

// RFC 1812, 5.2.2 (2): a packet with a wrong header checksum is silently discarded.
void add_header_checksums(Cases& c) {
  const Bytes plain = four(udp(4000, 53)),
              with_options = four(udp(4000, 53), {.options = Bytes{1, 7, 7, 4, 0, 0, 0, 0}});
  for (const size_t at : {1, 5, 8, 10, 11, 12, 19})
    c.push_back({"conform_header_checksum_" + std::to_string(at), "a bit of the header is wrong", site(),
                 with_byte(plain, at, uint8_t(plain[at] ^ 4)), "translator.header_checksum"});
  c.push_back({"conform_header_checksum_options", "as of its options", site(), with_byte(with_options, 22, 5),
               "translator.header_checksum"});
  c.push_back({"conform_header_checksum_zero", "there is none that may be missing", site(), with_word(plain, 10, 0),
               "translator.header_checksum"});
}

// RFC 7915, 4.5, 5.5: "translators MUST forward all transport protocols", the other version's ICMP among them.
void add_other_icmp(Cases& c) {
  const Bytes unknown = text("\x80\x7f no checksum is looked for");
  c.push_back({"conform_protocol_58/4to6",
               "4.1: otherwise the protocol MUST be copied",
               site(),
               four(raw(58, unknown)),
               kTo6,
               {to_six(raw(58, unknown))}});
  c.push_back({"conform_protocol_1/6to4",
               "5.1: likewise the next header",
               site(),
               six(raw(1, unknown)),
               kTo4,
               {to_four(raw(1, unknown))}});
  c.push_back({"conform_inside_58/4to6",
               "4.3: as a packet of its own",
               site(),
               complaint4(error4(3, 1, 0, quoted4(raw(58, unknown)))),
               kTo6,
               {complaint_to6(error6(1, 0, 0, quoted6(raw(58, unknown))))}});
}

// RFC 3927, 7 and RFC 4291, 2.5.6: routers forward nothing from or to link-local addresses.
void add_link_local(Cases& c) {
  const Payload p = udp(4000, 53);
  const std::string ip4 = "169.254.0.42";
  c.push_back({"conform_link_local4_source", "RFC 3927, 7", site(), four(p, {.source = ip4}), "parse.martian_source"});
  c.push_back({"conform_link_local4_destination", "RFC 3927, 7: of a link's own, at most", site(),
               four(p, {.destination = ip4}), "steer.not_ours"});
  c.push_back({"conform_link_local4_made_source", "RFC 3927, 7", site(), six(p, {.source = "2001:db8:64::" + ip4}),
               "translator.martian"});
  c.push_back({"conform_link_local4_made_destination", "RFC 3927, 7", site(),
               six(p, {.destination = "2001:db8:64::" + ip4}), "translator.martian"});
  for (const std::string source : {"fe80::1", "febf:ffff::1"})
    c.push_back({"conform_link_local6_error_" + source, "RFC 4291, 2.5.6: nor does RFC 6791 give it an address", site(),
                 six(error6(1, 0, 0, quoted6(p)), {.source = source}), "parse.martian_source"});
}

// RFC 4884, 4: a datagram in front of extensions has 128 bytes at least, and zeros to the next 32 bits, not more.
void add_least_datagrams(Cases& c) {
  const Bytes object = Bytes{0x20, 0, 0, 0, 0, 12, 1, 1} + repeat(5, 8);
  const Payload p = udp(4000, 53, repeat(0x61, 80));  // 128 bytes of IPv6, 108 of IPv4
  const Bytes as6 = quoted6(p), as4 = quoted4(p, {.id = 0, .fragment = 0});
  const Payload large = udp(4000, 53, repeat(0x61, 600));
  c.push_back({"conform_least_datagram",
               "4884, 4: 128 bytes of IPv4 are 32 words",
               site(),
               complaint6(error6(1, 4, 16u << 24, as6 + object)),
               "translator.realigned",
               {complaint_to4(error4(3, 3, 32 << 16, padded(as4, 128) + object))}});
  c.push_back({"conform_least_datagram_cut",
               "likewise where the packet was cut off",
               site(),
               complaint6(error6(3, 0, 16u << 24, cut(quoted6(large), 128) + object)),
               "translator.realigned",
               {complaint_to4(error4(11, 0, 32 << 16,
                                     padded(cut(quoted4(large, {.id = 0, .fragment = 0}), 108), 128) + object))}});
  c.push_back({"conform_least_datagram_full",
               "RFC 1812, 4.3.2.3: and 576 bytes just hold it",
               site(),
               complaint6(error6(1, 4, 16u << 24, as6 + repeat(7, 420))),
               "translator.realigned",
               {complaint_to4(error4(3, 3, 32 << 16, padded(as4, 128) + repeat(7, 420)))}});
  c.push_back({"conform_least_datagram_over",
               "RFC 7915, 5.2: without room the extensions are left out",
               site(),
               complaint6(error6(1, 4, 16u << 24, as6 + repeat(7, 424))),
               "translator.realigned",
               {complaint_to4(error4(3, 3, 0, as4))}});
}

// RFC 1812, 4.3.2.3: 576 bytes, where the link takes them.
void add_narrow_links(Cases& c) {
  const Payload large = udp(4000, 53, repeat(0x61, 900));
  const auto most = [&](size_t bytes) {
    return complaint_to4(error4(3, 1, 0, cut(quoted4(large, {.id = 0, .fragment = 0}), bytes - 28)));
  };
  for (const int mtu : {500, 575, 576})
    c.push_back({"conform_error_fits_" + std::to_string(mtu),
                 "an error is cut to what its way takes, before a 16-bit word of its checksum",
                 site({.engine = "mtu = { eth0 = " + std::to_string(mtu) + " }"}),
                 complaint6(error6(1, 0, 0, quoted6(large))),
                 kTo4,
                 {most(size_t(mtu) / 2 * 2)}});
}

// RFC 7915, 5.1.1: a Fragment Header's identification, of an error as of all else.
void add_atomic_errors(Cases& c) {
  const Payload p = udp(4000, 53);
  const Payload complaint = error6(1, 4, 0, quoted6(p));
  Payload atomic = fragment6(0, false, complaint, 0x87654321);
  c.push_back(
      {"conform_atomic_error",
       "5.1.1: the low 16 bits of its identification, DF clear",
       site(),
       complaint6(atomic),
       kTo4,
       {complaint4(error4(3, 3, 0, quoted4(p, {.id = 0, .fragment = 0})), {.ttl = 63, .id = 0x4321, .fragment = 0})}});
}

// RFC 7915, 4.4 and 5.4: what is discarded and has no other code is told of as prohibited: 3/13, 1/1.
void add_prohibited(Cases& c) {
  const auto told4 = [](const Bytes& about) {
    return ip4({.source = kOwn4, .destination = kHost4, .tos = 0xc0, .id = 0x4242, .fragment = 0},
               error4(3, 13, 0, about));
  };
  const auto told6 = [](const Bytes& about) {
    return ip6({.source = kOwn6, .destination = kHost6, .traffic_class = 0xc0}, error6(1, 1, 0, about));
  };
  const std::string udp_zero = "translator.udp_checksum", header = "translator.fragment_header";
  const Bytes bare = four(udp_unchecked(4000, 53, repeat(0x61, 24)));
  c.push_back({"conform_udp_zero",
               "4.5: dropped where so configured, which its sender is told",
               site({.keys = "zero_checksum = \"drop\""}),
               bare,
               udp_zero,
               {told4(bare)}});
  const Bytes first = four(raw(17, part(bare, 20, 44)), {.fragment = 0x2000});
  c.push_back(
      {"conform_udp_zero_fragment", "4.5: as a first fragment always", site(), first, udp_zero, {told4(first)}});
  for (const int next : {0, 43, 44, 51, 60}) {
    const Payload behind = raw(uint8_t(next), Bytes{17, 0} + repeat(0, 22));
    const std::string n = std::to_string(next);
    const Bytes one = six(fragment6(0, true, behind)), after = six(extension(60, fragment6(0, true, behind)));
    c.push_back({"conform_fragment_then_" + n,
                 "5.1.1, 5.4: an extension header behind the Fragment Header",
                 site(),
                 one,
                 header,
                 {told6(one)}});
    c.push_back({"conform_options_fragment_then_" + n, "likewise", site(), after, header, {told6(after)}});
    c.push_back({"conform_later_fragment_then_" + n, "of later fragments nobody is told", site(),
                 six(fragment6(3, true, behind)), "translator.error_withheld"});
  }
}

}  // namespace

void add_conformance(Cases& c) {
  add_odd_fragments(c);
  add_illegal_sources(c);
  add_header_checksums(c);
  add_other_icmp(c);
  add_link_local(c);
  add_least_datagrams(c);
  add_narrow_links(c);
  add_atomic_errors(c);
  add_prohibited(c);
}

}  // namespace waymark::translator_cases
