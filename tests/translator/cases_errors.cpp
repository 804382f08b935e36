// RFC 7915, 4.3 and 5.3: the packet inside an ICMP error.
#include <tuple>

#include "tests/translator/cases.h"

namespace waymark::translator_cases {

namespace {

const std::string kTo4 = "translator.to_ip4", kTo6 = "translator.to_ip6";

// Port unreachable and its translation, quoting what is given.
Bytes unreachable4(const Bytes& quoted) { return complaint4(error4(3, 3, 0, quoted)); }
Bytes unreachable6(const Bytes& quoted) { return complaint6(error6(1, 4, 0, quoted)); }
Bytes unreachable_to4(const Bytes& quoted) { return complaint_to4(error4(3, 3, 0, quoted)); }
Bytes unreachable_to6(const Bytes& quoted) { return complaint_to6(error6(1, 4, 0, quoted)); }

// A packet inside, of which `shown` bytes of the transport are quoted; 0: all.
void both(Cases& c, const std::string& name, const std::string& why, const Payload& p4, const Payload& p6,
          size_t shown = 0) {
  const auto quote = [&](Bytes b, size_t head) { return shown ? cut(std::move(b), head + shown) : b; };
  const bool df = p4.bytes.size() > 1240;
  c.push_back({name + "/4to6",
               why,
               site(),
               unreachable4(quote(quoted4(p4), 20)),
               kTo6,
               {unreachable_to6(quote(quoted6(p6), 40))}});
  c.push_back({name + "/6to4",
               why,
               site(),
               unreachable6(quote(quoted6(p6), 40)),
               kTo4,
               {unreachable_to4(quote(quoted4(p4, {.id = 0, .fragment = uint16_t(df ? 0x4000 : 0)}), 20))}});
}
void both(Cases& c, const std::string& name, const std::string& why, const Payload& p, size_t shown = 0) {
  both(c, name, why, p, p, shown);
}

void add_refused_inside(Cases& c) {
  const std::string twice = "4.3, 5.3: an error inside an error is not translated";
  const Bytes inner4 = four(udp(1, 2)), inner6 = six(udp(1, 2));
  c.push_back(
      {"inside_error/4to6", twice, site(), unreachable4(quoted4(error4(3, 1, 0, inner4))), "translator.inner_error"});
  c.push_back(
      {"inside_error/6to4", twice, site(), unreachable6(quoted6(error6(1, 3, 0, inner6))), "translator.inner_error"});
  c.push_back({"inside_timestamp/4to6", "4.2: nor a message that never was", site(),
               unreachable4(quoted4(icmp4(13, 0))), "translator.inner_error"});
  c.push_back({"inside_solicitation/6to4", "5.2: likewise", site(), unreachable6(quoted6(icmp6(135, 0, repeat(0, 16)))),
               "translator.inner_error"});
  c.push_back({"inside_icmp_fragment/4to6", "4.1: nor was a fragment of ICMP", site(),
               unreachable4(quoted4(raw(1, repeat(8, 24)), {.fragment = 0x2000})), "translator.icmp_fragment"});

  c.push_back({"inside_none/4to6", "RFC 792: an error quotes a header", site(),
               unreachable4(cut(quoted4(udp(1, 2)), 19)), "translator.inner_header"});
  c.push_back({"inside_none/6to4", "RFC 4443, 3", site(), unreachable6(cut(quoted6(udp(1, 2)), 39)),
               "translator.inner_header"});
  const Bytes whole6 = unreachable6(quoted6(udp(1, 2)));
  c.push_back({"inside_padding/6to4", "what pads the frame is not quoted: the packet ends within the header inside",
               site(), with_word(whole6, 4, 8 + 35), "translator.inner_header"});
  const Bytes whole4 = unreachable4(quoted4(udp(1, 2)));
  c.push_back({"inside_padding/4to6", "likewise", site(), header_summed(with_word(whole4, 2, 20 + 8 + 19)),
               "translator.inner_header"});
  c.push_back({"inside_too_long", "5.3: an IPv4 packet cannot have been so long", site(),
               unreachable6(with_word(quoted6(udp(1, 2)), 4, 65520)), "translator.inner_header"});
  c.push_back({"inside_other_version/4to6", "the packet inside is of the same version", site(),
               unreachable4(quoted6(udp(1, 2))), "translator.inner_header"});
  c.push_back({"inside_other_version/6to4", "likewise", site(), unreachable6(quoted4(udp(1, 2, repeat(1, 40)))),
               "translator.inner_header"});
  c.push_back({"inside_short_icmp/4to6", "an echo's header says what it is", site(),
               unreachable4(cut(quoted4(icmp4(8, 0)), 27)), "translator.inner_header"});
  c.push_back({"inside_martian/4to6", "the packet inside never came through here", site(),
               unreachable4(quoted4(udp(1, 2), {.source = "127.0.0.1"})), "translator.inner_unknown"});
  c.push_back({"inside_unknown/6to4", "likewise: no such address is translated", site(),
               unreachable6(quoted6(udp(1, 2), {.source = "2001:db8:ffff::1"})), "translator.inner_unknown"});
  c.push_back({"inside_protocol/4to6", "nor would it have been translated", site(),
               unreachable4(quoted4(raw(60, repeat(0, 8)))), "translator.protocol"});
}

}  // namespace

void add_errors(Cases& c) {
  both(c, "inside_tcp", "4.3, 5.3: TCP inside, all of it", tcp(80, 4000, "PA"));
  both(c, "inside_tcp_8", "4.3, 5.3: eight bytes of it, without its checksum (RFC 792)", tcp(80, 4000, "PA"), 8);
  both(c, "inside_tcp_18", "4.3, 5.3: up to its checksum", tcp(80, 4000, "PA"), 18);
  both(c, "inside_tcp_17", "4.3, 5.3: half of its checksum stays as it is", tcp(80, 4000, "PA"), 16);
  both(c, "inside_udp", "4.3, 5.3: UDP inside", udp(53, 4000));
  // Found by fuzzing: the packet inside ends, as its header says, within what would be its checksum.
  const Bytes trailed = repeat(0x2c, 20);
  for (const auto& [name, protocol, length] :
       std::vector<std::tuple<std::string, uint8_t, uint16_t>>{{"udp", 17, 7}, {"tcp", 6, 17}}) {
    const Bytes in4 = quoted4(raw(protocol, trailed)), in6 = quoted6(raw(protocol, trailed)),
                said4 = header_summed(with_word(in4, 2, uint16_t(20 + length))), said6 = with_word(in6, 4, length);
    const std::string why = "4.3, 5.3: what is behind the packet inside stays as it is";
    c.push_back({"inside_ends_" + name + "/4to6", why, site(), unreachable4(said4), kTo6, {unreachable_to6(said6)}});
    const Bytes made4 =
        header_summed(with_word(quoted4(raw(protocol, trailed), {.id = 0, .fragment = 0}), 2, uint16_t(20 + length)));
    c.push_back({"inside_ends_" + name + "/6to4", why, site(), unreachable6(said6), kTo4, {unreachable_to4(made4)}});
  }
  both(c, "inside_udp_8", "4.3, 5.3: its header alone, with its checksum", udp(53, 4000, repeat(1, 200)), 8);
  both(c, "inside_udp_4", "4.3, 5.3: its ports alone", udp(53, 4000), 4);
  both(c, "inside_udp_zero", "4.3: without a checksum, which can not be made of a part",
       udp_unchecked(53, 4000, text("x")));
  both(c, "inside_udp_odd", "4.3, 5.3: an odd number of bytes", udp(53, 4000, text("odd")));
  both(c, "inside_echo", "4.3, 5.3: a ping inside", icmp4(8, 0), icmp6(128, 0));
  both(c, "inside_reply_8", "4.3, 5.3: a reply's header", icmp4(0, 0, repeat(1, 100)), icmp6(129, 0, repeat(1, 100)),
       8);
  both(c, "inside_esp", "4.3, 5.3: another transport", raw(50, repeat(0x5a, 16)));
  both(c, "inside_long", "4.3, 5.3: the header inside says the length of the whole packet, and DF of its size",
       tcp(80, 4000, "PA", repeat(1, 1400)), 24);

  const Payload p = udp(53, 4000);
  c.push_back({"inside_hops/4to6",
               "4.3: the hop limit inside is not touched",
               site(),
               unreachable4(quoted4(p, {.ttl = 1})),
               kTo6,
               {unreachable_to6(quoted6(p, {.hops = 1}))}});
  c.push_back({"inside_hops/6to4",
               "5.3: likewise",
               site(),
               unreachable6(quoted6(p, {.hops = 0})),
               kTo4,
               {unreachable_to4(quoted4(p, {.ttl = 0, .id = 0, .fragment = 0}))}});
  c.push_back({"inside_tos/4to6",
               "4.3: as any header's",
               site(),
               unreachable4(quoted4(p, {.tos = 0x2e})),
               kTo6,
               {unreachable_to6(quoted6(p, {.traffic_class = 0x2e}))}});
  c.push_back({"inside_label/6to4",
               "5.3: the flow label is lost",
               site(),
               unreachable6(quoted6(p, {.label = 0x12345})),
               kTo4,
               {unreachable_to4(quoted4(p, {.id = 0, .fragment = 0}))}});
  c.push_back({"inside_options/4to6",
               "4.3: options inside are left out",
               site(),
               unreachable4(quoted4(p, {.options = repeat(1, 8)})),
               kTo6,
               {unreachable_to6(quoted6(p))}});
  c.push_back({"inside_extensions/6to4",
               "5.3: extension headers inside are left out",
               site(),
               unreachable6(quoted6(extension(0, extension(60, p)))),
               kTo4,
               {unreachable_to4(quoted4(p, {.id = 0, .fragment = 0}))}});

  const Bytes body = repeat(0x71, 24);
  c.push_back({"inside_fragment/4to6",
               "4.3: a fragment inside gets its Fragment Header",
               site(),
               unreachable4(quoted4(raw(17, body), {.fragment = 0x2003})),
               kTo6,
               {unreachable_to6(quoted6(fragment6(3, true, raw(17, body), 0x4242)))}});
  c.push_back({"inside_fragment/6to4",
               "5.3: a Fragment Header inside becomes fields",
               site(),
               unreachable6(quoted6(fragment6(3, false, raw(17, body), 0x77774242))),
               kTo4,
               {unreachable_to4(quoted4(raw(17, body), {.fragment = 3}))}});
  c.push_back({"inside_atomic/6to4",
               "5.3: likewise of a whole packet",
               site(),
               unreachable6(quoted6(fragment6(0, false, p, 0x4242))),
               kTo4,
               {unreachable_to4(quoted4(p, {.fragment = 0}))}});
  c.push_back({"too_big6_fragment",
               "5.2: a fragment is 8 bytes shorter still",
               site(),
               complaint6(error6(2, 0, 1400, quoted6(fragment6(3, true, raw(17, body), 0x4242)))),
               kTo4,
               {complaint_to4(error4(3, 4, 1372, quoted4(raw(17, body), {.fragment = 0x2003})))}});

  // Errors are at most 1280 bytes of IPv6 (RFC 4443, 2.4 c) and 576 of IPv4 (RFC 1812, 4.3.2.3).
  const Payload big = udp(53, 4000, repeat(0x33, 1300));
  c.push_back({"error_cut/4to6",
               "RFC 4443, 2.4 c: cut at 1280 bytes",
               site(),
               unreachable4(quoted4(big)),
               kTo6,
               {unreachable_to6(cut(quoted6(big), 1232))}});
  c.push_back({"error_cut/6to4",
               "RFC 1812, 4.3.2.3: cut at 576 bytes",
               site(),
               unreachable6(cut(quoted6(big), 1232)),
               kTo4,
               {unreachable_to4(cut(quoted4(big, {.id = 0}), 548))}});
  const std::string narrow = site({.engine = "mtu = { eth0 = 300, eth1 = 1000 }"});
  c.push_back({"error_cut_narrow/4to6",
               "1.4: and at the next hop's MTU, as nobody is told of errors that are too big",
               narrow,
               unreachable4(quoted4(big)),
               kTo6,
               {unreachable_to6(cut(quoted6(big), 952))}});
  c.push_back({"error_cut_narrow/6to4",
               "likewise",
               narrow,
               unreachable6(cut(quoted6(big), 1232)),
               kTo4,
               {unreachable_to4(cut(quoted4(big, {.id = 0}), 272))}});
  c.push_back({"error_tos/4to6",
               "4.2: the header outside as any",
               site(),
               complaint4(error4(3, 1, 0, quoted4(p)), {.tos = 0xc0}),
               kTo6,
               {complaint6(error6(1, 0, 0, quoted6(p)), {.hops = 63, .traffic_class = 0xc0})}});
  add_refused_inside(c);
}

// RFC 4884 as RFC 7915, 4.2 and 5.2 want it: lengths in the other version's words, extensions kept where they may be.
void add_extended_errors(Cases& c) {
  const Bytes extensions = Bytes{0x20, 0, 0, 0, 0, 8, 1, 1, 0, 0, 1, 0xff};  // an MPLS label (RFC 4950)
  const auto behind = [&](const Bytes& datagram) { return datagram + extensions; };
  // 132 bytes of IPv4 are 152 of IPv6: whole words of both.
  const Payload p = udp(53, 4000, repeat(0x44, 104));
  c.push_back({"extensions/4to6",
               "RFC 4884, 5.5: 33 words of 32 bits become 19 of 64",
               site(),
               complaint4(error4(11, 0, 33 << 16, behind(quoted4(p)))),
               kTo6,
               {complaint_to6(error6(3, 0, 19u << 24, behind(quoted6(p))))}});
  c.push_back({"extensions/6to4",
               "RFC 4884, 5.5: and back",
               site(),
               complaint6(error6(3, 0, 19u << 24, behind(quoted6(p)))),
               kTo4,
               {complaint_to4(error4(11, 0, 33 << 16, behind(quoted4(p, {.id = 0, .fragment = 0}))))}});
  // A packet of 108 bytes padded to the 128 that extensions want; 128 of IPv6 need no padding.
  const Payload small = udp(53, 4000, repeat(0x44, 80));
  c.push_back({"extensions_padding/4to6",
               "RFC 4884, 3: the padding changes with the header",
               site(),
               complaint4(error4(3, 1, 32 << 16, behind(padded(quoted4(small), 128)))),
               "translator.realigned",
               {complaint_to6(error6(1, 0, 16u << 24, behind(quoted6(small))))}});
  // 112 bytes are 132: to 136.
  const Payload odd = udp(53, 4000, repeat(0x44, 84));
  c.push_back({"extensions_words/4to6",
               "RFC 4884, 3: zeros up to a whole word",
               site(),
               complaint4(error4(3, 1, 32 << 16, behind(padded(quoted4(odd), 128)))),
               "translator.realigned",
               {complaint_to6(error6(1, 0, 17u << 24, behind(padded(quoted6(odd), 136))))}});
  // 128 bytes of IPv6 are 108 of IPv4: to 128 at least.
  c.push_back({"extensions_lie/4to6", "RFC 4884: a length beyond the message", site(),
               complaint4(error4(3, 1, 90 << 16, quoted4(p))), "translator.icmp_length"});
  c.push_back({"extensions_lie/6to4", "likewise", site(), complaint6(error6(1, 3, 90u << 24, quoted6(p))),
               "translator.icmp_length"});
  c.push_back({"extensions_too_big/4to6",
               "RFC 4884, 4.6: ICMPv6 Packet Too Big has none",
               site(),
               complaint4(error4(3, 4, 33 << 16 | 1400, behind(quoted4(p)))),
               kTo6,
               {complaint_to6(error6(2, 0, 1420, quoted6(p)))}});
  c.push_back({"extensions_parameter/4to6",
               "RFC 4884: nor has ICMPv6 Parameter Problem",
               site(),
               complaint4(error4(12, 0, 8u << 24 | 33 << 16, behind(quoted4(p)))),
               kTo6,
               {complaint_to6(error6(4, 0, 7, quoted6(p)))}});
}

}  // namespace waymark::translator_cases
