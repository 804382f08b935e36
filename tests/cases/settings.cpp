// What a director's configuration changes of all this: cases of other settings than the site's.
#include "tests/cases/cases.h"

#include "roles/director/reasons.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

struct Side {
  bool six;
  std::string v, client, own, address, pool_address;
  Payload ping(const Bytes& data = text("ping")) const { return six ? icmp6(128, 0, data) : icmp4(8, 0, data); }
  Payload pong() const { return six ? icmp6(129, 0) : icmp4(0, 0); }
};
const Side kSides[] = {{false, "4", kClient4, kOwn4, address4(narrow6), address4(pool)},
                       {true, "6", kClient6, kOwn6, address6(narrow6), address6(pool)}};

// A packet that moves no pin to `slot`, with the hash of a ping between the two addresses.
Case to_target(const Side& s, const std::string& name, const std::string& why, const std::string& source,
               const std::string& address, const Payload& payload, u32 slot, u64 hash) {
  Case c = ends(name + s.v, why, frame(ip(source, address, payload)), "forward.sent");
  c.out = tunnelled(slot, ip(source, address, payload, 63), hash);
  c.slot = slot;
  c.packets = 1;
  c.bytes = c.in.size() - 14;
  c.flow = hash;
  c.pin = "none";
  return c;
}

std::vector<Case> pings_to_targets() {
  std::vector<Case> c;
  for (const Side& s : kSides) {
    const u64 hash = flow_hash(kPublicRealm, s.client, s.pool_address, s.ping());
    const u32 slot = chosen(pool, hash);
    c.push_back(to_target(s, "to_target_ping", "one client's pings reach one server, and leave no pin", s.client,
                          s.pool_address, s.ping(), slot, hash));
    c.push_back(to_target(s, "to_target_ping_next", "whatever is in them", s.client, s.pool_address,
                          s.ping(repeat(3, 900)), slot, hash));
    const std::string router = s.six ? "2001:db8:9::77" : "192.0.2.77";
    const Payload error = icmp_error(s.six, s.six ? 2 : 3, s.six ? 0 : 4, ip(s.pool_address, s.client, s.pong()), 1280);
    Case about = to_target(s, "to_target_error", "an error about the answer reaches the same one", router,
                           s.pool_address, error, slot, hash);
    about.notes = {Note::error_carried};
    c.push_back(about);
    c.push_back(ends("to_target_error_empty" + s.v, "or nobody, where there is nobody",
                     frame(ip(router, s.six ? address6(empty) : address4(empty),
                              icmp_error(s.six, s.six ? 2 : 3, s.six ? 0 : 4,
                                         ip(s.six ? address6(empty) : address4(empty), s.client, s.pong()), 1280))),
                     "director.no_target"));
    c.push_back(ends("to_target_empty" + s.v, "nor a ping",
                     frame(ip(s.client, s.six ? address6(empty) : address4(empty), s.ping())), "director.echo_down"));
    const Bytes last = ip(s.client, s.pool_address, s.ping(), 1);
    Case hop = ends("to_target_last_hop" + s.v, "the server is one hop further", frame(last), "director.hop_limit");
    hop.out = error_back(s.six ? kOwn6 : s.pool_address, s.six ? 3 : 11, 0, 0, last);
    c.push_back(hop);
    const Bytes over = ip(s.client, s.address, s.ping(repeat(3, 1300)));
    Case big = ends("to_target_too_big" + s.v, "a ping can be too big for a tunnel", frame(over), "director.too_big");
    big.out = error_back(s.six ? kOwn6 : s.address, s.six ? 2 : 3, s.six ? 0 : 4, s.six ? 1280 : kNarrowMtu - 40, over);
    c.push_back(big);
  }
  return c;
}

// The kernel's, as if no director were there.
std::vector<Case> left_alone(const char* what) {
  std::vector<Case> c;
  const std::string which = what;
  for (const Side& s : kSides) {
    if (which == "echo")
      c.push_back(ends("left_ping" + s.v, "the kernel answers, where the address is its own",
                       frame(ip(s.client, s.pool_address, s.ping())), "director.icmp_other"));
    if (which == "closed") {
      c.push_back(ends("left_tcp" + s.v, "the kernel refuses, or serves it",
                       frame(ip(s.client, s.pool_address, tcp(40000, 81, "S"))), "director.port_closed"));
      c.push_back(ends("left_udp" + s.v, "likewise", frame(ip(s.client, s.pool_address, udp(40000, 81))),
                       "director.port_closed"));
    }
    if (which == "errors") {
      c.push_back(ends("left_hop_limit" + s.v, "the kernel tells of it",
                       frame(ip(s.client, s.pool_address, tcp(40000, 80, "S"), 1)), "forward.hop_limit"));
      Case big = ends("left_too_big" + s.v, "nobody is told",
                      frame(ip(s.client, s.address, udp(40000, 53, repeat(7, 1400)))), "forward.too_big");
      c.push_back(big);
      c.push_back(ends("left_own" + s.v, "nor is what routers say told on",
                       frame(ip(s.six ? "2001:db8:9::77" : "192.0.2.77", s.own,
                                icmp_error(s.six, s.six ? 2 : 3, s.six ? 0 : 4,
                                           ip(s.own, s.six ? "2001:db8:5::101" : "192.0.2.101",
                                              inside(ip(s.client, s.address, tcp(1, 80, "A", repeat(1, 1400))))),
                                           1400))),
                       "director.local"));
    }
  }
  return c;
}

// Who speaks to a client.
std::vector<Case> spoken(bool own) {
  std::vector<Case> c;
  for (const Side& s : kSides) {
    const std::string from = own ? s.own : s.address;
    const Bytes over = ip(s.client, s.address, udp(40000, 53, repeat(7, 1400)));
    Case big = ends(std::string(own ? "own_voice_" : "no_voice_") + "too_big" + s.v,
                    own ? "from the director's own address" : "from the service's, where it has none", frame(over),
                    "director.too_big");
    big.out = error_back(from, s.six ? 2 : 3, s.six ? 0 : 4, s.six ? 1280 : kNarrowMtu - 40, over);
    c.push_back(big);
    const Bytes last = ip(s.client, s.address, tcp(40000, 80, "S"), 1);
    Case hop = ends(std::string(own ? "own_voice_" : "no_voice_") + "hop_limit" + s.v, "likewise", frame(last),
                    "director.hop_limit");
    hop.out = error_back(from, s.six ? 3 : 11, 0, 0, last);
    c.push_back(hop);
  }
  return c;
}

}  // namespace

std::vector<Setting> setting_cases() {
  const auto none = [](Settings& s, AnswerKind kind) { s.answer_interval[u32(kind)] = 0; };
  std::vector<Setting> all = {
      {"echo = \"target\"", [](Settings& s) { s.echo = Echo::target; }, pings_to_targets()},
      {"echo = \"kernel\"", [](Settings& s) { s.echo = Echo::kernel; }, left_alone("echo")},
      {"closed = 0", [=](Settings& s) { none(s, AnswerKind::closed); }, left_alone("closed")},
      {"errors = 0", [=](Settings& s) { none(s, AnswerKind::told); }, left_alone("errors")},
      {"address of both families",
       [](Settings& s) { s.own[director::kModule].ip4 = number(ip4_of(fixture::address(kOwn4))); }, spoken(true)},
      {"address of neither", [](Settings& s) { s.own[director::kModule] = {}; }, spoken(false)}};
  for (Setting& setting : tunnel_settings()) all.push_back(std::move(setting));
  return all;
}

}  // namespace waymark::cases
