// A service's packets on their way to a target: tunnels, rules, choices, and who is refused.
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

const Payload kSyn = tcp(40000, 80, "S");

void tunnels(std::vector<Case>& c) {
  struct Kind {
    u32 service;
    const char* name;
  };
  for (const Kind& k : {Kind{by_ip6, "ip_in_ip6"},
                        {by_ip4, "ip_in_ip4"},
                        {by_gue6, "gue_in_ip6"},
                        {by_gue4, "gue_in_ip4"},
                        {by_gre6, "gre_in_ip6"},
                        {by_gre4, "gre_in_ip4"},
                        {by_key6, "gre_with_key_in_ip6"},
                        {by_key4, "gre_with_key_in_ip4"},
                        {by_vxlan6, "vxlan_in_ip6"},
                        {by_vxlan4, "vxlan_in_ip4"},
                        {by_mac6, "by_mac_of_ip6"},
                        {by_mac4, "by_mac_of_ip4"}}) {
    for (bool six : {false, true}) {
      const std::string from = six ? kClient6 : kClient4, to = six ? address6(k.service) : address4(k.service);
      const u32 slot = slot_of(k.service);
      const std::string name = std::string(k.name) + (six ? "_carries_ip6" : "_carries_ip4");
      c.push_back(sent(name + "_tcp", "the tunnel's header is right, the packet in it but for its hop limit untouched",
                       from, to, kSyn, slot));
      c.push_back(sent(name + "_udp", "likewise for UDP", from, to, udp(40000, 53), slot));
      c.push_back(sent(name + "_udp_without_checksum", "a checksum of zero stays zero", from, to,
                       udp_unchecked(40000, 53, text("x")), slot));
      for (u8 tos : Bytes{1, 2, 3, 0xb8, 0xbb, 0xff}) {
        Case mark = sent(name + "_tos_" + std::to_string(tos),
                         "DSCP and ECN go to the outer header (RFC 2983, RFC 6040)", from, to, kSyn, slot);
        mark.in = frame(ip(from, to, kSyn, 64, tos));
        mark.out = tunnelled(slot, ip(from, to, kSyn, 63, tos), mark.flow, tos);
        c.push_back(mark);
      }
      Case pad = sent(name + "_padding", "what pads the frame is not the packet: the tunnel's lengths leave it out",
                      from, to, kSyn, slot);
      pad.in = padded(pad.in, pad.in.size() + 13);
      pad.out = padded(pad.out, pad.out.size() + 13);
      c.push_back(pad);
    }
  }
  Case options = sent("ip4_options", "an IPv4 header with options is longer, and its ports stand later", kClient4,
                      address4(by_ip6), kSyn, by_ip6);
  auto with_options = [](u8 ttl) {
    return ip4(
        {.source = kClient4, .destination = address4(by_ip6), .ttl = ttl, .options = {0x94, 4, 0, 0, 1, 1, 1, 0}},
        kSyn);
  };
  options.in = frame(with_options(64));
  options.out = tunnelled(by_ip6, with_options(63), options.flow);
  options.bytes += 8;
  c.push_back(options);
  Case most = options;
  auto most_options = [](u8 ttl) {
    return ip4({.source = kClient4, .destination = address4(by_ip6), .ttl = ttl, .options = repeat(1, 40)}, kSyn);
  };
  most.name = "ip4_options_most";
  most.in = frame(most_options(64));
  most.out = tunnelled(by_ip6, most_options(63), most.flow);
  most.bytes += 32;
  c.push_back(most);

  Case corrupt =
      sent("corrupt_checksums_stay", "we forward, we do not mend: a corrupt packet must not become a good one",
           kClient4, address4(by_ip6), kSyn, by_ip6);
  auto spoil = [](Bytes b) { return with_word(b, b.size() - kSyn.bytes.size() + 16, 0xdead); };
  corrupt.in = spoil(corrupt.in);
  corrupt.out = spoil(corrupt.out);
  c.push_back(corrupt);
}

// A packet from port 40000 or 1 to a port that no rule takes, as packets::tcp() and packets::udp() make it.
Case refused(const std::string& name, const std::string& why, const std::string& client, const std::string& address,
             const Payload& payload) {
  const bool is_tcp = payload.transport == 6, six = client.find(':') != client.npos;
  const Bytes packet = ip(client, address, payload);
  Case c = ends(name, why, frame(packet), is_tcp ? "director.closed_reset" : "director.closed_unreachable");
  const u16 port = u16(payload.bytes[2] << 8 | payload.bytes[3]);
  c.out = is_tcp ? reset_back(address, client, port, 0, 0x0102030a, "RA")
                 : error_back(address, six ? 1 : 3, six ? 4 : 3, 0, packet);
  return c;
}

