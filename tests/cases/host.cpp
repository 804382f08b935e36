// A server's end of the tunnels: whose are believed, what may be in them, and what comes out.
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

const Payload kSyn = tcp(40000, 80, "S");

Bytes inner(bool six, const Payload& payload = kSyn, u8 hops = 61, u8 tos = 0) {
  return ip(six ? kClient6 : kClient4, six ? kServed6 : kServed4, payload, hops, tos);
}

// The outer packet, of either family, from the director to this host.
Bytes outer(bool six, const Payload& payload, u8 tos = 0) {
  return ip(six ? kDirector6 : kDirector4, six ? kHere6 : kHere4, payload, 64, tos);
}

enum class In { ip, gue, gre, vxlan };
constexpr In kAll[] = {In::ip, In::gue, In::gre, In::vxlan};
constexpr const char* kNames[] = {"ip", "gue", "gre", "vxlan"};

// Frames in VXLAN are for the interface that they come in by.
Payload carry(In in, const Bytes& packet) {
  if (in == In::gue) return gue(0xc123, kGuePort, packet);
  if (in == In::gre) return gre(0x2000, number32(kKey), packet);
  if (in == In::vxlan) return vxlan(0xc123, kVxlanPort, kVni, frame(packet));
  return inside(packet);
}
Payload gue_with(const Bytes& header, const Bytes& packet) { return udp_unchecked(0xc123, kGuePort, header + packet); }

std::string kind(In in, bool outer_six, bool inner_six) {
  return std::string("host_") + kNames[int(in)] + (outer_six ? "_in_ip6" : "_in_ip4") +
         (inner_six ? "_carries_ip6" : "_carries_ip4");
}

Case delivered(const std::string& name, const std::string& why, const Bytes& outer_packet, const Bytes& inner_packet,
               const Link& link = {}) {
  Case c = ends(name, why, frame(outer_packet, link), "host.delivered");
  c.out = frame(inner_packet, link);
  return c;
}

void tunnels(std::vector<Case>& c) {
  struct Tagged {
    const char* name;
    Link link;
  };
  const Tagged tagged[] = {{"", {}},
                           {"_priority_tag", {.tags = {0xe000}}},
                           {"_vlan", {.tags = {kVlan}}},
                           {"_two_vlans", {.tags = {0x2000 | kVlan, kInnerVlan}, .first_tag_type = 0x88a8}}};
  for (const In in : kAll)
    for (bool outer_six : {false, true})
      for (bool inner_six : {false, true}) {
        const std::string name = kind(in, outer_six, inner_six);
        for (const Tagged& t : tagged)
          c.push_back(delivered(name + t.name, "the inner packet comes out as it went in, link header and tags kept",
                                outer(outer_six, carry(in, inner(inner_six))), inner(inner_six), t.link));
        c.push_back(delivered(name + "_udp", "UDP is served like TCP",
                              outer(outer_six, carry(in, inner(inner_six, udp(40000, 53)))),
                              inner(inner_six, udp(40000, 53))));
        Case pad = delivered(name + "_padding", "what pads the frame stays behind the packet",
                             outer(outer_six, carry(in, inner(inner_six))), inner(inner_six));
        pad.in = padded(pad.in, pad.in.size() + 9);
        pad.out = padded(pad.out, pad.out.size() + 9);
        c.push_back(pad);
        for (u8 hops : Bytes{0, 1, 255})
          c.push_back(delivered(name + "_hops_" + std::to_string(hops), "the end of a tunnel is no hop (RFC 2003, 3.1)",
                                outer(outer_six, carry(in, inner(inner_six, kSyn, hops))),
                                inner(inner_six, kSyn, hops)));
        // RFC 6040, 4.2: congestion on the tunnel is marked within, or the packet is dropped where it cannot be.
        const std::string why = "congestion on the tunnel must reach the server's TCP";
        for (u8 ecn : Bytes{1, 2}) {
          Case mark = delivered(name + "_marked_" + std::to_string(ecn), why,
                                outer(outer_six, carry(in, inner(inner_six, kSyn, 61, u8(0xb8 | ecn))), 3),
                                inner(inner_six, kSyn, 61, 0xbb));
          mark.notes = {Note::ecn_marked};
          c.push_back(mark);
        }
        c.push_back(delivered(name + "_marked_3", why, outer(outer_six, carry(in, inner(inner_six, kSyn, 61, 3)), 3),
                              inner(inner_six, kSyn, 61, 3)));
        c.push_back(ends(name + "_cannot_mark", why,
                         frame(outer(outer_six, carry(in, inner(inner_six, kSyn, 61, 0xb8)), 3)), "host.congestion"));
        Case other =
            delivered(name + "_marked_ect1", "ECT(1) may be a mark too: it is kept (RFC 6040, figure 4)",
                      outer(outer_six, carry(in, inner(inner_six, kSyn, 61, 2)), 1), inner(inner_six, kSyn, 61, 1));
        other.notes = {Note::ecn_marked};
        c.push_back(other);
        for (u8 ecn : Bytes{0, 2})
          c.push_back(delivered(
              name + "_unmarked_" + std::to_string(ecn), "other marks on the tunnel change nothing within",
              outer(outer_six, carry(in, inner(inner_six, kSyn, 61, 2)), ecn), inner(inner_six, kSyn, 61, 2)));
      }
  c.push_back(delivered(
      "outer_options", "the outer header may have options",
      ip4({.source = kDirector4, .destination = kHere4, .options = repeat(1, 8)}, inside(inner(true))), inner(true)));
}

