// Packets that a host has no socket for: passed on to the second candidate, once, and only between hosts of a service.
// The machine under test has no sockets at all; those that have are shown by tests/sockets_test.cpp.
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

constexpr u16 kEntropy = 0xc123;
const Payload kAck = tcp(40000, 80, "A");

Bytes inner(bool six, const Payload& payload = kAck, u8 hops = 61, u8 tos = 0) {
  return ip(six ? kClient6 : kClient4, six ? kServed6 : kServed4, payload, hops, tos);
}
Bytes from(const std::string& source, const Payload& payload, u8 tos = 0) {
  return ip(source, source.find(':') == source.npos ? kHere4 : kHere6, payload, 64, tos);
}
Bytes naming(bool outer_six, const Bytes& packet, const std::string& candidate, u8 tos = 0) {
  return from(outer_six ? kDirector6 : kDirector4, gue_naming(kEntropy, kGuePort, packet, candidate), tos);
}

// What this host sends on: from its own address, with the entropy of what came in, and without a candidate.
Bytes onward(bool six, const Bytes& packet, u8 tos = 0) {
  const Payload carried = gue(kEntropy, kGuePort, packet);
  const Link link{"02:00:00:00:01:01", "02:00:00:00:01:fe", {}};
  if (!six)
    return frame(ip4({.source = kHere4, .destination = kFellow4, .ttl = 64, .tos = tos, .id = 0}, carried), link);
  return frame(
      ip6({.source = kHere6, .destination = kFellow6, .hops = 64, .traffic_class = tos, .label = kEntropy}, carried),
      link);
}

Case passed(const std::string& name, const std::string& why, const Bytes& outer, const Bytes& out) {
  Case c = ends(name, why, frame(outer), "forward.sent");
  c.out = out;
  c.notes = {Note::passed_on};
  return c;
}
Case here(const std::string& name, const std::string& why, const Bytes& outer, const Bytes& packet,
          std::vector<Note> notes) {
  Case c = ends(name, why, frame(outer), "host.delivered");
  c.out = frame(packet);
  c.notes = std::move(notes);
  return c;
}

std::string families(bool outer, bool packet, bool fellow) {
  return std::string(outer ? "6" : "4") + (packet ? "6" : "4") + (fellow ? "6" : "4");
}

