// What a dead target's flows are told: a SYN begins anew, other TCP gets a reset, UDP an unreachable; and how many.
#include "core/pins.h"
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

void kill_target(const Live& live, u32 slot) { live.targets[slot].route |= kTargetDown; }

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
  return reset_back(side.service, side.client, 80, sequence, acknowledgement, flags, link);
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

Bytes unreachable(const Side& side, const Bytes& packet, const Link& link = {}) {
  const bool six = side.client.find(':') != side.client.npos;
  return error_back(side.service, six ? 1 : 3, six ? 4 : 3, 0, packet, link);
}

void unreachables(std::vector<Case>& c) {
  const char* why = "a client of UDP is told as well (RFC 792, RFC 4443)";
  for (const Side& side : kSides) {
    const std::string v = side.name;
    const auto add = [&](const std::string& name, const Payload& p) {
      c.push_back(
          told(name, why, side, p, "director.unreachable", unreachable(side, ip(side.client, side.service, p))));
    };
    // As much is quoted as fits into 576 and 1280 bytes: 548 and 1232.
    for (size_t data : {0, 1, 5, 519, 520, 521, 1000, 1183, 1184, 1185, 1400})
      add("unreachable" + v + "_" + std::to_string(data), udp(40000, 53, repeat('u', data)));
    add("unreachable_no_checksum" + v, udp_unchecked(40000, 53, text("x")));
    add("unreachable_long_no_checksum" + v, udp_unchecked(40000, 53, repeat('u', 1300)));
  }
  const Side &four = kSides[0], &six = kSides[1];
  Case options = told("unreachable4_options", "the header is quoted with its options", four, udp(40000, 53),
                      "director.unreachable", {});
  const Bytes long_header =
      ip4({.source = kClient4, .destination = four.service, .options = repeat(1, 40)}, udp(40000, 53));
  options.in = frame(long_header);
  options.out = unreachable(four, long_header);
  c.push_back(options);
  Case extended =
      told("unreachable6_extensions", "and extension headers are", six, udp(40000, 53), "director.unreachable", {});
  const Bytes chain = ip(six.client, six.service, extension(60, udp(40000, 53)));
  extended.in = frame(chain);
  extended.out = unreachable(six, chain);
  c.push_back(extended);

  for (const Side& side : kSides) {
    const bool is_six = &side == &six;
    const Bytes whole = ip(side.client, side.service, udp(40000, 53));
    const Bytes spoiled = with_word(whole, (is_six ? 40 : 20) + 6, 0xdead);
    Case corrupt = told("unreachable_corrupt" + std::string(side.name), "what is quoted is quoted as it came", side,
                        udp(40000, 53), "director.unreachable", unreachable(side, spoiled));
    corrupt.in = frame(spoiled);
    c.push_back(corrupt);
    for (const Link& link :
         {Link{.tags = {kVlan}}, Link{.tags = {0x2000 | kVlan, kInnerVlan}, .first_tag_type = 0x88a8}}) {
      Case tagged = told("unreachable_tags_" + std::to_string(link.tags.size()) + "_" + side.name,
                         "tags are kept in front of a header that grew", side, udp(40000, 53), "director.unreachable",
                         unreachable(side, whole, link));
      tagged.in = frame(whole, link);
      c.push_back(tagged);
    }
    Case pad = told("unreachable_padding" + std::string(side.name), "padding is not quoted", side, udp(40000, 53),
                    "director.unreachable", unreachable(side, whole));
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
               "director.unreachable", unreachable(side, ip(side.client, side.service, query)));
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