void trust(std::vector<Case>& c) {
  for (const In in : kAll)
    for (bool six : {false, true}) {
      const std::string name = kind(in, six, !six);
      const Payload tunnel = carry(in, inner(!six));
      c.push_back(ends(name + "_other_interface", "tunnels are believed only where the configuration says",
                       frame(outer(six, tunnel), {.tags = {kVlanNoTunnels}}), "host.untrusted_interface"));
      c.push_back(ends(name + "_other_source", "whoever may send tunnels may send as any client",
                       frame(ip(six ? "2001:db8:5::2" : "192.0.2.2", six ? kHere6 : kHere4, tunnel)),
                       "host.untrusted_source"));
      c.push_back(ends(name + "_client_source", "a service's front is a front, but no director",
                       frame(ip(six ? address6(by_ip6) : address4(by_ip6), six ? kHere6 : kHere4, tunnel)),
                       "host.untrusted_source"));
      c.push_back(ends(name + "_own_source", "nor is the host itself",
                       frame(ip(six ? kHere6 : kHere4, six ? kHere6 : kHere4, tunnel)), "host.untrusted_source"));
    }
  c.push_back(ends("director_as_mapped_source", "an IPv4 director's address in an IPv6 header is a lie",
                   frame(ip("::ffff:192.0.2.1", kHere6, inside(inner(false)))), "parse.martian_source"));
  c.push_back(ends("tunnel_to_mapped", "this host's IPv4 address in an IPv6 header",
                   frame(ip(kDirector6, "::ffff:192.0.2.10", inside(inner(false)))), "steer.not_ours"));
}

