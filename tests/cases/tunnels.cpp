// A host's ends of GRE and VXLAN: what is wrong with a header, a key, a frame, and what is not.
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

const Payload kSyn = tcp(40000, 80, "S");

Bytes inner(bool six) { return ip(six ? kClient6 : kClient4, six ? kServed6 : kServed4, kSyn, 61); }
Bytes outer(bool six, const Payload& payload) {
  return ip(six ? kDirector6 : kDirector4, six ? kHere6 : kHere4, payload);
}

Case delivered(const std::string& name, const std::string& why, const Bytes& outer_packet, const Bytes& inner_packet) {
  Case c = ends(name, why, frame(outer_packet), "host.delivered");
  c.out = frame(inner_packet);
  return c;
}

// With the checksum over header and packet (RFC 2784, 2.5), `wrong` of which are taken from it.
Payload summed(const Bytes& packet, u16 flags, const Bytes& fields, u16 wrong = 0) {
  Payload p = gre(u16(0x8000 | flags), Bytes{0, 0, 0, 0} + fields, packet);
  p.bytes = with_word(p.bytes, 4, u16(internet_checksum(p.bytes) - wrong));
  return p;
}

void gre_headers(std::vector<Case>& c) {
  const Bytes key = number32(kKey);
  for (const bool six : {false, true}) {
    const std::string v = six ? "6" : "4";
    const Bytes packet = inner(!six);
    const auto bad = [&](const std::string& name, const char* why, const Payload& payload,
                         const char* reason = "tunnel.gre_header") {
      c.push_back(ends("gre_" + name + v, why, frame(outer(six, payload)), reason));
    };
    for (const int flag : {0x4000, 0x1000, 0x0800, 0x0400, 1, 2, 4})
      bad("flag_" + std::to_string(flag), "bits that say what is not known here (RFC 2784, 2.2)",
          gre(u16(0x2000 | flag), key + repeat(0, 4), packet));
    for (const int flag : {0x0200, 0x0040, 0x0008})
      c.push_back(delivered("gre_reserved_" + std::to_string(flag) + v, "reserved bits are ignored (RFC 2784, 2.2)",
                            outer(six, gre(u16(0x2000 | flag), key, packet)), packet));
    bad("bridged", "an Ethernet frame is no packet", raw(47, number32(0x2000'6558) + key + packet));
    bad("keepalive", "nor is nothing", raw(47, number32(0x2000'0000) + key));
    bad("cut", "a header that ends with the packet", raw(47, {0x20, 0, 8}));
    bad("cut_key", "a key that does", raw(47, number32(0x2000'0800) + Bytes{1, 2, 3}));
    bad("cut_checksum", "a checksum that does", raw(47, number32(0x8000'0800) + Bytes{1, 2, 3}));
    c.push_back(ends("gre_cut_in_padding" + v, "padding is not the packet",
                     padded(frame(outer(six, raw(47, number32(0x2000'0800) + Bytes{1, 2}))), 120),
                     "tunnel.gre_header"));
    bad("wrong_type", "the header announces the other family",
        raw(47, number32(0x2000'0000 | (six ? 0x86dd : 0x0800)) + key + packet), "host.inner_header");
    bad("no_key", "an end with a key takes none without (RFC 2890, 2.1)", gre(0, {}, packet), "tunnel.wrong_key");
    bad("other_key", "nor another one", gre(0x2000, number32(kKey + 1), packet), "tunnel.wrong_key");
    bad("other_key_upper", "all of its 32 bits count", gre(0x2000, number32(kKey ^ 1u << 31), packet),
        "tunnel.wrong_key");
    c.push_back(delivered("gre_checksum" + v, "a checksum that is there is right (RFC 2784, 2.1)",
                          outer(six, summed(packet, 0x2000, key)), packet));
    bad("checksum_wrong", "or else the packet is dropped", summed(packet, 0x2000, key, 1), "tunnel.gre_checksum");
    const Bytes odd = ip(six ? kClient4 : kClient6, six ? kServed4 : kServed6, tcp(40000, 80, "A", repeat(7, 333)), 61);
    c.push_back(
        delivered("gre_checksum_odd" + v, "of an odd number of bytes, too", outer(six, summed(odd, 0x2000, key)), odd));
    bad("from_anybody", "who may not send tunnels hears nothing of keys", gre(0x2000, key, packet), "host.delivered");
    c.back().in = frame(ip(six ? kClient6 : kClient4, six ? kHere6 : kHere4, gre(0, {}, packet)));
    c.back().reason = "host.untrusted_source";
  }
}

void vxlan_headers(std::vector<Case>& c) {
  for (const bool six : {false, true}) {
    const std::string v = six ? "6" : "4";
    const Bytes packet = inner(!six), whole = frame(packet);
    const auto from_director = [&](const Bytes& carried, u32 vni = kVni, u32 flags = 0x0800'0000) {
      return outer(six, vxlan(0xc123, kVxlanPort, vni, carried, flags));
    };
    const auto bad = [&](const std::string& name, const char* why, const Bytes& in, const char* reason) {
      c.push_back(ends("vxlan_" + name + v, why, frame(in), reason));
    };
    const auto good = [&](const std::string& name, const char* why, const Bytes& in) {
      c.push_back(delivered("vxlan_" + name + v, why, in, packet));
    };
    bad("no_vni", "without the I flag there is no VNI (RFC 7348, 5)", from_director(whole, kVni, 0x0400'0000),
        "tunnel.vxlan_header");
    good("reserved", "reserved bits are ignored", from_director(whole, kVni, 0xffff'ffff));
    Bytes last = from_director(whole);
    last.at((six ? 40 : 20) + 15) = 0xff;
    good("reserved_last", "the byte behind the VNI is one of them", last);
    Payload with_checksum = vxlan(0xc123, kVxlanPort, kVni, whole);
    with_checksum.checksum_at = 6;
    good("checksum", "a UDP checksum may be there, and need not be verified (RFC 7348, 5)", outer(six, with_checksum));
    bad("other_vni", "another tenant's", from_director(whole, kVni + 1), "tunnel.wrong_key");
    bad("vni_0", "none is no wildcard", from_director(whole, 0), "tunnel.wrong_key");
    bad("cut", "a header that ends with the packet", outer(six, udp_unchecked(1, kVxlanPort, number32(0x0800'0000))),
        "tunnel.vxlan_header");
    bad("cut_frame", "a frame that does", from_director(cut(whole, 13)), "tunnel.vxlan_header");
    c.push_back(ends("vxlan_cut_in_padding" + v, "padding is not the packet",
                     padded(frame(from_director(cut(whole, 13))), 120), "tunnel.vxlan_header"));
    for (const auto& [name, to] : {std::pair{"other_mac", "02:00:00:00:00:02"},
                                   {"broadcast", "ff:ff:ff:ff:ff:ff"},
                                   {"multicast", "33:33:00:00:00:01"}})
      bad(name, "a frame is for this end or it is flooded", from_director(frame(packet, {.destination = to})),
          "tunnel.vxlan_mac");
    bad("vlan", "a tag within (RFC 7348, 6.1)", from_director(frame(packet, {.tags = {kVlan}})), "tunnel.vxlan_vlan");
    bad("service_vlan", "of either kind", from_director(frame(packet, {.tags = {kVlan}, .first_tag_type = 0x88a8})),
        "tunnel.vxlan_vlan");
    bad("arp", "an end does not speak ARP", from_director(ethernet({}, 0x0806, repeat(0, 46))), "tunnel.vxlan_type");
    bad("wrong_type", "the frame announces the other family",
        from_director(ethernet({}, six ? 0x86dd : 0x0800, packet)), "host.inner_header");
    bad("other_port", "UDP to another port is no VXLAN", outer(six, vxlan(0xc123, kVxlanPort + 1, kVni, whole)),
        "host.local");
    bad("in_gue_port", "nor GUE", outer(six, vxlan(0xc123, kGuePort, kVni, whole)), "host.gue_header");
  }
}

Setting only(const char* name, std::function<void(TunnelEnds&)> set, std::vector<Case> cases) {
  return {name, [set](Settings& s) { set(s.tunnel_ends); }, std::move(cases)};
}

}  // namespace

std::vector<Case> tunnel_cases() {
  std::vector<Case> c;
  gre_headers(c);
  vxlan_headers(c);
  return c;
}

std::vector<Setting> tunnel_settings() {
  const Bytes packet = inner(true), key = number32(kKey);
  const auto vxlan_to = [&](const std::string& mac) {
    return outer(false, vxlan(0xc123, kVxlanPort, kVni, frame(packet, {.destination = mac})));
  };
  const auto kernels = [&](const char* name, const Payload& payload) {
    return ends(name, "a tunnel that does not end here is the kernel's", frame(outer(true, payload)), "host.local");
  };
  return {only("GRE without a key", [](TunnelEnds& ends) { ends.gre_has_key = 0; },
               {delivered("without_key", "an end without a key", outer(true, gre(0, {}, packet)), packet),
                delivered("without_key_summed", "and a checksum", outer(false, summed(packet, 0, {})), packet),
                ends("without_key_has_one", "takes none with one", frame(outer(true, gre(0x2000, key, packet))),
                     "tunnel.wrong_key")}),
          only("VXLAN to a MAC address",
               [](TunnelEnds& ends) {
                 ends.mac = {{2, 0, 0, 0, 5, 1}};
               },
               {delivered("configured_mac", "whichever interface it comes in by", vxlan_to(kFrameEnd), packet),
                ends("interface_mac", "and no other", frame(vxlan_to("02:00:00:00:00:01")), "tunnel.vxlan_mac")}),
          only("no tunnel but GUE", [](TunnelEnds& ends) { ends.kinds = 1u << kTunnelGue; },
               {kernels("only_gue_ip", inside(packet)), kernels("only_gue_gre", gre(0x2000, key, packet)),
                kernels("only_gue_vxlan", vxlan(0xc123, kVxlanPort, kVni, frame(packet))),
                delivered("only_gue", "and it goes on", outer(true, gue(1, kGuePort, packet)), packet)}),
          only("all but GUE", [](TunnelEnds& ends) { ends.kinds = 1u << kTunnelIp | 1u << kTunnelVxlan; },
               {kernels("never_gue", gue(1, kGuePort, packet)), kernels("never_gre", gre(0x2000, key, packet)),
                delivered("all_but_gue", "IP in IP goes on", outer(true, inside(packet)), packet)})};
}

}  // namespace waymark::cases
