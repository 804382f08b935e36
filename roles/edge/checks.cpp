// What must hold between the edge's keys: no address may mean two things.
#include "config/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/address_text.h"
#include "config/kinds.h"
#include "config/prefixes.h"
#include "core/tables.h"
#include "roles/edge/packet_answer.h"
#include "roles/edge/role.h"

namespace waymark::edge {

using namespace config;

namespace {

constexpr std::string_view kWhose = "[edge]";

void check_prefix(Checking& in, const EdgeConfig& edge) {
  if (in.places.good(edge.prefix) && edge.prefix.length != 64)
    in.problems.error(
        in.places.at(edge.prefix, edge),
        fmt::format("\"prefix\" in [edge] is {}: flows' own addresses need 64 bits, a /64", text(edge.prefix)));
  if (!in.places.good(edge.address)) return;
  if (is_ip4(edge.address))
    in.problems.error(in.places.at(edge.address, edge),
                      fmt::format("\"address\" in [edge] is {}, and ICMP errors to IPv6 hosts come from an IPv6 "
                                  "address",
                                  text(edge.address)));
  else if (contains(edge.prefix, edge.address))
    in.problems.error(
        in.places.at(edge.address, edge),
        fmt::format("\"address\" in [edge] is {}, in its own \"prefix\", where no host may be", text(edge.address)));
}

void check_anycast(Checking& in, const EdgeConfig& edge, const EdgeServiceConfig& service) {
  const std::string whose = title("edge service", service.name);
  for (const Prefix& p : service.anycast) {
    if (in.problems.full()) return;
    if (!in.places.good(p)) continue;
    if (is_ip4(p.address))
      in.problems.error(in.places.at(p),
                        fmt::format("{} has {}, and an edge catches IPv6 alone: leave it out, and routes decide where "
                                    "its packets go",
                                    whose, text(p)));
    else if (p.length < 64)
      in.problems.error(in.places.at(p),
                        fmt::format("{} has {}; anycast prefixes are of 64 bits at least", whose, text(p)));
    else if (in.places.good(edge.prefix) && overlap(p, edge.prefix))
      in.problems.error(in.places.at(p), fmt::format("{} of {} and \"prefix\" in [edge], {}, have addresses in common",
                                                     text(p), whose, text(edge.prefix)));
  }
}

void check_servers(Checking& in, const EdgeConfig& edge, const EdgeServiceConfig& service) {
  const std::string whose = title("edge service", service.name);
  if (service.servers.size() > kMostServersOfService)
    in.problems.error(in.places.at(service.servers, service),
                      fmt::format("{} has {} prefixes in \"servers\"; at most {} are supported", whose,
                                  service.servers.size(), kMostServersOfService));
  for (const Prefix& p : service.servers) {
    if (in.problems.full()) return;
    if (!in.places.good(p)) continue;
    if (is_ip4(p.address))
      in.problems.error(in.places.at(p),
                        fmt::format("\"servers\" of {} has {}, and an edge's flows are of IPv6", whose, text(p)));
    else if (in.places.good(edge.prefix) && overlap(p, edge.prefix))
      in.problems.error(in.places.at(p),
                        fmt::format("\"servers\" of {} has {}, and \"prefix\" in [edge], {}, has addresses in common "
                                    "with it: a flow would be its own server",
                                    whose, text(p), text(edge.prefix)));
  }
}

// What flows' keys have of an anycast address beside its lower half must be one address's.
void check_numbers(Checking& in, const EdgeConfig& edge) {
  std::map<u32, u64> numbers;
  for (const u64 half : anycast_halves(edge))
    if (const auto [first, is_new] = numbers.emplace(number_of(half), half); !is_new && first->second != half)
      in.problems.error(in.places.at(edge.service, edge),
                        fmt::format("{}/64 and {}/64 among the anycast addresses of [edge] have the same number in "
                                    "flows' keys: one of them cannot be caught here",
                                    text(Address{first->second, 0}), text(Address{half, 0})));
  if (numbers.size() > kMostEdgeAnycasts)
    in.problems.error(in.places.at(edge.service, edge),
                      fmt::format("the anycast addresses of [edge] have {} different upper halves; at most {} are "
                                  "supported",
                                  numbers.size(), kMostEdgeAnycasts));
}

void check_services(Checking& in, const EdgeConfig& edge) {
  check_unique_names(in, edge.service, [](const EdgeServiceConfig& s) { return title("edge service", s.name); });
  std::vector<Served> served;
  std::size_t addresses = 0;
  for (const EdgeServiceConfig& service : edge.service) {
    if (!in.places.good(service)) continue;
    check_anycast(in, edge, service);
    check_servers(in, edge, service);
    addresses += service.anycast.size();
    served.push_back(
        {title("edge service", service.name), edge.zone, service.anycast, service.ports, in.places.at(service)});
  }
  check_served(in, served);
  if (addresses > kMaxAddresses)
    in.problems.error(in.places.at(edge.service, edge), fmt::format("[edge] has {} anycast addresses; at most {} are "
                                                                    "supported",
                                                                    addresses, kMaxAddresses));
  if (edge.service.empty() && in.places.good(edge.service))
    in.problems.error(in.places.at(edge), "[edge] has no [[edge.service]]: it could catch nothing");
}

}  // namespace

std::vector<u64> anycast_halves(const EdgeConfig& edge) {
  std::vector<u64> out;
  for (const EdgeServiceConfig& service : edge.service)
    for (const Prefix& p : service.anycast)
      if (!is_ip4(p.address)) out.push_back(p.address.high);
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void check(Checking& in) {
  if (!in.config.edge || !in.places.good(in.config.edge)) return;
  const EdgeConfig& edge = *in.config.edge;
  check_zone(in, edge.zone, in.places.at(edge.zone, edge), std::string(kWhose));
  if (!edge.outside.empty() && edge.outside != edge.zone)
    check_zone(in, edge.outside, in.places.at(edge.outside, edge), std::string(kWhose));
  if (!edge.interface.empty()) check_interface(in, edge.interface, kWhose);
  check_prefix(in, edge);
  check_services(in, edge);
  check_numbers(in, edge);
  if (edge.quota > edge.flows)
    in.problems.warn(
        in.places.at(edge.quota, edge),
        fmt::format("\"quota\" in [edge] is {}, more than all \"flows\": one client could take them all", edge.quota));
  if (in.config.group)
    in.problems.warn(in.places.at(edge),
                     "members of a [group] do not share the flows of [edge]: where another one takes "
                     "its prefix, they are lost");
}

}  // namespace waymark::edge
