// ICMP errors: with the packet inside, through the gateway, and of its own.
#include "tests/gateway/cases.h"

namespace waymark::gateway_cases {

namespace {

// What the gateway tells a server.
Bytes told_server(uint8_t type, uint8_t code, uint32_t second, const Bytes& about) {
  return ip6({.source = kOwn1, .destination = kServer6, .traffic_class = 0xc0},
             icmp_error(true, type, code, cut(about, std::min<size_t>(about.size(), 1232)), second));
}

}  // namespace

void add_errors(Cases& c) {
  const Payload out = udp(4000, 53), back = udp(53, 4000);
  c.push_back({"error/from_the_cloud",
               "a router's, about a packet of the client's: from the gateway's own address",
               site(),
               ip6({kRouter6, kRed1}, icmp_error(true, 1, 4, to_six(out))),
               "gateway.to_ip4",
               {to_red(ip4({.source = kErrors4, .destination = kClient, .ttl = 63, .id = 0, .fragment = 0},
                           icmp_error(false, 3, 3, four(out, {.hops = 63, .id = 0, .fragment = 0}))))}});
  c.push_back({"error/too_big_from_the_cloud",
               "path MTU discovery goes through (RFC 7915, 5.2)",
               site(),
               ip6({kRouter6, kRed1}, icmp_error(true, 2, 0, to_six(out), 1400)),
               "gateway.to_ip4",
               {to_red(ip4({.source = kErrors4, .destination = kClient, .ttl = 63, .id = 0, .fragment = 0},
                           icmp_error(false, 3, 4, four(out, {.hops = 63, .id = 0, .fragment = 0}), 1380)))}});
  c.push_back({"error/about_another_tenant's", "what is inside must be of the tenant that is told", site(),
               ip6({kRouter6, kRed1}, icmp_error(true, 1, 4, to_six(out, kBlue1))), "gateway.inner_unknown"});
  c.push_back({"error/from_the_client",
               "about a reply",
               site(),
               from_red(four(icmp_error(false, 3, 3, to_four(back)))),
               "gateway.to_ip6",
               {to_six(icmp_error(true, 1, 4, six(back, {.hops = 63})))}});
  c.push_back({"error/from_a_tenant's_router",
               "which is behind no prefix: from the gateway's own address",
               site(),
               from_red(four(icmp_error(false, 11, 0, to_four(back)), {}, "172.16.0.1")),
               "gateway.to_ip6",
               {to_six(icmp_error(true, 3, 0, six(back, {.hops = 63})), kOwn1)}});
  // A packet of 108 bytes padded to the 128 that extensions want (RFC 4884, 3); 128 of IPv6 need no padding.
  const Bytes object = Bytes{0x20, 0, 0, 0, 0, 12, 1, 1} + repeat(5, 8);
  const Payload small = udp(53, 4000, repeat(0x44, 80)), small_out = udp(4000, 53, repeat(0x44, 80));
  c.push_back({"error/extensions_in_a_tunnel",
               "they move within it",
               site(),
               from_red(four(icmp_error(false, 3, 1, padded(to_four(small), 128) + object, 32 << 16))),
               "gateway.realigned",
               {to_six(icmp_error(true, 1, 0, six(small, {.hops = 63}) + object, 16u << 24))}});
  c.push_back(
      {"error/extensions_in_vxlan",
       "likewise, behind UDP",
       site(),
       ip4({kBlueFarVxlan, kEnd4},
           vxlan(four(icmp_error(false, 3, 1, padded(to_four(small, kServer4, "10.3.0.9"), 128) + object, 32 << 16), {},
                      "10.3.0.9"),
                 5001, "02:57:00:00:00:04", "02:00:00:00:50:01", 50'000)),
       "gateway.realigned",
       {to_six(
           icmp_error(true, 1, 0, six(small, {.hops = 63}, kServer6, "3fff:c00:400:200::a03:9") + object, 16u << 24),
           "3fff:c00:400:200::a03:9")}});
  c.push_back(
      {"error/extensions_into_a_tunnel",
       "33 words of 32 bits are what 19 of 64 become",
       site(),
       ip6({kRouter6, kRed1}, icmp_error(true, 1, 4, to_six(small_out) + object, 16u << 24)),
       "gateway.realigned",
       {to_red(ip4({.source = kErrors4, .destination = kClient, .ttl = 63, .id = 0, .fragment = 0},
                   icmp_error(false, 3, 3, padded(four(small_out, {.hops = 63, .id = 0, .fragment = 0}), 132) + object,
                              33 << 16)))}});
  c.push_back({"error/hop_limit_out",
               "a tenant's traceroute sees the gateway",
               site(),
               from_red(four(out, {.hops = 1})),
               "gateway.hop_limit",
               {told_red(11, 0, 0, four(out, {.hops = 1}))}});
  c.push_back({"error/hop_limit_back",
               "a server's traceroute too",
               site(),
               six(back, {.hops = 1}),
               "gateway.hop_limit",
               {told_server(3, 0, 0, six(back, {.hops = 1}))}});
  const Payload big = udp(4000, 53, repeat(7, 1460)), big_back = udp(53, 4000, repeat(7, 1440));
  c.push_back({"error/too_big_out",
               "1500 bytes of IPv6 hold 1480 of IPv4",
               site(),
               from_red(four(big)),
               "gateway.too_big",
               {told_red(3, 4, 1480, four(big))}});
  const std::string behind_gre = "3fff:c00:100:100::a02:5";
  c.push_back({"error/too_big_back",
               "what the tunnel adds is taken off: 1500 less 48, and 20 more of IPv6",
               site(),
               six(big_back, {}, kServer6, behind_gre),
               "gateway.too_big",
               {told_server(2, 0, 1472, six(big_back, {}, kServer6, behind_gre))}});
  c.push_back({"error/between_gateways",
               "what came in another gateway's tunnel is told of without it",
               site(),
               ip6({kOwn2, kOwn1}, inside(six(back, {.hops = 1}))),
               "gateway.hop_limit",
               {told_server(3, 0, 0, six(back, {.hops = 1}))}});
  c.push_back({"error/about_an_error", "never", site(),
               from_red(four(icmp_error(false, 3, 3, to_four(back)), {.hops = 1})), "gateway.error_withheld"});
  const std::string maps_alone =
      site("", kLayout, "map = [{ ip4 = \"203.0.113.20\", ip6 = \"3fff:64::203.0.113.20\" }]");
  const std::string nowhere = "203.0.113.7";
  c.push_back({"error/no_destination",
               "neither map nor prefix has it",
               maps_alone,
               from_red(four(out, {}, kClient, nowhere)),
               "gateway.no_destination",
               {told_red(3, 1, 0, four(out, {}, kClient, nowhere))}});
  c.push_back({"error/no_destination_of_an_error", "of an error nobody is told (RFC 1812, 4.3.2.7)", maps_alone,
               from_red(four(icmp_error(false, 3, 3, to_four(back)), {}, kClient, nowhere)), "gateway.error_withheld"});
  c.push_back({"error/no_destination_of_a_fragment", "nor of a fragment that is not the first", maps_alone,
               from_red(four(raw(17, text("12345678")), {.fragment = 0x0002}, kClient, nowhere)),
               "gateway.error_withheld"});
  c.push_back({"error/no_destination_from_another", "nor a source that is not the tenant's", maps_alone,
               from_red(four(out, {}, "10.9.0.5", nowhere)), "gateway.foreign_source"});
  for (const char* to : {"224.0.0.1", "255.255.255.255", "169.254.0.1"})
    c.push_back({std::string("error/to_many/") + to, "nor of multicast, broadcast and link-local packets", site(),
                 from_red(four(out, {}, kClient, to)), "gateway.martian"});
}

}  // namespace waymark::gateway_cases
