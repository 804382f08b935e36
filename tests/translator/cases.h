// The translator's packets as data: what comes in, how it ends and what leaves, each written from the RFCs by hand
// (tests/kit/packets.h). 198.51.100.2, "host", and 192.0.2.33, "peer", talk in either IP version; a router between them
// complains.
#pragma once

#include <string>
#include <vector>

#include "tests/kit/packets.h"

namespace waymark::translator_cases {

using namespace packets;

const std::string kHost4 = "198.51.100.2", kHost6 = "2001:db8:64::198.51.100.2";
const std::string kPeer4 = "192.0.2.33", kPeer6 = "2001:db8:64::192.0.2.33";
const std::string kRouter4 = "198.51.100.9", kRouter6 = "2001:db8:64::198.51.100.9";
const std::string kOwn4 = "192.0.2.1", kOwn6 = "2001:db8:1::1";  // the translator's

// What the whole of `in` becomes. An expected IPv4 packet with identification 0 and DF clear stands for any that is not
// 0, the same in all fragments: the translator chooses (RFC 7915, 5.1).
struct TranslatorCase {
  std::string name, why;
  std::string site;  // a configuration
  Bytes in;          // an IP packet, and whatever pads its frame
  std::string reason;
  std::vector<Bytes> out{};  // IP packets; none: nothing leaves
};

// Configurations: eth0 has the IPv4 hosts, eth1 the IPv6 ones.
struct Site {
  std::string prefixes = R"([[translator.prefix]]
prefix = "2001:db8:64::/96"
)";
  std::string engine{}, keys{};  // more lines of [engine] and of [translator]
  bool addresses = true;
};
std::string site(const Site& s = {});
std::string prefix(const std::string& ip6, const std::string& ip4 = "");
std::string map(const std::string& ip4, const std::string& ip6);

// From host to peer, unless said otherwise.
struct Four {
  uint8_t ttl = 64, tos = 0;
  uint16_t id = 0x4242, fragment = 0x4000;
  std::string source = kHost4, destination = kPeer4;
  Bytes options{};
};
struct Six {
  uint8_t hops = 64, traffic_class = 0;
  uint32_t label = 0;
  std::string source = kHost6, destination = kPeer6;
};
Bytes four(const Payload& payload, const Four& h = {});
Bytes six(const Payload& payload, const Six& h = {});

// As translated from the other version: a hop less, IPv4 with the identification and flags of short packets.
Bytes to_four(const Payload& payload);
Bytes to_six(const Payload& payload);

// An ICMP error's second word, then what it quotes.
Payload error4(uint8_t type, uint8_t code, uint32_t second, const Bytes& quoted);
Payload error6(uint8_t type, uint8_t code, uint32_t second, const Bytes& quoted);
// A packet from peer to host, which the router complains of to the peer; and that complaint.
Bytes quoted4(const Payload& payload, Four h = {});
Bytes quoted6(const Payload& payload, Six h = {});
Bytes complaint4(const Payload& error, Four h = {});
Bytes complaint6(const Payload& error, Six h = {});
// As translated.
Bytes complaint_to4(const Payload& error);
Bytes complaint_to6(const Payload& error);

// What the translator tells a packet's sender: as much as fits of what it is about, DF clear, as nobody would be told
// of an error that is too big; network control. Prohibited: RFC 7915, 4.4 and 5.4.
Bytes told4(uint8_t type, uint8_t code, uint32_t second, const Bytes& about, const std::string& to = kHost4);
Bytes told6(uint8_t type, uint8_t code, uint32_t second, const Bytes& about, const std::string& to = kHost6);
Bytes prohibited(const Bytes& about, const std::string& to);

// The transport's bytes with their checksum, from host to peer or as quoted.
Bytes transport4(const Payload& payload);
Bytes transport6(const Payload& payload);
// With the right checksum in its header if it is an IPv4 packet, whose fields were changed.
Bytes header_summed(Bytes packet);

using Cases = std::vector<TranslatorCase>;
void add_headers(Cases& cases);
void add_transports(Cases& cases);
void add_refused(Cases& cases);
void add_icmp(Cases& cases);
void add_errors(Cases& cases);
void add_extended_errors(Cases& cases);
void add_fragments(Cases& cases);
void add_addresses(Cases& cases);
void add_pool(Cases& cases);
void add_hairpins(Cases& cases);
void add_hosts(Cases& cases);
void add_answers(Cases& cases);
void add_conformance(Cases& cases);
const Cases& all_translator_cases();

// Reasons that no single packet brings about at a site as above, and the tests that show them instead.
struct Elsewhere {
  const char *reason, *suite, *test;
};
constexpr Elsewhere kElsewhere[] = {
    {"translator.to_ip6_by_kernel", "TranslatorWays", "WithoutANextHopTheKernelRoutes"},
    {"translator.to_ip4_by_kernel", "TranslatorWays", "WithoutANextHopTheKernelRoutes"},
    {"translator.unreachable", "TranslatorWays", "WhereRoutesLeadNowhereSendersAreTold"},
    {"translator.too_long", "TranslatorWays", "WhatIpv4CannotSayIsDropped"},
    {"translator.no_room", "TranslatorWays", "WithoutHeadRoomNothingLeaves"}};

}  // namespace waymark::translator_cases
