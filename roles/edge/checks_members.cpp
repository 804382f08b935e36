// What must hold between [edge] and [[edge.member]]: which edges of a group know each other's flows.
#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/checks.h"
#include "config/kinds.h"
#include "config/prefixes.h"
#include "core/tables.h"
#include "roles/edge/role.h"

namespace waymark::edge {

using namespace config;

namespace {

constexpr u64 kMostPlaces = 12'000'000;  // a follower has 24 bits for one (roles/edge/records.h)

// A member's addresses are of flows, and so of no service and no server.
void check_apart(Checking& in, const EdgeConfig& edge, const EdgeMemberConfig& m, const Prefix& own,
                 const std::string& whose, Mark at) {
  const auto apart = [&](const Prefix& other, const std::string& called) {
    if (in.places.good(other) && overlap(other, own))
      in.problems.error(
          at, fmt::format("{}, {}, and {}, {}, have addresses in common", whose, text(own), called, text(other)));
  };
  for (const Prefix& p : own_prefixes(edge))
    apart(p, is_ip4(p.address) ? "\"pool\" in [edge]" : "\"prefix\" in [edge]");
  for (const EdgeMemberConfig& other : edge.member) {
    if (&other >= &m) break;
    if (other.prefix.length) apart(other.prefix, "that of edge " + other.member);
    for (const Prefix& p : other.pool) apart(p, "that of edge " + other.member);
  }
  for (const EdgeServiceConfig& service : edge.service)
    for (const auto& [key, prefixes] : {std::pair("anycast", &service.anycast), std::pair("servers", &service.servers)})
      for (const Prefix& p : *prefixes)
        if (overlap(p, own))
          in.problems.error(at, fmt::format("{}, {}, and {} of \"{}\" of {} have addresses in common", whose, text(own),
                                            text(p), key, title("edge service", service.name)));
}

// What it shares, this node has as well.
bool check_families(Checking& in, const EdgeConfig& edge, const EdgeMemberConfig& m) {
  const bool six = m.prefix.length != 0, four = !m.pool.empty();
  const auto wrong = [&](Mark at, const char* key) {
    in.problems.error(
        at, fmt::format("edge {} has \"{}\", and [edge] has none: flows of one alone are not shared", m.member, key));
    return false;
  };
  if (!in.places.good(m.prefix) || !in.places.good(m.pool) || !in.places.good(edge.prefix) ||
      !in.places.good(edge.pool))
    return false;
  if (!six && !four) {
    in.problems.error(in.places.at(m),
                      fmt::format("edge {} has neither \"prefix\" nor \"pool\": it would share no flows", m.member));
    return false;
  }
  if (six && !has_ip6(edge)) return wrong(in.places.at(m.prefix, m), "prefix");
  if (four && !has_ip4(edge)) return wrong(in.places.at(m.pool, m), "pool");
  return true;
}

void check_addresses(Checking& in, const EdgeConfig& edge, const EdgeMemberConfig& m) {
  if (!check_families(in, edge, m)) return;
  if (m.prefix.length) {
    const std::string whose = fmt::format("\"prefix\" of edge {}", m.member);
    if (m.prefix.length != 64)
      in.problems.error(in.places.at(m.prefix, m),
                        fmt::format("{} is {}: flows' own addresses need 64 bits, a /64", whose, text(m.prefix)));
    check_apart(in, edge, m, m.prefix, whose, in.places.at(m.prefix, m));
  }
  const std::string pool = fmt::format("\"pool\" of edge {}", m.member);
  if (!check_pool_of(in, m.pool, pool)) return;
  for (const Prefix& p : m.pool) {
    check_apart(in, edge, m, p, pool, in.places.at(p));
    if (contains(p, edge.address4))
      in.problems.error(in.places.at(p),
                        fmt::format("{} has {}, and \"address4\" in [edge], {}, is in it, where no host "
                                    "may be",
                                    pool, text(p), text(edge.address4)));
  }
}

// One that shares what the others do not is lost alone.
void check_shared(Checking& in, const EdgeConfig& edge) {
  const auto shared = [&](auto&& has) { return std::ranges::any_of(edge.member, has); };
  if (has_ip6(edge) && !shared([](const EdgeMemberConfig& m) { return m.prefix.length != 0; }))
    in.problems.warn(
        in.places.at(edge.prefix, edge),
        "[edge] has \"prefix\", and no [[edge.member]] has: where this node is lost, its flows of IPv6 are");
  if (has_ip4(edge) && !shared([](const EdgeMemberConfig& m) { return !m.pool.empty(); }))
    in.problems.warn(in.places.at(edge.pool, edge),
                     "[edge] has \"pool\", and no [[edge.member]] has: where this node is lost, its flows of IPv4 are");
}

}  // namespace

void check_members(Checking& in, const EdgeConfig& edge) {
  if (in.config.group && edge.member.empty() && in.places.good(edge.member))
    in.problems.warn(in.places.at(edge),
                     "[edge] has no [[edge.member]]: members of the [group] do not know its flows, and where this node "
                     "is lost, so are they");
  if (edge.member.empty()) return;
  for (std::size_t i = 0; i < edge.member.size(); ++i) {
    const EdgeMemberConfig& m = edge.member[i];
    if (!in.places.good(m)) continue;
    const auto named = [&](const auto& other) { return other.name == m.member; };
    const auto before = edge.member.begin() + std::ptrdiff_t(i);
    if (std::find_if(edge.member.begin(), before, [&](const auto& o) { return o.member == m.member; }) != before)
      in.problems.error(in.places.at(m.member, m), fmt::format("[[edge.member]] has {} twice", m.member));
    if (!in.config.group || std::ranges::none_of(in.config.group->member, named))
      in.problems.error(in.places.at(m.member, m),
                        fmt::format("[[edge.member]] has {}, and [group] has no member of that name", m.member));
    check_addresses(in, edge, m);
  }
  if (in.places.good(edge.member)) check_shared(in, edge);
  u64 addresses = 0;
  for (const std::vector<Prefix>& pool : pools_of(edge)) addresses += pool_size(pool);
  if (addresses > kMaxEdgePool)
    in.problems.error(in.places.at(edge.member, edge),
                      fmt::format("the pools of [edge] and of its members have {} addresses; at most {} are supported",
                                  addresses, kMaxEdgePool));
  if (u64(edge.flows) * (1 + edge.member.size()) > kMostPlaces)
    in.problems.error(in.places.at(edge.flows, edge),
                      fmt::format("\"flows\" in [edge] is {}, for each of {} prefixes; at most {} are supported in all",
                                  edge.flows, 1 + edge.member.size(), kMostPlaces));
}

}  // namespace waymark::edge