void pass_on(std::vector<Case>& c) {
  for (bool outer : {false, true})
    for (bool six : {false, true})
      for (bool fellow : {false, true}) {
        const std::string v = families(outer, six, fellow), to = fellow ? kFellow6 : kFellow4;
        const auto add = [&](const std::string& name, const char* why, const Payload& payload) {
          c.push_back(
              passed(name + v, why, naming(outer, inner(six, payload), to), onward(fellow, inner(six, payload, 60))));
        };
        add("stray_", "nobody here knows it: the other one may", kAck);
        add("stray_fin_", "likewise", tcp(40000, 443, "FA"));
        add("stray_reset_", "likewise", tcp(40000, 80, "R"));
        add("stray_udp_", "as far as sockets tell", udp(40000, 53));
        c.push_back(here("stray_syn_" + v, "a SYN belongs to whoever was chosen",
                         naming(outer, inner(six, tcp(40000, 80, "S")), to), inner(six, tcp(40000, 80, "S")), {}));
        c.push_back(here("stray_last_hop_" + v, "a packet that goes round must end",
                         naming(outer, inner(six, kAck, 1), to), inner(six, kAck, 1), {Note::candidate_refused}));
        c.push_back(here("stray_no_hop_" + v, "likewise", naming(outer, inner(six, kAck, 0), to), inner(six, kAck, 0),
                         {Note::candidate_refused}));
        c.push_back(passed("stray_two_hops_" + v, "one hop is enough", naming(outer, inner(six, kAck, 2), to),
                           onward(fellow, inner(six, kAck, 1))));
        c.push_back(passed("stray_tos_" + v, "DSCP and ECN go along",
                           naming(outer, inner(six, kAck, 61, 0xb9), to, 0xb9),
                           onward(fellow, inner(six, kAck, 60, 0xb9), 0xb9)));
        Case marked = passed("stray_marked_" + v, "congestion on the first tunnel is not forgotten in the second",
                             naming(outer, inner(six, kAck, 61, 2), to, 3), onward(fellow, inner(six, kAck, 60, 3), 3));
        marked.notes.push_back(Note::ecn_marked);
        c.push_back(marked);
        const auto about = [&](u8 hops) {
          return ip(six ? "2001:db8:9::77" : "192.0.2.77", six ? kServed6 : kServed4,
                    icmp_error(six, six ? 2 : 3, six ? 0 : 4,
                               ip(six ? kServed6 : kServed4, six ? kClient6 : kClient4, tcp(80, 40000, "A")), 1280),
                    hops);
        };
        c.push_back(passed("stray_error_" + v, "an error about a flow that is not here goes where the flow may be",
                           naming(outer, about(61), to), onward(fellow, about(60))));
        const Bytes asked = ip(six ? kClient6 : kClient4, six ? kServed6 : kServed4, six ? icmp6(128, 0) : icmp4(8, 0));
        c.push_back(here("stray_ping_" + v, "a ping is nobody's flow", naming(outer, asked, to), asked, {}));
        for (const char* flags : {"SA", "SF", "SFA"})
          c.push_back(std::string(flags).find('A') != std::string::npos
                          ? passed("stray_" + std::string(flags) + v, "no opening",
                                   naming(outer, inner(six, tcp(40000, 80, flags)), to),
                                   onward(fellow, inner(six, tcp(40000, 80, flags), 60)))
                          : here("stray_" + std::string(flags) + v, "whatever it is, it is not a flow's middle",
                                 naming(outer, inner(six, tcp(40000, 80, flags)), to),
                                 inner(six, tcp(40000, 80, flags)), {}));
      }
  Case padding = passed("stray_padding", "what pads the frame goes along, outside of all lengths",
                        naming(true, inner(false), kFellow6), onward(true, inner(false, kAck, 60)));
  padding.in = padded(padding.in, padding.in.size() + 9);
  padding.out = padded(padding.out, padding.out.size() + 9);
  c.push_back(padding);
  const Bytes big = inner(false, tcp(40000, 80, "A", repeat('x', 1500)));
  c.push_back(ends("stray_too_big", "no way is wider than its MTU: delivered here it would be answered with a reset",
                   frame(naming(true, big, kFellow6)), "forward.too_big"));
  c.back().notes = {Note::passed_on};
  Case kernel = passed("stray_by_kernel", "where no next hop is known the kernel routes it",
                       naming(true, inner(false), kFellow6), {});
  kernel.arrange = [](const Live& live, u32) { live.targets[kFellowSlot6].route = 0; };
  kernel.reason = "forward.by_kernel";
  kernel.out = frame(ip6({.source = kHere6, .destination = kFellow6, .hops = 64, .label = kEntropy},
                         gue(kEntropy, kGuePort, inner(false, kAck, 60))));
  c.push_back(kernel);
}

