// What a plane tells of itself.
#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "daemon/plane.h"
#include "node/compile.h"
#include "roles/path/role.h"

namespace waymark {

std::string Plane::in_words() {
  if (!engine_.load()) return "nothing is loaded";
  std::string words;
  for (const auto& [program, facts] : engine_.load()->programs)  // the one on the interfaces stands first
    words = facts.id == engine_.load()->program.id ? fmt::format("{} {}{}", program.name, facts.tag, words)
                                                   : fmt::format("{}, {} {}", words, program.name, facts.tag);
  words = "program " + words;
  const char* before = " on ";
  for (const AttachedInterface& i : interfaces()) {
    words += fmt::format("{}{} ({})", before, i.name, text(i));
    before = ", ";
  }
  return words;
}

std::set<std::string> Plane::ways_out() const {
  std::set<std::string> out;
  for (const InterfaceConfig& i : config_->engine.interfaces) out.insert(i.name);
  for (const auto& [target, r] : next_hops_)
    if (r.adjacency) out.insert(resolver_->link_name(r.adjacency->interface));
  out.erase("");  // it has gone meanwhile
  return out;
}

std::optional<Pin> Plane::find_pin(const FlowQuery& f) {
  return control_->node().find_pin(f.zone, f.protocol, f.source, f.source_port, f.destination, f.destination_port);
}

void Plane::describe_flows(Snapshot& s) {
  const Node& node = control_->node();
  const u32 ticks = node.ticks(s.now);
  const EdgePlan& edges = node.edge_flows().plan();
  if (const edge::OwnSettings& e = edges.settings; e.buckets || e.buckets4) {
    s.edge =
        EdgeView{node.edge_flows().swept(), (u64(e.buckets) * e.regions + u64(e.buckets4) * e.regions4) * kExactWays};
    if (e.regions > 1 || e.regions4 > 1) s.edge->mirror = control_->node().edge_mirror().counts();
    s.list_edge_flows =
        [tables = engine_.tables(), edges, clock = FlowClock{ticks, engine_.ticks_per_second(), edges.stamp_shift, 0}](
            const EdgeFlowFilter& filter) { return list_edge_flows(tables->live(), clock, edges, filter); };
  }
  const FlowPlan& plan = node.flows().plan();
  if (!plan.settings.buckets) return;
  FlowsView view{node.flows().swept(),
                 {},
                 u64(plan.settings.buckets) * kExactWays,
                 u64(plan.settings.embryo_buckets) * kExactEmbryoWays,
                 node.grace_left(s.now),
                 plan.birth_unit};
  for (const FlowPlan::Owner& owner : plan.owners) view.taken.emplace_back(owner.number, node.flows().taken(owner));
  s.flows = std::move(view);
  const auto unit = std::chrono::duration_cast<std::chrono::seconds>(plan.birth_unit);
  const FlowClock clock{ticks,
                        engine_.ticks_per_second(),
                        plan.stamp_shift,
                        plan.settings.embryo_shift,
                        node.flows().birth_at(ticks),
                        plan.settings.birth_bits,
                        u64(unit.count())};
  s.list_flows = [tables = engine_.tables(), clock](const FlowFilter& filter) {
    return list_flows(tables->live(), clock, filter);
  };
}

void Plane::describe_neighbours(Snapshot& s) {
  const NeighbourKeeper& keeper = control_->node().neighbours();
  if (keeper.plan().hoods.empty()) return;
  s.neighbours = keeper.swept();
  s.list_neighbours = [tables = engine_.tables(), plan = keeper.plan(), ticks = control_->node().ticks(s.now),
                       per_second = engine_.ticks_per_second()](const NeighbourFilter& filter) {
    return list_neighbours(tables->live().neighbours, plan, ticks, per_second, filter);
  };
}

void Plane::describe_revoked(Snapshot& s) {
  if (!control_->revoked().room) return;
  s.revoked = control_->revoked();
  s.revoked_trouble = revoked_.trouble();
  s.list_revoked = [tables = engine_.tables(), seconds = control_->node().seconds(s.now)] {
    std::vector<Revocation> all;
    for (const Revocation& r : tables->live().revocations)
      if (r.word && Revocations::in_force(r, seconds)) all.push_back(r);
    std::ranges::sort(all, {}, [](const Revocation& r) { return std::pair(r.word & 1, r.word); });  // clients first
    return all;
  };
}

AdjacencyView Plane::adjacency(const Address& target) const {
  AdjacencyView view{target, false, "", {}, {}, 0, "not asked yet", NextHop::Reach::pending};
  const auto it = next_hops_.find({target.high, target.low});
  if (it == next_hops_.end()) return view;
  const Resolution& r = it->second;
  view.why = r.why;
  view.reach = NextHop::Reach(r.reach);
  if (!r.adjacency) return view;
  view.usable = true;
  view.interface = resolver_->link_name(r.adjacency->interface);
  if (view.interface.empty()) view.interface = fmt::format("interface {}", r.adjacency->interface);
  view.source = r.adjacency->source;
  view.destination = r.adjacency->destination;
  view.mtu = r.adjacency->mtu;
  view.gateway = r.adjacency->gateway;
  if (view.gateway) view.why = fmt::format("the route to {} has a gateway", text(target));
  return view;
}

// A POP without a next hop is one that this one does not hear.
Plane::Reach Plane::reach() const {
  Reach out;
  if (!config_->path) return out;
  const PathConfig& path = *config_->path;
  paths::Sights seen = out.wan.sights = control_->wan().sights();
  const std::vector<Address>& silent = control_->node().silent();
  for (const path::Destination& d : path::destinations(path)) {
    const bool no_hop = is_lost(adjacency(d.target.address), d.target.tunnel);
    if (d.pop && (no_hop || std::ranges::count(silent, d.target.address)))
      seen[{path.id, d.pop->id}].sight = paths::Sight::silent;
    if (d.server && no_hop) out.servers.insert(d.server->id);
  }
  out.wan.down = paths::down_of(seen);
  out.wan.down.pops.insert(path.down.begin(), path.down.end());
  return out;
}

void Plane::describe(Snapshot& s) {
  const Meta& meta = engine_.live().meta[0];
  s.generation = control_->node().generation();
  s.pin_buckets = meta.pin_buckets;
  s.embryo_buckets = meta.embryo_buckets;
  s.slots = meta.targets;
  s.targets = control_->node().targets();
  // A slot without pins that no configuration names is on its way back to the free ones.
  std::erase_if(s.targets, [](const TargetView& t) { return !t.configured && t.pins == 0; });
  s.swept = control_->node().swept();
  s.now = boot_time();
  s.awaited = control_->awaited();
  s.health = control_->health().views();
  s.checks = control_->health().load(s.now);
  s.unrenewed = control_->health().unrenewed();
  if (control_->group()) s.group = control_->group()->view();
  s.pops = control_->watch().views();
  s.wan = reach().wan;
  s.holdings = control_->holdings().views();
  const Time now = boot_time();
  const Agents& agents = control_->agents();
  if (const agents::Registrar* r = agents.registrar()) s.agents = AgentsView{r->view(now), r->peers(), r->counters()};
  if (const agents::Registrant* r = agents.registrant()) s.registrations = r->view(now);
  if (agent_sockets_) s.agent_troubles = agent_sockets_->troubles();
  s.announced = control_->announce().views();
  u32 slots = 0;
  for (const TargetView& t : s.targets) slots = std::max(slots, t.slot + 1);
  s.read_counters = [tables = engine_.tables(), slots](Snapshot& into) {
    into.traffic = tables->target_traffic(slots);
    if (into.config->path) into.path_traffic = tables->path_traffic(), into.tag_uses = tables->tag_uses();
    into.counters = tables->counters();
  };
  if (const Load* load = engine_.load()) {
    s.program_tag = load->program.tag;
    for (const auto& [program, facts] : load->programs)
      s.programs.push_back({program.name, facts.tag, facts.verified_instructions, facts.id == load->program.id});
    s.interfaces = interfaces();
  }
  for (const Address& target : control_->node().next_hops_wanted()) s.adjacencies.push_back(adjacency(target));
  describe_flows(s);
  describe_neighbours(s);
  describe_revoked(s);
  if (config_->dns) s.asked = asked_.view();
  if (punts_) s.punts = punts_->counts();
  for (const auto& [name, obstacle] : obstacles_)
    if (!obstacle.empty()) s.warnings.push_back(obstacle);
  for (const InterfaceFacts& f : interfaces_)
    if (std::string low = unreached_mtu(*config_, f.name, f.mtu); !low.empty()) s.warnings.push_back(std::move(low));
  if (!load_failed_.empty()) s.warnings.push_back("the program cannot be loaded anew: " + load_failed_);
  if (!routes_->failed().empty()) s.warnings.push_back(routes_->failed());
  for (const std::string& failed : {look_failed_, punts_failed_})
    if (!failed.empty()) s.warnings.push_back(failed);
}

}  // namespace waymark
