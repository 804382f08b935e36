// What addresses say of flows: fields `dscp`, `valid` and `birth` of the plan.
#include "tests/gateway/firewall_cases.h"

#include <cstdio>

namespace waymark::gateway_cases {

namespace {

constexpr uint16_t kBorn = 7, kValid = 0x100;  // in the sixth word
constexpr uint16_t dscp_word(uint16_t dscp) { return uint16_t(dscp << 9); }
constexpr uint16_t kPort = 40'000, kHttp = 80;
constexpr uint32_t kIsn = 0x1234'5678, kTheirs = 0x9abc'0000;

Payload sent(const std::string& flags, uint32_t sequence, uint32_t acknowledged = 0) {
  return tcp_segment(kPort, kHttp, sequence, acknowledged, flags, 8'192);
}
Payload came(const std::string& flags, uint32_t sequence, uint32_t acknowledged = 0) {
  return tcp_segment(kHttp, kPort, sequence, acknowledged, flags, 8'192);
}

// A packet of the client's with this class, and with which it leaves, from the address with this word.
FirewallStep out(const Payload& p, uint16_t word, uint8_t tos = 0, uint8_t left = 0, const Payload* became = nullptr) {
  return {.out = true,
          .packet = p,
          .hop = {.tos = tos},
          .leaves = six(became ? *became : p, {.hops = 63, .tos = left}, bits_address(word), kServer6)};
}
// One to that address; it leaves in the tunnel.
FirewallStep in(const Payload& p, uint16_t word, uint8_t tos = 0, uint8_t left = 0, const Payload* became = nullptr) {
  return {
      .out = false,
      .packet = p,
      .hop = {.tos = tos},
      .to = bits_address(word),
      .leaves = to_red(four(became ? *became : p, {.hops = 63, .tos = left, .id = 0, .fragment = 0}, kServer4, kClient),
                       kEnd1, left)};
}
FirewallStep refused(const Payload& p, uint16_t word, const std::string& reason) {
  return {.out = false, .packet = p, .reason = reason, .to = bits_address(word)};
}

const std::string kExpedited =
    R"(rule = [{ direction = "out", action = "allow", ports = ["tcp/80", "udp/53"], dscp = 46 }]
)";
constexpr uint16_t kExpeditedWord = dscp_word(46) | kBorn;
const std::string kValidSite = R"(rule = [{ direction = "out", action = "allow", valid = true },
        { direction = "in", action = "allow", ports = ["udp/53"], from_valid = true, outside = "10.5.0.0/16" },
        { direction = "in", action = "allow", ports = ["udp/54"] }, { direction = "in", action = "allow", protocol = 1 }]
)";

Bytes from_gateway2(const Bytes& ip) { return ip6({kOwn2, kOwn1}, inside(ip)); }

}  // namespace

std::string bits_address(uint16_t word) {
  char text[64];
  std::snprintf(text, sizeof text, "3fff:c00:100:100:0:%x:a00:5", word);
  return text;
}

namespace {

// Both sites are behind this node: all is as between two.
void add_bits_across(std::vector<FirewallCase>& cases) {
  const std::string there = "10.2.0.5", end = "2001:db8:ffff::4";
  const auto goes = [&](const Payload& p, uint8_t tos, Hop hop = {}) {
    Hop later = hop;
    later.hops = 63;
    later.tos = tos;
    return FirewallStep{.out = true,
                        .packet = {},
                        .leaves = ip6({.source = end, .destination = kRedFar6, .traffic_class = tos},
                                      gre(four(p, later, kClient, there), 0x2000, gre_key(7))),
                        .raw = from_red(four(p, hop, kClient, there)),
                        .passes = "gateway.across"};
  };
  const auto back = [&](const Payload& p, uint8_t tos) {
    return FirewallStep{.out = true,
                        .packet = {},
                        .leaves = to_red(four(p, {.hops = 63, .tos = tos}, there, kClient), kEnd1, tos),
                        .raw = ip6({kRedFar6, kEnd16}, gre(four(p, {}, there, kClient), 0x2000, gre_key(7))),
                        .passes = "gateway.across"};
  };
  const auto add = [&](const std::string& name, const std::string& why, const std::vector<FirewallStep>& steps,
                       const std::string& out) {
    cases.push_back(
        {"bits/across_" + name, why,
         guarded("rule = [{ direction = \"out\", action = \"allow\"" + out +
                     " }, { direction = \"in\", action = \"allow\", ports = [\"udp/53\"], from_valid = true }]\n",
                 "", kBitsLayout),
         steps});
  };
  const Bytes whole = udp(4000, 53, repeat(1, 64)).bytes;
  const Payload head = raw(17, part(whole, 0, 32)), rest = raw(17, part(whole, 32, whole.size()));
  add("class", "the flow's, whoever sends",
      {goes(udp(4000, 53), 0xb8), back(udp(53, 4000), 0xb8), goes(head, 0xb8, {.id = 0x79, .fragment = 0x2000}),
       goes(rest, 0xb8, {.id = 0x79, .fragment = 4})},
      ", valid = true, dscp = 46");
  FirewallStep refused = goes(udp(4000, 53), 0);
  refused.passes = "firewall.unsolicited";
  refused.leaves.clear();
  add("not_valid", "nobody says so", {refused}, "");
}

}  // namespace

