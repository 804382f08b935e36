#include "tests/edge/judge.h"

namespace waymark::edge_cases {

namespace {

// What no flow that was answered is forgotten before: a ping's time (docs/edge.md).
constexpr Duration kLeastIdle = std::chrono::seconds(60);

// Where the IP header begins behind Ethernet and its tags; 0: there is none.
size_t ip_at(const Bytes& frame) {
  size_t type = 12;
  while (type + 6 <= frame.size() && (frame[type] == 0x81 || frame[type] == 0x88) && type < 20) type += 4;
  if (type + 22 > frame.size()) return 0;
  const bool six = frame[type] == 0x86 && frame[type + 1] == 0xdd && type + 42 <= frame.size();
  return six || (frame[type] == 8 && frame[type + 1] == 0) ? type + 2 : 0;
}

bool is_six(const Bytes& ip) { return ip[0] >> 4 == 6; }
bool is_own(const std::string& address) {
  return address.starts_with("2001:db8:f:1:") || address.starts_with("203.0.113.");
}

// What is behind the IP headers: where, and of which protocol.
size_t transport(const Bytes& ip, u8& protocol) {
  size_t at = is_six(ip) ? 40 : (ip[0] & 15) * 4u;
  protocol = ip.at(is_six(ip) ? 6 : 9);
  while (is_six(ip) && at + 2 <= ip.size() && (protocol == 0 || protocol == 43 || protocol == 60)) {
    protocol = ip[at];
    at += (ip[at + 1] + 1u) * 8;
  }
  return at;
}
bool is_later(const Bytes& ip) { return !is_six(ip) && ((ip[6] & 0x1f) || ip[7]); }
bool has_more(const Bytes& ip) { return !is_six(ip) && (ip[6] & 0x20); }
bool is_error(const Bytes& ip) {
  u8 protocol = 0;
  const size_t at = transport(ip, protocol);
  if (at >= ip.size() || is_later(ip)) return false;
  return is_six(ip) ? protocol == 58 && ip[at] < 128 : protocol == 1 && (ip[at] == 3 || ip[at] == 11 || ip[at] == 12);
}

// Where the port, or identifier, of one side is: 0 source, 2 destination. IPv4 alone; 0: it is not there.
size_t number_at(const Bytes& ip, size_t side) {
  u8 protocol = 0;
  const size_t at = transport(ip, protocol);
  return is_six(ip) || is_later(ip) ? 0 : protocol == 1 ? at + 4 : at + side;
}
u16 number_in(const Bytes& ip, size_t side) {
  const size_t at = number_at(ip, side);
  return at && at + 2 <= ip.size() ? u16(ip[at] << 8 | ip[at + 1]) : 0;
}

// All but addresses, hop limit, checksums and IPv4's number is as it came.
std::string changed(const Bytes& in, const Bytes& out, size_t side) {
  if (out.size() != in.size()) return "its length changed";
  const size_t hops = is_six(in) ? 7 : 8, head = is_six(in) ? 40 : 20;
  if (out[hops] + 1 != in[hops]) return "not exactly one hop was spent";
  if (part(out, 0, hops) != part(in, 0, hops)) return "its header changed";
  if (!is_six(in) && out[9] != in[9]) return "its protocol changed";
  const size_t number = number_at(in, side);
  size_t first = 0, last = 0;
  for (size_t i = head; i < in.size(); ++i)
    if (in[i] != out[i] && !(number && (i == number || i == number + 1))) last = i, first = first ? first : i;
  return last - first > 1 ? "more changed than a checksum" : "";
}

}  // namespace

std::string Judge::wrongly(const Bytes& frame, bool from_client, const Bytes& left, bool back) {
  const size_t was = ip_at(frame), is = ip_at(left);
  if (!was || (!back && is != 14) || !is) return "what left is no IP packet, or of one that is none";
  const Bytes in(frame.begin() + long(was), frame.end()), out(left.begin() + long(is), left.end());
  if (is_six(in) != is_six(out)) return "it is of the other IP version";
  const std::string source = source_of(in), destination = destination_of(in);
  if (back && destination_of(out) == source) {
    if (from_client) answered_.insert({source, destination});
    if (is_own(destination) && !is_later(in) && has_more(in)) datagrams_[identity(in)] = std::nullopt;
    return "";
  }
  // By whichever side it came or left: a server may be among the clients, a client among the servers.
  const bool to_service = !is_own(destination);
  if (back && to_service) return "an answer does not go to who asked";
  const bool error = is_error(in), later = is_later(in);
  if (!error)
    if (const std::string wrong = changed(in, out, to_service ? 0 : 2); !wrong.empty()) return wrong;
  if (error && !is_six(in)) return wrongly_told(in, out, to_service);
  if (!to_service) {
    const auto datagram = datagrams_.find(identity(in));
    if (later && datagram == datagrams_.end()) return "the first of its fragments reached nobody";
    if (later && !datagram->second) return "";
    const Place place = later ? *datagram->second : Place{destination, number_in(in, 2), kind(in)};
    if (!later && !error) begun_unseen(place, {destination_of(out), source_of(out), number_in(out, 2), now_});
    const auto flow = flows_.find(place);
    if (flow == flows_.end()) return "it came to no flow's address, and reached a client";
    if (!later && has_more(in)) datagrams_[identity(in)] = place;
    if (later && is_gone(flow->second)) return "";  // the first one's place may be another flow's by now
    if (destination_of(out) != flow->second.client) return "it reached another client than its flow's";
    if (!later && number_in(out, 2) != flow->second.number) return "it reached another port than its flow's";
    flow->second.used = now_;
    flow->second.answered |= !error;
    const bool named = source_of(out) == flow->second.anycast || (error && source_of(out) == source);
    return named ? "" : "it is not from the anycast address";
  }
  const std::string own = source_of(out);
  if (error && own == source) return "";  // a router's
  if (!is_own(own)) return "it left without an address of its own";
  if (later) return "";
  Flow flow = {source, destination, number_in(in, 0), now_};
  const auto [known, is_new] = flows_.emplace(Place{own, number_in(out, 0), kind(in)}, flow);
  if (is_new && error && !answered_.contains({source, destination})) return "an error began a flow";
  if (known->second.is_of(flow)) {
    known->second.used = now_;
    return "";
  }
  if (is_six(in) || !is_gone(known->second)) return "two clients, or services, have one address";
  known->second = flow;
  return "";
}

// What an ICMP error quotes is the packet's that its sender knows: of the flow.
std::string Judge::wrongly_told(const Bytes& in, const Bytes& out, bool from_client) {
  u8 protocol = 0;
  const size_t at = transport(in, protocol) + 8, at_out = transport(out, protocol) + 8;
  if (in.size() != out.size() || at != at_out || in.size() < at + 24) return "its length changed";
  const Bytes inner(in.begin() + long(at), in.end()), told(out.begin() + long(at), out.end());
  const Bytes& outside = from_client ? told : inner;  // as the network knows it
  const Bytes& inside = from_client ? inner : told;
  const size_t side = from_client ? 2 : 0;
  const std::string own = from_client ? destination_of(outside) : source_of(outside);
  const std::string client = from_client ? destination_of(inside) : source_of(inside);
  const std::string anycast = from_client ? source_of(inside) : destination_of(inside);
  const Place place = {own, number_in(outside, side), kind(outside)};
  begun_unseen(place, {client, anycast, number_in(inside, side), now_});
  const auto flow = flows_.find(place);
  if (flow == flows_.end()) return "it tells of no flow";
  if (client != flow->second.client || anycast != flow->second.anycast) return "it tells of another flow";
  if (number_in(inside, side) != flow->second.number) return "it tells of another port";
  if (!from_client && destination_of(out) != client) return "it reached another client than its flow's";
  return from_client && source_of(out) != own ? "it left without the flow's address" : "";
}

// Such a flow is at a place that is new, or of IPv4 and whose flow is forgotten.
void Judge::begun_unseen(const Place& place, const Flow& flow) {
  if (!answered_.contains({flow.client, flow.anycast})) return;
  Flow& known = flows_.emplace(place, flow).first->second;
  if (!known.is_of(flow) && place.protocol && is_gone(known)) known = flow;
}

bool Judge::is_gone(const Flow& flow) const { return !flow.answered || now_ - flow.used >= kLeastIdle; }
void Judge::advance(Duration by) { now_ += by; }

u8 Judge::kind(const Bytes& ip) {
  if (is_six(ip)) return 0;  // the address alone says which flow it is
  return ip[9];
}
std::string Judge::identity(const Bytes& ip) {
  return is_six(ip) ? ""
                    : std::string(ip.begin() + 4, ip.begin() + 6) + char(ip[9]) + source_of(ip) + destination_of(ip);
}

}  // namespace waymark::edge_cases
