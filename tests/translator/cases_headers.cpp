// RFC 7915, 4.1, 4.5, 5.1 and 5.5: the IP headers, what stands between them and the transport, and the transports.
#include "tests/translator/cases.h"

namespace waymark::translator_cases {

namespace {

const std::string kTo4 = "translator.to_ip4", kTo6 = "translator.to_ip6";

// A payload that is the same in both versions but for its checksum, both ways.
void both(Cases& c, const std::string& name, const std::string& why, const Payload& p) {
  c.push_back({name + "/4to6", why, site(), four(p), kTo6, {to_six(p)}});
  c.push_back({name + "/6to4", why, site(), six(p), kTo4, {to_four(p)}});
}

Payload with_checksum(uint8_t protocol, Bytes bytes) { return {protocol, std::move(bytes), 0, protocol, 6, true}; }

}  // namespace

void add_headers(Cases& c) {
  const Payload p = udp(4000, 53);
  c.push_back({"tos/4to6",
               "4.1: the type of service becomes the traffic class",
               site(),
               four(p, {.tos = 0xb9}),
               kTo6,
               {six(p, {.hops = 63, .traffic_class = 0xb9})}});
  c.push_back({"tos/6to4",
               "5.1: the traffic class becomes the type of service, the flow label is lost",
               site(),
               six(p, {.traffic_class = 0xb9, .label = 0xabcde}),
               kTo4,
               {four(p, {.ttl = 63, .tos = 0xb9, .id = 0, .fragment = 0})}});
  const std::string set = site({.keys = "traffic_class = 0"});
  c.push_back({"tos_set/4to6",
               "4.1: a translator can be told to ignore it and set zero",
               set,
               four(p, {.tos = 0xb9}),
               kTo6,
               {to_six(p)}});
  c.push_back({"tos_set/6to4", "5.1: likewise", set, six(p, {.traffic_class = 0xb9}), kTo4, {to_four(p)}});

  c.push_back({"hops/4to6",
               "4.1: the translator is a router: a hop less",
               site(),
               four(p, {.ttl = 2}),
               kTo6,
               {six(p, {.hops = 1})}});
  c.push_back(
      {"hops/6to4", "5.1: likewise", site(), six(p, {.hops = 2}), kTo4, {four(p, {.ttl = 1, .id = 0, .fragment = 0})}});
  c.push_back(
      {"hops_255/4to6", "4.1: the most there is", site(), four(p, {.ttl = 255}), kTo6, {six(p, {.hops = 254})}});

  c.push_back({"padding/4to6",
               "4.1: the payload's length is the packet's, not the frame's",
               site(),
               padded(four(p), 46),
               kTo6,
               {to_six(p)}});
  c.push_back({"padding/6to4", "5.1: likewise", site(), padded(six(p), 90), kTo4, {to_four(p)}});
  c.push_back({"no_payload/4to6",
               "4.1: a payload of no bytes is a payload",
               site(),
               four(raw(253, {})),
               kTo6,
               {to_six(raw(253, {}))}});

  c.push_back({"options",
               "4.1: IPv4 options are ignored, and the packet translated",
               site(),
               four(p, {.options = Bytes{1, 7, 7, 4, 0, 0, 0, 0}}),
               kTo6,
               {to_six(p)}});
  c.push_back(
      {"options_most", "4.1: forty bytes of them", site(), four(p, {.options = repeat(1, 40)}), kTo6, {to_six(p)}});
  for (const uint8_t kind : {uint8_t(131), uint8_t(137)}) {
    const std::string n = kind == 131 ? "loose" : "strict";
    c.push_back({"route_expired_" + n,
                 "4.1: a source route at its end is no reason to refuse",
                 site(),
                 four(p, {.options = Bytes{kind, 7, 8, 10, 0, 0, 1, 0}}),
                 kTo6,
                 {to_six(p)}});
  }
  c.push_back({"route_after_end",
               "4.1: behind the end of the options there is none (RFC 791, 3.1)",
               site(),
               four(p, {.options = Bytes{0, 131, 7, 4, 10, 0, 0, 1}}),
               kTo6,
               {to_six(p)}});

  const std::string skipped = "5.1: hop-by-hop, routing (at its end) and destination options are skipped";
  const Payload t = tcp(4000, 80, "PA");
  c.push_back({"extension_hop_by_hop", skipped, site(), six(extension(0, t)), kTo4, {to_four(t)}});
  c.push_back({"extension_routing", skipped, site(), six(extension(43, t, 2)), kTo4, {to_four(t)}});
  c.push_back({"extension_destination", skipped, site(), six(extension(60, p, 1)), kTo4, {to_four(p)}});
  c.push_back({"extension_all",
               skipped,
               site(),
               six(extension(0, extension(60, extension(43, extension(60, t), 2)))),
               kTo4,
               {to_four(t)}});
  c.push_back({"extension_echo",
               skipped + "; the pseudo-header has the length behind them",
               site(),
               six(extension(60, icmp6(128, 0))),
               kTo4,
               {to_four(icmp4(8, 0))}});
}

void add_transports(Cases& c) {
  both(c, "tcp", "4.5, 5.5: TCP, its checksum for the other pseudo-header", tcp(4000, 80, "S", {}));
  both(c, "tcp_options", "4.5, 5.5: options of TCP are payload", tcp(4000, 80, "S", {}, Bytes{2, 4, 5, 0xb4}));
  both(c, "tcp_odd", "RFC 1071: an odd number of bytes", tcp(4000, 80, "PA", repeat(0xff, 33)));
  both(c, "udp", "4.5, 5.5: UDP", udp(4000, 53));
  both(c, "udp_empty", "4.5, 5.5: UDP without data", udp(4000, 53, {}));
  both(c, "dccp", "4.5, 5.5: DCCP's checksum covers the addresses, too (RFC 4340, 9.1)",
       with_checksum(33, Bytes{0x0f, 0xa0, 0, 80, 4, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}));
  both(c, "udp_lite", "as UDP's (RFC 3828, 3.1)", with_checksum(136, Bytes{0x0f, 0xa0, 0, 80, 0, 8, 0, 0, 1, 2, 3}));
  both(c, "sctp", "4.5, 5.5: other transports are forwarded; SCTP's checksum covers no address",
       raw(132, Bytes{0x0f, 0xa0, 0, 80, 1, 2, 3, 4, 5, 6, 7, 8}));
  both(c, "esp", "likewise", raw(50, Bytes{0, 0, 1, 0, 0, 0, 0, 1} + repeat(0x5a, 24)));
  both(c, "ah", "likewise", raw(51, Bytes{17, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1} + repeat(7, 20)));
  both(c, "gre", "likewise", raw(47, Bytes{0, 0, 8, 0} + text("tunnel")));
  both(c, "no_next_header", "likewise, though nothing says what it is (RFC 8200, 4.7)", raw(59, Bytes{1, 2}));
  both(c, "mobility", "5.1 skips three kinds of extension header; all others are transports",
       raw(135, Bytes{59, 0, 0, 0, 0, 0, 0, 0}));
  both(c, "short_unknown", "likewise, however short", raw(253, Bytes{1}));

  // 4.5: a packet without a UDP checksum is translated with one.
  const Bytes data = text("without");
  c.push_back({"udp_zero_computed",
               "4.5: a missing UDP checksum is calculated",
               site(),
               four(udp_unchecked(4000, 53, data)),
               kTo6,
               {to_six(udp(4000, 53, data))}});
  c.push_back({"udp_zero_padding",
               "4.5: over the packet's bytes, not the frame's",
               site(),
               padded(four(udp_unchecked(4000, 53, data)), 46) + Bytes{9, 9},
               kTo6,
               {to_six(udp(4000, 53, data))}});
  const Bytes trailed = with_word(udp_unchecked(4000, 53, data + Bytes{9, 9, 9}).bytes, 4, uint16_t(8 + data.size()));
  c.push_back({"udp_zero_trailing",
               "RFC 8200, 8.1: over as much as UDP's own length says",
               site(),
               four(raw(17, trailed)),
               kTo6,
               {six(raw(17, transport6(udp(4000, 53, data)) + Bytes{9, 9, 9}), {.hops = 63})}});
  c.push_back({"udp_zero/6to4",
               "5.5 names no other case: over IPv4, too, there is none (RFC 6935)",
               site(),
               six(udp_unchecked(4000, 53, data)),
               kTo4,
               {to_four(udp_unchecked(4000, 53, data))}});

  // A checksum that becomes 0 is sent as ffff (RFC 768). Data that makes the sum so is searched for by the plain sum.
  for (uint32_t word = 0; word < 0x10000; ++word) {
    const Payload p = udp(4000, 53, Bytes{uint8_t(word >> 8), uint8_t(word)});
    if (transport6(p)[6] != 0xff || transport6(p)[7] != 0xff) continue;
    c.push_back(
        {"udp_ffff", "RFC 768, RFC 8200 8.1: a sum of zero is written ffff", site(), four(p), kTo6, {to_six(p)}});
    break;
  }
}

void add_refused(Cases& c) {
  const Payload p = udp(4000, 53);
  for (const int protocol : {0, 43, 44, 60})
    c.push_back({"protocol4_" + std::to_string(protocol), "it means an IPv6 header, which IPv4 has not", site(),
                 four(raw(uint8_t(protocol), text("12345678"))), "translator.protocol"});

  for (const std::string source : {"127.0.0.1", "0.0.0.1", "224.0.0.5", "240.0.0.1", "255.255.255.255"})
    c.push_back({"martian_source4_" + source, "RFC 1812, 5.3.7: no packet comes from there", site(),
                 four(p, {.source = source}), "parse.martian_source"});
  for (const std::string source : {"ff02::1", "::", "::1", "::ffff:198.51.100.2"})
    c.push_back({"martian_source6_" + source, "RFC 4291, 2.5: no packet comes from there", site(),
                 six(p, {.source = source}), "parse.martian_source"});
  for (const std::string ip4 : {"127.0.0.1", "0.0.0.0", "224.0.0.5", "255.255.255.255", "169.254.1.1"}) {
    c.push_back({"martian_made_destination_" + ip4, "RFC 6052, 5.1: addresses that must not be made", site(),
                 six(p, {.destination = "2001:db8:64::" + ip4}), "translator.martian"});
    c.push_back({"martian_made_source_" + ip4, "likewise", site(), six(p, {.source = "2001:db8:64::" + ip4}),
                 "translator.martian"});
    c.push_back({"martian_destination4_" + ip4, "is the machine's, or nobody's", site(), four(p, {.destination = ip4}),
                 "steer.not_ours"});
  }
  c.push_back({"land4", "from and to the same address", site(), four(p, {.source = kPeer4}), "parse.land"});
  c.push_back({"land6", "likewise", site(), six(p, {.source = kPeer6}), "parse.land"});

  const Bytes good4 = four(p), good6 = six(p);
  c.push_back({"long4", "the header says more than there is", site(), with_word(good4, 2, 200), "parse.ip_length"});
  c.push_back({"long6", "likewise", site(), with_word(good6, 4, 200), "parse.ip_length"});
  c.push_back({"ihl_4", "an IPv4 header has 20 bytes at least", site(), with_byte(good4, 0, 0x44), "parse.ip4_header"});
  c.push_back({"udp_length4", "UDP's length lies", site(), with_word(good4, 24, 99), "parse.udp_header"});
  c.push_back({"udp_length6", "likewise", site(), with_word(good6, 44, 7), "parse.udp_header"});
  c.push_back({"tcp_short4", "a TCP header has 20 bytes", site(), four(raw(6, repeat(0, 19))), "parse.tcp_header"});
  c.push_back({"tcp_offset6", "and no more than there are", site(), with_byte(six(tcp(1, 2, "S", {})), 52, 0xf0),
               "parse.tcp_header"});
  c.push_back({"icmp_short4", "an ICMP header has 8 bytes", site(), four(raw(1, repeat(8, 7))), "parse.icmp_header"});
  c.push_back({"icmp_short6", "likewise", site(), six(raw(58, repeat(128, 7))), "parse.icmp_header"});
  c.push_back({"extension_short", "an extension header ends with the packet", site(),
               with_byte(six(extension(0, p)), 41, 9), "parse.extension_short"});
  Payload chain = p;
  for (int i = 0; i < 7; ++i) chain = extension(60, chain);
  c.push_back({"extension_chain", "more extension headers than any sender has use for", site(), six(chain),
               "parse.extension_chain"});
}

}  // namespace waymark::translator_cases
