#include "tests/translator/cases.h"

#include <algorithm>

namespace waymark::translator_cases {

namespace {

Payload with_second(Payload p, uint32_t second) {
  for (size_t i = 0; i < 4; ++i) p.bytes[4 + i] = uint8_t(second >> (24 - 8 * i));
  return p;
}

}  // namespace

std::string site(const Site& s) {
  const std::string addresses = s.addresses ? "address = [\"" + kOwn4 + "\", \"" + kOwn6 + "\"]\n" : "";
  return "[engine]\npins = 10000\ninterfaces = { eth0 = \"public\", eth1 = \"public\" }\n" + s.engine +
         "\n[translator]\ninterface4 = \"eth0\"\ninterface6 = \"eth1\"\n" + addresses + s.keys + "\n" + s.prefixes;
}
std::string prefix(const std::string& ip6, const std::string& ip4) {
  return "[[translator.prefix]]\nprefix = \"" + ip6 + "\"\n" + (ip4.empty() ? "" : "ip4 = \"" + ip4 + "\"\n");
}
std::string map(const std::string& ip4, const std::string& ip6) {
  return "[[translator.map]]\nip4 = \"" + ip4 + "\"\nip6 = \"" + ip6 + "\"\n";
}

Bytes four(const Payload& payload, const Four& h) {
  return ip4({h.source, h.destination, h.ttl, h.tos, h.id, h.fragment, h.options}, payload);
}
Bytes six(const Payload& payload, const Six& h) {
  return ip6({h.source, h.destination, h.hops, h.traffic_class, h.label}, payload);
}
Bytes to_four(const Payload& payload) {
  return four(payload, {.ttl = 63, .id = 0, .fragment = uint16_t(payload.bytes.size() > 1240 ? 0x4000 : 0)});
}
Bytes to_six(const Payload& payload) { return six(payload, {.hops = 63}); }

Payload error4(uint8_t type, uint8_t code, uint32_t second, const Bytes& quoted) {
  return with_second(icmp_error(false, type, code, quoted), second);
}
Payload error6(uint8_t type, uint8_t code, uint32_t second, const Bytes& quoted) {
  return with_second(icmp_error(true, type, code, quoted), second);
}

Bytes quoted4(const Payload& payload, Four h) {
  h.source.swap(h.destination);
  return four(payload, h);
}
Bytes quoted6(const Payload& payload, Six h) {
  h.source.swap(h.destination);
  return six(payload, h);
}
Bytes complaint4(const Payload& error, Four h) {
  h.source = kRouter4;
  return four(error, h);
}
Bytes complaint6(const Payload& error, Six h) {
  h.source = kRouter6;
  return six(error, h);
}
Bytes complaint_to4(const Payload& error) { return complaint4(error, {.ttl = 63, .id = 0, .fragment = 0}); }
Bytes complaint_to6(const Payload& error) { return complaint6(error, {.hops = 63}); }

Bytes told4(uint8_t type, uint8_t code, uint32_t second, const Bytes& about, const std::string& to) {
  return four(error4(type, code, second, cut(about, std::min<size_t>(about.size(), 576 - 28))),
              {.tos = 0xc0, .id = 0, .fragment = 0, .source = kOwn4, .destination = to});
}
Bytes told6(uint8_t type, uint8_t code, uint32_t second, const Bytes& about, const std::string& to) {
  return six(error6(type, code, second, cut(about, std::min<size_t>(about.size(), 1280 - 48))),
             {.traffic_class = 0xc0, .source = kOwn6, .destination = to});
}
Bytes prohibited(const Bytes& about, const std::string& to) {
  return about.at(0) >> 4 == 6 ? told6(1, 1, 0, about, to) : told4(3, 13, 0, about, to);
}

Bytes transport4(const Payload& payload) {
  const Bytes whole = four(payload);
  return {whole.begin() + 20, whole.end()};
}
Bytes transport6(const Payload& payload) {
  const Bytes whole = six(payload);
  return {whole.begin() + 40, whole.end()};
}
Bytes header_summed(Bytes packet) {
  const size_t header = packet.empty() ? 0 : 4u * (packet[0] & 15);
  if (header < 20 || header > packet.size() || packet[0] >> 4 != 4) return packet;
  packet = with_word(std::move(packet), 10, 0);
  return with_word(packet, 10, internet_checksum(part(packet, 0, header)));
}

const Cases& all_translator_cases() {
  static const Cases all = [] {
    Cases c;
    add_headers(c);
    add_transports(c);
    add_refused(c);
    add_icmp(c);
    add_errors(c);
    add_extended_errors(c);
    add_fragments(c);
    add_addresses(c);
    add_answers(c);
    add_conformance(c);
    return c;
  }();
  return all;
}

}  // namespace waymark::translator_cases