void not_tunnels(std::vector<Case>& c) {
  for (bool six : {false, true}) {
    const std::string v = six ? "6" : "4";
    c.push_back(ends("ssh" + v, "the host's own address stays reachable", frame(outer(six, tcp(50000, 22, "S"))),
                     "host.local"));
    c.push_back(ends("udp_other_port" + v, "UDP to other ports is not GUE", frame(outer(six, udp(50000, kGuePort + 1))),
                     "host.local"));
    c.push_back(
        ends("ping" + v, "the host answers pings", frame(outer(six, six ? icmp6(128, 0) : icmp4(8, 0))), "host.local"));
    c.push_back(ends("local_from_anybody" + v, "whoever sent it",
                     frame(ip(six ? kClient6 : kClient4, six ? kHere6 : kHere4, tcp(1, 22, "S"))), "host.local"));
    c.push_back(ends("udp_cut" + v, "no port, no tunnel", frame(outer(six, raw(17, {0xc1, 0x23}))), "host.local"));
    c.push_back(ends("no_next_header" + v, "nothing in it", frame(outer(six, raw(59, {}))), "host.local"));
  }
  c.push_back(ends("tunnel_behind_extension", "directors send none: the kernel's",
                   frame(outer(true, extension(60, inside(inner(false))))), "host.local"));
}

// Pings of what is served, and errors about what was sent from there, are the kernel's to answer and to believe.
void icmp(std::vector<Case>& c) {
  for (const bool six : {false, true}) {
    const std::string v = six ? "6" : "4", served = six ? kServed6 : kServed4, client = six ? kClient6 : kClient4;
    const std::string router = six ? "2001:db8:9::77" : "192.0.2.77", fellow = six ? kFellow6 : kFellow4;
    const auto error = [&](const Bytes& quoted, u8 type = 0) {
      return icmp_error(six, type ? type : six ? 2 : 3, six ? 0 : 4, quoted, 1280);
    };
    const auto reply = [&](const Payload& payload) { return ip(served, client, payload); };
    const Payload ping = six ? icmp6(128, 0) : icmp4(8, 0), pong = six ? icmp6(129, 0) : icmp4(0, 0);
    const auto add = [&](const std::string& name, const char* why, const Bytes& packet) {
      c.push_back(delivered("icmp_" + name + v, why, outer(!six, carry(In::ip, packet)), packet));
      c.push_back(delivered("icmp_gue_" + name + v, why, outer(six, carry(In::gue, packet)), packet));
    };
    const auto refused = [&](const std::string& name, const char* why, const Bytes& packet) {
      c.push_back(ends("icmp_" + name + v, why, frame(outer(!six, carry(In::ip, packet))), "host.not_served"));
    };
    add("ping", "a director that sends pings on", ip(client, served, ping));
    add("error_tcp", "a small link behind the client", ip(router, served, error(reply(tcp(80, 40000, "A")))));
    add("error_udp", "likewise", ip(router, served, error(reply(udp(53, 40000)))));
    add("error_eight_bytes", "a router that quotes little",
        ip(router, served, error(cut(reply(tcp(80, 40000, "A")), six ? 48 : 28))));
    add("error_pong", "an answer to a ping", ip(router, served, error(reply(pong))));
    add("error_unreachable", "whatever it says", ip(router, served, error(reply(tcp(80, 40000, "A")), six ? 1 : 11)));
    refused("pong", "nobody here asked", ip(client, served, pong));
    refused("error_other_port", "a port that is not served", ip(router, served, error(reply(tcp(22, 40000, "A")))));
    refused("error_of_another", "a packet of another address",
            ip(router, served, error(ip(six ? "2001:db8:90::2" : "198.51.100.91", client, tcp(80, 40000, "A")))));
    refused("error_turned", "a packet that goes here", ip(router, served, error(ip(client, served, tcp(1, 80, "A")))));
    refused("error_short", "too little of it",
            ip(router, served, error(cut(reply(tcp(80, 40000, "A")), six ? 47 : 27))));
    refused("redirect", "a redirect has no place in a tunnel",
            ip(router, served, error(reply(tcp(80, 40000, "A")), six ? 137 : 5)));
    const Bytes shared = ip(router, served, error(reply(tcp(80, 40000, "A"))));
    Case passed = delivered("icmp_from_fellow" + v, "a host that has not that flow passes it on",
                            ip(fellow, six ? kHere6 : kHere4, inside(shared)), shared);
    c.push_back(passed);
    const Bytes alone = ip(router, served, error(reply(tcp(kAlonePort, 40000, "A"))));
    c.push_back(ends("icmp_from_fellow_alone" + v, "but not of a service that it has not",
                     frame(ip(fellow, six ? kHere6 : kHere4, inside(alone))), "host.not_fellow"));
    c.push_back(ends("icmp_ping_from_fellow" + v, "nor pings, which are nobody's flow",
                     frame(ip(fellow, six ? kHere6 : kHere4, inside(ip(client, served, ping)))), "host.not_fellow"));
  }
}

