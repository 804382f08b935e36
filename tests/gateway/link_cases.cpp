#include "tests/gateway/link_cases.h"

namespace waymark::gateway_cases {

namespace {

using Tags = std::vector<uint16_t>;

const std::string kHost = "10.4.0.5", kOwn = "10.4.0.1", kPort = "02:57:00:00:00:01", kCloud = "02:57:00:00:00:02",
                  kLabelMac = "02:00:00:00:60:01", kFixedMac = "02:00:00:00:50:01";
const std::string kIn = "gateway.to_ip4", kOut = "gateway.to_ip6";
const Payload kData = udp(4000, 53);
const Tags kBlueVlan = {100}, kInner = {200, 7}, kLabelVlan = {300}, kElsewhere = {400};

Link link(const Tags& tags, const std::string& to, const std::string& from) {
  return {
      .destination = to, .source = from, .tags = tags, .first_tag_type = uint16_t(tags.size() == 2 ? 0x88a8 : 0x8100)};
}
// RFC 3032, 2.1.
Bytes label(uint32_t value, bool bottom, uint8_t ttl = 64, uint8_t traffic_class = 0) {
  return number32(value << 12 | uint32_t(traffic_class) << 9 | uint32_t(bottom) << 8 | ttl);
}
Bytes labelled(const Bytes& stack, const Bytes& ip, const Tags& tags = {}, const std::string& from = kLabelMac,
               const std::string& to = kPort) {
  return ethernet(link(tags, to, from), 0x8847, stack + ip);
}

LinkStep speaks(const Tags& tags, const std::string& ip, const std::string& mac, const std::string& as = "",
                const std::string& to = kPort) {
  return {frame(four(kData, {}, ip), link(tags, to, mac)), true, kOut, as.empty() ? Bytes() : to_six(kData, as)};
}
LinkStep refused(const Bytes& frame, const std::string& reason) { return {frame, true, reason}; }
Bytes for_host(const std::string& at, uint8_t tos = 0) {
  return frame(six(kData, {.tos = tos}, kServer6, at), {.destination = kCloud});
}
LinkStep reaches(const std::string& at, const Bytes& out) { return {for_host(at), false, kIn, out}; }
Bytes arrives(const Tags& tags, const std::string& ip, const std::string& mac) {
  return frame(to_four(kData, kServer4, ip), link(tags, mac, kPort));
}
Bytes tagged(const Bytes& frame, const Tags& tags) {
  Bytes out = part(frame, 0, 12);
  for (const uint16_t tag : tags) out = out + Bytes{0x81, 0, uint8_t(tag >> 8), uint8_t(tag)};
  return out + part(frame, 12, frame.size());
}
LinkStep said(const Tags& tags, const ArpText& arp, const std::string& reason, const Bytes& out = {}) {
  return {tagged(arp_frame(arp), tags), true, reason, out};
}
Bytes answer(const std::string& own = kOwn, const std::string& ip = kHost) {
  return arp_frame({.operation = 2, .sender = kPort, .sender_ip = own, .target = kMacA, .target_ip = ip, .to = kMacA});
}
Bytes question(const std::string& ip) { return arp_frame({.sender = kPort, .sender_ip = kOwn, .target_ip = ip}); }

const std::string kRedHost = "3fff:c00:400:100::a04:5", kBlueHost = "3fff:c00:400:200::a04:5",
                  kRedFixed = "3fff:c00:100:100::a03:9", kRedLabel = "3fff:c00:400:100::a08:5",
                  kBlueLabel = "3fff:c00:100:200::a08:5", kBlueLabel4 = "3fff:c00:400:200::a0b:5";

void add_ethernet(std::vector<LinkCase>& c) {
  const auto add = [&](const std::string& name, const std::string& why, const std::vector<LinkStep>& steps) {
    c.push_back({"ethernet/" + name, why, steps});
  };
  add("untagged", "out and back", {speaks({}, kHost, kMacA, kRedHost), reaches(kRedHost, arrives({}, kHost, kMacA))});
  add("vlan", "another tenant's on the same interface",
      {speaks(kBlueVlan, kHost, kMacB, kBlueHost), reaches(kBlueHost, arrives(kBlueVlan, kHost, kMacB))});
  add("two_tags", "802.1ad, and frames for one MAC address, without a question",
      {speaks(kInner, "10.3.0.9", kFixedMac, kRedFixed), reaches(kRedFixed, arrives(kInner, "10.3.0.9", kFixedMac))});
  add("priority_tag", "VLAN 0 is none (IEEE 802.1Q, 9.6)",
      {speaks({0}, kHost, kMacA, kRedHost), reaches(kRedHost, arrives({}, kHost, kMacA))});
  add("each_its_own", "one address behind two links is two hosts",
      {speaks({}, kHost, kMacA), speaks(kBlueVlan, kHost, kMacB), reaches(kRedHost, arrives({}, kHost, kMacA)),
       reaches(kBlueHost, arrives(kBlueVlan, kHost, kMacB))});
  add("arp", "the gateway's address", {said({}, {}, "overlay.arp_answered", answer())});
  add("arp_in_vlan", "in its VLAN", {said(kBlueVlan, {}, "overlay.arp_answered", tagged(answer(), kBlueVlan))});
  add("arp_fixed_mac", "also where frames are for one MAC address",
      {said(kInner, {.sender_ip = "10.3.0.9", .target_ip = "10.3.0.1"}, "overlay.arp_answered",
            with_byte(tagged(answer("10.3.0.1", "10.3.0.9"), kInner), 12, 0x88))});
  c.back().steps[0].out[13] = 0xa8;
  add("arp_of_another", "the other tenant's address",
      {said(kBlueVlan, {.target_ip = "10.3.0.1"}, "overlay.arp_other")});
  add("arp_to_a_group", "multicast", {said({}, {.to = "01:00:5e:00:00:01"}, "overlay.other_mac")});
  add("our_address", "RFC 5227, 2.4", {said({}, {.sender_ip = kOwn, .target_ip = kOwn}, "overlay.conflict")});
  add("asked_for", "the first packet becomes the question, in the VLAN",
      {{for_host(kBlueHost), false, "overlay.asked", tagged(question(kHost), kBlueVlan)},
       said(kBlueVlan, {.operation = 2, .target = kPort, .target_ip = kOwn, .to = kPort}, "overlay.arp_heard"),
       reaches(kBlueHost, arrives(kBlueVlan, kHost, kMacA))});
  add("asked_untagged", "likewise", {{for_host(kRedHost), false, "overlay.asked", question(kHost)}});
  add("router", "the router's MAC address",
      {{for_host("3fff:c00:400:100::a06:9"), false, "overlay.asked", question("10.4.0.254")},
       said({}, {.sender = kRouterMac, .sender_ip = "10.4.0.254", .target_ip = "10.4.0.254"}, "overlay.arp_heard"),
       reaches("3fff:c00:400:100::a06:9", arrives({}, "10.6.0.9", kRouterMac))});
  add("moved", "learnt anew",
      {speaks({}, kHost, kMacA), speaks({}, kHost, kMacB), reaches(kRedHost, arrives({}, kHost, kMacB))});
  const Bytes ping = ip4({.source = kHost, .destination = kOwn}, icmp4(8, 0)),
              pong = ip4({.source = kOwn, .destination = kHost}, icmp4(0, 0));
  add("ping", "RFC 1122, 3.2.2.6",
      {{frame(ping, link(kBlueVlan, kPort, kMacA)), true, "overlay.pinged",
        frame(pong, link(kBlueVlan, kMacA, kPort))}});
  const Bytes late = four(kData, {.hops = 1}, kHost);
  add("told", "an error goes back in the VLAN, to whom its packet came from",
      {{frame(late, link(kBlueVlan, kPort, kMacB)), true, "gateway.hop_limit",
        frame(ip4({.source = kErrors4, .destination = kHost, .tos = 0xc0, .id = 0, .fragment = 0},
                  icmp_error(false, 11, 0, late)),
              link(kBlueVlan, kMacB, kPort))}});
  add("other_mac", "unknown unicast", {refused(speaks({}, kHost, kMacA, "", kMacB).in, "overlay.other_mac")});
  add("broadcast", "not for a gateway", {refused(speaks({}, kHost, kMacA, "", kEveryone).in, "overlay.other_mac")});
  add("multicast", "likewise", {refused(speaks({}, kHost, kMacA, "", "01:00:5e:00:00:05").in, "overlay.other_mac")});
  add("to_a_group_address", "nor IP's",
      {refused(frame(four(kData, {}, kHost, "224.0.0.5"), link({}, kPort, kMacA)), "gateway.martian")});
  add("lldp", "the machine's own",
      {refused(ethernet(link({}, "01:80:c2:00:00:0e", kMacA), 0x88cc, Bytes(46)), "overlay.link_control")});
  add("bridged_group", "but not what bridges forward",
      {refused(ethernet(link({}, "01:80:c2:00:00:10", kMacA), 0x88cc, Bytes(46)), "overlay.other_mac")});
  add("ip6", "no tenant's IPv6 comes to this machine",
      {refused(frame(six(kData, {}, "2001:db8::1", kRed1), link({}, kPort, kMacA)), "gateway.inner_ip6")});
  add("unknown_type", "nor anything else",
      {refused(ethernet(link({}, kPort, kMacA), 0x0842, Bytes(46)), "gateway.inner_ip6")});
  add("not_held", "another node answers",
      {said(kElsewhere, {.sender_ip = "10.9.0.5", .target_ip = "10.9.0.1"}, "overlay.not_held")});
  add("foreign", "not the tenant's", {refused(speaks({}, "10.11.0.5", kMacA).in, "gateway.foreign_source")});
  add("anothers_vlan", "whose host is heard in its own VLAN alone",
      {refused(speaks(kBlueVlan, "10.3.0.9", kMacA).in, "gateway.foreign_source")});
  add("own_destination", "no router's work",
      {refused(frame(four(kData, {}, kHost, "10.4.0.6"), link({}, kPort, kMacA)), "gateway.own_destination")});
  add("group_source", "no host has it", {refused(speaks({}, kHost, "03:00:00:00:0a:05").in, "overlay.frame_source")});
  add("our_mac", "nor ours", {refused(speaks({}, kHost, kPort).in, "overlay.frame_source")});
  add("cut", "no whole header", {refused(cut(speaks({}, kHost, kMacA).in, 30), "gateway.inner_ip4")});
  add("beyond", "longer than its frame", {refused(cut(speaks({}, kHost, kMacA).in, 40), "gateway.inner_ip4")});
  add("by_another_id", "a link is one gateway's",
      {{for_host("3fff:c00:100:100::a04:5"), false, "gateway.unreachable"}});
  add("across", "from a tunnel to a link",
      {speaks({}, kHost, kMacA),
       {frame(ip4({kRedFar, kEnd4}, inside(four(kData, {}, kClient, kHost))), {.destination = kCloud}), false,
        "gateway.across", frame(four(kData, {.hops = 63}, kClient, kHost), link({}, kMacA, kPort))}});
  add("across_back", "and from there to the tunnel",
      {{frame(four(kData, {}, kHost, kClient), link({}, kPort, kMacA)), true, "gateway.across",
        ip4({.source = "192.0.2.1", .destination = kRedFar, .id = 0},
            inside(four(kData, {.hops = 63}, kHost, kClient)))}});
}

void add_mpls(std::vector<LinkCase>& c) {
  const auto add = [&](const std::string& name, const std::string& why, const std::vector<LinkStep>& steps) {
    c.push_back({"mpls/" + name, why, steps});
  };
  const auto drops = [&](const std::string& name, const std::string& why, const Bytes& frame,
                         const std::string& reason) { add(name, why, {refused(frame, reason)}); };
  const Bytes ip = four(kData, {}, "10.8.0.5"), blue = four(kData, {}, "10.11.0.5");
  const Bytes back = to_four(kData, kServer4, "10.8.0.5");
  const Bytes two = label(100, false) + label(101, true);
  add("one", "there and back; what comes and what goes have labels of their own",
      {{labelled(label(100, true), ip), true, kOut, to_six(kData, kRedLabel)},
       {for_host(kRedLabel), false, kIn, labelled(label(200, true), back, {}, kPort, kLabelMac)}});
  add("two", "a stack, in a VLAN",
      {{labelled(two, ip, kLabelVlan), true, kOut, to_six(kData, kBlueLabel)},
       {for_host(kBlueLabel), false, kIn, labelled(two, back, kLabelVlan, kPort, kLabelMac)}});
  add("same_first", "the second label tells tenants apart",
      {{labelled(label(100, false) + label(300, true), blue), true, kOut, to_six(kData, kBlueLabel4)}});
  add("class", "RFC 5462: the class is DSCP's upper half",
      {{for_host(kRedLabel, 0xb8), false, kIn,
        labelled(label(200, true, 64, 5),
                 four(kData, {.hops = 63, .tos = 0xb8, .id = 0, .fragment = 0}, kServer4, "10.8.0.5"), {}, kPort,
                 kLabelMac)}});
  add("class_in", "nothing of a label goes inside (RFC 3270, 2.6.3; RFC 3443, 3.2)",
      {{labelled(label(100, true, 9, 7), ip), true, kOut, to_six(kData, kRedLabel)}});
  const Bytes late = four(kData, {.hops = 1}, "10.8.0.5");
  add("told", "an error goes back by its labels",
      {{labelled(label(100, true), late), true, "gateway.hop_limit",
        labelled(label(200, true, 64, 6),
                 ip4({.source = kErrors4, .destination = "10.8.0.5", .tos = 0xc0, .id = 0, .fragment = 0},
                     icmp_error(false, 11, 0, late)),
                 {}, kPort, kLabelMac)}});
  drops("unknown", "nobody's", labelled(label(102, true), ip), "gateway.unknown_tunnel");
  drops("reserved", "explicit null is no tenant's", labelled(label(0, true), ip), "gateway.unknown_tunnel");
  drops("second_unknown", "nobody's", labelled(label(100, false) + label(102, true), ip), "gateway.unknown_tunnel");
  drops("other_order", "a stack is in order", labelled(label(101, false) + label(100, true), ip, kLabelVlan),
        "gateway.unknown_tunnel");
  drops("other_vlan", "labels are of one link", labelled(two, ip, kBlueVlan), "gateway.unknown_tunnel");
  drops("three", "deeper than two", labelled(label(100, false) + label(101, false) + label(102, true), ip),
        "overlay.label_stack");
  drops("no_bottom", "RFC 3032, 2.1", labelled(label(100, false), {}), "overlay.label_stack");
  drops("cut", "no whole label", labelled(cut(label(100, true), 3), {}), "overlay.label_stack");
  drops("ttl", "RFC 3032, 2.4", labelled(label(100, true, 1), ip), "overlay.label_ttl");
  drops("ttl_0", "likewise", labelled(label(100, true, 0), ip), "overlay.label_ttl");
  drops("ip6", "IPv4 alone", labelled(label(100, true), six(kData)), "gateway.inner_ip4");
  drops("another_router", "labels are its router's", labelled(label(100, true), ip, {}, kMacA),
        "gateway.unknown_tunnel");
  drops("other_mac", "unknown unicast", labelled(label(100, true), ip, {}, kLabelMac, kMacB), "overlay.other_mac");
  drops("foreign", "not the tenant's", labelled(label(100, true), four(kData, {}, "10.11.0.5")),
        "gateway.foreign_source");
  drops("empty", "nothing in it", labelled(label(100, true), {}), "gateway.inner_ip4");
}

}  // namespace

const std::vector<LinkCase>& link_cases() {
  static const std::vector<LinkCase> all = [] {
    std::vector<LinkCase> c;
    add_ethernet(c);
    add_mpls(c);
    return c;
  }();
  return all;
}

std::string link_site(const std::string& keys) {
  return R"([engine]
pins = 10000
interfaces = { eth0 = "links", "eth0:100" = "links", "eth0:200:7" = "links", "eth0:300" = "links", "eth0:400" = "links", eth1 = "public" }
[plan.cloud]
prefix = "3fff:c00::/32"
layout = ")" +
         kLayout + R"("
[gateway]
plan = "cloud"
holds = [1, 4]
interface = "eth1"
)" + kPrefix +
         "\n" + keys + R"(
[[gateway.id]]
id = 1
address = "192.0.2.1"
[[gateway.id]]
id = 2
address = "192.0.2.2"
[[gateway.id]]
id = 4
address = "192.0.2.4"
[[gateway.tenant]]
name = "red"
number = 1
firewall = false
tunnel = [{ remote = "198.51.100.71", ip4 = "10.0.0.0/24" },
          { tunnel = "ethernet", interface = "eth0", id = 4, gateway = "10.4.0.1", ip4 = "10.4.0.0/24", neighbours = 8, )" +
         R"(route = [{ prefix = "10.6.0.0/16", via = "10.4.0.254" }] },
          { tunnel = "ethernet", interface = "eth0:200:7", id = 1, gateway = "10.3.0.1", mac = "02:00:00:00:50:01", ip4 = "10.3.0.0/24" },
          { tunnel = "ethernet", interface = "eth0:400", id = 2, gateway = "10.9.0.1", ip4 = "10.9.0.0/24" },
          { tunnel = "mpls", interface = "eth0", id = 4, label = 100, far_label = 200, mac = "02:00:00:00:60:01", ip4 = "10.8.0.0/24" }]
site = [{ prefix = "10.4.0.0/16", gateway = 4 }, { prefix = "10.0.0.0/24", gateway = 1 }]
[[gateway.tenant]]
name = "blue"
number = 2
firewall = false
tunnel = [{ tunnel = "ethernet", interface = "eth0:100", id = 4, gateway = "10.4.0.1", ip4 = "10.4.0.0/24", neighbours = 8 },
          { tunnel = "mpls", interface = "eth0:300", id = 1, label = [100, 101], mac = "02:00:00:00:60:01", ip4 = "10.8.0.0/24" },
          { tunnel = "mpls", interface = "eth0", id = 4, label = [100, 300], mac = "02:00:00:00:60:01", ip4 = "10.11.0.0/24" }]
)";
}

