// Between two sites of one tenant's: behind two gateways, as IPv6 between two addresses of the plan.
#include "tests/gateway/cases.h"

namespace waymark::gateway_cases {

namespace {

const std::string kOwn3 = "3fff:c00:300::";
const std::string kOut = "gateway.to_ip6", kBack = "gateway.to_ip4", kRefused = "gateway.source_unknown_told";

// From gateway 1 to another one's own address, and from gateway 2 to that of 1.
Bytes onward(const Bytes& ip, const std::string& own = kOwn2) { return ip6({kOwn1, own}, inside(ip)); }
Bytes arrived(const Bytes& ip) { return ip6({kOwn2, kOwn1}, inside(ip)); }

void goes(Cases& c, const std::string& name, const std::string& why, const Payload& in, const Payload& out) {
  c.push_back(
      {"site/" + name, why, site(), from_red(four(in, {}, kClient, kFar4)), kOut, {onward(to_six(out, kRed1, kFar6))}});
}

// Comes from another gateway, for red's client, and is refused: the sender is told.
void refuses(Cases& c, const std::string& name, const std::string& why, const std::string& from,
             const std::string& configuration = site(), const std::string& to = kRed1) {
  const Bytes packet = six(udp(4000, 53), {}, from, to);
  c.push_back({"site/" + name, why, configuration, packet, kRefused, {}});
  const std::string own = to == kRed1 ? kOwn1 : "3fff:c00:0:0:0:100::";
  c.back().out = {ip6({.source = own, .destination = from, .traffic_class = 0xc0}, icmp_error(true, 1, 1, packet))};
}

void add_ways(Cases& c) {
  const Payload p = udp(4000, 53);
  goes(c, "udp", "to the own address of the gateway that has the site", p, p);
  goes(c, "tcp", "likewise", tcp(4000, 80, "S"), tcp(4000, 80, "S"));
  goes(c, "ping", "an echo request", icmp4(8, 0), icmp6(128, 0));
  c.push_back({"site/fragment",
               "fragments need no state",
               site(),
               from_red(four(raw(17, text("12345678")), {.fragment = 0x2001}, kClient, kFar4)),
               kOut,
               {onward(to_six(fragment6(1, true, raw(17, text("12345678")), 0x4242), kRed1, kFar6))}});
  c.push_back({"site/by_the_end's_id",
               "the source is of the id that the tunnel ends at",
               site(),
               from_red(four(p, {}, kClient, kFar4), kEnd4),
               kOut,
               {onward(to_six(p, kRed4, kFar6))}});
  c.push_back({"site/longest_prefix",
               "a site within another one",
               site(),
               from_red(four(p, {}, kClient, "10.5.7.9")),
               kOut,
               {onward(to_six(p, kRed1, "3fff:c00:300:100::a05:709"), kOwn3)}});
  c.push_back({"site/blue",
               "the same addresses, another tenant's",
               site(),
               ip4({kBlueFar, kEnd1}, gre(four(p, {}, kClient, kFar4))),
               kOut,
               {onward(to_six(p, kBlue1, "3fff:c00:200:200::a05:9"))}});
  c.push_back({"site/route",
               "as it is, by the network's routes",
               site("onward = \"route\""),
               from_red(four(p, {}, kClient, kFar4)),
               kOut,
               {to_six(p, kRed1, kFar6)}});
  c.push_back({"site/other_layout",
               "tenant first, and the IPv4 address over the middle",
               site("", "tenant:8 ipv4:32 gateway:16 zero:40"),
               from_red(four(p, {}, kClient, kFar4)),
               kOut,
               {ip6({"3fff:c00:0:0:0:100::", "3fff:c00:0:0:0:200::"},
                    inside(to_six(p, "3fff:c00:10a:0:500:100::", "3fff:c00:10a:500:900:200::")))}});
  const Bytes payload = repeat(9, 1440), kept = part(payload, 0, 1300);
  c.push_back({"site/not_fragmented",
               "the way between gateways is known: what fits is not cut, though it is longer than 1280 bytes",
               site(),
               from_red(four(raw(99, kept), {.fragment = 0}, kClient, kFar4)),
               kOut,
               {onward(to_six(raw(99, kept), kRed1, kFar6))}});
  c.push_back({"site/fragmented",
               "what does not fit may be cut: each piece in the tunnel",
               site(),
               from_red(four(raw(99, payload), {.fragment = 0}, kClient, kFar4)),
               "gateway.fragmented",
               {onward(to_six(fragment6(0, true, raw(99, part(payload, 0, 1408)), 0x4242), kRed1, kFar6)),
                onward(to_six(fragment6(176, false, raw(99, part(payload, 1408, 1440)), 0x4242), kRed1, kFar6))}});
}

void add_arrivals(Cases& c) {
  const Payload p = udp(53, 4000);
  const auto comes = [&](const std::string& name, const std::string& why, const Bytes& in) {
    c.push_back({"site/" + name, why, site(), in, kBack, {to_red(to_four(p, kFar4))}});
  };
  comes("arrives", "the source is the other site's IPv4 address again", arrived(six(p, {}, kFar6)));
  comes("arrives_by_route", "without a tunnel", six(p, {}, kFar6));
  c.push_back({"site/arrives_in_other_layout",
               "gateway and tenant are told although the IPv4 address is between them",
               site("", "tenant:8 ipv4:32 gateway:16 zero:40"),
               six(p, {}, "3fff:c00:10a:500:900:200::", "3fff:c00:10a:0:500:100::"),
               kBack,
               {to_red(to_four(p, kFar4))}});
  refuses(c, "from_another_tenant", "between tenants nothing passes", "3fff:c00:200:200::a05:9");
  refuses(c, "from_an_unlisted_prefix", "red has no such site", "3fff:c00:200:100::a06:9");
  refuses(c, "from_another_gateway", "the site is behind another one", "3fff:c00:300:100::a05:9");
  refuses(c, "from_a_site_within", "which has this address", "3fff:c00:200:100::a05:709");
  refuses(c, "from_an_id_held_here", "what is behind it does not come from the cloud", "3fff:c00:400:100::a02:5");
  refuses(c, "from_strange_bits", "bits of the plan that must be zero are not", "3fff:c00:200:101::a05:9");
  refuses(c, "from_another_gateway_in_other_layout", "a longer match tells nothing of the bits behind it",
          "3fff:c00:10a:500:900:300::", site("", "tenant:8 ipv4:32 gateway:16 zero:40"), "3fff:c00:10a:0:500:100::");
}

void add_told(Cases& c) {
  const Payload out = udp(4000, 53), back = udp(53, 4000);
  const Bytes sent = to_six(out, kRed1, kFar6);
  const auto told = [&](uint8_t type, uint8_t code, uint32_t second = 0) {
    return to_red(
        ip4({.source = kErrors4, .destination = kClient, .ttl = 63, .id = 0, .fragment = 0},
            icmp_error(false, type, code, four(out, {.hops = 63, .id = 0, .fragment = 0}, kClient, kFar4), second)));
  };
  const auto error = [&](const std::string& name, const std::string& why, const Bytes& in, const Bytes& left) {
    c.push_back({"site/" + name, why, site(), in, kBack, {left}});
  };
  error("error_from_the_cloud", "a router's, about a packet to the other site",
        ip6({kRouter6, kRed1}, icmp_error(true, 1, 4, sent)), told(3, 3));
  error("too_big_from_the_cloud", "path MTU discovery goes through",
        ip6({kRouter6, kRed1}, icmp_error(true, 2, 0, sent, 1400)), told(3, 4, 1380));
  error("hop_limit_from_the_other_gateway", "a traceroute to the other site",
        arrived(ip6({kOwn2, kRed1}, icmp_error(true, 3, 0, sent))), told(11, 0));
  c.push_back({"site/error_about_another_tenant's", "what is inside must be of the tenant that is told", site(),
               ip6({kRouter6, kRed1}, icmp_error(true, 1, 4, to_six(out, kRed1, "3fff:c00:200:200::a05:9"))),
               "gateway.inner_unknown"});
  c.push_back({"site/error_from_the_client",
               "about a packet from the other site",
               site(),
               from_red(four(icmp_error(false, 3, 3, to_four(back, kFar4)), {}, kClient, kFar4)),
               kOut,
               {onward(to_six(icmp_error(true, 1, 4, six(back, {.hops = 63}, kFar6)), kRed1, kFar6))}});
  c.push_back({"site/hop_limit_arrived",
               "the other site's traceroute",
               site(),
               arrived(six(back, {.hops = 1}, kFar6)),
               "gateway.hop_limit",
               {ip6({.source = kOwn1, .destination = kFar6, .traffic_class = 0xc0},
                    icmp_error(true, 3, 0, six(back, {.hops = 1}, kFar6)))}});
  const Bytes big = four(udp(4000, 53, repeat(7, 1420)), {}, kClient, kFar4);
  c.push_back({"site/too_big",
               "1500 bytes hold 1460 of IPv6 in a tunnel, and so 1440 of IPv4",
               site(),
               from_red(big),
               "gateway.too_big",
               {told_red(3, 4, 1440, big)}});
}

}  // namespace

void add_sites(Cases& c) {
  add_ways(c);
  add_arrivals(c);
  add_told(c);
}

// Both sites are behind this node: from tunnel to tunnel.
void add_across(Cases& c) {
  const Payload p = udp(4000, 53);
  const std::string there = "10.2.0.5", end = "2001:db8:ffff::4";
  const Bytes key = gre_key(7);
  const auto to_there = [&](const Bytes& ip, uint8_t tos = 0) {
    return ip6({.source = end, .destination = kRedFar6, .traffic_class = tos}, gre(ip, 0x2000, key));
  };
  const auto passes = [&](const std::string& name, const std::string& why, const Bytes& in, const Bytes& out) {
    c.push_back({"across/" + name, why, site(), in, "gateway.across", {out}});
  };
  const auto drops = [&](const std::string& name, const std::string& why, const Bytes& in, const std::string& reason) {
    c.push_back({"across/" + name, why, site(), in, reason});
  };
  const auto told = [&](const std::string& name, const std::string& why, const Bytes& ip, const std::string& reason,
                        uint8_t type, uint8_t code, uint32_t second = 0) {
    c.push_back({"across/" + name, why, site(), from_red(ip), "gateway." + reason, {told_red(type, code, second, ip)}});
  };
  passes("udp", "as IPv4, a hop later, from the end of the id that has the site", from_red(four(p, {}, kClient, there)),
         to_there(four(p, {.hops = 63}, kClient, there)));
  passes("back", "likewise", ip6({kRedFar6, kEnd16}, gre(four(p, {}, there, kClient), 0x2000, key)),
         to_red(four(p, {.hops = 63}, there, kClient)));
  passes("class", "copied to the tunnel's header, congestion from the one before (RFC 6040)",
         from_red(four(p, {.tos = 0xba}, kClient, there), kEnd1, 0xbb),
         to_there(four(p, {.hops = 63, .tos = 0xbb}, kClient, there), 0xbb));
  const Bytes about = to_four(udp(53, 4000), there, kClient);
  passes("error_of_a_router", "within the tenant's network, behind no prefix: path MTU discovery hangs on it",
         from_red(four(icmp_error(false, 3, 4, about, 1400), {}, "172.16.0.1", there)),
         to_there(four(icmp_error(false, 3, 4, about, 1400), {.hops = 63}, "172.16.0.1", there)));
  drops("foreign_source", "another's address", from_red(four(p, {}, "10.9.0.5", there)), "gateway.foreign_source");
  drops("same_tunnel", "the far end would only send it here again", from_red(four(p, {}, kClient, "10.1.0.7")),
        "gateway.own_destination");
  drops("header_checksum", "a router must look (RFC 1812, 5.2.2)",
        from_red(with_word(four(p, {}, kClient, there), 10, 0x1234)), "gateway.header_checksum");
  told("hop_limit", "a traceroute sees the gateway", four(p, {.hops = 1}, kClient, there), "hop_limit", 11, 0);
  told("no_tunnel", "of the site, but behind none", four(p, {}, kClient, "10.2.9.5"), "unreachable", 3, 0);
  told("too_big", "GRE and its key over IPv6 leave 1452 bytes",
       four(udp(4000, 53, repeat(7, 1430)), {}, kClient, there), "too_big", 3, 4, 1452);
  drops("error_of_no_hop", "nobody is told of an error",
        from_red(four(icmp_error(false, 3, 3, about), {.hops = 1}, kClient, there)), "gateway.error_withheld");
  const Bytes payload = repeat(9, 1440);
  const auto piece = [&](size_t from, size_t to, uint16_t fragment) {
    return to_there(four(raw(99, part(payload, from, to)), {.hops = 63, .fragment = fragment}, kClient, there));
  };
  c.push_back({"across/fragmented",
               "what may be cut is (RFC 791)",
               site(),
               from_red(four(raw(99, payload), {.fragment = 0}, kClient, there)),
               "gateway.fragmented",
               {piece(0, 1432, 0x2000), piece(1432, 1440, 179)}});
  for (Bytes& out : c.back().out) out = foreseen(out);
}

}  // namespace waymark::gateway_cases