void rules(std::vector<Case>& c) {
  auto to = [&](const char* name, u32 service, const Payload& payload, const char* why) {
    c.push_back(sent(std::string(name) + "4", why, kClient4, address4(service), payload, service));
    c.push_back(sent(std::string(name) + "6", why, kClient6, address6(service), payload, service));
  };
  auto kernels = [&](const char* name, u32 service, const Payload& payload, const char* why) {
    c.push_back(
        ends(std::string(name) + "4", why, frame(ip(kClient4, address4(service), payload)), "director.port_closed"));
    c.push_back(
        ends(std::string(name) + "6", why, frame(ip(kClient6, address6(service), payload)), "director.port_closed"));
  };
  auto closed = [&](const char* name, u32 service, const Payload& payload, const char* why) {
    c.push_back(refused(std::string(name) + "4", why, kClient4, address4(service), payload));
    c.push_back(refused(std::string(name) + "6", why, kClient6, address6(service), payload));
  };
  to("range_first", by_ip6, udp(1, 5000), "a range includes its first port");
  to("range_last", by_ip6, udp(1, 6000), "and its last");
  to("second_rule", by_ip6, tcp(1, 443, "S"), "each rule in the front counts");
  closed("below_range", by_ip6, udp(1, 4999), "one port below a range");
  closed("above_range", by_ip6, udp(1, 6001), "one port above a range");
  closed("other_protocol", by_ip6, udp(40000, 80), "TCP's port 80 is not UDP's");
  closed("port_zero", by_ip6, tcp(40000, 0, "S"), "port 0 is a port like others");
  kernels("esp", by_ip6, raw(50, repeat(7, 32)), "protocols without ports belong to no service");
  kernels("sctp", by_ip6, raw(132, repeat(7, 32)), "likewise");
  kernels("tunnel_to_service", by_ip6, inside(ip(kClient4, address4(by_ip6), kSyn)), "a service is no tunnel end");
  closed("gue_to_service", by_ip6, gue(50000, kGuePort, ip(kClient4, address4(by_ip6), kSyn)),
         "a service is no tunnel end, of GUE either");
  for (u16 port : {u16(0), u16(1), u16(32767), u16(65535)}) {
    to(("all_tcp_" + std::to_string(port) + "_").c_str(), all, tcp(40000, port, "S"), "all ports are all ports");
    to(("all_udp_" + std::to_string(port) + "_").c_str(), all, udp(40000, port), "likewise");
  }
  for (u16 port : {u16(100), u16(200), u16(209), u16(1600), u16(3000), u16(3009)})
    to(("many_tcp_" + std::to_string(port) + "_").c_str(), many, tcp(40000, port, "S"),
       "many rules are searched by halves");
  for (u16 port : {u16(1000), u16(9000), u16(65000), u16(65535)})
    to(("many_udp_" + std::to_string(port) + "_").c_str(), many, udp(40000, port), "likewise");
  for (u16 port : {u16(0), u16(99), u16(101), u16(199), u16(210), u16(3010), u16(65535)})
    closed(("many_tcp_" + std::to_string(port) + "_").c_str(), many, tcp(40000, port, "S"),
           "between many rules nothing is open");
  for (u16 port : {u16(0), u16(999), u16(1001), u16(64999)})
    closed(("many_udp_" + std::to_string(port) + "_").c_str(), many, udp(40000, port), "likewise");
}

void choices(std::vector<Case>& c) {
  Case none = ends("no_target", "a service whose targets are all gone drops, so that clients try elsewhere",
                   frame(ip(kClient4, address4(empty), kSyn)), "director.no_target");
  none.flow = flow_hash(kPublicRealm, kClient4, address4(empty), kSyn);
  none.pin = "none";
  c.push_back(none);
  c.push_back(ends("no_target6", "likewise", frame(ip(kClient6, address6(empty), kSyn)), "director.no_target"));
  Case dead = ends("target_gone", "a choice that names a free slot must not reach whoever had it",
                   frame(ip(kClient4, address4(gone), kSyn)), "director.target_gone");
  c.push_back(dead);
  Case stranger = dead;
  stranger.name = "target_of_another_service";
  stranger.arrange = [](const Live& live, u32) { live.members[gone * 4] = by_ip4; };
  c.push_back(stranger);
  c.push_back(ends("mapped_destination", "an IPv4-mapped address in an IPv6 header would match the IPv4 service",
                   frame(ip(kClient6, "::ffff:198.51.100.1", kSyn)), "director.wrong_family"));

  for (u16 port = 40000; port < 40012; ++port) {  // spread by flow, together by client
    const Payload syn = tcp(port, 80, "S");
    c.push_back(sent("pool4_" + std::to_string(port), "the choice is the table's, by the flow's hash", kClient4,
                     address4(pool), syn, chosen(pool, flow_hash(kPublicRealm, kClient4, address4(pool), syn))));
    const std::string client = "2001:db8:c::" + std::to_string(port % 4 + 1);
    c.push_back(sent("sticky6_" + std::to_string(port), "one client's flows stay together", client, address6(sticky),
                     syn, chosen(sticky, client_hash(kPublicRealm, client))));
  }
  Case flipped = sent("other_half", "one word flips every choice at once", kClient4, address4(pool), kSyn, 23);
  flipped.arrange = [](const Live& live, u32) { live.half[0] = 1; };
  c.push_back(flipped);
  Case odd = flipped;
  odd.name = "half_is_its_lowest_bit";
  odd.arrange = [](const Live& live, u32) { live.half[0] = 0xffff'ffff'ffff'fffeull; };
  odd.slot = chosen(pool, odd.flow);
  odd.out = tunnelled(odd.slot, ip(kClient4, address4(pool), kSyn, 63), odd.flow);
  odd.pin = "embryonic " + std::to_string(odd.slot);
  c.push_back(odd);
}

}  // namespace

std::vector<Case> director_cases() {
  std::vector<Case> c;
  tunnels(c);
  rules(c);
  choices(c);
  return c;
}

}  // namespace waymark::cases
