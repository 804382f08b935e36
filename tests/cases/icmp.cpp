// ICMP to a service's address: pings, and errors about what its servers sent, which are for those servers.
#include "core/pins.h"
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

const std::string kRouter4 = "192.0.2.77", kRouter6 = "2001:db8:9::77";

struct Side {
  bool six;
  std::string v, client, router;
  std::string address(u32 service) const { return six ? address6(service) : address4(service); }
  Payload ping(const Bytes& data = text("ping")) const { return six ? icmp6(128, 0, data) : icmp4(8, 0, data); }
  Payload pong(const Bytes& data = text("ping")) const { return six ? icmp6(129, 0, data) : icmp4(0, 0, data); }
  Payload error(u8 type, u8 code, const Bytes& quoted, u32 second = 0) const {
    return icmp_error(six, type, code, quoted, second);
  }
};
const Side kSides[] = {{false, "4", kClient4, kRouter4}, {true, "6", kClient6, kRouter6}};

// What a server sends to port 40000 of the client.
Payload reply_tcp(u16 from = 80) { return tcp(from, 40000, "PA", repeat('x', 900)); }
Payload reply_udp(u16 from = 53) { return udp(from, 40000, repeat('x', 900)); }
Payload asked_by(const Payload& reply, u16 port) {
  return reply.transport == 6 ? tcp(40000, port, "S") : udp(40000, port);
}

void pings(std::vector<Case>& c) {
  for (const Side& s : kSides) {
    const auto add = [&](const std::string& name, const char* why, u32 service, const std::string& reason) {
      Case k = ends(name + s.v, why, frame(ip(s.client, s.address(service), s.ping())), reason);
      if (reason == "director.echoed") k.out = back(ip(s.address(service), s.client, s.pong()));
      c.push_back(k);
    };
    add("pinged", "an address that answers has a server that does", by_ip6, "director.echoed");
    add("pinged_of_many", "of a front with many rules as well", many, "director.echoed");
    add("pinged_of_pool", "and of several targets", pool, "director.echoed");
    add("pinged_of_empty", "an address without a server must not look well", empty, "director.echo_down");
    for (u8 hops : Bytes{0, 1}) {
      Case last = ends("pinged_hops_" + std::to_string(hops) + s.v, "the director is where it goes: traceroute -I ends",
                       frame(ip(s.client, s.address(by_ip6), s.ping(), hops)), "director.echoed");
      last.out = back(ip(s.address(by_ip6), s.client, s.pong()));
      c.push_back(last);
    }
    Case big = ends("pinged_big" + s.v, "as long as it came",
                    frame(ip(s.client, s.address(all), s.ping(repeat(9, 1400)))), "director.echoed");
    big.out = back(ip(s.address(all), s.client, s.pong(repeat(9, 1400))));
    c.push_back(big);
    Case tagged = ends("pinged_tagged" + s.v, "by the network that it came from",
                       frame(ip(s.client, s.address(by_ip6), s.ping()), {.tags = {kVlan}}), "director.echoed");
    tagged.out = back(ip(s.address(by_ip6), s.client, s.pong()), {.tags = {kVlan}});
    c.push_back(tagged);
    Case pad = ends("pinged_padding" + s.v, "what pads the frame is not sent back",
                    padded(frame(ip(s.client, s.address(by_ip6), s.ping())), 100), "director.echoed");
    pad.out = back(ip(s.address(by_ip6), s.client, s.pong()));
    c.push_back(pad);
    Case spoiled = ends("pinged_corrupt" + s.v, "a corrupt one makes no sound answer", {}, "director.echoed");
    const Bytes good = ip(s.client, s.address(by_ip6), s.ping()), answer = ip(s.address(by_ip6), s.client, s.pong());
    spoiled.in = frame(with_byte(good, good.size() - 1, 'X'));
    spoiled.out = back(with_byte(answer, answer.size() - 1, 'X'));
    c.push_back(spoiled);
    Case limited = ends("pinged_limited" + s.v, "nobody is a mirror for a flood",
                        frame(ip(s.client, s.address(by_ip6), s.ping())), "director.limited");
    limited.arrange = [](const Live& live, u32 now) {
      live.limits[u32(AnswerKind::pinged)] =
          ((u64(now) << 16) + u64(kAnswerInterval) * kAnswerBurst - kAnswerInterval / 2) & 0xffff'ffff'ffffull;
    };
    c.push_back(limited);
    c.push_back(ends("pinged_code" + s.v, "a code that no ping has",
                     frame(ip(s.client, s.address(by_ip6), s.six ? icmp6(128, 1) : icmp4(8, 1))),
                     "director.icmp_other"));
  }
  c.push_back(
      ends("pinged_options", "options are not repeated unread",
           frame(ip4({.source = kClient4, .destination = address4(by_ip6), .options = {1, 1, 1, 0}}, icmp4(8, 0))),
           "director.icmp_other"));
  c.push_back(ends("pinged_extensions", "nor extension headers",
                   frame(ip(kClient6, address6(by_ip6), extension(60, icmp6(128, 0)))), "director.icmp_other"));
}

