// Prefixes of the group's edges, which its members hold in turn.
#include <fmt/format.h>

#include <algorithm>

#include "roles/edge/role.h"

namespace waymark::edge {

namespace {

std::string thing_of(const std::string& member) { return "edge " + member; }

}  // namespace

std::vector<Prefix> prefixes_of(const EdgeConfig& edge) {
  if (!has_ip6(edge)) return {};
  std::vector<Prefix> out = {edge.prefix};
  for (const EdgeMemberConfig& member : edge.member) out.push_back(member.prefix);
  std::sort(out.begin() + 1, out.end(),
            [](const Prefix& a, const Prefix& b) { return a.address.high < b.address.high; });
  return out;
}

std::vector<Holding> holdings(const Config& config) {
  const EdgeConfig& edge = *config.edge;
  if (!config.group || edge.member.empty()) return {};
  std::vector<Holding> out = {{thing_of(config.name), true, false}};
  for (const EdgeMemberConfig& member : edge.member) out.push_back({thing_of(member.member), false, member.stand_in});
  return out;
}

// Packets find the flows of every prefix, whoever holds it: what is held is what is announced. The pool is this node's
// alone.
void hold(Config& config, const Holds& holds) {
  EdgeConfig& edge = *config.edge;
  if (holdings(config).empty()) return;
  const auto announced = [&](const std::string& member) {
    const auto found = holds.find(thing_of(member));
    return found != holds.end() && found->second == Hold::yes;
  };
  edge.held = edge.pool;
  (announced(config.name) ? *edge.held : edge.standby).push_back(edge.prefix);
  for (const EdgeMemberConfig& member : edge.member)
    if (announced(member.member))
      edge.held->push_back(member.prefix);
    else if (member.stand_in)
      edge.standby.push_back(member.prefix);
}

}  // namespace waymark::edge