void refuse(std::vector<Case>& c) {
  const std::vector<Note> refused = {Note::candidate_refused};
  for (bool six : {false, true}) {
    const std::string v = six ? "6" : "4";
    const auto add = [&](const std::string& name, const char* why, const std::string& candidate) {
      c.push_back(here(name + v, why, naming(six, inner(six), candidate), inner(six), refused));
    };
    add("candidate_self_", "this host cannot help itself", six ? kHere6 : kHere4);
    add("candidate_director_", "a director is no host", six ? kDirector6 : kDirector4);
    add("candidate_stranger_", "nor is anybody of whom we were not told", six ? "2001:db8:66::6" : "198.18.0.6");
    add("candidate_service_", "nor is a service's address", six ? kServed6 : kServed4);
    add("candidate_nothing_", "nor nobody", six ? "::" : "0.0.0.0");
    const Payload alone = tcp(40000, kAlonePort, "A");
    c.push_back(here("candidate_of_another_service_" + v, "a host passes on only between hosts of the same service",
                     naming(six, inner(six, alone), kFellow6), inner(six, alone), refused));
    Case gone =
        here("candidate_gone_" + v, "a way that is no more", naming(six, inner(six), kFellow6), inner(six), refused);
    gone.arrange = [](const Live& live, u32) { live.targets[kFellowSlot6].in_use = 0; };
    c.push_back(gone);
    c.push_back(here("no_candidate_named_" + v, "who names nobody knows that it is here",
                     from(six ? kDirector6 : kDirector4, gue(kEntropy, kGuePort, inner(six))), inner(six), {}));
    c.push_back(
        ends("candidate_not_served_" + v, "what is not served is not passed on either",
             frame(naming(six, ip(six ? kClient6 : kClient4, six ? kServed6 : kServed4, tcp(1, 22, "A")), kFellow6)),
             "host.not_served"));

    const std::string fellow = six ? kFellow6 : kFellow4;
    c.push_back(here("from_fellow_" + v, "what a host passes on is taken like a director's",
                     from(fellow, gue(kEntropy, kGuePort, inner(six))), inner(six), {}));
    c.push_back(
        here("from_fellow_ip_in_ip_" + v, "in either tunnel", from(fellow, inside(inner(six))), inner(six), {}));
    c.push_back(ends("from_fellow_other_service_" + v, "but for no service that is not shared",
                     frame(from(fellow, gue(kEntropy, kGuePort, inner(six, alone)))), "host.not_fellow"));
    c.push_back(ends("from_fellow_naming_" + v, "and never with a candidate: so nothing goes round",
                     frame(from(fellow, gue_naming(kEntropy, kGuePort, inner(six), kFellow6))), "host.passed_twice"));
    c.push_back(ends("from_fellow_naming_self_" + v, "whoever it is",
                     frame(from(fellow, gue_naming(kEntropy, kGuePort, inner(six), six ? kHere6 : kHere4))),
                     "host.passed_twice"));
    c.push_back(ends("from_stranger_naming_" + v, "nor is anybody else believed",
                     frame(from(six ? kClient6 : kClient4, gue_naming(kEntropy, kGuePort, inner(six), kFellow6))),
                     "host.untrusted_source"));
  }
}

// Private data that is none: of another length or kind, or cut short.
void malformed(std::vector<Case>& c) {
  for (bool six : {false, true}) {
    const std::string v = six ? "6" : "4";
    const Bytes packet = inner(six), good = candidate_header(packet, kFellow6);
    const auto bad = [&](const std::string& name, const char* why, const Bytes& header, const Bytes& rest) {
      const Payload carried = udp_unchecked(kEntropy, kGuePort, header + rest);
      c.push_back(ends("candidate_" + name + "_" + v, why, frame(from(six ? kDirector6 : kDirector4, carried)),
                       "host.gue_header"));
    };
    for (u8 words : Bytes{1, 2, 3, 4, 6, 7, 31})
      bad("words_" + std::to_string(words), "optional fields of another length are not ours", with_byte(good, 0, words),
          packet + repeat(0, 120));
    for (u8 kind : Bytes{0, 2, 255})
      bad("kind_" + std::to_string(kind), "nor of another kind", with_byte(good, 4, kind), packet);
    bad("control", "nor in a control message", with_byte(good, 0, 0x25), packet);
    bad("variant", "nor of another variant", with_byte(good, 0, 0x85), packet);
    bad("flags", "nor behind a flag's field", with_byte(good, 2, 0x80), packet);
    for (size_t length : {size_t(4), size_t(5), size_t(8), size_t(23)})
      bad("cut_" + std::to_string(length), "private data that ends with the packet", cut(good, length), {});
    Case in_padding =
        ends("candidate_cut_in_padding_" + v, "padding is not the packet",
             padded(frame(from(six ? kDirector6 : kDirector4, udp_unchecked(kEntropy, kGuePort, cut(good, 23)))), 200),
             "host.gue_header");
    c.push_back(in_padding);
    c.push_back(ends("candidate_alone_" + v, "a candidate for nothing",
                     frame(from(six ? kDirector6 : kDirector4, udp_unchecked(kEntropy, kGuePort, good))),
                     "host.inner_header"));
  }
}

}  // namespace

std::vector<Case> stray_cases() {
  std::vector<Case> c;
  pass_on(c);
  refuse(c);
  malformed(c);
  return c;
}

}  // namespace waymark::cases
