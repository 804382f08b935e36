// What a dead target's flows are told: a SYN begins anew, other TCP gets a reset, UDP an unreachable; and how many.
#include "core/pins.h"
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

void kill_target(const Live& live, u32 slot) { live.targets[slot].route |= kTargetDown; }

// A frame sent back to where it came from: addresses of the link exchanged, tags kept.
Bytes back(const Bytes& ip, const Link& link = {}) {
  Link turned = link;
  std::swap(turned.destination, turned.source);
  return frame(ip, turned);
}

// An IP packet of ours from a service's address. Resets have no DSCP, ICMP errors that of network control.
Bytes answer_ip(const std::string& service, const std::string& client, const Payload& payload, u8 tos) {
  if (client.find(':') == client.npos)
    return ip4({.source = service, .destination = client, .ttl = 64, .tos = tos, .id = 0}, payload);
  return ip6({.source = service, .destination = client, .hops = 64, .traffic_class = tos}, payload);
}

struct Side {
  const char* name;
  std::string client, service;
};
const Side kSides[] = {{"4", kClient4, address4(by_ip6)}, {"6", kClient6, address6(by_ip6)}};

// A packet of a flow whose proven pin names a target that died.
Case told(const std::string& name, const std::string& why, const Side& side, const Payload& payload,
          const std::string& reason, const Bytes& out) {
  Case c = ends(name, why, frame(ip(side.client, side.service, payload)), reason);
  const Payload opening = payload.transport == 17 ? payload : tcp(40000, 80, "S");
  const Payload second = payload.transport == 17 ? payload : tcp(40000, 80, "A");
  c.before = {frame(ip(side.client, side.service, opening)), frame(ip(side.client, side.service, second))};
  c.arrange = [](const Live& live, u32) { kill_target(live, by_ip6); };
  c.flow = flow_hash(kPublicRealm, side.client, side.service, payload);
  c.pin = payload.transport == 17 ? "datagram 1" : "proven 1";
  c.out = out;
  return c;
}

Bytes reset(const Side& side, u32 sequence, u32 acknowledgement, const std::string& flags, const Link& link = {}) {
  return back(answer_ip(side.service, side.client, tcp_segment(80, 40000, sequence, acknowledgement, flags, 0), 0),
              link);
}

