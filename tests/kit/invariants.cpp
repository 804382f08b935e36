#include "tests/kit/invariants.h"

#include <algorithm>

namespace waymark::fixture {

namespace {

using packets::operator+;

struct Ip {
  size_t at = 0;  // 0: there is none
  bool six = false;
};

Ip find_ip(const Bytes& b) {
  size_t type = 12;
  while (type + 6 <= b.size() && ((b[type] == 0x81 && b[type + 1] == 0) || (b[type] == 0x88 && b[type + 1] == 0xa8)))
    type += 4;
  if (type + 2 > b.size()) return {};
  const bool six = b[type] == 0x86 && b[type + 1] == 0xdd, four = b[type] == 8 && b[type + 1] == 0;
  return (six || four) && type + 2 + (six ? 40 : 20) <= b.size() ? Ip{type + 2, six} : Ip{};
}

Bytes part(const Bytes& b, size_t from, size_t size) {
  return from + size <= b.size() ? Bytes(b.begin() + long(from), b.begin() + long(from + size)) : Bytes{};
}
Bytes destination(const Bytes& b, size_t ip, bool six) { return part(b, ip + (six ? 24 : 16), six ? 16 : 4); }

// The fields that a hop or a mark may change: hop limit, traffic class, and IPv4's checksum.
Bytes without_changing_fields(Bytes b, bool six) {
  for (size_t i : six ? Bytes{0, 1, 7} : Bytes{1, 8, 10, 11})
    if (i < b.size()) b[i] = 0;
  return b;
}

// One IP packet in the tunnel of another, from where it came: what both ways of sending have in common.
struct Sent {
  Ip outer;
  size_t header = 0;  // where the packet in the tunnel begins
  bool names_candidate = false;
};

std::string carried_wrongly(const Bytes& original, bool six, const Bytes& carried) {
  if (without_changing_fields(carried, six) != without_changing_fields(original, six))
    return "the packet that was sent is not the client's";
  return original[six ? 7 : 8] - carried[six ? 7 : 8] == 1 ? "" : "not exactly one hop was spent";
}

bool same_sum(u16 a, u16 b) { return a == b || (a % 0xffff == 0 && b % 0xffff == 0); }

// Sent to another address without a tunnel: what else changes is checksums, as much as the address asks for.
std::string rewritten_wrongly(Bytes original, bool six, Bytes carried) {
  const size_t size = six ? 16 : 4, at = six ? 24 : 16, header = six ? 40 : (original[0] & 15) * 4u;
  if (carried.size() != original.size()) return "a packet that was rewritten has another length";
  if (!six && !same_sum(packets::internet_checksum(part(original, 0, header)),
                        packets::internet_checksum(part(carried, 0, header))))
    return "the header's checksum does not follow";
  const Bytes before(original.begin() + long(at - size), original.end()),
      after(carried.begin() + long(at - size), carried.end());
  std::vector<size_t> changed;
  for (size_t i = header; i < original.size(); ++i)
    if (original[i] != carried[i]) changed.push_back(i);
  if (changed.size() > 2 || (!changed.empty() && changed.back() / 2 != changed.front() / 2))
    return "more changed than a checksum";
  if (!changed.empty() && !same_sum(packets::internet_checksum(before), packets::internet_checksum(after)))
    return "the transport's checksum does not follow";
  for (const size_t i : changed) carried[i] = original[i];
  std::copy_n(original.begin() + long(at), size, carried.begin() + long(at));
  return carried_wrongly(original, six, carried);
}

std::string sent_wrongly(const Bytes& original, bool six, const Bytes& out, Sent& sent) {
  sent.outer = find_ip(out);
  if (sent.outer.at != 14) return "no IP packet came out";
  const size_t behind = 14 + (sent.outer.six ? 40 : 20);
  const u8 protocol = out[14 + (sent.outer.six ? 6 : 9)];
  const bool vxlan = protocol == 17 && part(out, behind + 2, 2) == Bytes{kVxlanPort >> 8, kVxlanPort & 255};
  const bool gue = protocol == 17 && !vxlan;
  sent.header = behind + (gue ? 12 : vxlan ? 30 : protocol != 47 ? 0 : out[behind] & 0x20 ? 8 : 4);
  if (gue && out.size() > sent.header && out[sent.header - 4] != 0) {
    if (out[sent.header - 4] != 5 || part(out, sent.header, 4) != Bytes{1, 0, 0, 0}) return "a GUE header that is none";
    sent.names_candidate = true;
    sent.header += 20;
  }
  const Bytes carried(out.begin() + long(std::min(sent.header, out.size())), out.end());
  if (const std::string wrong = carried_wrongly(original, six, carried); !wrong.empty()) return wrong;
  if (!sent.outer.six && packets::internet_checksum(part(out, 14, 20)) != 0)
    return "the outer header's checksum is wrong";
  return "";
}

// What a host sends on goes to a fellow, from here, and names nobody.
std::string passed_on_wrongly(const Bytes& in, const Bytes& out) {
  const Ip outer = find_ip(out);
  if (outer.at != 14) return "no IP packet came out";
  const size_t header = 14 + (outer.six ? 40 : 20) + 12;
  if (out.size() < header || out[header - 4] != 0) return "a packet that was passed on names a candidate";
  if (in.size() < out.size() - header) return "the packet grew";
  const Bytes original(in.end() - long(out.size() - header), in.end());
  const bool six = out[header - 3] == 41;
  if (original.size() < (six ? 40 : 20) || original[0] >> 4 != (six ? 6 : 4)) return "another packet was passed on";
  Sent sent;
  if (const std::string wrong = sent_wrongly(original, six, out, sent); !wrong.empty()) return wrong;
  const Bytes to = destination(out, 14, outer.six);
  if (to != packets::address_bytes(outer.six ? kFellow6 : kFellow4)) return "a packet was passed on to no fellow";
  return "";
}

std::string tunnelled_wrongly(const Bytes& in, const Bytes& out) {
  const Ip inner = find_ip(in);
  if (!inner.at) return "no IP packet went in";
  const Bytes service = destination(in, inner.at, inner.six);
  if (service == packets::address_bytes(inner.six ? kHere6 : kHere4)) return passed_on_wrongly(in, out);
  const Bytes original(in.begin() + long(inner.at), in.end());
  for (u32 s : {by_mac6, by_mac4})
    if (service == packets::address_bytes(inner.six ? address6(s) : address4(s)))
      return carried_wrongly(original, inner.six, Bytes(out.begin() + 14, out.end()));
  for (u32 s : {by_rewrite6, by_rewrite4})
    if (service == packets::address_bytes(inner.six ? address6(s) : address4(s))) {
      if (destination(out, 14, inner.six) != packets::address_bytes(end_of(slot_of(s))))
        return "a packet was rewritten to another address than its target's";
      return rewritten_wrongly(original, inner.six, Bytes(out.begin() + 14, out.end()));
    }
  Sent sent;
  const std::string wrong = sent_wrongly(original, inner.six, out, sent);
  if (!wrong.empty()) return wrong;
  const Bytes to = destination(out, 14, sent.outer.six);
  const Bytes named = sent.names_candidate ? part(out, sent.header - 16, 16) : Bytes{};
  bool to_target = false, names_target = !sent.names_candidate;
  for (u32 s = by_ip6; s <= kLastService; ++s) {
    if (service != packets::address_bytes(inner.six ? address6(s) : address4(s))) continue;
    const u32 first = slot_of(s), count = s == pool || s == sticky || s == moved6 || s == moved4 ? 3 : 1;
    for (u32 target = first; target < first + count; ++target) {
      const Bytes end = packets::address_bytes(end_of(target));
      to_target |= to == end;
      names_target |= to != end && named == (end.size() == 16 ? end : packets::repeat(0, 10) + Bytes{0xff, 0xff} + end);
    }
  }
  if (!to_target) return "the packet went to a target that is not its service's";
  return names_target ? "" : "the candidate is no other target of the service";
}

// An ICMP message of ours, of the version and from the byte that `ip` says, with a sum that holds.
std::string no_icmp(const Bytes& out, const Ip& ip) {
  const size_t header = ip.six ? 40 : 20, l4 = ip.at + header, size = ip.six ? 16 : 4, from = ip.at + (ip.six ? 8 : 12);
  if (!ip.at || out[ip.at + (ip.six ? 6 : 9)] != (ip.six ? 58 : 1)) return "it is no ICMP";
  if (!ip.six && packets::internet_checksum(part(out, ip.at, 20)) != 0) return "its header's checksum is wrong";
  if (out.size() > ip.at + (ip.six ? 1280 : 576)) return "it is too big";
  Bytes summed = part(out, l4, out.size() - l4);
  if (ip.six) {
    const size_t length = summed.size();
    summed = part(out, from, 2 * size) + Bytes{0, 0, u8(length >> 8), u8(length), 0, 0, 0, 58} + summed;
  }
  return packets::internet_checksum(summed) == 0 ? "" : "its ICMP checksum is wrong";
}

// What answers goes back to the packet's own source and nowhere else, from where the packet went, with sums that hold.
enum class Answer { reset, unreachable, echo };
std::string answered_wrongly(const Bytes& in, const Bytes& out, Answer kind) {
  const Ip asked = find_ip(in), answer = find_ip(out);
  if (!asked.at || answer.at != asked.at || answer.six != asked.six) return "the answer is of another kind";
  const size_t size = asked.six ? 16 : 4, from = asked.at + (asked.six ? 8 : 12);
  if (part(out, from, size) != part(in, from + size, size)) return "the answer is not from the service's address";
  if (part(out, from + size, size) != part(in, from, size)) return "the answer is not to the packet's source";
  if (part(out, 0, 6) != part(in, 6, 6) || part(out, 6, 6) != part(in, 0, 6)) return "the answer does not go back";
  if (part(out, 12, asked.at - 12) != part(in, 12, asked.at - 12)) return "the answer leaves by another network";
  // A ping is turned round as it came, and a wrong sum with it.
  const bool was_wrong = kind == Answer::echo && packets::internet_checksum(part(in, asked.at, 20)) != 0;
  if (!asked.six && !was_wrong && packets::internet_checksum(part(out, asked.at, 20)) != 0)
    return "its header's checksum is wrong";
  const size_t header = asked.six ? 40 : 20, l4 = asked.at + header;
  const u8 protocol = out[asked.at + (asked.six ? 6 : 9)];
  if (kind == Answer::echo) return protocol == (asked.six ? 58 : 1) ? "" : "an echo is no ICMP";
  if (kind == Answer::unreachable) return no_icmp(out, answer);
  if (protocol != 6 || out.size() != l4 + 20) return "a reset is no TCP header alone";
  if ((out[l4 + 13] & ~0x10) != 4) return "a reset is none";
  Bytes pseudo = part(out, from, 2 * size) + Bytes{0, 6, 0, 20} + part(out, l4, 20);
  return packets::internet_checksum(pseudo) == 0 ? "" : "the reset's checksum is wrong";
}

// What a router says goes to the sender, from the director's own address or in the service's name, about this packet.
std::string told_wrongly(const Bytes& in, const Bytes& out, bool in_a_tunnel) {
  const Ip asked = find_ip(in), answer = find_ip(out);
  if (const std::string wrong = no_icmp(out, answer); !wrong.empty()) return wrong;
  const size_t size = answer.six ? 16 : 4, from = answer.six ? 8 : 12, quoted = answer.at + (answer.six ? 48 : 28);
  const Bytes quote(out.begin() + long(quoted), out.end());
  if (quote.size() < from + 2 * size) return "it quotes no packet";
  if (part(out, answer.at + from + size, size) != part(quote, from, size)) return "it does not go to the sender";
  const Bytes speaker = answer.six ? packets::address_bytes(kOwn6) : part(quote, from + size, size);
  if (part(out, answer.at + from, size) != speaker) return "it comes from another address";
  const auto found = std::search(in.begin() + long(asked.at), in.end(), quote.begin(), quote.end());
  if (found == in.end()) return "it quotes another packet";
  if (!in_a_tunnel && found != in.begin() + long(asked.at)) return "it does not quote this packet";
  return "";
}

std::string echoed_wrongly(const Bytes& in, const Bytes& out) {
  if (const std::string wrong = answered_wrongly(in, out, Answer::echo); !wrong.empty()) return wrong;
  const Ip ip = find_ip(in);
  const size_t l4 = ip.at + (ip.six ? 40 : 20);
  if (out.at(l4) != (ip.six ? 129 : 0)) return "it is no echo reply";
  return part(in, l4 + 4, out.size() - l4 - 4) == part(out, l4 + 4, out.size() - l4 - 4) ? ""
                                                                                         : "it holds something else";
}

std::string delivered_wrongly(const Bytes& in, const Bytes& out) {
  const Ip inner = find_ip(out);
  if (!inner.at) return "what was delivered is no IP packet";
  const Bytes to = destination(out, inner.at, inner.six);
  if (to != packets::address_bytes(inner.six ? kServed6 : kServed4))
    return "a packet was delivered to an address that is not served";
  const Bytes carried(out.begin() + long(inner.at), out.end());
  if (carried.size() + inner.at >= in.size()) return "nothing was taken off";
  const Bytes original(in.end() - long(carried.size()), in.end());
  return without_changing_fields(carried, inner.six) == without_changing_fields(original, inner.six)
             ? ""
             : "the packet is not the one in the tunnel";
}

}  // namespace

std::string broken_promise(const Bytes& in, const Ended& ended) {
  const ReasonText* reason = reason_text(ended.verdict.reason);
  if (!reason) return "the packet ended for no declared reason";
  const std::string name = reason->name;
  if (reason->verdict.action != ended.verdict.action) return name + " ended as another action than is declared";
  if (name == "forward.sent" || name == "forward.by_kernel") return tunnelled_wrongly(in, ended.frame);
  if (name == "director.reset" || name == "director.closed_reset")
    return answered_wrongly(in, ended.frame, Answer::reset);
  if (name == "director.unreachable" || name == "director.closed_unreachable")
    return answered_wrongly(in, ended.frame, Answer::unreachable);
  if (name == "director.echoed") return echoed_wrongly(in, ended.frame);
  if (name == "director.too_big" || name == "director.hop_limit") return told_wrongly(in, ended.frame, false);
  if (name == "director.told_on") return told_wrongly(in, ended.frame, true);
  if (name == "host.delivered") return delivered_wrongly(in, ended.frame);
  if (ended.verdict.action == Action::forward) return name + " forwards";
  return in == ended.frame ? "" : "a packet that ended as " + name + " was written to";
}

}  // namespace waymark::fixture
