#include "tests/gateway/firewall_cases.h"

namespace waymark::gateway_cases {

namespace {

constexpr uint16_t kPort = 40'000, kHttp = 80;
constexpr uint32_t kIsn = 0x1234'5678, kTheirs = 0x9abc'0000;

FirewallStep out(const Payload& p, const std::string& reason = "") { return {true, p, reason}; }
FirewallStep in(const Payload& p, const std::string& reason = "") { return {false, p, reason}; }

Payload sent(const std::string& flags, uint32_t sequence, uint32_t acknowledged = 0, uint16_t port = kPort) {
  return tcp_segment(port, kHttp, sequence, acknowledged, flags, 8'192);
}
Payload came(const std::string& flags, uint32_t sequence, uint32_t acknowledged = 0, uint16_t port = kPort) {
  return tcp_segment(kHttp, port, sequence, acknowledged, flags, 8'192);
}

using Steps = std::vector<FirewallStep>;
Steps operator+(Steps a, const Steps& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
// A connection that the tenant opens.
const Steps kOpen = {out(sent("S", kIsn)), in(came("SA", kTheirs, kIsn + 1)), out(sent("A", kIsn + 1, kTheirs + 1))};
Payload echo4(uint8_t type, uint16_t id) {
  Payload p = icmp4(type, 0, text("ping"));
  p.bytes = with_word(p.bytes, 4, id);
  return p;
}
Payload echo6(uint8_t type, uint16_t id) {
  Payload p = icmp6(type, 0, text("ping"));
  p.bytes = with_word(p.bytes, 4, id);
  return p;
}

}  // namespace

std::string guarded(const std::string& tenant, const std::string& keys, const std::string& layout) {
  std::string all = site(keys, layout);
  const std::string off = "number = 1\nfirewall = false\n";
  return all.replace(all.find(off), off.size(), "number = 1\n" + tenant + "\n");
}

Bytes packet_of(const FirewallStep& s) {
  if (!s.raw.empty()) return s.raw;
  const auto or_else = [](const std::string& a, const std::string& b) { return a.empty() ? b : a; };
  if (s.out) return from_red(four(s.packet, s.hop, or_else(s.from, kClient), or_else(s.to, kServer4)));
  return six(s.packet, s.hop, or_else(s.from, kServer6), or_else(s.to, kRed1));
}
std::string reason_of(const FirewallStep& s) {
  if (!s.passes.empty()) return s.passes;
  return !s.reason.empty() ? "firewall." + s.reason : s.out ? "gateway.to_ip6" : "gateway.to_ip4";
}

const std::vector<FirewallCase>& firewall_cases() {
  static const std::vector<FirewallCase> all = [] {
    std::vector<FirewallCase> c;
    const auto add = [&](const std::string& name, const std::string& why, const Steps& steps,
                         const std::string& tenant = "") {
      c.push_back({name, why, guarded(tenant), steps});
    };
    const auto cut = [](uint16_t offset, bool more, const Payload& p) {
      FirewallStep s = out(p);
      s.hop = {.id = 0x77, .fragment = uint16_t((more ? 0x2000 : 0) | offset)};
      return s;
    };

    add("tcp/handshake", "both ways, and then data",
        kOpen + Steps{in(came("PA", kTheirs + 1, kIsn + 1)), out(sent("PA", kIsn + 1, kTheirs + 1))});
    add("tcp/unsolicited", "nobody from outside begins", {in(came("S", kTheirs), "unsolicited")});
    add("tcp/middle", "data of a flow that is not known",
        {out(sent("A", kIsn, 1), "unknown_flow"), in(came("A", kTheirs, 1), "unknown_flow")});
    add("tcp/answer_without_question", "a SYN-ACK begins nothing",
        {in(came("SA", kTheirs, kIsn), "unknown_flow"), out(sent("SA", kIsn, kTheirs), "unknown_flow")});
    add("tcp/flags", "SYN with FIN or RST begins nothing",
        {out(sent("SF", kIsn), "flags"), out(sent("SR", kIsn), "flags"), out(sent("R", kIsn), "unknown_flow")});
    add("tcp/wrong_answer", "a SYN-ACK that acknowledges another SYN is not from whom was asked",
        {out(sent("S", kIsn)), in(came("SA", kTheirs, kIsn + 2), "window"), in(came("SA", kTheirs, kIsn + 1))});
    add("tcp/refused", "a reset must answer the SYN",
        {out(sent("S", kIsn)), in(came("RA", 0, kIsn + 7), "window"), in(came("R", 0), "window"),
         in(came("RA", 0, kIsn + 1))});
    add("tcp/again", "a SYN with another number is another connection",
        {out(sent("S", kIsn)), out(sent("S", kIsn + 1000)), in(came("SA", kTheirs, kIsn + 1), "window"),
         in(came("SA", kTheirs, kIsn + 1001))});
    add("tcp/simultaneous", "both open at once (RFC 5382, REQ-2)",
        {out(sent("S", kIsn)), in(came("S", kTheirs)), out(sent("SA", kIsn, kTheirs + 1)),
         in(came("SA", kTheirs, kIsn + 1)), in(came("A", kTheirs + 1, kIsn + 1))});
    add("tcp/reset", "one that fits closes, until whom it was for goes on",
        kOpen + Steps{in(came("R", kTheirs + 1)), out(sent("A", kIsn + 1, kTheirs + 1)),
                      in(came("A", kTheirs + 1, kIsn + 1))});
    add("tcp/reset_is_over", "who reset it may not begin another one",
        kOpen + Steps{in(came("R", kTheirs + 1)), in(came("A", kTheirs + 1, kIsn + 1)),
                      in(came("S", kTheirs + 9), "unsolicited")});
    add("tcp/reset_not_taken", "whom it was for goes on, and a SYN is but a packet of the flow",
        kOpen + Steps{in(came("R", kTheirs + 1)), out(sent("A", kIsn + 1, kTheirs + 1)), in(came("S", kTheirs + 9))});
    add("tcp/reset_guessed", "far from what was acknowledged, behind it or before it",
        kOpen + Steps{in(came("R", kTheirs + 0x0200'0000), "window"), in(came("R", kTheirs - 0x0002'0000), "window"),
                      in(came("A", kTheirs + 1, kIsn + 1))});
    add("tcp/data_guessed", "no window is so large",
        kOpen +
            Steps{in(came("PA", kTheirs + 0x5000'0000, kIsn + 1), "window"), in(came("PA", kTheirs + 1, kIsn + 1))});
    add("tcp/moves_on", "what is near moves with the acknowledgements, past the number's wrap",
        kOpen + Steps{out(sent("A", kIsn + 1, kTheirs + 0x3000'0000)), out(sent("A", kIsn + 1, kTheirs + 0x6000'0000)),
                      out(sent("A", kIsn + 1, kTheirs + 0x9000'0000)), in(came("R", kTheirs + 1), "window"),
                      in(came("R", kTheirs + 0x9000'0000))});
    add("tcp/closed", "both FINs, and a new connection by the same ports",
        kOpen + Steps{out(sent("FA", kIsn + 1, kTheirs + 1)), in(came("FA", kTheirs + 1, kIsn + 2)),
                      out(sent("A", kIsn + 2, kTheirs + 2)), out(sent("S", kIsn + 0x100'0000)),
                      in(came("SA", kTheirs + 0x7000'0000, kIsn + 0x100'0001)),
                      in(came("PA", kTheirs + 2, 0), "window"),
                      out(sent("A", kIsn + 0x100'0001, kTheirs + 0x7000'0001)),
                      in(came("PA", kTheirs + 0x7000'0001, kIsn + 0x100'0001))});
    add("tcp/closed_is_no_hole", "the other side may not begin where one was",
        kOpen + Steps{out(sent("FA", kIsn + 1, kTheirs + 1)), in(came("FA", kTheirs + 1, kIsn + 2)),
                      in(came("S", kTheirs + 9), "unsolicited"), out(sent("A", kIsn + 2, kTheirs + 2))});
    add("tcp/end_guessed", "a guessed FIN ends nothing, and so leaves no room for a SYN",
        kOpen + Steps{in(came("FA", kTheirs + 0x1800'0000, 7)), out(sent("FA", kIsn + 1, kTheirs + 1)),
                      out(sent("S", kIsn + 0x100'0000)), in(came("SA", kTheirs + 0x6000'0000, kIsn + 0x100'0001)),
                      in(came("PA", kTheirs + 1, kIsn + 2)), in(came("FA", kTheirs + 1, kIsn + 2)),
                      out(sent("A", kIsn + 2, kTheirs + 2))});
    add("tcp/half_closed", "the other side goes on",
        kOpen + Steps{out(sent("FA", kIsn + 1, kTheirs + 1)), in(came("PA", kTheirs + 1, kIsn + 2)),
                      out(sent("A", kIsn + 2, kTheirs + 9))});
    add("udp/reply", "and not from another port",
        {out(udp(4000, 53)), in(udp(53, 4000)), in(udp(54, 4000), "unsolicited"), in(udp(53, 4001), "unsolicited"),
         in(udp(53, 4000))});
    add("udp/unsolicited", "nobody from outside begins", {in(udp(53, 4000), "unsolicited")});
    add("ping/out", "and its reply alone",
        {out(echo4(8, 7)), in(echo6(128, 7), "unsolicited"), in(echo6(129, 7)), in(echo6(129, 8), "unknown_flow")});
    add("ping/reply_first", "a reply begins nothing",
        {out(echo4(0, 7), "unknown_flow"), in(echo6(129, 7), "unknown_flow")});
    add("ping/by_a_server", "a flow's, which needs no rule",
        kOpen + Steps{in(echo6(128, 7)), out(echo4(0, 7)), in(echo6(128, 7)), out(echo4(0, 8), "unknown_flow")});
    add("ping/by_another", "who has no flow with this host",
        kOpen + Steps{in(echo6(128, 7), "unsolicited"), in(echo6(128, 7), "unsolicited"), in(echo6(128, 7))});
    c.back().steps[3].from = "3fff:64::198.51.100.1";
    c.back().steps[4].to = "3fff:c00:100:100::a00:6";
    add("ping/half_open", "nobody has answered", {out(sent("S", kIsn)), in(echo6(128, 7), "unsolicited")});
    add("ping/denied", "a rule says more than a flow", kOpen + Steps{in(echo6(128, 7), "denied")},
        "rule = [{ direction = \"in\", action = \"deny\", protocol = 1 }]\n");
    add("ping/by_a_client", "who was let in by a rule may do what the rule says",
        {in(udp(9, 53)), out(udp(53, 9)), in(udp(9, 53)), in(echo6(128, 7), "unsolicited")},
        "rule = [{ direction = \"in\", action = \"allow\", ports = [\"udp/53\"] }]\n");
    add("protocol/gre", "protocols without ports, too", {out(raw(47, repeat(0, 8))), in(raw(47, repeat(0, 8)))});
    add("error/known", "about a flow that is known, from anywhere; about another one not",
        {out(udp(4000, 53)), in(icmp_error(true, 1, 4, to_six(udp(4000, 53)))),
         in(icmp_error(true, 1, 4, to_six(udp(4001, 53))), "unsolicited")});
    add("error/by_the_tenant", "likewise",
        {out(udp(4000, 53)), in(udp(53, 4000)), out(icmp_error(false, 3, 3, to_four(udp(53, 4000)))),
         out(icmp_error(false, 3, 3, to_four(udp(53, 4001))), "unknown_flow")});
    add("error/ping", "about a ping that was sent",
        {out(echo4(8, 7)), in(icmp_error(true, 3, 0, to_six(echo6(128, 7)))),
         in(icmp_error(true, 3, 0, to_six(echo6(128, 9))), "unsolicited")});
    Payload whole = udp(4000, 53, repeat(1, 64));
    whole.bytes = with_word(whole.bytes, 6, 0x1234);  // a router does not look at it
    const Payload head = {whole.protocol, part(whole.bytes, 0, 32), 0, 17, -1, true};
    const Payload rest = raw(17, part(whole.bytes, 32, whole.bytes.size()));
    add("fragment/follows", "the first one, which passed", {cut(0, true, head), cut(4, false, rest)});
    FirewallStep early = cut(4, false, rest);
    early.reason = "early";
    add("fragment/early", "nothing is known of it yet", {early, cut(0, true, head), cut(4, false, rest)});
    FirewallStep over = cut(3, true, rest), behind = cut(4, false, rest);
    over.reason = behind.reason = "overlap";
    add("fragment/overlap",
        "what was judged may not be written over; nor is the datagram's rest let through (RFC 5722)",
        {cut(0, true, head), over, behind});
    add("rule/in", "a server of the tenant's",
        {in(tcp_segment(50'000, 22, 5, 0, "S", 100)), out(tcp_segment(22, 50'000, 9, 6, "SA", 100)),
         in(tcp_segment(50'000, 22, 6, 10, "A", 100)), in(tcp_segment(50'000, 23, 5, 0, "S", 100), "unsolicited")},
        "rule = [{ direction = \"in\", action = \"allow\", ports = [\"tcp/22\"], inside = \"10.0.0.5\" }]\n");
    add("rule/in_not_answered", "a client's acknowledgement must be of the server's SYN",
        {in(tcp_segment(50'000, 22, 5, 0, "S", 100)), out(tcp_segment(22, 50'000, 0x5555'0000, 6, "SA", 100)),
         in(tcp_segment(50'000, 22, 6, 0x7777'0000, "A", 100), "window")},
        "rule = [{ direction = \"in\", action = \"allow\", ports = [\"tcp/22\"] }]\n");
    add("rule/out_denied", "the first rule decides",
        {out(udp(4000, 53)), out(udp(4000, 123), "denied"), out(sent("S", kIsn), "denied")},
        "rule = [{ direction = \"out\", action = \"allow\", ports = [\"udp/53\"] }, { direction = \"both\", action = "
        "\"deny\" }]\n");
    add("rule/outside", "by the other side's address", {in(udp(9, 4000), "denied"), in(udp(9, 4000), "unsolicited")},
        "rule = [{ direction = \"in\", action = \"deny\", outside = \"203.0.113.0/24\" }]\n");
    c.back().steps[1].from = "3fff:64::198.51.100.1";
    add("rule/ping", "a ping of the tenant", {in(echo6(128, 7)), out(echo4(0, 7)), in(udp(53, 4000), "unsolicited")},
        "rule = [{ direction = \"in\", action = \"allow\", protocol = 1 }]\n");
    // Both of red's sites, whose gateways are held here.
    const std::string there = "10.2.0.5";
    const auto across = [&](bool leaves, const Payload& p, const std::string& reason = "", Hop hop = {}) {
      FirewallStep s = {leaves, p, reason};
      const Bytes ip = leaves ? four(p, hop, kClient, there) : four(p, hop, there, kClient);
      s.raw = leaves ? from_red(ip) : ip6({kRedFar6, kEnd16}, gre(ip, 0x2000, gre_key(7)));
      if (reason.empty()) s.passes = "gateway.across";
      return s;
    };
    const std::string lets_in =
        "rule = [{ direction = \"in\", action = \"allow\", ports = [\"tcp/80\", \"udp/53\"], inside = "
        "\"10.2.0.0/16\" }]\n";
    add("across/unsolicited", "to the other site it comes from outside", {across(true, udp(4000, 53), "unsolicited")});
    add("across/denied", "as it leaves", {across(true, udp(4000, 53), "denied")},
        "rule = [{ direction = \"out\", action = \"deny\" }, { direction = \"in\", action = \"allow\" }]\n");
    add("across/udp", "a rule lets it in, and replies come back; nothing else does",
        {across(true, udp(4000, 53)), across(false, udp(53, 4000)), across(false, udp(54, 4000), "unsolicited"),
         across(true, udp(4000, 55), "unsolicited")},
        lets_in);
    add("across/tcp", "with its handshake",
        {across(true, sent("S", kIsn)), across(false, came("SA", kTheirs, kIsn + 1)),
         across(true, sent("A", kIsn + 1, kTheirs + 1)), across(false, came("PA", kTheirs + 1, kIsn + 1)),
         across(false, came("R", kTheirs + 0x0200'0000), "window")},
        lets_in);
    add("across/error", "about a flow that both sides know",
        {across(true, udp(4000, 53)), across(false, icmp_error(false, 3, 3, four(udp(4000, 53), {}, kClient, there))),
         across(false, icmp_error(false, 3, 3, four(udp(4001, 53), {}, kClient, there)), "unknown_flow")},
        lets_in);
    const Hop first = {.id = 0x78, .fragment = 0x2000}, second = {.id = 0x78, .fragment = 4};
    add("across/fragments", "held by the first side that does not know them",
        {across(true, rest, "early", second), across(true, head, "", first), across(true, rest, "", second)}, lets_in);
    add("limit/flows", "no more at once than it may have",
        {out(udp(4000, 53)), out(udp(4001, 53)), out(udp(4002, 53), "many_flows"), in(udp(53, 4001))}, "flows = 2\n");
    add_bits(c);
    return c;
  }();
  return all;
}

}  // namespace waymark::gateway_cases