// An error about a reply of `service` that a router sends; it goes to `slot`, naming `candidate`.
Case carried(const Side& s, const std::string& name, const std::string& why, u32 service, const Payload& reply,
             const Payload& error, u32 slot, u32 candidate = 0) {
  Case c = ends(name + s.v, why, frame(ip(s.router, s.address(service), error)), "forward.sent");
  const u16 port = u16(reply.bytes[0] << 8 | reply.bytes[1]);
  const Payload asked = asked_by(reply, port);
  c.flow = flow_hash(kPublicRealm, s.client, s.address(service), asked);
  c.out = tunnelled(slot, ip(s.router, s.address(service), error, 63), c.flow, 0, nullptr, candidate);
  c.slot = slot;
  c.packets = 1;
  c.bytes = c.in.size() - 14;
  c.notes = {Note::error_carried};
  if (candidate) c.notes.push_back(Note::candidate_sent);
  c.pin = "none";
  return c;
}

Bytes quote(const Side& s, u32 service, const Payload& reply, size_t bytes_of_transport = 8) {
  const Bytes whole = ip(s.address(service), s.client, reply);
  return cut(whole, std::min(whole.size(), (s.six ? 40u : 20u) + bytes_of_transport));
}

void errors(std::vector<Case>& c) {
  for (const Side& s : kSides) {
    const u8 too_big = s.six ? 2 : 3, code = s.six ? 0 : 4;
    for (const Payload& reply : {reply_tcp(), reply_udp()}) {
      const std::string kind = reply.transport == 6 ? "_tcp" : "_udp";
      const u16 port = reply.transport == 6 ? 80 : 53;
      const Payload asked = asked_by(reply, port);
      for (size_t left : {8, 20, 500}) {
        const Payload error = s.error(too_big, code, quote(s, by_ip6, reply, left), 1280);
        c.push_back(carried(s, "error_quoting_" + std::to_string(left) + kind,
                            "a server never hears of a small link behind its clients otherwise", by_ip6, reply, error,
                            by_ip6));
      }
      const Payload error = s.error(too_big, code, quote(s, pool, reply), 1280);
      const u64 hash = flow_hash(kPublicRealm, s.client, s.address(pool), asked);
      const u32 slot = chosen(pool, hash), before = chosen_before(pool, hash), other = slot == 23 ? 21 : 23;
      c.push_back(
          carried(s, "error_unpinned" + kind, "without a pin the choice says whose it is", pool, reply, error, slot));
      Case pinned =
          carried(s, "error_pinned" + kind, "the pin says whose it is, and stays what it is", pool, reply, error, slot);
      pinned.before = {frame(ip(s.client, s.address(pool), asked)),
                       frame(ip(s.client, s.address(pool), reply.transport == 6 ? tcp(40000, 80, "A") : asked))};
      pinned.arrange = [other](const Live& live, u32) {  // the choice has changed since
        for (u32 i = 0; i < 3; ++i) live.members[pool * 4 + i] = other;
      };
      // Whether a datagram is a flow's first, nobody knows. (An IP-in-IP tunnel has no room for a candidate.)
      const char* adopted = reply.transport != 6 && before ? " adopted" : "";
      pinned.pin = (reply.transport == 6 ? "proven " : "datagram ") + std::to_string(slot) + adopted;
      c.push_back(pinned);
      Case embryo = pinned;
      embryo.name = "error_embryonic" + kind + s.v;
      embryo.before.resize(1);
      embryo.pin = "embryonic " + std::to_string(slot) + adopted;
      c.push_back(embryo);
      Case dead = pinned;
      dead.name = "error_dead" + kind + s.v;
      dead.why = "of a dead server's flow nobody hears";
      dead.arrange = [slot](const Live& live, u32) { live.targets[slot].route |= kTargetDown; };
      dead.reason = "director.dead_target";
      dead.out.clear();
      dead.slot = 0, dead.packets = dead.bytes = 0;
      dead.notes.clear();
      c.push_back(dead);
    }
    const Payload reply = reply_tcp();
    const Bytes quoted = quote(s, by_ip6, reply);
    struct Type {
      u8 type, code;
    };
    for (const Type t : s.six ? std::vector<Type>{{1, 0}, {1, 4}, {3, 0}, {4, 1}, {100, 0}, {127, 3}}
                              : std::vector<Type>{{3, 1}, {3, 13}, {11, 0}, {12, 0}, {4, 0}})
      c.push_back(carried(s, "error_" + std::to_string(t.type) + "_" + std::to_string(t.code) + "_",
                          "whatever a router says of a reply", by_ip6, reply, s.error(t.type, t.code, quoted), by_ip6));
    const Payload error = s.error(too_big, code, quoted, 1280);
    const auto kernels = [&](const std::string& name, const char* why, const Payload& wrong,
                             const std::string& reason = "director.icmp_error") {
      c.push_back(ends(name + s.v, why, frame(ip(s.router, s.address(by_ip6), wrong)), reason));
    };
    kernels("error_of_another", "the packet in it is no service's",
            s.error(too_big, code, cut(ip(s.address(by_ip4), s.client, reply), quoted.size())));
    kernels("error_turned", "nor is one that goes there",
            s.error(too_big, code, cut(ip(s.client, s.address(by_ip6), tcp(40000, 80, "A")), quoted.size())));
    kernels("error_other_port", "nor one from a port that no service has",
            s.error(too_big, code, quote(s, by_ip6, tcp(81, 40000, "A"))));
    kernels("error_cut", "seven bytes are not enough", s.error(too_big, code, cut(quoted, quoted.size() - 1)));
    kernels("error_empty", "nothing is not", s.error(too_big, code, {}));
    kernels("error_other_version", "the packet in it is of another IP version",
            s.error(too_big, code, with_byte(quoted, 0, s.six ? 0x45 : 0x65)));
    kernels("error_of_protocol", "no service takes this protocol",
            s.error(too_big, code, cut(ip(s.address(by_ip6), s.client, raw(50, repeat(1, 20))), quoted.size())));
    kernels("error_of_pong", "nor do they answer pings here",
            s.error(too_big, code, ip(s.address(by_ip6), s.client, s.pong())));
    Case last = ends("error_last_hop" + s.v, "nobody is told of an error that ends here",
                     frame(ip(s.router, s.address(by_ip6), error, 1)), "director.error_withheld");
    c.push_back(last);
    c.push_back(ends("error_martian" + s.v, "an error from nowhere",
                     frame(ip(s.six ? "ff02::1" : "224.0.0.1", s.address(by_ip6), error)), "parse.martian_source"));
    Case big = ends("error_too_big" + s.v, "nor one that does not fit: never an error about an error",
                    frame(ip(s.router, s.address(narrow6),
                             s.error(too_big, code, cut(ip(s.address(narrow6), s.client, reply), 560), 1280))),
                    "forward.too_big");
    c.push_back(big);
    c.push_back(ends("error_no_target" + s.v, "a service that has nobody",
                     frame(ip(s.router, s.address(empty), s.error(too_big, code, quote(s, empty, reply)))),
                     "director.no_target"));
    c.push_back(ends("error_target_gone" + s.v, "nor whoever is gone",
                     frame(ip(s.router, s.address(gone), s.error(too_big, code, quote(s, gone, reply)))),
                     "director.target_gone"));
  }
}

