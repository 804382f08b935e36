// What must hold between [edge] and [[edge.member]]: which edges of a group know each other's flows.
#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/checks.h"
#include "config/kinds.h"
#include "config/prefixes.h"
#include "roles/edge/role.h"

namespace waymark::edge {

using namespace config;

namespace {

constexpr u64 kMostPlaces = 12'000'000;  // a follower has 24 bits for one (roles/edge/records.h)

// A member's prefix is of flows, and so of no service and no server.
void check_prefix_of(Checking& in, const EdgeConfig& edge, const EdgeMemberConfig& m) {
  if (!in.places.good(m.prefix)) return;
  const std::string whose = fmt::format("\"prefix\" of edge {}", m.member);
  if (m.prefix.length != 64)
    in.problems.error(in.places.at(m.prefix, m),
                      fmt::format("{} is {}: flows' own addresses need 64 bits, a /64", whose, text(m.prefix)));
  const auto apart = [&](const Prefix& other, const std::string& called) {
    if (in.places.good(other) && overlap(other, m.prefix))
      in.problems.error(in.places.at(m.prefix, m), fmt::format("{}, {}, and {}, {}, have addresses in common", whose,
                                                               text(m.prefix), called, text(other)));
  };
  apart(edge.prefix, "\"prefix\" in [edge]");
  for (const EdgeMemberConfig& other : edge.member)
    if (&other < &m) apart(other.prefix, "that of edge " + other.member);
  for (const EdgeServiceConfig& service : edge.service)
    for (const auto& [key, prefixes] : {std::pair("anycast", &service.anycast), std::pair("servers", &service.servers)})
      for (const Prefix& p : *prefixes)
        if (overlap(p, m.prefix))
          in.problems.error(in.places.at(m.prefix, m),
                            fmt::format("{}, {}, and {} of \"{}\" of {} have addresses in common", whose,
                                        text(m.prefix), text(p), key, title("edge service", service.name)));
}

}  // namespace

void check_members(Checking& in, const EdgeConfig& edge) {
  if (in.config.group && edge.member.empty() && in.places.good(edge.member))
    in.problems.warn(in.places.at(edge),
                     "[edge] has no [[edge.member]]: members of the [group] do not know its flows, and where this node "
                     "is lost, so are they");
  if (edge.member.empty()) return;
  if (in.places.good(edge.prefix) && !has_ip6(edge))
    return in.problems.error(in.places.at(edge.member, edge),
                             "[edge] has [[edge.member]], and no \"prefix\": members share flows of IPv6 alone");
  if (has_ip4(edge))
    in.problems.warn(
        in.places.at(edge.pool, edge),
        "[edge] has [[edge.member]] and \"pool\": members share flows of IPv6 alone, so where this node is "
        "lost, its flows of IPv4 are");
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
    check_prefix_of(in, edge, m);
  }
  if (u64(edge.flows) * (1 + edge.member.size()) > kMostPlaces)
    in.problems.error(in.places.at(edge.flows, edge),
                      fmt::format("\"flows\" in [edge] is {}, for each of {} prefixes; at most {} are supported in all",
                                  edge.flows, 1 + edge.member.size(), kMostPlaces));
}

}  // namespace waymark::edge