// RFC 9293, 3.10.7.1, with the numbers that packets::tcp writes: sequence 0x01020304, acknowledgement 0x05060708.
void resets(std::vector<Case>& c) {
  struct Segment {
    const char *name, *flags;
    size_t data;
    u32 sequence, acknowledgement;
    const char* answer;
  };
  const Segment segments[] = {{"ack", "A", 0, 0x05060708, 0, "R"},      {"data", "PA", 5, 0x05060708, 0, "R"},
                              {"fin_ack", "FA", 0, 0x05060708, 0, "R"}, {"syn_ack", "SA", 0, 0x05060708, 0, "R"},
                              {"no_ack", "P", 5, 0, 0x01020309, "RA"},  {"no_flags", "", 1000, 0, 0x010206ec, "RA"},
                              {"fin", "F", 0, 0, 0x01020305, "RA"},     {"fin_data", "F", 7, 0, 0x0102030c, "RA"},
                              {"syn_fin", "SF", 3, 0, 0x01020309, "RA"}};
  for (const Side& side : kSides) {
    for (const Segment& s : segments)
      c.push_back(told(std::string("reset_") + s.name + side.name, "its client must not wait for a server that is dead",
                       side, tcp(40000, 80, s.flags, repeat('x', s.data)), "director.reset",
                       reset(side, s.sequence, s.acknowledgement, s.answer)));
    const Payload long_header = tcp(40000, 80, "", repeat('x', 9), repeat(1, 40));
    c.push_back(told("reset_tcp_options" + std::string(side.name), "options are no data", side, long_header,
                     "director.reset", reset(side, 0, 0x0102030d, "RA")));
    Case pad = told("reset_padding" + std::string(side.name), "what pads the frame is no data", side,
                    tcp(40000, 80, "", {}), "director.reset", reset(side, 0, 0x01020304, "RA"));
    pad.in = padded(pad.in, pad.in.size() + 6);
    c.push_back(pad);
    for (const char* flags : {"R", "RA", "RF"})
      c.push_back(told("no_reset_of_" + std::string(flags) + side.name, "two ends that reset each other never stop",
                       side, tcp(40000, 80, flags), "director.dead_target", {}));
    const Link links[] = {{.tags = {kVlan}}, {.tags = {0x2000 | kVlan, kInnerVlan}, .first_tag_type = 0x88a8}};
    for (const Link& link : links) {
      Case tagged = told("reset_tags_" + std::to_string(link.tags.size()) + "_" + side.name,
                         "the answer leaves by the network that the packet came from", side, tcp(40000, 80, "A"),
                         "director.reset", reset(side, 0x05060708, 0, "R", link));
      tagged.in = frame(ip(side.client, side.service, tcp(40000, 80, "A")), link);
      c.push_back(tagged);
    }
  }
  Case options = told("reset_ip4_options", "an answer repeats no options of IPv4", kSides[0], tcp(40000, 80, "A"),
                      "director.reset", reset(kSides[0], 0x05060708, 0, "R"));
  options.in =
      frame(ip4({.source = kClient4, .destination = address4(by_ip6), .options = repeat(1, 40)}, tcp(40000, 80, "A")));
  c.push_back(options);
  Case extended = told("reset_ip6_extensions", "nor extension headers", kSides[1], tcp(40000, 80, "F"),
                       "director.reset", reset(kSides[1], 0, 0x0102030a, "RA"));
  extended.in = frame(ip(kClient6, address6(by_ip6), extension(0, extension(60, tcp(40000, 80, "F"), 2))));
  c.push_back(extended);
  Case embryo = told("reset_of_embryo", "what follows an embryo is chosen for anew; here all is dead", kSides[0],
                     tcp(40000, 80, "A"), "director.reset", reset(kSides[0], 0x05060708, 0, "R"));
  embryo.before.resize(1);
  embryo.pin = "embryonic 1 adopted";
  embryo.notes = {Note::pin_adopted};
  c.push_back(embryo);
  Case stranger = told("reset_of_stranger", "nor does the choice help, when all that it names is dead", kSides[0],
                       tcp(40000, 80, "A"), "director.reset", reset(kSides[0], 0x05060708, 0, "R"));
  stranger.before.clear();
  stranger.pin = "embryonic 1 adopted";
  stranger.notes = {Note::pin_adopted};
  c.push_back(stranger);
  Case refused = told("reset_of_syn", "a SYN for which there is nobody is refused", kSides[0], tcp(40000, 80, "S", {}),
                      "director.reset", reset(kSides[0], 0, 0x01020305, "RA"));
  c.push_back(refused);
}

// A SYN begins anew, whatever the state of the dead target's pin.
void openings(std::vector<Case>& c) {
  const Payload syn = tcp(40000, 80, "S"), ack = tcp(40000, 80, "A"), fin = tcp(40000, 80, "FA");
  const std::string to = address4(pool);
  const u64 hash = flow_hash(kPublicRealm, kClient4, to, syn);
  const u32 dead = chosen(pool, hash), alive = dead == 23 ? 21 : 23;
  const auto frames = [&](std::initializer_list<Payload> payloads) {
    std::vector<Bytes> all;
    for (const Payload& p : payloads) all.push_back(frame(ip(kClient4, to, p)));
    return all;
  };
  const auto dies = [dead, alive](const Live& live, u32) {
    kill_target(live, dead);
    for (u32 i = 0; i < 3; ++i) live.members[pool * 4 + i] = alive;
  };
  const std::string there = std::to_string(alive);
  struct State {
    const char* name;
    std::vector<Bytes> before;
    std::string pin;
  };
  for (const State& s :
       {State{"embryonic", frames({syn}), "embryonic " + there}, State{"proven", frames({syn, ack}), "proven " + there},
        State{"closing", frames({syn, ack, fin}), "proven " + there},
        State{"adopted", frames({ack, ack}), "proven " + there}}) {
    Case anew = sent(std::string("dead_") + s.name + "_syn", "a client that begins anew is given a server that lives",
                     kClient4, to, syn, alive);
    anew.before = s.before;
    anew.arrange = dies;
    anew.pin = s.pin;
    c.push_back(anew);
  }
  Case later =
      sent("dead_embryonic_ack", "another director may have opened the flow since: its server answers for itself",
           kClient4, to, ack, alive);
  later.before = frames({syn});
  later.arrange = dies;
  later.pin = "embryonic " + there + " adopted";
  later.notes = {Note::pin_adopted};
  c.push_back(later);
  Case unsure = later;
  unsure.name = "dead_adopted_ack";
  unsure.why = "a flow that was adopted here need not have been the dead server's";
  unsure.before = frames({ack, ack});
  unsure.pin = "proven " + there + " adopted";
  c.push_back(unsure);
  Case nobody = ends("dead_syn_nobody_left", "or hears that there is none, and its pin stays",
                     frame(ip(kClient4, to, syn)), "director.no_target");
  nobody.before = frames({syn, ack});
  nobody.arrange = [dead](const Live& live, u32) {
    kill_target(live, dead);
    live.choice_heads[pool].size = 0;
  };
  nobody.flow = hash;
  nobody.pin = "proven " + std::to_string(dead);
  c.push_back(nobody);
  Case other =
      sent("another_targets_death", "who belongs to another target hears nothing of it", kClient4, to, ack, dead);
  other.before = frames({syn, ack});
  other.arrange = [alive](const Live& live, u32) { kill_target(live, alive); };
  other.flows = 0;
  other.pin = "proven " + std::to_string(dead);
  c.push_back(other);
}