// What stands in front of the quoted transport header.
void headers(std::vector<Case>& c) {
  const Payload reply = reply_tcp();
  const Side &four = kSides[0], &six = kSides[1];
  const auto four_quoting = [&](const Bytes& header, u16 fragment) {
    return four.error(
        3, 4,
        cut(ip4({.source = four.address(by_ip6), .destination = kClient4, .fragment = fragment, .options = header},
                reply),
            28 + header.size()),
        1280);
  };
  c.push_back(carried(four, "error_quoting_options", "with options the ports stand later", by_ip6, reply,
                      four_quoting(repeat(1, 40), 0x4000), by_ip6));
  c.push_back(carried(four, "error_quoting_first_fragment", "a first fragment has ports", by_ip6, reply,
                      four_quoting({}, 0x2000), by_ip6));
  c.push_back(ends("error_quoting_later_fragment4", "a later one has none",
                   frame(ip(four.router, four.address(by_ip6), four_quoting({}, 0x2010))), "director.icmp_error"));
  c.push_back(ends("error_quoting_short_header4", "a header that says it is shorter than any",
                   frame(ip(four.router, four.address(by_ip6),
                            four.error(3, 4, with_byte(quote(four, by_ip6, reply), 0, 0x44), 1280))),
                   "director.icmp_error"));
  const auto six_quoting = [&](const Payload& payload, size_t length) {
    return six.error(2, 0, cut(ip(six.address(by_ip6), kClient6, payload), length), 1280);
  };
  c.push_back(carried(six, "error_quoting_extension", "nor do extension headers hide them", by_ip6, reply,
                      six_quoting(extension(60, reply), 40 + 8 + 8), by_ip6));
  c.push_back(carried(six, "error_quoting_first_fragment", "a first fragment has ports", by_ip6, reply,
                      six_quoting(fragment6(0, true, reply), 40 + 8 + 8), by_ip6));
  c.push_back(ends("error_quoting_later_fragment6", "a later one has none",
                   frame(ip(six.router, six.address(by_ip6), six_quoting(fragment6(100, true, reply), 100))),
                   "director.icmp_error"));
  c.push_back(ends("error_quoting_cut_chain", "a chain that ends with the quote",
                   frame(ip(six.router, six.address(by_ip6), six_quoting(extension(60, reply), 40 + 8 + 7))),
                   "director.icmp_error"));
  c.push_back(ends("redirect4", "a redirect is of a router on this very link",
                   frame(ip(four.router, four.address(by_ip6), four.error(5, 1, quote(four, by_ip6, reply)))),
                   "director.icmp_error"));
  c.push_back(ends("redirect6", "likewise",
                   frame(ip(six.router, six.address(by_ip6), six.error(137, 0, quote(six, by_ip6, reply)))),
                   "director.icmp_other"));
}