void add_bits(std::vector<FirewallCase>& cases) {
  const auto add = [&](const std::string& name, const std::string& why, const std::vector<FirewallStep>& steps,
                       const std::string& tenant = "") {
    cases.push_back({"bits/" + name, why, guarded(tenant, "", kBitsLayout), steps});
  };
  add("birth", "which day it began; the class stays the packet's",
      {out(udp(4000, 53), kBorn, 0x48, 0x48), in(udp(53, 4000), kBorn, 0xb8, 0xb8), out(udp(4000, 53), kBorn)});
  add("dscp", "the flow's class in both directions, and congestion's bits as they came",
      {out(sent("S", kIsn), kExpeditedWord, 0x48, 0xb8), in(came("SA", kTheirs, kIsn + 1), kExpeditedWord, 0, 0xb8),
       out(sent("A", kIsn + 1, kTheirs + 1), kExpeditedWord, 0x02, 0xba),
       in(came("PA", kTheirs + 1, kIsn + 1), kExpeditedWord, 0x4b, 0xbb)},
      kExpedited);
  add("dscp_of_others", "a flow of another port's", {out(udp(4000, 54), kBorn, 0x48, 0x48)}, kExpedited);
  add("dscp_copied", "the first packet's class, whatever later ones have",
      {out(udp(4000, 53), dscp_word(18) | kBorn, 0x49, 0x49), in(udp(53, 4000), dscp_word(18) | kBorn, 0, 0x48),
       out(udp(4000, 53), dscp_word(18) | kBorn, 0xb8, 0x48)},
      "rule = [{ direction = \"out\", action = \"allow\", dscp = \"copy\" }]\n");
  add("others", "what the address says must be the flow's: half open, and open",
      {out(sent("S", kIsn), kExpeditedWord, 0, 0xb8), refused(came("SA", kTheirs, kIsn + 1), kBorn, "other_bits"),
       in(came("SA", kTheirs, kIsn + 1), kExpeditedWord, 0, 0xb8),
       out(sent("A", kIsn + 1, kTheirs + 1), kExpeditedWord, 0, 0xb8),
       refused(came("PA", kTheirs + 1, kIsn + 1), kExpeditedWord + 1, "other_bits"),
       in(came("PA", kTheirs + 1, kIsn + 1), kExpeditedWord, 0, 0xb8), out(udp(4000, 53), kExpeditedWord, 0, 0xb8),
       in(udp(53, 4000), kExpeditedWord, 0, 0xb8), refused(udp(53, 4000), dscp_word(46), "other_bits")},
      kExpedited);
  add("begun_outside", "it has the address that it chose, and its packets keep their class",
      {in(udp(53, 54), kExpeditedWord, 0x48, 0x48), out(udp(54, 53), kExpeditedWord, 0, 0),
       in(udp(57, 54), 0, 0x48, 0x48), out(udp(54, 57), 0, 0x48, 0x48)},
      kValidSite);
  add("valid", "as the rule says", {out(udp(4000, 53), kValid | kBorn), in(udp(53, 4000), kValid | kBorn)}, kValidSite);
  add("valid_forged", "nobody from outside says that of a flow that it begins",
      {refused(udp(53, 54), kValid | kBorn, "forged_valid"), in(udp(53, 54), kBorn)}, kValidSite);
  const Payload asks = icmp6(128, 0), asked = icmp4(8, 0), answers = icmp4(0, 0), answered = icmp6(129, 0);
  add("pinged", "a flow's address answers as it is",
      {in(asks, kValid | kBorn, 0, 0, &asked), out(answers, kValid | kBorn, 0, 0, &answered)}, kValidSite);

  // Another gateway says that a flow is valid.
  const std::string far = "3fff:c00:200:100:0:107:a05:9", not_valid = "3fff:c00:200:100:0:7:a05:9";
  const auto by_tunnel = [&](const std::string& from) {
    return from_gateway2(six(udp(4000, 53), {}, from, bits_address(0)));
  };
  FirewallStep believed = {.out = false, .packet = {}, .raw = by_tunnel(far)};
  believed.leaves = to_red(four(udp(4000, 53), {.hops = 63, .id = 0, .fragment = 0}, kFar4, kClient));
  const FirewallStep unsaid = {.out = false, .packet = {}, .reason = "unsolicited", .raw = by_tunnel(not_valid)},
                     forged = {.out = false,
                               .packet = udp(4000, 53),
                               .reason = "unsolicited",
                               .from = far,
                               .to = bits_address(0)};
  add("from_valid", "by what another gateway's address says, out of its tunnel", {unsaid, forged, believed},
      kValidSite);
  FirewallStep to_site = {.out = true, .packet = udp(4000, 53), .to = kFar4};
  to_site.leaves =
      ip6({kOwn1, kOwn2},
          inside(six(udp(4000, 53), {.hops = 63}, bits_address(kValid | kBorn), "3fff:c00:200:100::a05:9")));
  FirewallStep back = {
      .out = false, .packet = {}, .raw = from_gateway2(six(udp(53, 4000), {}, not_valid, bits_address(0)))};
  back.leaves = to_red(four(udp(53, 4000), {.hops = 63, .id = 0, .fragment = 0}, kFar4, kClient));
  add("site", "another gateway answers to the address without bits, to which it maps the site", {to_site, back},
      kValidSite);

  // Errors have the address inside that the other side's packets come to.
  const Payload reply = udp(53, 4000);
  FirewallStep told = {
      .out = true,
      .packet = icmp_error(false, 3, 3, four(reply, {.hops = 63, .id = 0, .fragment = 0}, kServer4, kClient))};
  told.leaves = six(icmp_error(true, 1, 4, six(reply, {.hops = 63}, kServer6, bits_address(kExpeditedWord))),
                    {.hops = 63}, kRed1, kServer6);
  const auto about = [&](uint16_t word) {
    return icmp_error(true, 1, 4, six(udp(4000, 53), {.hops = 63}, bits_address(word), kServer6));
  };
  add("error", "by the tenant, and about its packets",
      {out(udp(4000, 53), kExpeditedWord, 0, 0xb8),
       in(reply, kExpeditedWord, 0, 0xb8),
       told,
       {.out = false, .packet = about(kExpeditedWord), .to = bits_address(kExpeditedWord)},
       refused(about(kBorn), kBorn, "unsolicited")},
      kExpedited);

  const auto summed = [](const Payload& p) { return with_word(p.bytes, 6, 0x1234); };  // a router does not look at it
  const Bytes whole = summed(udp(4000, 53, repeat(1, 64)));
  Payload head = raw(17, part(whole, 0, 32));
  FirewallStep first = {.out = true, .packet = head, .hop = {.id = 0x77, .fragment = 0x2000}},
               rest = {
                   .out = true, .packet = raw(17, part(whole, 32, whole.size())), .hop = {.id = 0x77, .fragment = 4}};
  rest.leaves = six(fragment6(4, false, raw(17, part(whole, 32, whole.size())), 0x77), {.hops = 63, .tos = 0xb8},
                    bits_address(kExpeditedWord), kServer6);
  FirewallStep back_first = {.out = false,
                             .packet =
                                 fragment6(0, true, raw(17, part(summed(udp(53, 4000, repeat(1, 64))), 0, 32)), 0x99),
                             .to = bits_address(kExpeditedWord)},
               back_rest = {.out = false,
                            .packet = fragment6(4, false, raw(17, repeat(1, 40)), 0x99),
                            .to = bits_address(kExpeditedWord)},
               back_other = back_rest;
  back_other.to = bits_address(kBorn);
  back_other.reason = "other_bits";
  add("fragment", "those behind the first have its address, and must come to it",
      {first, rest, back_first, back_other, back_rest}, kExpedited);
  FirewallStep theirs = rest;
  theirs.leaves = six(fragment6(4, false, raw(17, part(whole, 32, whole.size())), 0x77), {.hops = 63},
                      bits_address(kExpeditedWord), kServer6);
  add("fragment_begun_outside", "those behind the first keep their class as well",
      {in(udp(53, 4000), kExpeditedWord), first, theirs},
      "rule = [{ direction = \"in\", action = \"allow\", ports = [\"udp/4000\"] }]\n");
  add_bits_across(cases);
}

}  // namespace waymark::gateway_cases
