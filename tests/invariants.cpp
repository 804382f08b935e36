#include "tests/invariants.h"

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

std::string tunnelled_wrongly(const Bytes& in, const Bytes& out) {
  const Ip inner = find_ip(in), outer = find_ip(out);
  if (!inner.at || outer.at != 14) return "no IP packet went in or came out";
  const bool gue = out[14 + (outer.six ? 6 : 9)] == 17;
  const size_t header = 14 + (outer.six ? 40 : 20) + (gue ? 12 : 0);
  const Bytes carried(out.begin() + long(std::min(header, out.size())), out.end()),
      original(in.begin() + long(inner.at), in.end());
  if (without_changing_fields(carried, inner.six) != without_changing_fields(original, inner.six))
    return "the packet in the tunnel is not the client's";
  if (original[inner.six ? 7 : 8] - carried[inner.six ? 7 : 8] != 1) return "not exactly one hop was spent";
  if (!outer.six && packets::internet_checksum(part(out, 14, 20)) != 0) return "the outer header's checksum is wrong";

  const Bytes to = destination(out, 14, outer.six), service = destination(in, inner.at, inner.six);
  const u32 slot = outer.six ? 0 : to[3] - 100u;
  for (u32 s = by_ip6; s <= tenant; ++s) {
    if (service != packets::address_bytes(inner.six ? address6(s) : address4(s))) continue;
    for (u32 target : {s, 21u, 22u, 23u, 31u, 32u, 33u}) {
      if (target > 20 && s != u32(target > 30 ? sticky : pool)) continue;
      const Bytes end = packets::address_bytes(outer.six ? "2001:db8:5::" + std::to_string(100 + target)
                                                         : "192.0.2." + std::to_string(100 + target));
      if (to == end && (outer.six || slot == target)) return "";
    }
  }
  return "the packet went to a target that is not its service's";
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
  if (name == "host.delivered") return delivered_wrongly(in, ended.frame);
  if (ended.verdict.action == Action::forward) return name + " forwards";
  return in == ended.frame ? "" : "a packet that ended as " + name + " was written to";
}

}  // namespace waymark::fixture
