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
#include "roles/role.h"

namespace waymark::edge {

using namespace config;

namespace {

constexpr std::string_view kWhose = "[edge]";

// Where ICMP errors to hosts of one family come from: `key`, which goes with `with`, that has addresses of flows.
void check_voice(Checking& in, const EdgeConfig& edge, bool ip6) {
  const Address& address = ip6 ? edge.address : edge.address4;
  const std::string_view key = ip6 ? "address" : "address4", with = ip6 ? "prefix" : "pool", version = ip6 ? "6" : "4";
  const bool needed = ip6 ? has_ip6(edge) : has_ip4(edge);
  if (!in.places.good(address) || !in.places.good(edge.prefix) || !in.places.good(edge.pool)) return;
  const Mark at = in.places.at(address, edge);
  if (address == Address{}) {
    if (needed)
      in.problems.error(at,
                        fmt::format("[edge] has \"{}\", and needs \"{}\": where its ICMP errors to IPv{} hosts come "
                                    "from",
                                    with, key, version));
    return;
  }
  if (is_ip4(address) == ip6)
    return in.problems.error(at,
                             fmt::format("\"{}\" in [edge] is {}, and ICMP errors to IPv{} hosts come from an IPv{} "
                                         "address",
                                         key, text(address), version, version));
  if (!needed)
    return in.problems.warn(at, fmt::format("[edge] has \"{}\", which has no effect without \"{}\"", key, with));
  for (const Prefix& p : own_prefixes(edge))
    if (contains(p, address))
      return in.problems.error(
          at, fmt::format("\"{}\" in [edge] is {}, in its own \"{}\", where no host may be", key, text(address), with));
}

void check_prefix(Checking& in, const EdgeConfig& edge) {
  if (in.places.good(edge.prefix) && has_ip6(edge) && edge.prefix.length != 64)
    in.problems.error(
        in.places.at(edge.prefix, edge),
        fmt::format("\"prefix\" in [edge] is {}: flows' own addresses need 64 bits, a /64", text(edge.prefix)));
  if (in.places.good(edge.prefix) && in.places.good(edge.pool) && !has_ip6(edge) && !has_ip4(edge))
    in.problems.error(in.places.at(edge),
                      "[edge] has neither \"prefix\" nor \"pool\": flows would get no addresses of their own");
  check_voice(in, edge, true);
  check_voice(in, edge, false);
}

void check_pool(Checking& in, const EdgeConfig& edge) {
  if (!has_ip4(edge) || !in.places.good(edge.pool)) return;
  if (!check_pool_of(in, edge.pool, "\"pool\" in [edge]")) return;
  const u64 size = pool_size(edge.pool), room = size * kNumbersOfAddress;
  if (size > kMaxEdgePool)
    return in.problems.error(
        in.places.at(edge.pool, edge),
        fmt::format("\"pool\" in [edge] has {} addresses; at most {} are supported", size, kMaxEdgePool));
  if (room < edge.flows)
    in.problems.warn(in.places.at(edge.pool, edge),
                     fmt::format("\"pool\" in [edge] has {}, enough for {} flows, and \"flows\" is {}: beyond "
                                 "these a flow would find no port",
                                 counted(size, "address", "addresses"), room, edge.flows));
}

// An address that services have must not be one of flows', nor of a family that there are no addresses for.
// True where that was said.
bool check_apart(Checking& in, const EdgeConfig& edge, const Prefix& p, const std::string& named,
                 const std::string& common) {
  const bool four = is_ip4(p.address);
  if (!in.places.good(edge.prefix) || !in.places.good(edge.pool)) return true;
  if (four ? !has_ip4(edge) : !has_ip6(edge)) {
    in.problems.error(in.places.at(p), fmt::format("{}, and [edge] has no \"{}\", by which it knows IPv{} flows", named,
                                                   four ? "pool" : "prefix", four ? 4 : 6));
    return true;
  }
  for (const Prefix& own : own_prefixes(edge))
    if (overlap(p, own)) {
      in.problems.error(in.places.at(p), fmt::format(fmt::runtime(common), four ? "pool" : "prefix", text(own)));
      return true;
    }
  return false;
}

void check_anycast(Checking& in, const EdgeConfig& edge, const EdgeServiceConfig& service) {
  const std::string whose = title("edge service", service.name);
  for (const Prefix& p : service.anycast) {
    if (in.problems.full()) return;
    if (!in.places.good(p)) continue;
    const std::string named = fmt::format("{} has {}", whose, text(p));
    if (!is_ip4(p.address) && p.length < 64)
      in.problems.error(in.places.at(p), named + "; anycast prefixes are of 64 bits at least");
    else
      check_apart(in, edge, p, named,
                  fmt::format("{} of {} and \"{{}}\" in [edge], {{}}, have addresses in common", text(p), whose));
  }
}

bool has_family(const std::vector<Prefix>& prefixes, bool four) {
  return std::ranges::any_of(prefixes, [&](const Prefix& p) { return is_ip4(p.address) == four; });
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
    const std::string named = fmt::format("\"servers\" of {} has {}", whose, text(p));
    check_apart(in, edge, p, named,
                named + ", and \"{}\" in [edge], {}, has addresses in common with it: a flow would be its own server");
  }
  for (const bool four : {false, true})
    if (in.places.good(service.anycast) && in.places.good(service.servers) && has_family(service.anycast, four) &&
        !has_family(service.servers, four))
      in.problems.warn(
          in.places.at(service.servers, service),
          fmt::format("{} has IPv{} in \"anycast\" and none in \"servers\": its flows never learn a server", whose,
                      four ? 4 : 6));
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

bool check_pool_of(Checking& in, const std::vector<Prefix>& pool, const std::string& called) {
  for (std::size_t i = 0; i < pool.size(); ++i)
    for (std::size_t other = 0; other < i; ++other)
      if (overlap(pool[i], pool[other])) {
        in.problems.error(in.places.at(pool[i]), fmt::format("{} has {} and {}, which have addresses in common", called,
                                                             text(pool[other]), text(pool[i])));
        return false;
      }
  return true;
}

std::vector<Prefix> own_prefixes(const EdgeConfig& edge) {
  std::vector<Prefix> out = edge.pool;
  if (has_ip6(edge)) out.insert(out.begin(), edge.prefix);
  return out;
}

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
  check_pool(in, edge);
  check_services(in, edge);
  check_numbers(in, edge);
  if (edge.quota > edge.flows)
    in.problems.warn(
        in.places.at(edge.quota, edge),
        fmt::format("\"quota\" in [edge] is {}, more than all \"flows\": one client could take them all", edge.quota));
  check_members(in, edge);
}

}  // namespace waymark::edge
