#include "tests/gateway/overlay_cases.h"

namespace waymark::gateway_cases {

namespace {

using Steps = std::vector<OverlayStep>;

const std::string kEnd46 = "2001:db8:ffff::4", kHost = "10.4.0.5", kOwn = "10.4.0.1", kRouter = "10.4.0.254";
const std::string kIn = "gateway.to_ip4", kOut = "gateway.to_ip6", kHeard = "overlay.arp_heard",
                  kAnswered = "overlay.arp_answered", kAskedFor = "overlay.asked", kSender = "overlay.arp_sender";
const Payload kData = udp(4000, 53);

bool over_ip6(const std::string& far) { return far.find(':') != std::string::npos; }
uint32_t vni_of(const std::string& far) { return far == kBlueFarVxlan ? 5001 : far == kBlueOverlay ? 5003 : 5002; }
std::string tenant_prefix(const std::string& far) {
  return far == kRedOverlay || far == kRedOverlay6 ? "3fff:c00:400:100::" : "3fff:c00:400:200::";
}
// 10.4.0.5 as IPv6 hosts know it.
std::string ip6_of(const std::string& far, const std::string& low) { return tenant_prefix(far) + low; }

// A host's data, from its MAC address; and the server's, as it comes and as it arrives.
OverlayStep speaks(const std::string& ip, const std::string& mac, const std::string& far = kRedOverlay,
                   const std::string& reason = kOut) {
  return {from_overlay(frame(four(kData, {}, ip), {.destination = kOwnMac, .source = mac}), far), reason};
}
Bytes for_host(const std::string& low, const std::string& far, const Payload& p = kData) {
  return six(p, {}, kServer6, ip6_of(far, low));
}
Bytes arrives(const std::string& ip, const std::string& mac, const std::string& far) {
  return to_overlay(frame(to_four(kData, kServer4, ip), {.destination = mac, .source = kOwnMac}), far);
}
OverlayStep reaches(const std::string& low, const std::string& ip, const std::string& mac,
                    const std::string& far = kRedOverlay, const std::string& by = "") {
  return {for_host(low, far), kIn, {arrives(ip, mac, by.empty() ? far : by)}};
}
// The question that takes the packet's place.
Bytes question(const std::string& ip, const std::string& own, const std::string& far) {
  return to_overlay(arp_frame({.sender = kOwnMac, .sender_ip = own, .target_ip = ip}), far);
}
OverlayStep asks(const std::string& low, const std::string& ip, const std::string& own = kOwn) {
  return {for_host(low, kBlueOverlay), kAskedFor, {question(ip, own, kBlueOverlay)}};
}
OverlayStep said(const ArpText& arp, const std::string& reason, const std::string& far = kRedOverlay) {
  return {from_overlay(arp_frame(arp), far), reason};
}
OverlayStep announced(const std::string& ip, const std::string& mac, const std::string& far = kRedOverlay) {
  return said({.sender = mac, .sender_ip = ip, .target_ip = ip}, kHeard, far);
}
OverlayStep answered(const ArpText& arp, const std::string& far = kRedOverlay) {
  return {from_overlay(arp_frame(arp), far),
          kAnswered,
          {to_overlay(arp_frame({.operation = 2,
                                 .sender = kOwnMac,
                                 .sender_ip = arp.target_ip,
                                 .target = arp.sender,
                                 .target_ip = arp.sender_ip,
                                 .to = arp.sender}),
                      far)}};
}

Bytes ping(const std::string& from = kHost, uint8_t type = 8, const std::string& to = kOwn, uint8_t ttl = 64) {
  return ip4({.source = from, .destination = to, .ttl = ttl}, icmp4(type, 0, text("overlay")));
}
Bytes in_frame(const Bytes& ip, const std::string& from = kMacA, const std::string& to = kOwnMac) {
  return frame(ip, {.destination = to, .source = from});
}

void add_arp(std::vector<OverlayCase>& c) {
  const auto one = [&](const std::string& name, const std::string& why, const OverlayStep& s) {
    c.push_back({"arp/" + name, why, {s}});
  };
  one("request", "RFC 826: who has the gateway's address", answered({}));
  one("request_to_us", "a host that looks whether we are still there (RFC 1122, 2.3.2.1)", answered({.to = kOwnMac}));
  one("probe", "RFC 5227, 2.1.1: from nobody yet", answered({.sender_ip = "0.0.0.0"}));
  one("over_ip6", "the same in a tunnel over IPv6", answered({}, kRedOverlay6));
  one("second_address", "each of the gateway's addresses",
      answered({.sender_ip = "10.7.0.5", .target_ip = "10.7.0.1"}, kBlueOverlay));
  one("fixed_mac", "also where frames are for one MAC address",
      answered({.sender_ip = "10.3.0.9", .target_ip = "10.3.0.1"}, kBlueFarVxlan));
  OverlayStep padded = answered({});
  padded.in = from_overlay(arp_frame({}) + Bytes(18));
  one("padded", "to the least that Ethernet has", padded);
  one("for_another", "neighbours' own affair", said({.target_ip = "10.4.0.9"}, "overlay.arp_other"));
  one("probe_for_another", "likewise", said({.sender_ip = "0.0.0.0", .target_ip = "10.4.0.9"}, "overlay.arp_other"));
  one("anothers_address", "the gateway's in another overlay", said({.target_ip = "10.3.0.1"}, "overlay.arp_other"));
  one("reply", "heard", said({.operation = 2, .target = kOwnMac, .to = kOwnMac}, kHeard));
  one("announcement", "RFC 5227, 2.3", announced(kHost, kMacA));
  one("nobodys_reply", "an answer from no address", said({.operation = 2, .sender_ip = "0.0.0.0"}, kSender));
  one("to_another_mac", "unknown unicast", said({.to = kMacB}, "tunnel.vxlan_mac"));
  one("to_a_group", "multicast", said({.to = "01:00:5e:00:00:01"}, "tunnel.vxlan_mac"));
  one("from_a_group", "no host has it", said({.sender = "01:00:00:00:0a:05"}, "overlay.frame_source"));
  one("from_nobody", "no host has it", said({.sender = "00:00:00:00:00:00"}, "overlay.frame_source"));
  one("from_our_mac", "who pretends to be the gateway", said({.sender = kOwnMac}, "overlay.frame_source"));
  one("from_another", "who speaks for another", said({.from = kMacB}, kSender));
  one("foreign", "not the tenant's", said({.sender_ip = "10.9.0.5"}, kSender));
  one("behind_another_tunnel", "the tenant's, but not here", said({.sender_ip = kClient}, kSender));
  one("behind_a_router", "routers' hosts are no neighbours", said({.sender_ip = "10.6.0.5"}, kSender));
  one("multicast_sender", "no host has it", said({.sender_ip = "224.0.0.1"}, kSender));
  one("our_address", "RFC 5227, 2.4: somebody else has it",
      said({.sender_ip = kOwn, .target_ip = kOwn}, "overlay.conflict"));
  const auto broken = [&](const std::string& name, size_t at, uint8_t value) {
    one(name, "no ARP of IPv4 over Ethernet",
        {from_overlay(with_byte(arp_frame({}), 14 + at, value)), "overlay.arp_header"});
  };
  broken("hardware", 1, 6);
  broken("protocol", 3, 0xdd);
  broken("hardware_length", 4, 8);
  broken("protocol_length", 5, 16);
  broken("operation", 7, 3);
  broken("no_operation", 7, 0);
  one("cut", "a byte is missing", {from_overlay(cut(arp_frame({}), 41)), "overlay.arp_header"});
  one("other_vni", "another's segment",
      {ip4({kRedOverlay, kEnd4}, vxlan_frame(arp_frame({}), 5003)), "gateway.unknown_tunnel"});
}

void add_neighbours(std::vector<OverlayCase>& c) {
  const auto add = [&](const std::string& name, const std::string& why, const Steps& steps) {
    c.push_back({"neighbour/" + name, why, steps});
  };
  add("by_data", "who speaks is known", {speaks(kHost, kMacA), reaches("a04:5", kHost, kMacA)});
  add("by_request", "who asks is known", {answered({}), reaches("a04:5", kHost, kMacA)});
  add("by_request_for_another", "likewise",
      {said({.target_ip = "10.4.0.9"}, "overlay.arp_other"), reaches("a04:5", kHost, kMacA)});
  add("by_announcement", "who has just come", {announced(kHost, kMacA), reaches("a04:5", kHost, kMacA)});
  add("by_probe", "who has no address yet is not",
      {answered({.sender_ip = "0.0.0.0"}, kBlueOverlay), asks("a04:5", kHost)});
  add("asked_for", "the first packet becomes the question",
      {asks("a04:5", kHost),
       said({.operation = 2, .target = kOwnMac, .target_ip = kOwn, .to = kOwnMac}, kHeard, kBlueOverlay),
       reaches("a04:5", kHost, kMacA, kBlueOverlay)});
  add("asked_by_the_nearest", "the gateway's address in the same prefix asks", {asks("a07:5", "10.7.0.5", "10.7.0.1")});
  add("asked_in_place_of_little", "a packet shorter than ARP",
      {{for_host("a04:5", kBlueOverlay, raw(99, Bytes(1))), kAskedFor, {question(kHost, kOwn, kBlueOverlay)}}});
  add("asked_in_place_of_much", "and a long one",
      {{for_host("a04:5", kBlueOverlay, raw(99, Bytes(1200))), kAskedFor, {question(kHost, kOwn, kBlueOverlay)}}});
  add("router", "the router's MAC address, and the host's IP address",
      {asks("a06:9", kRouter), announced(kRouter, kRouterMac, kBlueOverlay),
       reaches("a06:9", "10.6.0.9", kRouterMac, kBlueOverlay)});
  add("routers_data", "what a router forwards says nothing of its hosts",
      {speaks("10.6.0.9", kRouterMac, kBlueOverlay), asks("a06:9", kRouter)});
  add("other_mac", "a host that moves is learnt anew, by what it sends",
      {speaks(kHost, kMacA), speaks(kHost, kMacB), reaches("a04:5", kHost, kMacB)});
  add("other_mac_by_arp", "or announces",
      {speaks(kHost, kMacA), announced(kHost, kMacB), reaches("a04:5", kHost, kMacB)});
  add("other_tunnel", "to another far end of the same overlay",
      {speaks(kHost, kMacA), reaches("a04:5", kHost, kMacA), announced(kHost, kMacA, kRedOverlay6),
       reaches("a04:5", kHost, kMacA, kRedOverlay, kRedOverlay6)});
  add("another_tenants", "the same address of another tenant's is another host",
      {speaks(kHost, kMacA), asks("a04:5", kHost), speaks(kHost, kMacB, kBlueOverlay), reaches("a04:5", kHost, kMacA),
       reaches("a04:5", kHost, kMacB, kBlueOverlay)});
  add("fixed_mac", "what is configured is not learnt",
      {answered({.sender_ip = "10.3.0.9", .target_ip = "10.3.0.1"}, kBlueFarVxlan),
       reaches("a03:9", "10.3.0.9", "02:00:00:00:50:01", kBlueFarVxlan)});
  add("group_source", "no host has it", {speaks(kHost, "03:00:00:00:0a:05", kRedOverlay, "overlay.frame_source")});
  add("our_mac", "who pretends to be the gateway", {speaks(kHost, kOwnMac, kRedOverlay, "overlay.frame_source")});
  add("our_address", "likewise by IP", {speaks(kOwn, kMacA, kRedOverlay, "overlay.conflict")});
  add("foreign_source", "teaches nothing", {speaks("10.9.0.5", kMacA, kBlueOverlay, "gateway.foreign_source")});
  add("to_us_by_the_cloud", "nobody in the overlay has the gateway's address",
      {{for_host("a04:1", kBlueOverlay), "gateway.unreachable"}});
  add("across", "from another tunnel of the tenant's",
      {speaks(kHost, kMacA),
       {from_red(four(kData, {}, kClient, kHost), kEnd4),
        "gateway.across",
        {to_overlay(in_frame(four(kData, {.hops = 63}, kClient, kHost), kOwnMac, kMacA))}}});
  add("asked_across", "and to one that is not known",
      {{ip4({kBlueFar, kEnd4}, gre(four(kData, {}, kClient, kHost))),
        kAskedFor,
        {question(kHost, kOwn, kBlueOverlay)}}});
  add("told", "an error goes to the MAC address that its packet came from",
      {{from_overlay(in_frame(four(kData, {.hops = 1}, kHost), kMacB)),
        "gateway.hop_limit",
        {ip4({.source = kEnd4, .destination = kRedOverlay, .tos = 0xc0, .id = 0},
             vxlan_frame(
                 in_frame(ip4({.source = kErrors4, .destination = kHost, .tos = 0xc0, .id = 0x4242, .fragment = 0},
                              icmp_error(false, 11, 0, four(kData, {.hops = 1}, kHost))),
                          kOwnMac, kMacB),
                 5002))}}});
}

void add_pings(std::vector<OverlayCase>& c) {
  const auto add = [&](const std::string& name, const std::string& why, const OverlayStep& s) {
    c.push_back({"ping/" + name, why, {s}});
  };
  const Bytes reply = ip4({.source = kOwn, .destination = kHost}, icmp4(0, 0, text("overlay")));
  add("own_address", "RFC 1122, 3.2.2.6",
      {from_overlay(in_frame(ping())),
       "overlay.pinged",
       {ip4({.source = kEnd4, .destination = kRedOverlay, .tos = 0xc0, .id = 0},
            vxlan_frame(in_frame(reply, kOwnMac, kMacA), 5002))}});
  add("reply", "nobody asked", {from_overlay(in_frame(ping(kHost, 0))), "overlay.not_a_ping"});
  add("tcp", "nothing listens",
      {from_overlay(in_frame(four(tcp(4000, 22, "S"), {}, kHost, kOwn))), "overlay.not_a_ping"});
  add("fragment", "nobody puts it together",
      {from_overlay(
           in_frame(ip4({.source = kHost, .destination = kOwn, .fragment = 0x2000}, icmp4(8, 0, text("12345678"))))),
       "overlay.not_a_ping"});
  add("cut", "no whole header",
      {from_overlay(in_frame(ip4({.source = kHost, .destination = kOwn}, raw(1, Bytes(7))))), "overlay.not_a_ping"});
  add("foreign", "not the tenant's", {from_overlay(in_frame(ping("10.9.0.5"))), "gateway.foreign_source"});
  add("other_mac", "unknown unicast", {from_overlay(in_frame(ping(), kMacA, kMacB)), "tunnel.vxlan_mac"});
}

}  // namespace

Bytes arp_frame(const ArpText& arp) {
  const auto mac = [](const std::string& m) {
    Bytes bytes;
    for (size_t i = 0; i < m.size(); i += 3) bytes.push_back(uint8_t(std::stoi(m.substr(i, 2), nullptr, 16)));
    return bytes;
  };
  const Bytes fixed = {0, 1, 8, 0, 6, 4, uint8_t(arp.operation >> 8), uint8_t(arp.operation)};
  return ethernet(
      {.destination = arp.to, .source = arp.from.empty() ? arp.sender : arp.from}, 0x0806,
      fixed + mac(arp.sender) + address_bytes(arp.sender_ip) + mac(arp.target) + address_bytes(arp.target_ip));
}

Bytes from_overlay(const Bytes& frame, const std::string& far) {
  const Payload p = vxlan_frame(frame, vni_of(far));
  return over_ip6(far) ? ip6({far, kEnd46}, p) : ip4({far, kEnd4}, p);
}
Bytes to_overlay(const Bytes& frame, const std::string& far) {
  const Payload p = vxlan_frame(frame, vni_of(far), 0);
  return over_ip6(far) ? ip6({kEnd46, far}, p) : ip4({.source = kEnd4, .destination = far, .id = 0}, p);
}

const std::vector<OverlayCase>& overlay_cases() {
  static const std::vector<OverlayCase> all = [] {
    std::vector<OverlayCase> c;
    add_arp(c);
    add_neighbours(c);
    add_pings(c);
    return c;
  }();
  return all;
}

}  // namespace waymark::gateway_cases