void gue_headers(std::vector<Case>& c) {
  for (bool six : {false, true}) {
    const Bytes packet = inner(six);
    const std::string v = six ? "6" : "4";
    auto header = [&](const char* name, const Bytes& gue, const char* why) {
      c.push_back(ends(std::string(name) + v, why, frame(outer(six, gue_with(gue, packet))), "host.gue_header"));
    };
    header("gue_variant_1", Bytes{}, "variant 1 is IP straight in UDP: not sent by directors");
    header("gue_variant_2", gue_header(packet, 0x80), "an unknown variant");
    header("gue_control", gue_header(packet, 0x20), "a control message is no packet");
    header("gue_options", gue_header(packet, 1) + repeat(0, 4), "optional fields may change what the rest means");
    header("gue_flags", gue_header(packet, 0, 0x8000), "a flag announces a field that is not there");
    header("gue_flag_lowest", gue_header(packet, 0, 1), "each flag counts");
    header("gue_ethernet", Bytes{0, 97, 0, 0}, "only IP is carried");
    header("gue_next_none", Bytes{0, 59, 0, 0}, "only IP is carried");
    c.push_back(ends("gue_cut" + v, "a GUE header that ends with the packet",
                     frame(outer(six, udp_unchecked(1, kGuePort, {0, 4, 0}))), "host.gue_header"));
    c.push_back(ends("gue_cut_in_padding" + v, "padding is not the packet",
                     padded(frame(outer(six, udp_unchecked(1, kGuePort, {0, 4, 0}))), 100), "host.gue_header"));
    c.push_back(ends("gue_checksum" + v, "a checksum says that the sender is none of our directors",
                     frame(outer(six, udp(0xc123, kGuePort, gue_header(packet) + packet))), "host.gue_checksum"));
    Payload lying = gue(0xc123, kGuePort, packet);
    c.push_back(ends("gue_udp_length_beyond" + v, "a UDP length that lies",
                     frame(outer(six, raw(17, with_word(lying.bytes, 4, u16(lying.bytes.size() + 1))))),
                     "parse.udp_header"));
    c.push_back(ends("gue_wrong_protocol" + v, "the header announces the other family",
                     frame(outer(six, gue_with({0, u8(six ? 4 : 41), 0, 0}, packet))), "host.inner_header"));
  }
}

