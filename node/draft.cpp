#include "node/draft.h"

#include <algorithm>
#include <map>

#include "core/outer.h"
#include "node/words.h"

namespace waymark {

namespace {

u64 digest_of(const ServiceSpec& service) {
  return mix(scope_of(service) ^ mix(u64(service.affinity) << 32 | service.realm));
}

// The pools of services that have targets, with the weights that were drafted.
std::vector<Pool> pools_of(const Roster& roster, const Draft& draft) {
  std::vector<Pool> pools;
  for (const Roster::ServiceEntry& service : roster.services) {
    if (!service.count) continue;
    Pool pool{service.index, {}, {}};
    for (u32 i = service.first; i < service.first + service.count; ++i) {
      const u32 at = roster.order[i];
      pool.members.push_back({roster.targets[at].end, draft.weights[at]});
      pool.slots.push_back(roster.targets[at].slot);
    }
    pools.push_back(std::move(pool));
  }
  return pools;
}

// Services that are new share the tables of those that were there before and have no past.
std::vector<Successor> successors_of(std::vector<Pool> pools, const Draft& draft, const Roster& roster) {
  Succession succession;
  std::map<std::vector<std::pair<u64, u32>>, Tables> without_past;
  std::vector<Successor> all;
  for (Pool& pool : pools) all.push_back({std::move(pool), draft.before[roster.of_index[pool.service]], {}});
  for (const bool is_new : {false, true})
    for (Successor& s : all) {
      if (is_new == bool(s.before)) continue;
      Tables& known = without_past[signature(s.pool.members)];
      s.tables = is_new && known ? known : succession.after(s.before, s.pool.members);
      if (s.tables->before.empty()) known = s.tables;
    }
  return all;
}

}  // namespace

u32 Roster::find(std::string_view service, std::string_view target) const {
  const auto of = service_named.find(service);
  if (of == service_named.end()) return kNone;
  const auto found = target_named_.find({of->second, target});
  return found == target_named_.end() ? kNone : found->second;
}

std::vector<u32> Roster::find_all(std::string_view called) const {
  std::vector<u32> all;
  if (const std::size_t slash = called.find('/'); slash != called.npos) {
    if (const u32 at = find(called.substr(0, slash), called.substr(slash + 1)); at != kNone) all.push_back(at);
    return all;
  }
  for (u32 service = 0; service < services.size(); ++service)
    if (const auto found = target_named_.find({service, called}); found != target_named_.end())
      all.push_back(found->second);
  return all;
}

std::shared_ptr<const Roster> roster_of(const Draft& draft) {
  auto roster = std::make_shared<Roster>();
  roster->config = draft.config;
  roster->serves = draft.serves;
  roster->fellows = draft.fellows;
  roster->of_slot.assign(draft.meta.targets, Roster::kNone);
  roster->of_index.assign(kMaxServices, Roster::kNone);
  roster->services.reserve(draft.serves->service.size());
  roster->targets.reserve(draft.slots.size());
  roster->target_named_.reserve(draft.slots.size());
  for (const ServiceSpec& service : draft.serves->service) {
    const u32 number = u32(roster->services.size()), first = u32(roster->targets.size());
    const IdleTimes idle{stamps_for(service.tcp_idle, draft.meta), stamps_for(service.udp_idle, draft.meta)};
    roster->services.push_back({draft.services[number], first, u32(service.target.size()), digest_of(service), idle});
    roster->of_index[draft.services[number]] = number;
    roster->service_named.emplace(service.name, number);
    for (const TargetSpec& target : service.target) {
      const u32 at = u32(roster->targets.size()), slot = draft.slots[at];
      roster->targets.push_back({slot, number, end_hash(target.address, encapsulation_of(target))});
      roster->of_slot[slot] = at;
      roster->target_named_.emplace(Roster::Name{number, target.name}, at);
      roster->order.push_back(at);
    }
    std::sort(roster->order.begin() + first, roster->order.end(),
              [&](u32 a, u32 b) { return roster->targets[a].end < roster->targets[b].end; });
  }
  return roster;
}

Result<Compiled> compile(const Draft& draft) {
  Compiled compiled;
  compiled.roster = roster_of(draft);
  std::vector<Pool> pools = pools_of(*compiled.roster, draft);
  WM_TRY(Choices::check(pools));
  Result<Image> image = compile({*draft.config, *draft.serves, draft.services, draft.interfaces, draft.meta,
                                 draft.fellows, draft.shared, draft.natives});
  if (!image) return image.error();
  compiled.image = std::move(*image);
  compiled.stale_stamps = compiled.image.settings.stale_stamps;
  compiled.neighbours = neighbour_plan(compiled.image);
  compiled.flows = flow_plan(*draft.config, compiled.image, draft.meta);
  compiled.edge_flows = edge_plan(*draft.config, compiled.image, draft.meta);
  compiled.checks = Health::plan(*draft.serves, local_subjects_of(*draft.config));
  compiled.pools = successors_of(std::move(pools), draft, *compiled.roster);
  return compiled;
}

}  // namespace waymark
