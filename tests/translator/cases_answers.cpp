// RFC 7915, 1.4, 4.4 and 5.4: what the translator says as a router: errors to senders, and answers to pings.
#include "tests/translator/cases.h"

namespace waymark::translator_cases {

namespace {

const std::string kTo4 = "translator.to_ip4", kTo6 = "translator.to_ip6", kWithheld = "translator.error_withheld";
constexpr size_t kQuote4 = 576 - 28, kQuote6 = 1280 - 48;  // as told4() and told6() cut

Payload long_udp(size_t whole, size_t headers) { return udp(4000, 53, repeat(0x51, whole - headers - 8)); }
Bytes long4(size_t whole, const Four& h = {}) { return four(long_udp(whole, 20), h); }
Bytes long6(size_t whole, const Six& h = {}) { return six(long_udp(whole, 40), h); }

void add_hop_limits(Cases& c) {
  const std::string why4 = "RFC 1812, 5.3.1 and 4.3.2.3: time exceeded, with as much as fits into 576 bytes",
                    why6 = "RFC 4443, 3.3 and 2.4 c: time exceeded, with as much as fits into 1280 bytes",
                    ended = "translator.hop_limit";
  for (const uint8_t hops : {uint8_t(0), uint8_t(1)}) {
    const std::string n = "hop_limit_" + std::to_string(hops);
    const Bytes in4 = four(udp(4000, 53), {.ttl = hops}), in6 = six(tcp(4000, 80, "S"), {.hops = hops});
    c.push_back({n + "/4to6", why4, site(), in4, ended, {told4(11, 0, 0, in4)}});
    c.push_back({n + "/6to4", why6, site(), in6, ended, {told6(3, 0, 0, in6)}});
  }
  for (const size_t length : {kQuote4, kQuote4 + 1, size_t(1500)}) {
    const Bytes in = long4(length, {.ttl = 1});
    c.push_back(
        {"hop_limit_quote_" + std::to_string(length) + "/4to6", why4, site(), in, ended, {told4(11, 0, 0, in)}});
  }
  for (const size_t length : {kQuote6, kQuote6 + 1, size_t(1500)}) {
    const Bytes in = long6(length, {.hops = 1});
    c.push_back({"hop_limit_quote_" + std::to_string(length) + "/6to4", why6, site(), in, ended, {told6(3, 0, 0, in)}});
  }
  const Bytes padded4 = four(udp(4000, 53, {}), {.ttl = 1});
  c.push_back({"hop_limit_padding",
               "what pads the frame is not quoted",
               site(),
               padded(padded4, 46),
               ended,
               {told4(11, 0, 0, padded4)}});
  const Bytes options = four(udp(4000, 53), {.ttl = 1, .options = Bytes{7, 7, 4, 0, 0, 0, 0, 0}});
  c.push_back(
      {"hop_limit_options", "RFC 792: the whole header is quoted", site(), options, ended, {told4(11, 0, 0, options)}});
  const Bytes first4 = four(raw(17, repeat(9, 24)), {.ttl = 1, .fragment = 0x2000}),
              first6 = six(fragment6(0, true, raw(17, repeat(9, 24))), {.hops = 1});
  c.push_back({"hop_limit_fragment/4to6",
               "RFC 1122, 3.2.2: of fragments, about the first",
               site(),
               first4,
               ended,
               {told4(11, 0, 0, first4)}});
  c.push_back({"hop_limit_fragment/6to4", "likewise", site(), first6, ended, {told6(3, 0, 0, first6)}});
  const Bytes ping4 = four(icmp4(8, 0), {.ttl = 1}), ping6 = six(icmp6(128, 0), {.hops = 1});
  c.push_back({"hop_limit_ping/4to6", "a ping is no error", site(), ping4, ended, {told4(11, 0, 0, ping4)}});
  c.push_back({"hop_limit_ping/6to4", "likewise", site(), ping6, ended, {told6(3, 0, 0, ping6)}});
  const Bytes odd = four(udp(4000, 53, text("odd")), {.ttl = 1});
  c.push_back({"hop_limit_odd", "RFC 1071: an odd number of bytes", site(), odd, ended, {told4(11, 0, 0, odd)}});
}

void add_too_big(Cases& c) {
  const std::string big = "translator.too_big";
  const std::string narrow6 = site({.engine = "mtu = { eth0 = 9000, eth1 = 1400 }"}),
                    narrow4 = site({.engine = "mtu = { eth0 = 1400, eth1 = 9000 }"});
  const std::string why4 = "4.1: DF is set: the IPv6 next hop's MTU, less 20",
                    why6 = "5.1: the IPv4 next hop's MTU and 20";
  c.push_back({"too_big_not/4to6", why4, narrow6, long4(1380), kTo6, {to_six(long_udp(1380, 20))}});
  c.push_back({"too_big/4to6", why4, narrow6, long4(1381), big, {told4(3, 4, 1380, long4(1381))}});
  c.push_back({"too_big_9000/4to6", why4, narrow6, long4(9000), big, {told4(3, 4, 1380, long4(9000))}});
  c.push_back({"too_big_not/6to4", why6, narrow4, long6(1420), kTo4, {four(long_udp(1420, 40), {.ttl = 63, .id = 0})}});
  c.push_back({"too_big/6to4", why6, narrow4, long6(1421), big, {told6(2, 0, 1420, long6(1421))}});
  const Bytes first = four(raw(17, repeat(9, 1360)), {.fragment = 0x6000});
  c.push_back({"too_big_fragment/4to6",
               "4.1: a fragment grows by its Fragment Header, too",
               narrow6,
               first,
               big,
               {told4(3, 4, 1372, first)}});
  c.push_back({"too_big_later_fragment/4to6", "RFC 1122, 3.2.2: nothing about fragments that are not the first",
               narrow6, four(raw(17, repeat(9, 1360)), {.fragment = 0x6003}), kWithheld});
  const std::string tiny6 = site({.engine = "mtu = { eth1 = 600 }"}), tiny4 = site({.engine = "mtu = { eth0 = 576 }"});
  c.push_back({"too_big_tiny/4to6",
               "whatever the way allows, if it is less than IPv6 should",
               tiny6,
               long4(700),
               big,
               {told4(3, 4, 580, long4(700))}});
  const Bytes expired4 = long4(300, {.ttl = 1}), expired6 = long6(600, {.hops = 1});
  c.push_back({"hop_limit_tiny/4to6",
               "1.4: nor is what it says longer than the way back",
               site({.engine = "mtu = { eth0 = 300 }"}),
               expired4,
               "translator.hop_limit",
               {told4(11, 0, 0, cut(expired4, 272))}});
  c.push_back({"hop_limit_tiny/6to4",
               "likewise",
               tiny6,
               expired6,
               "translator.hop_limit",
               {told6(3, 0, 0, cut(expired6, 552))}});
  c.push_back({"too_big_tiny/6to4",
               "RFC 8200, 5 and RFC 8201, 4: nobody is told less than 1280",
               tiny4,
               long6(1281),
               big,
               {told6(2, 0, 1280, long6(1281))}});
}

void add_routes(Cases& c) {
  const Payload p = udp(4000, 53);
  const std::string why = "4.1: a source route that is not at its end: 3/5, source route failed";
  for (const uint8_t kind : {uint8_t(131), uint8_t(137)}) {
    const std::string n = kind == 131 ? "loose" : "strict";
    const Bytes first = four(p, {.options = Bytes{kind, 7, 4, 10, 0, 0, 1, 0}}),
                later = four(
                    p, {.options = Bytes{1, 7, 7, 4, 0, 0, 0, 0} + Bytes{kind, 11, 8, 10, 0, 0, 1, 10, 0, 0, 2, 0}});
    c.push_back({"source_route_" + n, why, site(), first, "translator.source_route", {told4(3, 5, 0, first)}});
    c.push_back({"source_route_later_" + n, why, site(), later, "translator.source_route", {told4(3, 5, 0, later)}});
  }
  c.push_back({"source_route_error", "RFC 1122, 3.2.2: nothing about an error", site(),
               complaint4(error4(3, 3, 0, quoted4(p)), {.options = Bytes{131, 7, 4, 10, 0, 0, 1, 0}}), kWithheld});

  const Payload routed = extension(43, tcp(4000, 80, "S"), 2);
  const std::string left = "5.1: segments left: Parameter Problem, with a pointer at Segments Left";
  const Bytes direct = with_byte(six(routed), 43, 1), behind = with_byte(six(extension(0, routed, 1)), 16 + 43, 2),
              twice = with_byte(six(extension(43, routed)), 48 + 3, 1);
  c.push_back({"segments_left", left, site(), direct, "translator.routing_header", {told6(4, 0, 43, direct)}});
  c.push_back({"segments_left_behind", left, site(), behind, "translator.routing_header", {told6(4, 0, 59, behind)}});
  c.push_back({"segments_left_second", left, site(), twice, "translator.routing_header", {told6(4, 0, 51, twice)}});
  const Bytes fragment = with_byte(six(extension(43, fragment6(0, true, raw(17, repeat(1, 24))))), 43, 1),
              later = with_byte(six(extension(43, fragment6(3, true, raw(17, repeat(1, 24))))), 43, 1);
  c.push_back(
      {"segments_left_fragment", left, site(), fragment, "translator.routing_header", {told6(4, 0, 43, fragment)}});
  c.push_back({"segments_left_later_fragment", "RFC 1122, 3.2.2: nothing about fragments that are not the first",
               site(), later, kWithheld});
  c.push_back({"segments_left_error", "RFC 4443, 2.4 e: nothing about an error", site(),
               with_byte(six(extension(43, error6(1, 4, 0, quoted6(p))), {.source = kRouter6}), 43, 1), kWithheld});
}

void add_withheld(Cases& c) {
  const Payload p = udp(4000, 53);
  const std::string none4 = "RFC 1122, 3.2.2: nothing about an error",
                    none6 = "RFC 4443, 2.4 e: nothing about an error";
  for (const uint8_t type : {uint8_t(3), uint8_t(4), uint8_t(5), uint8_t(11), uint8_t(12)})
    c.push_back({"withheld_type_" + std::to_string(type) + "/4to6", none4, site(),
                 complaint4(error4(type, 0, 0, quoted4(p)), {.ttl = 1}), kWithheld});
  for (const uint8_t type : {uint8_t(1), uint8_t(2), uint8_t(3), uint8_t(4), uint8_t(100), uint8_t(127)})
    c.push_back({"withheld_type_" + std::to_string(type) + "/6to4", none6, site(),
                 complaint6(error6(type, 0, 0, quoted6(p)), {.hops = 1}), kWithheld});
  c.push_back({"withheld_redirect", "RFC 4443, 2.4 e: nor about a redirect", site(),
               six(icmp6(137, 0, repeat(0, 32)), {.hops = 1}), kWithheld});
  c.push_back({"withheld_fragment/4to6", "RFC 1122, 3.2.2: nor about a fragment that is not the first", site(),
               four(raw(17, repeat(9, 24)), {.ttl = 1, .fragment = 0x2003}), kWithheld});
  c.push_back({"withheld_fragment/6to4", "likewise", site(),
               six(fragment6(3, true, raw(17, repeat(9, 24))), {.hops = 1}), kWithheld});
  const std::string silent = site({.addresses = false});
  c.push_back(
      {"withheld_no_address/4to6", "there is no address to send it from", silent, four(p, {.ttl = 1}), kWithheld});
  c.push_back({"withheld_no_address/6to4", "likewise", silent, six(p, {.hops = 1}), kWithheld});
  const std::string mute = site({.keys = "errors = 0\nechoes = 0"});
  c.push_back(
      {"limited/4to6", "4.4: errors are limited, down to none", mute, four(p, {.ttl = 1}), "translator.error_limited"});
  c.push_back(
      {"limited/6to4", "5.4: likewise (RFC 4443, 2.4 f)", mute, six(p, {.hops = 1}), "translator.error_limited"});
  c.push_back({"limited_echo/4to6", "and so are answers to pings", mute, four(icmp4(8, 0), {.destination = kOwn4}),
               "translator.error_limited"});
  c.push_back(
      {"limited_echo/6to4", "likewise", mute, six(icmp6(128, 0), {.destination = kOwn6}), "translator.error_limited"});
  for (const std::string source : {"224.0.0.5", "255.255.255.255", "127.0.0.1"})
    c.push_back({"withheld_source_" + source, "RFC 1122, 3.2.2: nor to a source that is no host's", site(),
                 four(p, {.ttl = 1, .source = source}), "parse.martian_source"});
}

// Pings of the translator's own addresses (RFC 1122, 3.2.2.6; RFC 4443, 4.2); all else about them is the kernel's.
void add_own(Cases& c) {
  const std::string echoed = "translator.echoed", local = "translator.local";
  const Bytes data = repeat(0x2a, 57);
  c.push_back({"own_ping4",
               "RFC 1122, 3.2.2.6: identifier, number and data come back",
               site(),
               four(icmp4(8, 0, data), {.ttl = 9, .tos = 0x20, .destination = kOwn4}),
               echoed,
               {four(icmp4(0, 0, data), {.ttl = 64, .tos = 0x20, .source = kOwn4, .destination = kHost4})}});
  c.push_back(
      {"own_ping6",
       "RFC 4443, 4.2: likewise",
       site(),
       six(icmp6(128, 0, data), {.hops = 9, .traffic_class = 0x20, .destination = kOwn6}),
       echoed,
       {six(icmp6(129, 0, data), {.hops = 64, .traffic_class = 0x20, .source = kOwn6, .destination = kHost6})}});
  c.push_back({"own_ping_padding",
               "what pads the frame does not come back",
               site(),
               padded(four(icmp4(8, 0, {}), {.destination = kOwn4}), 46),
               echoed,
               {four(icmp4(0, 0, {}), {.source = kOwn4, .destination = kHost4})}});
  c.push_back({"own_ping_last_hop",
               "a hop limit of 1 is enough to get here",
               site(),
               six(icmp6(128, 0), {.hops = 1, .destination = kOwn6}),
               echoed,
               {six(icmp6(129, 0), {.hops = 64, .source = kOwn6, .destination = kHost6})}});
  c.push_back({"own_ping_from_anywhere",
               "from addresses without a translation, too",
               site(),
               six(icmp6(128, 0), {.source = "2001:db8:ffff::1", .destination = kOwn6}),
               echoed,
               {six(icmp6(129, 0), {.hops = 64, .source = kOwn6, .destination = "2001:db8:ffff::1"})}});
  c.push_back({"own_ping_options",
               "RFC 1122, 3.2.2.6: options come back",
               site(),
               four(icmp4(8, 0, data), {.destination = kOwn4, .options = Bytes{1, 1, 1, 0}}),
               echoed,
               {four(icmp4(0, 0, data), {.source = kOwn4, .destination = kHost4, .options = Bytes{1, 1, 1, 0}})}});
  c.push_back({"own_ping_extension", "behind an extension header the kernel answers", site(),
               six(extension(60, icmp6(128, 0)), {.destination = kOwn6}), local});
  c.push_back({"own_fragment4", "the kernel puts fragments together", site(),
               four(raw(1, Bytes{8, 0} + repeat(1, 22)), {.fragment = 0x2000, .destination = kOwn4}), local});
  c.push_back({"own_fragment6", "likewise", site(),
               six(fragment6(0, true, raw(58, Bytes{128, 0} + repeat(1, 22))), {.destination = kOwn6}), local});
  c.push_back({"own_reply4", "no request: the kernel's", site(), four(icmp4(0, 0), {.destination = kOwn4}), local});
  c.push_back({"own_solicitation6", "neighbours are the kernel's", site(),
               six(icmp6(135, 0, repeat(0, 16)), {.hops = 255, .destination = kOwn6}), local});
  c.push_back({"own_ping_code4", "a code that no ping has", site(), four(icmp4(8, 3), {.destination = kOwn4}), local});
  c.push_back(
      {"own_tcp4", "its services are the kernel's", site(), four(tcp(4000, 22, "S"), {.destination = kOwn4}), local});
  c.push_back({"own_udp6", "likewise", site(), six(udp(4000, 161), {.destination = kOwn6}), local});
  c.push_back({"own_short", "an ICMP header has 8 bytes", site(), four(raw(1, repeat(8, 7)), {.destination = kOwn4}),
               "parse.icmp_header"});
  c.push_back({"own_martian", "nobody pings from there", site(),
               four(icmp4(8, 0), {.source = "127.0.0.1", .destination = kOwn4}), "parse.martian_source"});
}

}  // namespace

void add_answers(Cases& c) {
  add_hop_limits(c);
  add_too_big(c);
  add_routes(c);
  add_withheld(c);
  add_own(c);
}

}  // namespace waymark::translator_cases