Bytes unreachable(const Side& side, const Bytes& quoted, const Link& link = {}) {
  const bool six = side.client.find(':') != side.client.npos;
  return back(answer_ip(side.service, side.client, icmp_error(six, six ? 1 : 3, six ? 4 : 3, quoted), 0xc0), link);
}

void unreachables(std::vector<Case>& c) {
  const char* why = "a client of UDP is told as well (RFC 792, RFC 4443)";
  const Side &four = kSides[0], &six = kSides[1];
  const auto add = [&](const std::string& name, const Side& side, const Payload& p, const Bytes& quoted) {
    c.push_back(told(name, why, side, p, "director.unreachable", unreachable(side, quoted)));
  };
  for (size_t data : {size_t(0), size_t(1), size_t(5), size_t(1000), size_t(1400)}) {
    const Payload p = udp(40000, 53, repeat('u', data));
    add("unreachable4_" + std::to_string(data), four, p, cut(ip(four.client, four.service, p), 28));
  }
  // ICMPv6 quotes as much as fits into 1280 bytes: 1232.
  for (size_t data : {size_t(0), size_t(1), size_t(5), size_t(1183), size_t(1184), size_t(1185), size_t(1400)}) {
    const Payload p = udp(40000, 53, repeat('u', data) + text(""));
    const Bytes whole = ip(six.client, six.service, p);
    add("unreachable6_" + std::to_string(data), six, p, whole.size() > 1232 ? cut(whole, 1232) : whole);
  }
  const Payload bare = udp_unchecked(40000, 53, text("x"));
  add("unreachable4_no_checksum", four, bare, cut(ip(four.client, four.service, bare), 28));
  c.push_back(told("no_unreachable6_without_checksum", "what is quoted must be summed up, and its length is no bound",
                   six, bare, "director.dead_target", {}));
  c.push_back(
      told("unreachable6_long_without_checksum", "what is quoted of a long one is", six,
           udp_unchecked(40000, 53, repeat('u', 1300)), "director.unreachable",
           unreachable(six, cut(ip(six.client, six.service, udp_unchecked(40000, 53, repeat('u', 1300))), 1232))));

  Case options = told("unreachable4_options", "the header is quoted with its options", four, udp(40000, 53),
                      "director.unreachable", {});
  const Bytes long_header =
      ip4({.source = kClient4, .destination = four.service, .options = repeat(1, 40)}, udp(40000, 53));
  options.in = frame(long_header);
  options.out = unreachable(four, cut(long_header, 68));
  c.push_back(options);
  Case extended = told("no_unreachable6_behind_extensions", "the checksum of a short one covers no extension headers",
                       six, udp(40000, 53), "director.dead_target", {});
  extended.in = frame(ip(six.client, six.service, extension(60, udp(40000, 53))));
  c.push_back(extended);
  // The header's padding option (type 1, 4 bytes) reads as UDP's length and checksum would.
  extended.name = "no_unreachable6_behind_what_looks_like_udp";
  const size_t header = 14 + 40, length = extended.in.size() - header;
  const Bytes like_udp = {1, 4, 0, uint8_t(length), 0x12, 0x34};
  std::copy(like_udp.begin(), like_udp.end(), extended.in.begin() + long(header) + 2);
  c.push_back(extended);
  Case shorter = told("no_unreachable6_udp_shorter", "nor what lies behind the datagram", six, udp(40000, 53),
                      "director.dead_target", {});
  Payload cut_short = udp(40000, 53);
  cut_short.bytes = with_word(cut_short.bytes, 4, u16(cut_short.bytes.size() - 1));
  shorter.in = frame(ip(six.client, six.service, cut_short));
  c.push_back(shorter);

  // A datagram that is corrupt makes an answer that is: the same bytes differ, and the sum does not become right.
  for (const Side& side : kSides) {
    const bool is_six = &side == &six;
    Case corrupt = told("unreachable_corrupt" + std::string(side.name), "a corrupt packet makes no sound answer", side,
                        udp(40000, 53), "director.unreachable", {});
    const size_t checksum = 14 + (is_six ? 40 : 20) + 6, moved = checksum + (is_six ? 48 : 28);
    const Bytes whole = ip(side.client, side.service, udp(40000, 53));
    corrupt.out = unreachable(side, is_six ? whole : cut(whole, 28));
    if (!is_six)  // here the sum is of the quoted bytes themselves
      corrupt.out = unreachable(side, cut(with_word(whole, checksum - 14, 0xdead), 28));
    else  // the ICMPv6 sum takes the quoted one's word for the rest: both are wrong alike
      corrupt.out = with_byte(corrupt.out, moved + 4, 'X');
    corrupt.in = is_six ? with_byte(corrupt.in, checksum + 4, 'X') : with_word(corrupt.in, checksum, 0xdead);
    c.push_back(corrupt);
    for (const Link& link :
         {Link{.tags = {kVlan}}, Link{.tags = {0x2000 | kVlan, kInnerVlan}, .first_tag_type = 0x88a8}}) {
      Case tagged = told("unreachable_tags_" + std::to_string(link.tags.size()) + "_" + side.name,
                         "tags are kept in front of a header that grew", side, udp(40000, 53), "director.unreachable",
                         unreachable(side, is_six ? whole : cut(whole, 28), link));
      tagged.in = frame(whole, link);
      c.push_back(tagged);
    }
    Case pad = told("unreachable_padding" + std::string(side.name), "padding is not quoted", side, udp(40000, 53),
                    "director.unreachable", unreachable(side, is_six ? whole : cut(whole, 28)));
    pad.in = padded(pad.in, pad.in.size() + 7);
    c.push_back(pad);
    Case tight = told("unreachable_no_head_room" + std::string(side.name), "a driver without room in front", side,
                      udp(40000, 53), "director.dead_target", {});
    tight.in = frame(whole);
    tight.head_room = is_six ? 44 : 24;
    c.push_back(tight);
  }
}

