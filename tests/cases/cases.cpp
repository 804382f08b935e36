#include "tests/cases/cases.h"

#include <arpa/inet.h>

namespace waymark::cases {

using namespace packets;

namespace {
std::string text_of(const Bytes& address) {
  char s[INET6_ADDRSTRLEN];
  return inet_ntop(address.size() == 4 ? AF_INET : AF_INET6, address.data(), s, sizeof s);
}
}  // namespace

Bytes ip(const std::string& source, const std::string& destination, const Payload& payload, u8 hops, u8 tos) {
  if (destination.find(':') == destination.npos)
    return ip4({.source = source, .destination = destination, .ttl = hops, .tos = tos}, payload);
  return ip6({.source = source, .destination = destination, .hops = hops, .traffic_class = tos}, payload);
}

Case sent(const std::string& name, const std::string& why, const std::string& client, const std::string& address,
          const Payload& payload, u32 slot) {
  Case c{.name = name, .why = why};
  c.in = frame(ip(client, address, payload));
  c.reason = "forward.sent";
  c.flow = fixture::flow_hash(fixture::kPublicRealm, client, address, payload);
  c.out = fixture::tunnelled(slot, ip(client, address, payload, 63), c.flow);
  c.slot = slot;
  c.packets = 1;
  c.bytes = c.in.size() - 14;
  c.flows = 1;
  c.pin = "embryonic " + std::to_string(slot);
  return c;
}

Case ends(const std::string& name, const std::string& why, const Bytes& in, const std::string& reason) {
  return {.name = name, .why = why, .in = in, .reason = reason};
}

Bytes back(const Bytes& ip, const Link& link) {
  Link turned = link;
  std::swap(turned.destination, turned.source);
  return frame(ip, turned);
}

Bytes answer_ip(const std::string& service, const std::string& client, const Payload& payload, u8 tos) {
  if (client.find(':') == client.npos)
    return ip4({.source = service, .destination = client, .ttl = 64, .tos = tos, .id = 0}, payload);
  return ip6({.source = service, .destination = client, .hops = 64, .traffic_class = tos}, payload);
}

Bytes reset_back(const std::string& service, const std::string& client, u16 port, u32 sequence, u32 acknowledgement,
                 const std::string& flags, const Link& link) {
  return back(answer_ip(service, client, tcp_segment(port, 40000, sequence, acknowledgement, flags, 0)), link);
}

Bytes error_back(const std::string& source, u8 type, u8 code, u32 second, const Bytes& packet, const Link& link) {
  const bool six = packet.at(0) >> 4 == 6;
  const std::string to = text_of(part(packet, six ? 8 : 12, six ? 24 : 16));
  const size_t most = six ? 1232 : 548;
  const Payload error = icmp_error(six, type, code, packet.size() > most ? cut(packet, most) : packet, second);
  // DF is clear, so that it has an identification: the packet's.
  return back(six ? ip6({.source = source, .destination = to, .hops = 64, .traffic_class = 0xc0}, error)
                  : ip4({.source = source, .destination = to, .ttl = 64, .tos = 0xc0, .fragment = 0}, error),
              link);
}

const std::vector<Case>& all_cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> cases;
    for (auto* family :
         {parse_cases, fragment_cases, steer_cases, director_cases, pin_cases, mirror_cases, candidate_cases,
          answer_cases, host_cases, stray_cases, forward_cases, rewrite_cases, icmp_cases, own_cases, tunnel_cases})
      for (Case& c : family()) cases.push_back(std::move(c));
    return cases;
  }();
  return all;
}

}  // namespace waymark::cases
