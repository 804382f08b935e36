// From a tenant's tunnel to IPv6.
#include "tests/gateway/cases.h"

namespace waymark::gateway_cases {

namespace {

const std::string kOut = "gateway.to_ip6";

// Whatever the payload, it leaves with tenant and gateway in its source.
void passes(Cases& c, const std::string& name, const std::string& why, const Payload& in, const Payload& out) {
  c.push_back({"out/" + name, why, site(), from_red(four(in)), kOut, {to_six(out)}});
}

void drops(Cases& c, const std::string& name, const std::string& why, const Bytes& in, const std::string& reason) {
  c.push_back({"out/" + name, why, site(), in, "gateway." + reason});
}

}  // namespace

void add_out(Cases& c) {
  const Payload p = udp(4000, 53);
  passes(c, "tcp", "the source is the plan's address", tcp(4000, 80, "S"), tcp(4000, 80, "S"));
  passes(c, "udp", "likewise", p, p);
  passes(c, "ping", "an echo request", icmp4(8, 0), icmp6(128, 0));
  c.push_back({"out/fragment",
               "fragments need no state",
               site(),
               from_red(four(raw(17, text("12345678")), {.fragment = 0x2001})),
               kOut,
               {to_six(fragment6(1, true, raw(17, text("12345678")), 0x4242))}});
  const Bytes payload = repeat(9, 1300);
  c.push_back({"out/fragmented",
               "beyond 1280 bytes of IPv6, and may be cut (RFC 7915, 4)",
               site(),
               from_red(four(raw(99, payload), {.fragment = 0})),
               "gateway.fragmented",
               {to_six(fragment6(0, true, raw(99, part(payload, 0, 1232)), 0x4242)),
                to_six(fragment6(154, false, raw(99, part(payload, 1232, 1300)), 0x4242))}});
  c.push_back({"out/by_the_end's_id",
               "what comes in at an id's address leaves with that id",
               site(),
               from_red(four(p), kEnd4),
               kOut,
               {to_six(p, kRed4)}});
  c.push_back({"out/map",
               "the tenant's own map goes before prefixes",
               site(),
               from_red(four(p, {}, kClient, kMapped4)),
               kOut,
               {to_six(p, kRed1, kMapped6)}});
  c.push_back({"out/map_of_another",
               "blue has no such map",
               site(),
               ip4({kBlueFar, kEnd1}, gre(four(p, {}, kClient, kMapped4))),
               kOut,
               {to_six(p, kBlue1, "3fff:64::203.0.113.99")}});
  c.push_back({"out/gre_with_key",
               "RFC 2890, over IPv6",
               site(),
               ip6({kRedFar6, kEnd16}, gre(four(p, {}, "10.2.0.5"), 0x2000, gre_key(7))),
               kOut,
               {to_six(p, "3fff:c00:100:100::a02:5")}});
  c.push_back({"out/gre_without_key",
               "by its far end alone",
               site(),
               ip4({kBlueFar, kEnd1}, gre(four(p))),
               kOut,
               {to_six(p, kBlue1)}});
  c.push_back({"out/other_layout",
               "tenant first, and the IPv4 address over the middle",
               site("", "tenant:8 ipv4:32 gateway:16 zero:40"),
               from_red(four(p)),
               kOut,
               {to_six(p, "3fff:c00:10a:0:500:100::")}});
  c.push_back({"out/longer_prefix",
               "behind the second prefix of the tunnel",
               site(),
               from_red(four(p, {}, "10.1.200.9")),
               kOut,
               {to_six(p, "3fff:c00:100:100::a01:c809")}});
  c.push_back({"out/behind_another_tunnel",
               "a source of the tenant's, whichever tunnel it comes in",
               site(),
               from_red(four(p, {}, "10.2.0.5")),
               kOut,
               {to_six(p, "3fff:c00:100:100::a02:5")}});
  c.push_back({"out/congestion",
               "RFC 6040, 4.2: CE outside becomes CE inside",
               site(),
               from_red(four(p, {.tos = 2}), kEnd1, 3),
               kOut,
               {six(p, {.hops = 63, .tos = 3}, kRed1, kServer6)}});
  const std::string mac = "02:57:00:00:00:04", theirs = "02:00:00:00:50:01";
  c.push_back({"out/vxlan",
               "RFC 7348: by far end and VNI, for the gateway's MAC address",
               site(),
               ip4({kBlueFarVxlan, kEnd4}, vxlan(four(p, {}, "10.3.0.5"), 5001, mac, theirs, 50000)),
               kOut,
               {to_six(p, "3fff:c00:400:200::a03:5")}});
  c.push_back({"out/vxlan_for_another", "a frame for another MAC address", site(),
               ip4({kBlueFarVxlan, kEnd4}, vxlan(four(p, {}, "10.3.0.5"), 5001, theirs, theirs, 50000)),
               "tunnel.vxlan_mac"});
  drops(c, "congestion_lost", "what cannot carry the mark must go", from_red(four(p), kEnd1, 3), "congestion");
  drops(c, "foreign_source", "another's address", from_red(four(p, {}, "10.9.0.5")), "foreign_source");
  drops(c, "own_destination", "nothing there is IPv6's", from_red(four(p, {}, kClient, "10.0.0.9")), "own_destination");
  drops(c, "unknown_far_end", "nobody's tunnel", ip4({"198.51.100.99", kEnd1}, inside(four(p))), "unknown_tunnel");
  drops(c, "wrong_key", "another's key", ip6({kRedFar6, kEnd16}, gre(four(p), 0x2000, gre_key(8))), "unknown_tunnel");
  drops(c, "missing_key", "no key is not any key", ip6({kRedFar6, kEnd16}, gre(four(p))), "unknown_tunnel");
  drops(c, "wrong_kind", "its far end is one of another kind", ip4({kRedFar, kEnd1}, gre(four(p))), "unknown_tunnel");
  drops(c, "wrong_vni", "RFC 7348: another's segment",
        ip4({kBlueFarVxlan, kEnd1}, vxlan(four(p), 5002, "02:00:00:00:00:01", "02:00:00:00:50:01", 50000)),
        "unknown_tunnel");
  drops(c, "ip6_inside", "tenants with IPv6 need no gateway", ip6({kRedFar6, kEnd16}, gre(six(p), 0x2000, gre_key(7))),
        "inner_ip6");
  drops(c, "inner_too_long", "the IPv4 header says more than the tunnel has",
        from_red(with_word(four(p), 2, uint16_t(four(p).size() + 1))), "inner_ip4");
  drops(c, "inner_cut", "no whole IPv4 header", from_red(cut(four(p), 19)), "inner_ip4");
  c.push_back(
      {"out/loopback_source", "no packet has it", site(), from_red(four(p, {}, "127.0.0.1")), "parse.martian_source"});
  c.push_back({"out/not_a_tunnel", "the kernel's", site(), ip4({kRedFar, kEnd1}, tcp(4000, 22, "S")), "gateway.local"});
}

}  // namespace waymark::gateway_cases
