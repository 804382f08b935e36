#include "dns/server_address.h"

#include <algorithm>
#include <tuple>

#include "core/draw.h"

namespace waymark::dns {

namespace {

bool fits(u32 value, u32 width) { return width >= 32 || value >> width == 0; }

}  // namespace

std::optional<Address> address_of(const Plan& plan, const Address& client, u32 server, std::span<const u32> path,
                                  u32 policy) {
  const PlanField hops = field_of(plan, FieldKind::path);
  if (path.empty() || path.size() > hops.count || !fits(server, field_of(plan, FieldKind::id).width) ||
      !fits(policy, field_of(plan, FieldKind::policy).width))
    return {};
  Address out = write_field(plan, FieldKind::id, plan.prefix, server);
  for (u32 i = 0; i < path.size(); ++i) {
    if (!path[i] || !fits(path[i], hops.width)) return {};
    out = write_field(plan, FieldKind::path, out, path[i], i);
  }
  out = write_field(plan, FieldKind::policy, out, policy);
  if (!has(plan, FieldKind::tag)) return out;
  if (!plan.key_places) return {};
  const TagKey& key = maker_of(plan);
  if (has(plan, FieldKind::epoch)) out = write_field(plan, FieldKind::epoch, out, key.epoch);
  return write_field(plan, FieldKind::tag, out, tag_by(plan, key.key, out, client_in_tag(client, true)));
}

std::optional<Address> address_for(const Zones& zones, const Node& node, const Ways& ways, const Lost& lost,
                                   const Address& client, u32 pop) {
  struct Candidate {
    const Choice* choice;
    bool is_lost;
    u64 cost;
  };
  std::vector<Candidate> all;
  all.reserve(node.servers.size());
  for (const Choice& choice : node.servers)
    if (choice.weight)
      all.push_back({&choice, lost.servers.contains(choice.id) || lost.pops.contains(choice.pop),
                     draw_cost(client.high, client.low, choice.id, choice.weight)});
  std::ranges::sort(all, [](const Candidate& a, const Candidate& b) {
    return std::tuple(a.is_lost, a.cost, a.choice->id) < std::tuple(b.is_lost, b.cost, b.choice->id);
  });
  for (const Candidate& candidate : all)
    if (const auto path = ways.path(pop, candidate.choice->pop, node.policy))
      if (const auto address = address_of(zones.servers(), client, candidate.choice->id, *path, node.policy))
        return address;
  return {};
}

}  // namespace waymark::dns
