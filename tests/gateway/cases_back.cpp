// From IPv6 to a tenant's tunnel, or on to the gateway that the address names.
#include "tests/gateway/cases.h"

namespace waymark::gateway_cases {

namespace {

const std::string kBack = "gateway.to_ip4";

void drops(Cases& c, const std::string& name, const std::string& why, const Bytes& in, const std::string& reason) {
  c.push_back({name, why, site(), in, "gateway." + reason});
}

}  // namespace

void add_back(Cases& c) {
  const Payload p = udp(53, 4000);
  const auto passes = [&](const std::string& name, const std::string& why, const Payload& in, const Payload& out) {
    c.push_back({"back/" + name, why, site(), six(in), kBack, {to_red(to_four(out))}});
  };
  passes("tcp", "into the tunnel of the address", tcp(80, 4000, "SA"), tcp(80, 4000, "SA"));
  passes("udp", "likewise", p, p);
  passes("ping", "a server's echo request reaches the client", icmp6(128, 0), icmp4(8, 0));
  passes("pong", "and its reply", icmp6(129, 0), icmp4(0, 0));
  c.push_back({"back/by_the_named_id",
               "from the end of the id that is named",
               site(),
               six(p, {}, kServer6, kRed4),
               kBack,
               {to_red(to_four(p), kEnd4)}});
  c.push_back({"back/map",
               "the server's address as this tenant knows it",
               site(),
               six(p, {}, kMapped6),
               kBack,
               {to_red(to_four(p, kMapped4))}});
  c.push_back({"back/blue",
               "the same client's address, another tenant's",
               site(),
               six(p, {}, kServer6, kBlue1),
               kBack,
               {ip4({.source = kEnd1, .destination = kBlueFar, .id = 0}, gre(to_four(p)))}});
  c.push_back({"back/gre_with_key",
               "RFC 2890, over IPv6",
               site(),
               six(p, {}, kServer6, "3fff:c00:100:100::a02:5"),
               kBack,
               {ip6({kEnd16, kRedFar6}, gre(to_four(p, kServer4, "10.2.0.5"), 0x2000, gre_key(7)))}});
  c.push_back({"back/vxlan",
               "RFC 7348: to the tenant's MAC address, from the gateway's",
               site(),
               six(p, {}, kServer6, "3fff:c00:400:200::a03:5"),
               kBack,
               {ip4({.source = kEnd4, .destination = kBlueFarVxlan, .id = 0},
                    vxlan(to_four(p, kServer4, "10.3.0.5"), 5001, "02:00:00:00:50:01", "02:57:00:00:00:04", 0))}});
  c.push_back({"back/longest_prefix",
               "by the tenant's own routes",
               site(),
               six(p, {}, kServer6, "3fff:c00:100:100::a01:c809"),
               kBack,
               {to_red(to_four(p, kServer4, "10.1.200.9"))}});
  c.push_back({"back/traffic_class",
               "copied to both headers (RFC 2983, RFC 6040)",
               site(),
               six(p, {.tos = 0xb9}),
               kBack,
               {to_red(four(p, {.hops = 63, .tos = 0xb9, .id = 0, .fragment = 0}, kServer4, kClient), kEnd1, 0xb9)}});
  c.push_back({"back/other_layout",
               "tenant first, and the IPv4 address over the middle",
               site("", "tenant:8 ipv4:32 gateway:16 zero:40"),
               six(p, {}, kServer6, "3fff:c00:10a:0:500:100::"),
               kBack,
               {to_red(to_four(p))}});
  // GRE and its key over IPv6 leave 1452 bytes, so 1424 in a piece that is not the last.
  const Bytes long_payload = repeat(9, 1440), behind_gre = gre_key(7);
  const auto piece = [&](size_t from, size_t to, uint16_t fragment) {
    return ip6({kEnd16, kRedFar6}, gre(four(raw(99, part(long_payload, from, to)),
                                            {.hops = 63, .id = 0, .fragment = fragment}, kServer4, "10.2.0.5"),
                                       0x2000, behind_gre));
  };
  c.push_back({"back/fragmented",
               "what may be cut is, and each piece has the tunnel's headers",
               site(),
               six(fragment6(0, false, raw(99, long_payload)), {}, kServer6, "3fff:c00:100:100::a02:5"),
               "gateway.fragmented",
               {piece(0, 1432, 0x2000), piece(1432, 1440, 179)}});
  drops(c, "back/unknown_source", "a server without an address in IPv4", six(p, {}, "2001:db8::77"),
        "source_unknown_told");
  c.back().out = {ip6({.source = kOwn1, .destination = "2001:db8::77", .traffic_class = 0xc0},
                      icmp_error(true, 1, 1, six(p, {}, "2001:db8::77")))};
  drops(c, "back/unknown_tenant", "nobody has this number", six(p, {}, kServer6, "3fff:c00:100:900::a00:5"),
        "unknown_tenant");
  drops(c, "back/plan_bits", "bits that must be zero are not", six(p, {}, kServer6, "3fff:c00:100:101::a00:5"),
        "plan_bits");
  drops(c, "back/no_tunnel", "an address that is behind none", six(p, {}, kServer6, "3fff:c00:100:100::a09:5"),
        "unreachable");
  c.back().out = {ip6({.source = kOwn1, .destination = kServer6, .traffic_class = 0xc0},
                      icmp_error(true, 1, 0, six(p, {}, kServer6, "3fff:c00:100:100::a09:5")))};
}

void add_between(Cases& c) {
  const Payload p = udp(53, 4000);
  const Bytes for2 = six(p, {}, kServer6, kRed2);
  c.push_back({"onward/tunnel",
               "to the own address of the gateway that is named",
               site(),
               for2,
               "gateway.onward",
               {ip6({kOwn1, kOwn2}, inside(six(p, {.hops = 63}, kServer6, kRed2)))}});
  c.push_back({"onward/route",
               "as it is, by the network's routes",
               site("onward = \"route\""),
               for2,
               "gateway.onward",
               {six(p, {.hops = 63}, kServer6, kRed2)}});
  for (const std::string source : {"ff0e::9", "fe80::9", "::", "::1"})
    for (const uint8_t hops : {uint8_t(64), uint8_t(1)})
      c.push_back({"onward/from_" + source + (hops > 1 ? "" : "_hop_limit"),
                   "no router passes it on, nor tells anybody", site(), six(p, {.hops = hops}, source, kRed2),
                   "parse.martian_source"});
  drops(c, "onward/unknown", "no file lists it", six(p, {}, kServer6, "3fff:c00:900:100::a00:5"), "unknown_gateway");
  c.push_back({"onward/arrived",
               "from gateway 2, for this one",
               site(),
               ip6({kOwn2, kOwn1}, inside(six(p))),
               kBack,
               {to_red(to_four(p))}});
  c.push_back({"onward/arrived_for_another_id",
               "that is held here, too",
               site(),
               ip6({kOwn2, "3fff:c00:400::"}, inside(six(p, {}, kServer6, kRed4))),
               kBack,
               {to_red(to_four(p), kEnd4)}});
  drops(c, "onward/twice", "never on to a third one", ip6({kOwn2, kOwn1}, inside(for2)), "passed_twice");
  drops(c, "onward/untrusted", "who sends it is no gateway", ip6({"2001:db8::66", kOwn1}, inside(six(p))),
        "untrusted_gateway");
  drops(c, "onward/untrusted_id", "an address of the plan that no file lists", ip6({kOwn9, kOwn1}, inside(six(p))),
        "untrusted_gateway");
  drops(c, "onward/not_the_plan's", "nothing else goes between gateways",
        ip6({kOwn2, kOwn1}, inside(six(p, {}, kServer6, "2001:db8::5"))), "unknown_gateway");
}

}  // namespace waymark::gateway_cases
