#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace packets;

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

const std::vector<Case>& all_cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> cases;
    for (auto* family : {parse_cases, steer_cases, director_cases, pin_cases, mirror_cases, candidate_cases,
                         answer_cases, host_cases, stray_cases, forward_cases})
      for (Case& c : family()) cases.push_back(std::move(c));
    return cases;
  }();
  return all;
}

}  // namespace waymark::cases
