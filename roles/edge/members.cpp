// Prefixes of the group's edges, which its members hold in turn.
#include <fmt/format.h>

#include <algorithm>

#include "base/prefix.h"
#include "dataplane/image.h"
#include "roles/edge/role.h"

namespace waymark::edge {

namespace {

std::string thing_of(const std::string& member) { return "edge " + member; }

}  // namespace

std::vector<Prefix> prefixes_of(const EdgeConfig& edge) {
  if (!has_ip6(edge)) return {};
  std::vector<Prefix> out = {edge.prefix};
  for (const EdgeMemberConfig& member : edge.member)
    if (member.prefix.length) out.push_back(member.prefix);
  std::sort(out.begin() + 1, out.end(),
            [](const Prefix& a, const Prefix& b) { return a.address.high < b.address.high; });
  return out;
}

std::vector<std::vector<Prefix>> pools_of(const EdgeConfig& edge) {
  if (!has_ip4(edge)) return {};
  std::vector<std::vector<Prefix>> out = {edge.pool};
  for (const EdgeMemberConfig& member : edge.member)
    if (!member.pool.empty()) out.push_back(member.pool);
  std::sort(out.begin() + 1, out.end(), [](const auto& a, const auto& b) { return before(a[0], b[0]); });
  return out;
}

// Regions of members have one size: that of a table for `flows`, whatever is left over.
u32 room_in(std::size_t regions, u32 flows) {
  if (regions <= 1) return flows;
  return u32((regions * edge_buckets_for(flows) * 3 * kExactWays + 3) / 4);
}

std::vector<Holding> holdings(const Config& config) {
  const EdgeConfig& edge = *config.edge;
  if (!config.group || edge.member.empty()) return {};
  std::vector<Holding> out = {{thing_of(config.name), true, false}};
  for (const EdgeMemberConfig& member : edge.member) out.push_back({thing_of(member.member), false, member.stand_in});
  return out;
}

// Packets find the flows of every prefix and pool, whoever holds it: what is held is what is announced.
void hold(Config& config, const Holds& holds) {
  EdgeConfig& edge = *config.edge;
  if (holdings(config).empty()) return;
  const auto announced = [&](const std::string& member) {
    const auto found = holds.find(thing_of(member));
    return found != holds.end() && found->second == Hold::yes;
  };
  edge.held.emplace();
  edge.standby.clear();
  const auto add = [](std::vector<Prefix>& to, const Prefix& prefix, const std::vector<Prefix>& pool) {
    if (prefix.length) to.push_back(prefix);
    to.insert(to.end(), pool.begin(), pool.end());
  };
  add(announced(config.name) ? *edge.held : edge.standby, edge.prefix, edge.pool);
  for (const EdgeMemberConfig& member : edge.member)
    if (announced(member.member))
      add(*edge.held, member.prefix, member.pool);
    else if (member.stand_in)
      add(edge.standby, member.prefix, member.pool);
}

}  // namespace waymark::edge