unsigned tenant_of_link(const Bytes& frame) {
  Tags tags;
  size_t at = 12;
  while (at + 4 <= frame.size() &&
         ((frame[at] == 0x81 && !frame[at + 1]) || (frame[at] == 0x88 && frame[at + 1] == 0xa8))) {
    tags.push_back(uint16_t((frame[at + 2] & 15) << 8 | frame[at + 3]));
    at += 4;
  }
  while (!tags.empty() && !tags.back()) tags.pop_back();  // VLAN 0 is none
  std::vector<uint32_t> labels;
  if (at + 2 <= frame.size() && frame[at] == 0x88 && frame[at + 1] == 0x47)
    for (size_t l = at + 2; l + 4 <= frame.size(); l += 4) {
      labels.push_back(uint32_t(frame[l] << 12 | frame[l + 1] << 4 | frame[l + 2] >> 4));
      if (frame[l + 2] & 1) break;
    }
  using Stack = std::vector<uint32_t>;
  if (labels.empty()) return tags.empty() || tags == kInner || tags == kElsewhere ? 1 : tags == kBlueVlan ? 2 : 0;
  if (tags.empty()) return labels == Stack{100} || labels == Stack{200} ? 1 : labels == Stack{100, 300} ? 2 : 0;
  return tags == kLabelVlan && labels == Stack{100, 101} ? 2 : 0;
}

Bytes left_so(const Bytes& frame, bool by_link) {
  if (!by_link) return foreseen(part(frame, 14, frame.size()));
  size_t at = 12;
  bool mpls = false;
  while (at + 4 <= frame.size() && (frame[at] == 0x81 || (frame[at] == 0x88 && frame[at + 1] == 0xa8))) at += 4;
  if (frame[at] == 0x88 && frame[at + 1] == 0x47) mpls = true;
  const bool ip = mpls || (frame[at] == 8 && frame[at + 1] == 0);
  at += 2;
  for (bool bottom = !mpls; !bottom; at += 4) bottom = frame.at(at + 2) & 1;
  if (!ip) return frame;
  // As what is in a tunnel.
  const Bytes packet = part(foreseen(ip4({"192.0.2.1", "192.0.2.2"}, inside(part(frame, at, frame.size())))), 20,
                            20 + frame.size() - at);
  return part(frame, 0, at) + packet;
}

}  // namespace waymark::gateway_cases
