#include "tests/edge/judge.h"

namespace waymark::edge_cases {

namespace {

// Where the IPv6 header begins behind Ethernet and its tags; 0: there is none.
size_t ip_at(const Bytes& frame) {
  size_t type = 12;
  while (type + 6 <= frame.size() && (frame[type] == 0x81 || frame[type] == 0x88) && type < 20) type += 4;
  const bool six = type + 42 <= frame.size() && frame[type] == 0x86 && frame[type + 1] == 0xdd;
  return six ? type + 2 : 0;
}

bool is_own(const std::string& address) { return address.starts_with("2001:db8:f:1:"); }

// An ICMP error, whatever extension headers are before it.
bool is_error(const Bytes& ip) {
  size_t at = 40;
  u8 next = ip.at(6);
  while (at + 2 <= ip.size() && (next == 0 || next == 43 || next == 60)) {
    next = ip[at];
    at += (ip[at + 1] + 1u) * 8;
  }
  return next == 58 && at < ip.size() && ip[at] < 128;
}

// All but addresses, hop limit and one checksum is as it came.
std::string changed(const Bytes& in, const Bytes& out) {
  if (out.size() != in.size()) return "its length changed";
  if (out[7] + 1 != in[7]) return "not exactly one hop was spent";
  if (part(out, 0, 7) != part(in, 0, 7)) return "its header changed";
  size_t first = 0, last = 0;
  for (size_t i = 40; i < in.size(); ++i)
    if (in[i] != out[i]) last = i, first = first ? first : i;
  return last - first > 1 ? "more changed than a checksum" : "";
}

}  // namespace

std::string Judge::wrongly(const Bytes& frame, bool from_client, const Bytes& left, bool back) {
  const size_t was = ip_at(frame), is = ip_at(left);
  if (!was || is != 14) return "what left is no IPv6 packet, or of one that is none";
  const Bytes in(frame.begin() + long(was), frame.end()), out(left.begin() + 14, left.end());
  const std::string source = source_of(in), destination = destination_of(in);
  if (back) return destination_of(out) == source ? "" : "an answer does not go to who asked";
  const bool error = is_error(in);
  if (!error)
    if (const std::string wrong = changed(in, out); !wrong.empty()) return wrong;
  if (!from_client) {
    const auto flow = flows_.find(destination);
    if (flow == flows_.end()) return "it came to no flow's address, and reached a client";
    if (destination_of(out) != flow->second.client) return "it reached another client than its flow's";
    const bool named = source_of(out) == flow->second.anycast || (error && source_of(out) == source);
    return named ? "" : "it is not from the anycast address";
  }
  const std::string own = source_of(out);
  if (error && own == source) return "";  // a router's
  if (!is_own(own)) return "it left without an address of its own";
  const Flow flow = {source, destination};
  const auto [known, is_new] = flows_.emplace(own, flow);
  if (is_new && error) return "an error began a flow";
  return known->second.client == flow.client && known->second.anycast == flow.anycast
             ? ""
             : "two clients, or services, have one address";
}

}  // namespace waymark::edge_cases