// Who is asked too often answers no more: each kind by itself.
void limits(std::vector<Case>& c) {
  const auto full = [](AnswerKind kind) {
    return [kind](const Live& live, u32 now) {
      kill_target(live, by_ip6);
      live.limits[u32(kind)] =
          ((u64(now) << 16) + u64(kAnswerInterval) * kAnswerBurst - kAnswerInterval / 2) & 0xffff'ffff'ffffull;
    };
  };
  const char* why = "a flood against a dead target must not become a flood against others";
  const Side& side = kSides[0];
  const Payload ack = tcp(40000, 80, "A"), query = udp(40000, 53);
  Case limited = told("reset_limited", why, side, ack, "director.answer_limited", {});
  limited.arrange = full(AnswerKind::reset);
  c.push_back(limited);
  Case other = told("reset_while_unreachables_are_limited", "each kind has a limit of its own", side, ack,
                    "director.reset", reset(side, 0x05060708, 0, "R"));
  other.arrange = full(AnswerKind::unreachable);
  c.push_back(other);
  limited = told("unreachable_limited", why, side, query, "director.answer_limited", {});
  limited.arrange = full(AnswerKind::unreachable);
  c.push_back(limited);
  other = told("unreachable_while_resets_are_limited", "each kind has a limit of its own", side, query,
               "director.unreachable", unreachable(side, cut(ip(side.client, side.service, query), 28)));
  other.arrange = full(AnswerKind::reset);
  c.push_back(other);
  Case silent = told("silence_is_not_limited", "a packet that is never answered takes nothing from the others", side,
                     tcp(40000, 80, "R"), "director.dead_target", {});
  silent.arrange = full(AnswerKind::reset);
  c.push_back(silent);
}

}  // namespace

std::vector<Case> answer_cases() {
  std::vector<Case> c;
  resets(c);
  openings(c);
  unreachables(c);
  limits(c);
  return c;
}

}  // namespace waymark::cases