// A flow that began elsewhere may be another server's: the tunnel of an error about it names that one, too.
void candidates(std::vector<Case>& c) {
  for (const Side& s : kSides)
    for (const u32 service : {u32(moved6), u32(moved4)})
      for (u16 port = 40000; port < 40012; ++port) {
        const Payload asked = tcp(port, 80, "A"), reply = tcp(80, port, "PA");
        const u64 hash = flow_hash(kPublicRealm, s.client, s.address(service), asked);
        const u32 slot = chosen(service, hash), before = chosen_before(service, hash);
        const Payload error = s.error(s.six ? 2 : 3, s.six ? 0 : 4, ip(s.address(service), s.client, reply), 1280);
        Case k = ends("error_candidate_" + std::to_string(service) + "_" + std::to_string(port) + "_" + s.v,
                      "without a pin the choice may be wrong: the other one is named",
                      frame(ip(s.router, s.address(service), error)), "forward.sent");
        const u32 named = before == slot ? 0 : before;
        k.out = tunnelled(slot, ip(s.router, s.address(service), error, 63), hash, 0, nullptr, named);
        k.slot = slot;
        k.packets = 1;
        k.bytes = k.in.size() - 14;
        k.notes = {Note::error_carried};
        if (named) k.notes.push_back(Note::candidate_sent);
        c.push_back(k);
        Case adopted = k;
        adopted.name += "_adopted";
        adopted.why = "nor is a pin sure that the choice made for a flow in its middle";
        adopted.before = {frame(ip(s.client, s.address(service), asked))};
        adopted.flow = hash;
        adopted.pin = "embryonic " + std::to_string(slot) + " adopted";
        c.push_back(adopted);
      }
}

}  // namespace

std::vector<Case> icmp_cases() {
  std::vector<Case> c;
  pings(c);
  errors(c);
  headers(c);
  candidates(c);
  c.push_back(ends("icmp4_in_ip6", "the other family's ICMP is no ICMP",
                   frame(ip(kClient6, address6(by_ip6), raw(1, repeat(3, 16)))), "director.port_closed"));
  c.push_back(ends("icmp6_in_ip4", "likewise", frame(ip(kClient4, address4(by_ip6), raw(58, repeat(1, 16)))),
                   "director.port_closed"));
  return c;
}

std::vector<Case> icmp_types() {
  std::vector<Case> c;
  for (unsigned n = 0; n < 256; ++n) {
    const u8 type = u8(n);
    const std::string name = "_" + std::to_string(type);
    const bool error4 = type == 3 || type == 4 || type == 5 || type == 11 || type == 12, error6 = type < 128;
    Case four = ends("icmp4" + name, "RFC 792 and RFC 1122, 3.2.2, name the errors",
                     frame(ip(kClient4, address4(by_ip6), icmp4(type, 0, repeat(0, 28)))),
                     error4      ? "director.icmp_error"
                     : type == 8 ? "director.echoed"
                                 : "director.icmp_other");
    if (type == 8) four.out = back(ip(address4(by_ip6), kClient4, icmp4(0, 0, repeat(0, 28))));
    c.push_back(four);
    Case six = ends("icmp6" + name, "all types below 128 are errors, unknown ones too (RFC 4443, 2.1)",
                    frame(ip(kClient6, address6(by_ip6), icmp6(type, 0, repeat(0, 48)))),
                    error6        ? "director.icmp_error"
                    : type == 128 ? "director.echoed"
                                  : "director.icmp_other");
    if (type == 128) six.out = back(ip(address6(by_ip6), kClient6, icmp6(129, 0, repeat(0, 48))));
    c.push_back(six);
  }
  return c;
}

}  // namespace waymark::cases