void inner_packets(std::vector<Case>& c) {
  for (const In in : kAll)
    for (bool six : {false, true}) {
      const std::string name = kind(in, !six, six);
      auto bad = [&](const std::string& what, const Bytes& packet, const std::string& reason, const char* why) {
        c.push_back(ends(name + "_" + what, why, frame(outer(!six, carry(in, packet))), reason));
      };
      const Bytes good = inner(six);
      const std::string client = six ? kClient6 : kClient4, served = six ? kServed6 : kServed4;
      bad("cut", cut(good, six ? 39 : 19), "host.inner_header", "an inner header that ends with the frame");
      bad("longer", with_word(good, six ? 4 : 2, u16(good.size() + 1)), "parse.ip_length",
          "an inner length beyond the outer packet");
      bad("cut_transport", ip(client, served, raw(6, repeat(0, 19))), "parse.tcp_header",
          "an inner TCP header cut short");
      bad("martian", ip(six ? "::1" : "127.0.0.1", served, kSyn), "parse.martian_source", "a client that cannot be");
      bad("land", ip(served, served, kSyn), "parse.land", "the service talking to itself");
      bad("other_address", ip(client, six ? "2001:db8:90::2" : "198.51.100.91", kSyn), "host.not_served",
          "a tunnel opens only what is served");
      bad("own_address", ip(client, six ? kHere6 : kHere4, kSyn), "host.not_served", "not the host's own address");
      bad("other_port", ip(client, served, tcp(40000, 22, "S")), "host.not_served",
          "not a port of the host beside the service");
      bad("other_protocol", ip(client, served, udp(40000, 80)), "host.not_served", "nor another protocol");
      bad("nested_ip", ip(client, served, inside(good)), "host.nested_tunnel",
          "a tunnel in a tunnel hides who is meant");
      bad("nested_other_ip", ip(client, served, inside(inner(!six))), "host.nested_tunnel", "of either family");
      bad("nested_gue", ip(client, six ? kHere6 : kHere4, gue(1, kGuePort, good)), "host.not_served",
          "GUE in a tunnel is UDP to an address not served");
      const auto piece = [&](u8 hops, bool first) {
        return six ? ip6({.source = client, .destination = served, .hops = hops},
                         fragment6(first ? 0 : 4, first, first ? kSyn : raw(6, repeat(0x35, 24))))
                   : ip4({.source = client, .destination = served, .ttl = hops, .fragment = u16(first ? 0x2000 : 4)},
                         first ? kSyn : raw(6, repeat(0x35, 24)));
      };
      for (const bool first : {true, false})
        c.push_back(delivered(name + (first ? "_first_fragment" : "_later_fragment"),
                              "the kernel puts it together, for whichever port it is",
                              outer(!six, carry(in, piece(61, first))), piece(61, first)));
    }
  const Bytes piece = ip6({.source = kClient6, .destination = kServed6, .hops = 61}, fragment6(0, true, kSyn));
  c.push_back(ends("fragment_by_a_fellow", "hosts pass on whole packets",
                   frame(ip(kFellow6, kHere6, gue(0xc123, kGuePort, piece))), "host.inner_fragment"));
  c.push_back(ends("fragment_with_a_candidate", "directors name none for it",
                   frame(outer(true, gue_naming(0xc123, kGuePort, piece, kFellow6))), "host.inner_fragment"));
  c.push_back(ends("inner_mapped", "an inner IPv4-mapped destination would match the IPv4 service",
                   frame(outer(true, inside(ip(kClient6, "::ffff:198.51.100.90", kSyn)))), "host.not_served"));
  c.push_back(ends("inner_version", "an inner version other than the tunnel says",
                   frame(outer(true, raw(4, padded(inner(true), 80)))), "host.inner_header"));
  c.push_back(ends("outer_fragment", "the kernel puts tunnels' fragments together",
                   frame(ip4({.source = kDirector4, .destination = kHere4, .fragment = 0x2000}, inside(inner(true)))),
                   "parse.fragment"));
  c.push_back(ends("outer_length", "an outer length that lies",
                   frame(with_word(outer(false, inside(inner(true))), 2, 2000)), "parse.ip_length"));
  c.push_back(ends("inner_beyond_outer", "an inner packet that goes on behind the end of the outer one",
                   frame(with_word(outer(true, inside(inner(false))), 4, u16(inner(false).size() - 1))),
                   "parse.ip_length"));
  Case behind = delivered("inner_shorter_than_outer", "an inner packet may end before the outer one",
                          outer(true, inside(inner(false) + repeat(0xee, 5))), inner(false));
  behind.out = behind.out + repeat(0xee, 5);
  c.push_back(behind);
}

}  // namespace

std::vector<Case> host_cases() {
  std::vector<Case> c;
  tunnels(c);
  trust(c);
  not_tunnels(c);
  gue_headers(c);
  icmp(c);
  inner_packets(c);
  return c;
}

}  // namespace waymark::cases
